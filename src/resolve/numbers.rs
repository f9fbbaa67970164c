//! The answer to a question of numbers: `getaddrinfo("127.0.0.1", 80)` asks nobody.
//!
//! Only what can have one answer and no error is answered here, without the C library and its copies of the question.
//! Everything else is left to the system: names, an address written in another way (`127.1`, `fe80::1%lo`), flags that
//! change the answer, and any combination of arguments that may be refused. `tests/net/resolve/numbers.rs` compares the
//! answers with those of the system.

use std::net::SocketAddr;

use super::addrinfo::{AddrInfo, Host, Service};
use super::host::numeric;
use crate::constants::{
    AF_INET, AF_INET6, AF_UNSPEC, AddressFamily, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM,
    SocketKind,
};
use crate::sys;

/// Returns the only answer of `getaddrinfo(3)`, or `None` if the system must be asked.
pub(crate) fn answer_to_numbers(
    host: &Host<'_>,
    service: &Service<'_>,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
    flags: i32,
) -> Option<AddrInfo> {
    if flags & !sys::FLAGS_OF_NUMBERS? != 0 || ![AF_UNSPEC, AF_INET, AF_INET6].contains(&family) {
        return None;
    }
    let proto = match (kind, proto) {
        (SOCK_STREAM, 0 | IPPROTO_TCP) => IPPROTO_TCP,
        (SOCK_DGRAM, 0 | IPPROTO_UDP) => IPPROTO_UDP,
        _ => return None,
    };
    let address = SocketAddr::new(numeric(host.as_bytes()?, family)?, service.number()?);
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    Some(AddrInfo { family, kind, proto, canonname: String::new(), address: address.into() })
}
