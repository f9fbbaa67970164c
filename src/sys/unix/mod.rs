//! The pieces that are the same on every Unix.

mod accept;
mod clock;
pub(super) mod control;
mod descriptor;
mod entry;
pub(super) mod errno;
mod fork;
mod interface;
mod lookup;
mod message;
mod ready;
mod signals;
#[cfg(feature = "capi")]
mod spawn;
mod thread;
mod wake_pipe;

/// What the system calls of sockets and the C library are made of.
pub(crate) use ::libc;
pub(crate) use accept::accept_named;
pub(crate) use clock::monotonic_nanoseconds;
pub(crate) use control::ControlValue;
pub(crate) use descriptor::{close, duplicate, set_nonblocking, socket_number};
pub use entry::HostEntry;
pub(super) use entry::{port_of, text};
pub(crate) use errno::errno_name;
pub(crate) use fork::forks;
pub(crate) use interface::{InterfaceV4, interface_index};
pub(crate) use lookup::{Answer, Answers, Hints, name_info};
pub(crate) use message::MessageHeader;
pub(crate) use ready::Polled;
pub(crate) use signals::Signals;
#[cfg(feature = "capi")]
pub(crate) use spawn::{environment, spawn};
/// Owned, borrowed and bare descriptors.
pub(crate) use std::os::fd;
pub(crate) use thread::{Run, Thread, block_signals, has_address_space};
pub(crate) use wake_pipe::WakePipe;
