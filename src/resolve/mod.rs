//! Look-ups of hosts, services, protocols and network interfaces, and the text of addresses.
//!
//! Every function may be called in many threads at the same time. A function that looks a host up blocks for as long as
//! the system's resolver does, and no timeout of this crate limits it.
//!
//! A host name that is not ASCII is given to the C library unchanged, and it depends on the C library whether it
//! encodes the name. With the feature `idna`, this crate encodes the name first (UTS 46, as browsers do).

mod addrinfo;
mod getfqdn;
mod host;
mod hostent;
mod hostname;
mod idna;
mod interface;
mod nameinfo;
mod service;
mod to_address;

pub use addrinfo::{AddrInfo, Host, Service, getaddrinfo};
pub use getfqdn::getfqdn;
pub(crate) use host::host;
pub use hostent::{HostEntry, gethostbyaddr, gethostbyname, gethostbyname_ex};
pub use hostname::{gethostname, sethostname};
pub use interface::{if_indextoname, if_nameindex, if_nametoindex};
pub use nameinfo::{NumericAddress, getnameinfo};
#[cfg(feature = "capi")]
pub(crate) use nameinfo::{numeric_address, numeric_address6};
pub use service::{getprotobyname, getservbyname, getservbyport};
pub use to_address::ToAddress;
#[cfg(feature = "capi")]
pub(crate) use to_address::{check_port, inet};

pub use crate::address::{htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs};
pub use crate::error::{gai_strerror, hstrerror};
