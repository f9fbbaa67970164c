//! Addresses: bytes of the system's, text, and the C library's values. Reading them back gives what was written.

use std::ffi::CString;
use std::hash::{BuildHasher, RandomState};
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use tabi::ffi::*;
use tabi::{
    AF_INET, AF_INET6, Address, IpNetwork, RawAddress, UnixAddress, inet_aton, inet_ntoa, inet_ntop,
    inet_pton,
};

/// The first byte chooses what the others are.
pub fn check(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    match choice % 6 {
        0 => sockaddr(bytes),
        1 => unix_name(bytes),
        2 => text(bytes),
        4 => network(bytes),
        5 => equality(bytes),
        // The C library reads these, and Miri runs no foreign code.
        _ if cfg!(miri) => {}
        _ => {
            numeric(bytes);
            crate::look_up::check(bytes);
        }
    }
}

fn sockaddr(bytes: &[u8]) {
    let mut value = MaybeUninit::<tabi_addr>::uninit();
    // SAFETY: the bytes are readable for their length.
    let code = unsafe { tabi_addr_from_sockaddr(bytes.as_ptr().cast(), bytes.len(), Some(&mut value)) };
    let Ok(raw) = RawAddress::from_bytes(bytes) else {
        assert!(code < 0 && bytes.len() > RawAddress::CAPACITY);
        return;
    };
    assert_eq!((code, raw.bytes()), (0, bytes));
    let address = raw.decode();
    assert_eq!(address.port().is_some(), address.as_inet().is_some());
    one_line(&address.to_string());
    // What can be encoded again means the same.
    if let Ok(again) = RawAddress::try_from(&address) {
        assert_eq!(again.decode(), address);
    }
    written_and_read(&address);
    // SAFETY: the call has written the value, as it returned 0.
    let value = unsafe { value.assume_init() };
    copies(&value, &address.repr());
}

/// Text that is written is read back as an equal address, in Rust and in C.
fn written_and_read(address: &Address) {
    let Ok(text) = address.to_text() else { return };
    one_line(&text);
    let without_port = address.to_text_without_port().expect("it has a text");
    let Ok(raw) = RawAddress::try_from(address) else { return };
    let mut c_text = [0x55_u8; 1024];
    let mut value = MaybeUninit::<tabi_addr>::uninit();
    for (text, port) in [(&text, None), (&without_port, address.port()), (&without_port, Some(0))] {
        let again = Address::from_text(text, port);
        let again = again.unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut expected = raw.decode();
        if let Some(port) = port.filter(|_| address.port().is_some()) {
            expected.set_port(port).expect("an internet address");
        }
        let again = RawAddress::try_from(&again).expect("what was read can be encoded");
        assert_eq!(again, RawAddress::try_from(&expected).expect("it was encoded before"));
    }
    let c_text_given = CString::new(text.as_str()).expect("the text has no control character");
    // SAFETY: the text ends with NUL.
    assert_eq!(unsafe { tabi_addr_from_text(c_text_given.as_ptr(), -1, Some(&mut value)) }, 0);
    // SAFETY: the call has written the value, as it returned 0.
    let value = unsafe { value.assume_init() };
    // SAFETY: the place is writable for its size.
    let len = unsafe { tabi_addr_format(Some(&value), 1, c_text.as_mut_ptr().cast(), c_text.len()) };
    assert_eq!(&c_text[..len as usize], text.as_bytes());
}

/// Any text is a network or is refused; a network contains its first address and nothing of the other version of IP.
fn network(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(network) = text.parse::<IpNetwork>() else { return };
    assert_eq!(network.to_string().parse(), Ok(network));
    assert!(network.contains(network.address()));
    let other = if network.address().is_ipv4() { "::1" } else { "192.0.2.1" };
    assert!(!network.contains(other.parse().expect("an address")));
}

/// The bytes are cut in two addresses. Equality is that of C, and equal addresses have equal hashes.
fn equality(bytes: &[u8]) {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let (Ok(one), Ok(other)) = (RawAddress::from_bytes(one), RawAddress::from_bytes(other)) else { return };
    let mut values = [MaybeUninit::<tabi_addr>::uninit(); 2];
    for (value, raw) in values.iter_mut().zip([one, other]) {
        // SAFETY: the bytes are readable for their length.
        let code = unsafe { tabi_addr_from_sockaddr(raw.as_ptr(), raw.bytes().len(), Some(value)) };
        assert_eq!(code, 0);
    }
    // SAFETY: both calls have written the value, as they returned 0.
    let [c_one, c_other] = values.map(|value| unsafe { value.assume_init() });
    assert_eq!(tabi_addr_equal(Some(&c_one), Some(&c_other)), (one == other).into());
    // Both ways round: equality that is not symmetric breaks maps.
    let (forward, backward) = (one.eq(&other), other.eq(&one));
    assert_eq!(forward, backward);
    let state = RandomState::new();
    if one == other {
        assert_eq!(state.hash_one(one), state.hash_one(other));
    }
}

/// `tabi_addr_text` writes the whole text, or nothing beyond the size that it got.
fn copies(value: &tabi_addr, text: &str) {
    for size in [0, 1, text.len(), text.len() + 1] {
        let mut place = vec![0x55_u8; size].into_boxed_slice();
        // SAFETY: the place is writable for its size.
        let len = unsafe { tabi_addr_text(Some(value), place.as_mut_ptr().cast(), size) };
        if size > text.len() {
            assert_eq!(
                (len, &place[..text.len()], place[text.len()]),
                (text.len() as isize, text.as_bytes(), 0)
            );
        } else {
            assert!(len < 0, "{size} bytes are too few for {text}");
        }
    }
}

fn unix_name(bytes: &[u8]) {
    let mut value = MaybeUninit::<tabi_addr>::uninit();
    // SAFETY: the bytes are readable for their length.
    let code = unsafe { tabi_addr_from_unix(bytes.as_ptr().cast(), bytes.len(), Some(&mut value)) };
    let Ok(address) = UnixAddress::from_bytes(bytes) else {
        assert!(code < 0);
        return;
    };
    assert_eq!((code, address.to_bytes()), (0, bytes.to_vec()));
    let raw = RawAddress::try_from(&address).expect("a name that was accepted can be encoded");
    assert_eq!(raw.decode(), Address::Unix(address.clone()));
    one_line(&address.to_string());
    written_and_read(&Address::Unix(address));
    // SAFETY: the call has written the value, as it returned 0.
    let value = unsafe { value.assume_init() };
    let mut name = vec![0; bytes.len()].into_boxed_slice();
    // SAFETY: the buffer is writable for its size.
    let len = unsafe { tabi_addr_unix(Some(&value), name.as_mut_ptr().cast(), name.len()) };
    assert_eq!((len, &*name), (bytes.len() as isize, bytes));
}

/// A peer that chooses its own name can neither begin a line in a log nor command a terminal.
fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // The system is asked for the number of an interface, and Miri runs no foreign code.
    if cfg!(miri) && text.contains('%') {
        return;
    }
    let parsed = text.parse::<Address>();
    // Where the standard library reads an address, it is the same. Only the name of an interface it does not read.
    match text.parse::<SocketAddr>() {
        Ok(address) => assert_eq!(parsed, Ok(address.into())),
        Err(_) if text.contains('%') => {}
        Err(_) => assert!(!parsed.as_ref().is_ok_and(|address| address.as_inet().is_some())),
    }
    if let Ok(address) = parsed {
        written_and_read(&address);
        assert_eq!(RawAddress::try_from(&address).expect("what was parsed can be encoded").decode(), address);
    }
}

fn numeric(bytes: &[u8]) {
    if let Ok(packed) = inet_aton(bytes) {
        assert_eq!(inet_aton(inet_ntoa(&packed).expect("four bytes")), Ok(packed));
    }
    for family in [AF_INET, AF_INET6] {
        if let Ok(packed) = inet_pton(family, bytes) {
            assert_eq!(
                inet_pton(family, inet_ntop(family, &packed).expect("the bytes of an address")),
                Ok(packed)
            );
        }
        let written = inet_ntop(family, bytes);
        assert!(written.is_err() || bytes.len() == 4 || bytes.len() == 16);
    }
    let Ok(text) = CString::new(bytes) else { return };
    for (family, len) in [(libc::AF_INET, 4), (libc::AF_INET6, 16)] {
        let mut packed = [0x55_u8; 17];
        // SAFETY: the text ends with NUL, and the place is writable for its size.
        let got = unsafe { tabi_inet_pton(family, text.as_ptr(), packed.as_mut_ptr().cast(), len) };
        assert!(got < 0 || got == len as isize);
        assert_eq!(packed[len], 0x55, "nothing is written beyond the size");
    }
}
