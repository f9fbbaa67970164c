//! The resolver, services and interfaces in C.

mod addrinfo;
mod hostent;
mod hostname;
mod inet_text;
mod interface;
mod interruption;
mod service;
#[cfg(not(windows))]
mod sethostname;

pub use addrinfo::*;
pub use hostent::*;
pub use hostname::*;
pub use inet_text::*;
pub use interface::*;
pub use interruption::*;
pub use service::*;

crate::sys::unix_only! {
    pub use sethostname::*;
}
