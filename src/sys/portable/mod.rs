//! The pieces that the backends of all systems but Linux share. `control`, `multicast` and `sendfile` do not fit all of these
//! systems, so each backend that needs them imports them itself.

mod datagrams;
/// cbindgen:ignore
mod hosts;
/// cbindgen:ignore
mod kqueue;
mod lacking;
mod pipe;
mod poll;
pub(crate) mod probe;
mod watch;

/// A wake-up descriptor is a pipe.
pub(crate) use crate::sys::unix::WakePipe as Wake;
pub(crate) use datagrams::{recvmmsg, sendmmsg};
pub(crate) use hosts::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use lacking::*;
pub(crate) use pipe::{new_pipe, replace};
pub(crate) use poll::poll;
pub(crate) use watch::Watch;
