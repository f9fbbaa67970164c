//! Names and numbers: hosts, services, protocols, interfaces and the text of addresses.

mod error_text;
mod host;

pub use error_text::{gai_strerror, hstrerror};
pub(crate) use host::host;
