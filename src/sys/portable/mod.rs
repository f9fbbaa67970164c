//! The pieces that the backends of all systems but Linux share. (Linux has no kqueue, so `watch` is not for the backend that
//! behaves like macOS.) `control` and `multicast` do not fit all of these
//! systems, so each backend that needs them imports them itself.

mod datagrams;
/// cbindgen:ignore
mod hosts;
mod lacking;
mod pipe;
mod poll;
pub(crate) mod probe;
mod sendfile;
#[cfg(not(target_os = "linux"))]
mod watch;

/// A wake-up descriptor is a pipe.
pub(crate) use crate::sys::unix::WakePipe as Wake;
pub(crate) use datagrams::{recvmmsg, sendmmsg};
pub(crate) use hosts::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use lacking::*;
pub(crate) use pipe::{new_pipe, replace};
pub(crate) use poll::poll;
pub(crate) use sendfile::sendfile;
#[cfg(not(target_os = "linux"))]
pub(crate) use watch::Watch;
