//! Addresses: bytes of the system's, text, and the C library's values. Reading them back gives what was written.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use tabi::ffi::*;
use tabi::{AF_INET, AF_INET6, Address, RawAddress, UnixAddress, inet_aton, inet_ntoa, inet_ntop, inet_pton};

/// The first byte chooses what the others are.
pub fn check(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    match choice % 4 {
        0 => sockaddr(bytes),
        1 => unix_name(bytes),
        2 => text(bytes),
        // The C library reads these, and Miri runs no foreign code.
        _ if cfg!(miri) => {}
        _ => numeric(bytes),
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
    // SAFETY: the call has written the value, as it returned 0.
    let value = unsafe { value.assume_init() };
    copies(&value, &address.repr());
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
    let parsed = text.parse::<Address>();
    assert_eq!(
        text.parse::<SocketAddr>().is_ok(),
        parsed.as_ref().is_ok_and(|address| address.as_inet().is_some())
    );
    if let Ok(address) = parsed {
        if address.as_inet().is_some() {
            assert_eq!(address.to_string().parse::<Address>().as_ref(), Ok(&address));
        }
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
