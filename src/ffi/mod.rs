//! The C face: `include/tabi.h` is made from the modules below.
//!
//! Each exported function checks its pointers, calls one function of the core and converts the result;
//! the conventions are in CONTRIBUTING.md. A handle that C may pass as NULL is an `Option` of a reference.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod address;
mod address_bluetooth;
mod address_families;
mod addrinfo;
mod boundary;
mod codes;
mod constants;
mod control;
mod control_values;
mod descriptors;
mod error;
mod file;
mod helpers;
mod hostent;
mod inet_text;
mod io;
mod many;
mod message;
mod mode;
mod options;
mod request;
mod sendfile;
mod server;
mod server_classes;
mod server_hooks;
mod server_options;
mod server_state;
mod service;
mod socket;
mod typed_options;

pub use address::*;
#[cfg(target_os = "linux")]
pub use address_bluetooth::*;
#[cfg(target_os = "linux")]
pub use address_families::*;
pub use addrinfo::*;
pub use constants::*;
pub use control::*;
pub use control_values::*;
pub use descriptors::*;
pub use error::*;
pub use file::*;
pub use helpers::*;
pub use hostent::*;
pub use inet_text::*;
pub use io::*;
pub use many::*;
pub use message::*;
pub use mode::*;
pub use options::*;
pub use request::*;
pub use sendfile::*;
pub use server::*;
pub use server_classes::*;
pub use server_hooks::*;
pub use server_options::*;
pub use server_state::*;
pub use service::*;
pub use socket::*;
pub use typed_options::*;
