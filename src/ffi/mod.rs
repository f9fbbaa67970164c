//! The C face: `include/tabi.h` is made from the modules below.
//!
//! Each exported function checks its pointers, calls one function of the core and converts the result;
//! the conventions are in CONTRIBUTING.md. A handle that C may pass as NULL is an `Option` of a reference.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod boundary;
mod codes;

// The header follows the order of these lines, which rustfmt sorts where nothing stands between them.
// Errors
mod error;
// Sockets
mod socket;
// ... in one call
mod helpers;
// Timeouts
mod mode;
// Bytes
mod io;
// ... without waiting
mod at_once;
// Addresses
mod address;
// Options
mod options;
mod typed_options;
// Messages
mod message;
// ... and what goes with them
mod control;
mod control_values;
mod descriptors;
mod many;
// Files
mod file;
mod sendfile;
// The resolver
mod addrinfo;
mod hostent;
mod service;
// Text
mod inet_text;
// Addresses of other families
mod address_families;
// ... and of Bluetooth
mod address_bluetooth;
// Constants
mod constants;
// Servers: made
mod server_classes;
// ... run
mod server;
mod server_options;
mod server_state;
// ... and asked
mod request;
mod server_hooks;

pub use address::*;
#[cfg(target_os = "linux")]
pub use address_bluetooth::*;
#[cfg(target_os = "linux")]
pub use address_families::*;
pub use addrinfo::*;
pub use at_once::*;
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
