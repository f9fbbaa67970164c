//! The C face: `include/tabi.h` is made from the rooms below.
//!
//! Each exported function checks its pointers, calls one function of the core and converts the result;
//! the conventions are in CONTRIBUTING.md. A handle that C may pass as NULL is an `Option` of a reference.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod address;
mod boundary;
mod constants;
mod file;
mod message;
mod resolve;
mod server;
mod socket;

pub use address::*;
pub use boundary::*;
pub use constants::*;
pub use file::*;
pub use message::*;
pub use resolve::*;
pub use server::*;
pub use socket::*;
