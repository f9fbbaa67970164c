//! `getaddrinfo` of numbers gives the answers of the system, also those that the library finds without it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::ptr;

use crate::support::libc::{
    self, AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE,
    SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM,
};

use super::*;
use crate::support::is_emulated;
use tabi::{AddrInfo, RawAddress, getaddrinfo};

/// Family, type, protocol, address, canonical name.
type Answer = (i32, i32, i32, Vec<u8>, String);

#[derive(Debug, Clone, Copy)]
struct Hints {
    family: i32,
    kind: i32,
    proto: i32,
    flags: i32,
}

fn answers_of_system(host: &str, service: &str, hints: Hints) -> Result<Vec<Answer>, Error> {
    let (host, service) = (CString::new(host).unwrap(), CString::new(service).unwrap());
    // SAFETY: zeros are valid for the integers and pointers of the structure.
    let mut wanted: libc::addrinfo = unsafe { std::mem::zeroed() };
    (wanted.ai_family, wanted.ai_socktype) = (hints.family, hints.kind);
    (wanted.ai_protocol, wanted.ai_flags) = (hints.proto, hints.flags);
    let mut list = ptr::null_mut();
    // SAFETY: both texts are NUL-terminated, and the list is writable.
    match unsafe { libc::getaddrinfo(host.as_ptr().cast(), service.as_ptr().cast(), &wanted, &mut list) } {
        0 => {}
        libc::EAI_SYSTEM => return Err(Error::Os(std::io::Error::last_os_error().raw_os_error().unwrap())),
        code => return Err(Error::Gai(code)),
    }
    let mut answers = Vec::new();
    let mut next = list;
    // SAFETY: each entry of the list is valid until it is freed, with an address of its length and a name or NULL.
    unsafe {
        while let Some(entry) = next.as_ref() {
            let address = std::slice::from_raw_parts(entry.ai_addr.cast::<u8>(), entry.ai_addrlen as usize);
            let name = entry.ai_canonname;
            let name = if name.is_null() {
                String::new()
            } else {
                CStr::from_ptr(name.cast()).to_string_lossy().into()
            };
            answers.push((entry.ai_family, entry.ai_socktype, entry.ai_protocol, address.to_vec(), name));
            next = entry.ai_next;
        }
        libc::freeaddrinfo(list);
    }
    Ok(answers)
}

fn answers(host: &str, service: &str, hints: Hints) -> Result<Vec<Answer>, Error> {
    let (family, kind) = (hints.family.into(), hints.kind.into());
    let found = getaddrinfo(host, service, family, kind, hints.proto, hints.flags)?;
    let answer = |info: &AddrInfo| {
        let address = RawAddress::try_from(&info.address).unwrap().bytes().to_vec();
        (info.family.as_raw(), info.kind.as_raw(), info.proto, address, info.canonname.clone())
    };
    Ok(found.iter().map(answer).collect())
}

/// With `AI_NUMERICHOST`, no question goes to a name server.
fn check(host: &str, service: &str, hints: Hints) {
    let hints = Hints { flags: hints.flags | AI_NUMERICHOST, ..hints };
    let expected = answers_of_system(host, service, hints);
    assert_eq!(answers(host, service, hints), expected, "{host:?} {service:?} {hints:?}");
}

const STREAM: Hints = Hints { family: AF_UNSPEC, kind: SOCK_STREAM, proto: 0, flags: 0 };

#[test]
fn all_hints_have_the_answers_of_the_system() {
    for host in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        for family in [AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX, -1] {
            for kind in [0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, 10, -1] {
                for proto in [0, libc::IPPROTO_TCP, libc::IPPROTO_UDP, libc::IPPROTO_SCTP, 255, -1] {
                    for flags in
                        [0, AI_PASSIVE, AI_NUMERICSERV, AI_PASSIVE | AI_NUMERICSERV, AI_CANONNAME, 1 << 20]
                    {
                        check(host, "80", Hints { family, kind, proto, flags });
                    }
                }
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn flags_of_linux_have_the_answers_of_the_system() {
    for host in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        for family in [AF_UNSPEC, AF_INET, AF_INET6] {
            for flags in [libc::AI_V4MAPPED, libc::AI_V4MAPPED | libc::AI_ALL, libc::AI_ADDRCONFIG] {
                check(host, "80", Hints { family, flags, ..STREAM });
            }
        }
    }
}

#[test]
fn every_way_to_write_an_address_or_a_port_has_the_answers_of_the_system() {
    let hosts = [
        "0.0.0.0",
        "255.255.255.255",
        "127.0.0.1",
        "1.2.3.4",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.256",
        "1.2.3",
        "127.1",
        "1",
        "0x7f.1",
        "1.2.3.4.",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4.5",
        "",
        "*",
        "::",
        "::1",
        "1::",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "::ffff:01.2.3.4",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:1.2.3.4",
        "00001::",
        "fe80::1",
        "fe80::1%lo",
        "fe80::1%1",
        "::1%",
        "[::1]",
        "ABCD::ef",
        "::g",
        ":",
        ":::",
        "1::2::3",
        "ff02::1",
        "localhost",
        "\u{ff11}.2.3.4",
        "1.2.3.4\n",
    ];
    let services = [
        "0",
        "1",
        "80",
        "080",
        "00080",
        "000080",
        "65535",
        "65536",
        "99999",
        "100000",
        "4294967376",
        "-1",
        "+80",
        " 80",
        "80 ",
        "0x50",
        "",
        "*",
        "http",
        "8o",
        "\u{661}",
    ];
    // With the feature `idna`, hosts beyond ASCII are encoded before the system sees them.
    for host in hosts.into_iter().filter(|host| host.is_ascii() || !cfg!(feature = "idna")) {
        for service in services {
            for family in [AF_UNSPEC, AF_INET, AF_INET6] {
                for kind in [0, SOCK_STREAM, SOCK_DGRAM] {
                    check(host, service, Hints { family, kind, ..STREAM });
                }
            }
        }
    }
}

#[test]
fn random_texts_have_the_answers_of_the_system() {
    // A xorshift generator, so that every run asks the same questions.
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as usize % below
    };
    let pieces =
        ["0", "1", "9", "25", "255", "256", "08", ".", ".", ".", ":", "::", "f", "ffff", "%", "x", " "];
    let mut text =
        |most: usize| -> String { (0..=random(most)).map(|_| pieces[random(pieces.len())]).collect() };
    // Under an emulator each question takes a millisecond, and the system's answers come from the same library as elsewhere.
    // It takes almost as long under Wine.
    let rounds = if is_emulated() || cfg!(windows) { 1000 } else { 50_000 };
    for _ in 0..rounds {
        let (host, service) = (text(12), text(3));
        check(&host, &service, STREAM);
    }
    // Most random texts are not addresses, so these are made of the right pieces.
    for _ in 0..rounds * 2 / 5 {
        let separator = if random(2) == 0 { "." } else { ":" };
        let parts = if separator == "." { 3 + random(3) } else { 1 + random(8) };
        let number = |random: &mut dyn FnMut(usize) -> usize| match separator {
            "." => format!("{}", random(300)),
            _ => ["", "0", "f", "00ab", "ffff", "12345", "1.2.3.4"][random(7)].to_owned(),
        };
        let host = (0..parts).map(|_| number(&mut random)).collect::<Vec<_>>().join(separator);
        check(&host, &random(70_000).to_string(), STREAM);
    }
}
