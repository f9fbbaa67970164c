//! What differs between systems: one small function each, so that a new system has one place to go.
//!
//! The rest of the crate calls these and holds no `cfg(target_os)` but for constants.
#![allow(unsafe_code)]

mod descriptor;
mod poll;
mod wake;

pub(crate) use descriptor::{accept, close, duplicate, set_nonblocking};
pub(crate) use poll::poll;
pub(crate) use wake::Wake;

/// The flag that keeps a send from raising SIGPIPE; Apple's systems have an option instead.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const NO_SIGPIPE: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(crate) const NO_SIGPIPE: libc::c_int = 0;
