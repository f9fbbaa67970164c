//! Names and numbers: hosts, services, protocols, interfaces and the text of addresses.
//!
//! Every function may be called by many threads at once. Those that look names up block for as long as the
//! system's resolver does; no timeout of this crate limits them.
//!
//! A host that is not ASCII goes to the C library as it is, which may or may not encode it. With the
//! feature `idna` it is encoded first (UTS 46, as browsers do).

mod addrinfo;
mod error_text;
mod getfqdn;
mod host;
mod hostent;
mod hostname;
mod idna;
mod inet_text;
mod interface;
mod nameinfo;
mod service;

pub use addrinfo::{AddrInfo, Host, Service, getaddrinfo};
pub use error_text::{gai_strerror, hstrerror};
pub use getfqdn::getfqdn;
pub(crate) use host::host;
pub use hostent::{HostEntry, gethostbyaddr, gethostbyname, gethostbyname_ex};
pub use hostname::{gethostname, sethostname};
pub(crate) use inet_text::ip_text;
pub use inet_text::{htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs};
pub use interface::{if_indextoname, if_nameindex, if_nametoindex};
pub use nameinfo::{NumericAddress, getnameinfo};
#[cfg(feature = "capi")]
pub(crate) use nameinfo::{numeric_address, numeric_address6};
pub use service::{getprotobyname, getservbyname, getservbyport};

use std::ffi::CString;

use crate::error::{Error, Result};

/// The text as the C library takes it; `what` names it in the error.
fn c_string(text: &[u8], what: &str) -> Result<CString> {
    CString::new(text)
        .map_err(|_| Error::value(format!("{what} must not contain a NUL byte, got {}", quoted(text))))
}

/// The text in an error.
fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii())
}
