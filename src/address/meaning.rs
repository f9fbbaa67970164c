//! Which addresses are equal.

use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Address, RawAddress, families};

/// What an address means, without the bytes that do not matter: padding, and what comes after a name or a structure.
#[derive(PartialEq, Eq, Hash)]
enum Meaning<'a> {
    Inet(Ipv4Addr, u16),
    /// Address, port and scope. The flow information labels packets: those of one peer can have different ones.
    Inet6(Ipv6Addr, u16, u32),
    /// The name up to its closing NUL, or an abstract name with its leading NUL.
    Unix(&'a [u8]),
    Decoded(Address),
    Bytes(&'a [u8]),
}

impl<'a> Meaning<'a> {
    fn of(raw: &'a RawAddress) -> Meaning<'a> {
        if let Some(name) = raw.unix_name() {
            return Meaning::Unix(name);
        }
        match raw.internet() {
            Some(SocketAddr::V4(v4)) => Meaning::Inet(*v4.ip(), v4.port()),
            Some(SocketAddr::V6(v6)) => Meaning::Inet6(*v6.ip(), v6.port(), v6.scope_id()),
            None => families::decode_without_protocol(raw)
                .map_or_else(|| Meaning::Bytes(raw.bytes()), Meaning::Decoded),
        }
    }
}

/// Two addresses are equal if they mean the same. Padding does not matter, nor what comes after the structure of an
/// internet address or after the NUL of a path. Of an IPv6 address, the scope matters, and the flow information does
/// not: it labels packets, and those of one peer can have different labels. An IPv4 address is not equal to the same
/// address written as IPv6 (`::ffff:192.0.2.1`).
///
/// Addresses whose form depends on the protocol of their socket (`AF_CAN`, `AF_BLUETOOTH`), and those of families that
/// this crate does not decode, are equal if all their bytes are.
impl PartialEq for RawAddress {
    fn eq(&self, other: &Self) -> bool {
        Meaning::of(self) == Meaning::of(other)
    }
}

impl Eq for RawAddress {}

impl Hash for RawAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Meaning::of(self).hash(state);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::hash::{BuildHasher, RandomState};
    use std::mem::offset_of;

    use super::*;
    use crate::address::UnixAddress;
    use crate::sys::libc;

    fn raw(text: &str) -> RawAddress {
        RawAddress::try_from(&Address::from_text(text, None).unwrap()).unwrap()
    }

    /// The bytes of an address with one of them changed. There are as many as the largest address has.
    fn changed(address: RawAddress, offset: usize, len: usize) -> RawAddress {
        let mut bytes = [0; RawAddress::CAPACITY];
        bytes[..address.bytes().len()].copy_from_slice(address.bytes());
        bytes[offset] ^= 0x55;
        RawAddress::from_bytes(&bytes[..len]).unwrap()
    }

    fn assert_equal(one: RawAddress, other: RawAddress, why: &str) {
        let state = RandomState::new();
        assert_eq!(one, other, "{why}");
        assert_eq!(state.hash_one(one), state.hash_one(other), "the hash: {why}");
    }

    #[test]
    fn what_does_not_matter_makes_no_address_different() {
        let v4 = raw("192.0.2.1:80");
        let v6 = raw("[fe80::1%3]:80");
        let path = raw("unix:/run/s");
        let (v4_size, v6_size) = (size_of::<libc::sockaddr_in>(), size_of::<libc::sockaddr_in6>());
        assert_equal(v4, changed(v4, offset_of!(libc::sockaddr_in, sin_zero) + 3, v4_size), "sin_zero");
        assert_equal(v4, changed(v4, v4_size, RawAddress::CAPACITY), "what comes after sockaddr_in");
        assert_equal(v6, changed(v6, v6_size, RawAddress::CAPACITY), "what comes after sockaddr_in6");
        let flowinfo = offset_of!(libc::sockaddr_in6, sin6_flowinfo);
        assert_equal(v6, changed(v6, flowinfo + 3, v6_size), "the flow information");
        let len = path.bytes().len();
        assert_equal(path, changed(path, len, len + 1), "what comes after the NUL of a path");
        let without_nul = RawAddress::from_bytes(&path.bytes()[..len - 1]).unwrap();
        assert_equal(path, without_nul, "the NUL of a path");
        assert_equal(RawAddress::empty(), RawAddress::empty(), "no address");
    }

    #[test]
    fn what_matters_makes_addresses_different() {
        let mut all = vec![RawAddress::empty()];
        all.extend(
            [
                "192.0.2.1:80",
                "192.0.2.1:81",
                "192.0.2.2:80",
                "[::ffff:192.0.2.1]:80",
                "[2001:db8::1]:80",
                "[2001:db8::1]:81",
                "[2001:db8::2]:80",
                "[fe80::1]:80",
                "[fe80::1%1]:80",
                "[fe80::1%2]:80",
                "unix:",
                "unix:/run/s",
                "unix:/run/t",
                "unix:run/s",
            ]
            .map(raw),
        );
        if crate::sys::ABSTRACT_NAMES {
            all.extend(["unix:@", "unix:@\\0", "unix:@run/s", "unix:@run/s\\0"].map(raw));
        }
        for (index, one) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| one == other), Some(index), "{one:?}");
        }
    }

    #[test]
    fn the_path_of_a_socket_that_is_not_closed_by_nul_is_compared_whole() {
        let longest = "x".repeat(crate::sys::UNIX_PATH_SIZE - 1);
        let path = RawAddress::try_from(&UnixAddress::Path(longest.into())).unwrap();
        let last = path.bytes().len() - 2;
        assert_ne!(path, changed(path, last, path.bytes().len()));
    }
}
