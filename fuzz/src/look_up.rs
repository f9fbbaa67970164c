//! A look-up of numbers: whatever host, service and hints are, the answers are those of the C library.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr;

use tabi::ffi::*;

/// Family, type, protocol, address.
type Answer = (i32, i32, i32, Vec<u8>);

/// The first bytes are hints, the rest is the host, and after a space the service. No name server is asked.
pub(crate) fn check(input: &[u8]) {
    let [family, kind, proto, rest @ ..] = input else { return };
    let mut texts = rest.splitn(2, |byte| *byte == b' ').map(CString::new);
    let Some(Ok(host)) = texts.next() else { return };
    let service = texts.next().and_then(Result::ok);
    // Small numbers are the usual ones: both families, the types, and the protocols of TCP (6) and UDP (17).
    let hints = [i32::from(family % 12), i32::from(kind % 6), i32::from(proto % 18)];
    let flags = libc::AI_NUMERICHOST | libc::AI_NUMERICSERV;
    assert_eq!(
        of_tabi(&host, service.as_deref(), hints, flags),
        of_system(&host, service.as_deref(), hints, flags),
        "{host:?} {service:?} {hints:?}"
    );
}

fn pointer(text: Option<&CStr>) -> *const libc::c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

fn of_system(
    host: &CStr,
    service: Option<&CStr>,
    [family, kind, proto]: [i32; 3],
    flags: i32,
) -> Option<Vec<Answer>> {
    // SAFETY: the structure consists of integers and pointers, for which zeros are valid.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    (hints.ai_family, hints.ai_socktype, hints.ai_protocol, hints.ai_flags) = (family, kind, proto, flags);
    let mut list = ptr::null_mut();
    // SAFETY: the texts end with NUL or are NULL, and the list is writable.
    if unsafe { libc::getaddrinfo(host.as_ptr(), pointer(service), &hints, &mut list) } != 0 {
        return None;
    }
    let mut answers = Vec::new();
    let mut next: *const libc::addrinfo = list;
    // SAFETY: each entry is valid until the list is freed.
    while let Some(entry) = unsafe { next.as_ref() } {
        // SAFETY: an entry has an address of its length.
        let address =
            unsafe { std::slice::from_raw_parts(entry.ai_addr.cast::<u8>(), entry.ai_addrlen as usize) };
        answers.push((entry.ai_family, entry.ai_socktype, entry.ai_protocol, address.to_vec()));
        next = entry.ai_next;
    }
    // SAFETY: the list came from getaddrinfo, and nothing points to it any more.
    unsafe { libc::freeaddrinfo(list) };
    Some(answers)
}

fn of_tabi(
    host: &CStr,
    service: Option<&CStr>,
    [family, kind, proto]: [i32; 3],
    flags: i32,
) -> Option<Vec<Answer>> {
    let mut list = MaybeUninit::uninit();
    // SAFETY: the texts end with NUL or are NULL.
    let count = unsafe {
        tabi_getaddrinfo(host.as_ptr(), pointer(service), family, kind, proto, flags, Some(&mut list))
    };
    if count < 0 {
        return None;
    }
    // SAFETY: the call has written the list, as it did not fail.
    let list = unsafe { list.assume_init() };
    let answer = |index| {
        // SAFETY: the list is valid until it is freed.
        let found =
            unsafe { tabi_addrinfo_at(list.as_ref(), index).as_ref() }.expect("as many as were counted");
        // SAFETY: the name ends with NUL.
        assert_eq!(unsafe { CStr::from_ptr(found.canonname) }, c"", "nobody has asked for a name");
        let mut bytes = [0_u8; 128];
        for (to, from) in bytes.chunks_exact_mut(8).zip(found.addr.data) {
            to.copy_from_slice(&from.to_ne_bytes());
        }
        (found.family, found.r#type, found.proto, bytes[..found.addr.len as usize].to_vec())
    };
    let answers = (0..count as usize).map(answer).collect();
    // SAFETY: the list is valid.
    let after_the_last = unsafe { tabi_addrinfo_at(list.as_ref(), count as usize) };
    assert!(after_the_last.is_null());
    // SAFETY: this is the last use of the list.
    unsafe { tabi_addrinfo_list_free(list) };
    Some(answers)
}
