//! What every Unix does in the same way.

mod accept;
mod clock;
mod control;
mod descriptor;
mod entry;
mod errno;
mod fork;
mod message;
mod ready;
mod thread;

pub(crate) use accept::accept_named;
pub(crate) use clock::monotonic_nanoseconds;
pub(crate) use control::ControlValue;
pub(super) use control::{read_struct, timeval};
pub(crate) use descriptor::{close, duplicate, set_nonblocking};
pub(super) use entry::{port_of, text};
pub(crate) use errno::errno_name;
pub(super) use errno::errno_names;
pub(crate) use fork::forks;
pub(crate) use message::MessageHeader;
pub(crate) use ready::Polled;
pub(crate) use thread::{Run, Thread};
