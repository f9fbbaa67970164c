//! Look-ups of hosts, services, protocols and network interfaces, and the text of addresses.
//!
//! Every function may be called in many threads at the same time. A function that looks a host up blocks for as long as
//! the system's resolver does. The functions whose name ends with `_until` have a deadline: with it, the look-up runs in
//! one of at most 16 threads of the library, which the caller leaves behind when the deadline passes. Look-ups for which
//! no thread is free wait for their turn, and their deadlines hold there too.
//!
//! A host name that is not ASCII is given to the C library unchanged, and it depends on the C library whether it
//! encodes the name. With the feature `idna`, this crate encodes the name first (UTS 46, as browsers do).

mod addrinfo;
mod getfqdn;
mod happy_eyeballs;
mod host;
mod hostent;
mod hostname;
mod idna;
mod interface;
mod interruption;
mod nameinfo;
mod numbers;
mod pool;
mod service;
mod to_address;

pub(crate) use addrinfo::Question;
#[cfg(feature = "capi")]
pub(crate) use addrinfo::look_up;
pub use addrinfo::{AddrInfo, Host, Service, getaddrinfo, getaddrinfo_until};
pub use getfqdn::{getfqdn, getfqdn_until};
pub(crate) use happy_eyeballs::{Family, HappyEyeballs, Settings, Step};
pub(crate) use host::{host, hosts};
pub use hostent::{
    HostEntry, gethostbyaddr, gethostbyaddr_until, gethostbyname, gethostbyname_ex, gethostbyname_ex_until,
    gethostbyname_until,
};
pub use hostname::gethostname;
crate::sys::unix_only! {
    pub use hostname::sethostname;
}
pub use interface::{if_indextoname, if_nameindex, if_nametoindex};
#[cfg(feature = "capi")]
pub(crate) use interruption::interrupt_look_ups;
pub use nameinfo::{NumericAddress, getnameinfo, getnameinfo_until};
#[cfg(feature = "capi")]
pub(crate) use nameinfo::{numeric_address, numeric_address6};
pub(crate) use numbers::answer_to_numbers;
pub(crate) use pool::Pending;
pub use service::{getprotobyname, getservbyname, getservbyport};
pub use to_address::ToAddress;
pub(crate) use to_address::check_family;
#[cfg(feature = "capi")]
pub(crate) use to_address::{check_port, inet, inet_any};

pub use crate::address::{htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs};
pub use crate::error::{gai_strerror, hstrerror};
