//! The C face. `include/tabi.h` is made from the comments in these rooms.
//!
//! Each exported function checks its arguments, calls one function of the core and converts the result. The
//! conventions are in CONTRIBUTING.md. A handle, which C may pass as NULL, is an `Option` of a reference.
//!
//! This module is public only for tests. Rust programs use the crate itself.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod address;
mod boundary;
mod cancel;
mod constants;
mod file;
#[cfg(tabi_library)]
mod library;
mod message;
mod proxy;
mod python;
mod resolve;
mod server;
mod socket;

pub use crate::memory::Allocator;
pub use address::*;
pub use boundary::*;
pub use cancel::*;
pub use constants::*;
pub use file::*;
pub use message::*;
pub use proxy::*;
pub use python::*;
pub use resolve::*;
pub use server::*;
pub use socket::*;
