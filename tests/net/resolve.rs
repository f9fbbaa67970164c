//! Names and numbers: hosts, services, protocols, interfaces, and the text of addresses.
//!
//! No look-up leaves this machine: hosts are numeric or names of this machine.

mod getaddrinfo;
mod numbers;

use std::path::Path;
use std::thread;

use tabi::constants::{
    AF_UNSPEC, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE, IPPROTO_UDP, NI_NUMERICHOST,
    NI_NUMERICSERV,
};
use tabi::{
    AF_INET, AF_INET6, Address, AddressFamily, Error, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM, Socket,
    SocketKind, gethostbyaddr, gethostbyname, gethostbyname_ex, getnameinfo, getprotobyname, getservbyname,
    getservbyport, if_nametoindex, inet_aton, inet_ntoa, inet_ntop, inet_pton,
};

use crate::support::limits::limit;
use crate::support::{in_own_process, libc};

const NUMERIC: i32 = NI_NUMERICHOST | NI_NUMERICSERV;

/// Whether a database of the system exists: on Windows always. A missing one is a failure where everything must be checked.
fn have(database: &str) -> bool {
    if cfg!(windows) {
        return true;
    }
    let found = Path::new(database).is_file();
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{database} is missing");
        eprintln!("skipped: there is no {database}");
    }
    found
}

fn addresses(answers: &[tabi::AddrInfo]) -> Vec<String> {
    answers.iter().map(|answer| answer.address.repr()).collect()
}

#[test]
fn getnameinfo_gives_host_and_service_as_numbers() {
    let numbers = |host: &str, service: &str| Ok((host.to_owned(), service.to_owned()));
    assert_eq!(getnameinfo(("127.0.0.1", 80), NUMERIC), numbers("127.0.0.1", "80"));
    assert_eq!(getnameinfo(("::1", 65535, 0, 0), NUMERIC), numbers("::1", "65535"));
    let address: std::net::SocketAddr = "[::1]:443".parse().unwrap();
    assert_eq!(getnameinfo(address, NUMERIC), numbers("::1", "443"));
    assert_eq!(getnameinfo(Address::from(address), NUMERIC), numbers("::1", "443"));
}

#[test]
fn getnameinfo_knows_scopes_by_name() {
    let (index, name) = tabi::if_nameindex().unwrap().remove(0);
    let expected = format!("fe80::1%{name}");
    assert_eq!(getnameinfo(("fe80::1", 80, 0, index), NUMERIC).unwrap().0, expected);
    assert_eq!(getnameinfo((expected.as_str(), 80), NUMERIC).unwrap().0, expected);
}

#[test]
fn getnameinfo_refuses_what_is_not_a_numeric_address() {
    assert_eq!(getnameinfo(("localhost", 80), 0), Err(Error::Gai(libc::EAI_NONAME)));
    assert_eq!(
        getnameinfo(("127.0.0.1", 80, 0, 0), NUMERIC),
        Err(Error::OsMessage("IPv4 sockaddr must be 2 tuple".into()))
    );
    let flowinfo = getnameinfo(("::1", 80, 0x10_0000, 0), NUMERIC).unwrap_err();
    assert!(matches!(&flowinfo, Error::Overflow(text) if text.contains("1048576")), "{flowinfo}");
    assert!(matches!(getnameinfo(("a\0b", 80), 0), Err(Error::Value(_))));
    assert_eq!(getnameinfo(Address::None, 0), Err(Error::Gai(libc::EAI_FAMILY)));
}

#[test]
fn gethostbyname_reads_addresses_and_the_two_words_for_all() {
    for (name, expected) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("", "0.0.0.0"),
        ("<broadcast>", "255.255.255.255"),
        ("255.255.255.255", "255.255.255.255"),
        ("localhost", "127.0.0.1"),
    ] {
        assert_eq!(gethostbyname(name).unwrap().to_string(), expected, "{name:?}");
    }
}

#[test]
fn gethostbyname_refuses_ipv6_and_nul_bytes() {
    assert!(matches!(gethostbyname("::1"), Err(Error::Gai(_))));
    assert!(matches!(gethostbyname("a\0b"), Err(Error::Value(_))));
    assert!(matches!(gethostbyname_ex("::1"), Err(Error::Gai(_))));
}

#[test]
fn gethostbyname_ex_gives_names_and_addresses() {
    let entry = gethostbyname_ex("127.0.0.9").unwrap();
    assert_eq!((entry.name.as_str(), entry.aliases.len()), ("127.0.0.9", 0));
    assert_eq!(entry.addresses, ["127.0.0.9".parse::<std::net::IpAddr>().unwrap()]);
    let localhost = gethostbyname_ex("localhost").unwrap();
    assert!(localhost.addresses.contains(&std::net::Ipv4Addr::LOCALHOST.into()), "{localhost:?}");
}

#[test]
fn gethostbyaddr_finds_the_name_of_loopback() {
    if have("/etc/hosts") {
        let entry = gethostbyaddr("127.0.0.1").unwrap();
        assert!(!entry.name.is_empty());
        assert_eq!(entry.addresses, [std::net::IpAddr::from([127, 0, 0, 1])]);
    }
}

#[test]
fn gethostbyaddr_refuses_a_wildcard_and_nul_bytes() {
    assert_eq!(gethostbyaddr(""), Err(Error::OsMessage("wildcard resolved to multiple address".into())));
    assert!(matches!(gethostbyaddr("a\0b"), Err(Error::Value(_))));
}

#[test]
fn gethostname_is_the_kernels() {
    let name = tabi::gethostname().unwrap();
    assert!(!name.is_empty());
    #[cfg(target_os = "linux")]
    assert_eq!(name, std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim_end());
}

#[cfg(unix)]
#[test]
fn sethostname_refuses_what_is_too_long() {
    let name = tabi::gethostname().unwrap();
    let refused = tabi::sethostname("x".repeat(1000)).unwrap_err();
    assert!(matches!(refused, Error::Os(libc::EINVAL | libc::EPERM | libc::ENAMETOOLONG)), "{refused}");
    assert_eq!(tabi::gethostname().unwrap(), name);
}

#[test]
fn getfqdn_of_this_machine_has_three_spellings() {
    let own = tabi::getfqdn("").unwrap();
    assert!(!own.is_empty());
    for spelling in ["0.0.0.0", "::", "  "] {
        assert_eq!(tabi::getfqdn(spelling).unwrap(), own, "{spelling:?}");
    }
}

#[test]
fn getfqdn_prefers_a_name_with_a_dot_and_trims_spaces() {
    if have("/etc/hosts") {
        let entry = gethostbyaddr("127.0.0.1").unwrap();
        let names = [std::slice::from_ref(&entry.name), &entry.aliases].concat();
        let expected = names.iter().find(|name| name.contains('.')).unwrap_or(&names[0]);
        assert_eq!(&tabi::getfqdn(" 127.0.0.1 ").unwrap(), expected);
    }
}

#[test]
fn services_are_known_by_name_and_by_port() {
    if have("/etc/services") {
        assert_eq!(getservbyname("http", "tcp"), Ok(80));
        assert_eq!(getservbyname("domain", "udp"), Ok(53));
        assert_eq!(getservbyname("ssh", None), Ok(22));
        assert_eq!(getservbyport(80, "tcp"), Ok("http".to_owned()));
        assert_eq!(getservbyport(22, None), Ok("ssh".to_owned()));
    }
}

#[test]
fn services_that_are_not_there_are_named() {
    let text = |error: Error| match error {
        Error::OsMessage(text) => text.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        text(getservbyname("no-such", "tcp").unwrap_err()),
        r#"service/proto not found: "no-such", "tcp""#
    );
    assert_eq!(text(getservbyname("no-such", None).unwrap_err()), r#"service/proto not found: "no-such""#);
    assert_eq!(text(getservbyport(80, "no-such").unwrap_err()), r#"port/proto not found: 80, "no-such""#);
    assert_eq!(text(getprotobyname("no-such").unwrap_err()), r#"protocol not found: "no-such""#);
    assert!(matches!(getservbyname("a\0", None), Err(Error::Value(_))));
    assert!(matches!(getservbyname("http", "t\0"), Err(Error::Value(_))));
    assert!(matches!(getprotobyname("t\0"), Err(Error::Value(_))));
}

#[test]
fn protocols_have_their_numbers() {
    if have("/etc/protocols") {
        assert_eq!(getprotobyname("tcp"), Ok(6));
        assert_eq!(getprotobyname("udp"), Ok(17));
        assert_eq!(getprotobyname("icmp"), Ok(1));
    }
}

#[test]
fn interfaces_are_known_by_number_and_by_name() {
    let interfaces = tabi::if_nameindex().unwrap();
    assert!(!interfaces.is_empty());
    for (index, name) in interfaces {
        assert_eq!(tabi::if_nametoindex(&name), Ok(index));
        assert_eq!(tabi::if_indextoname(index), Ok(name));
    }
}

#[test]
fn interfaces_that_are_not_there_are_named() {
    let missing = tabi::if_nametoindex("no-such").unwrap_err();
    assert_eq!(missing, Error::OsMessage(r#"no interface with this name: "no-such""#.into()));
    assert!(matches!(tabi::if_nametoindex("a\0b"), Err(Error::Value(_))));
    for index in [0, u32::MAX] {
        assert_eq!(tabi::if_indextoname(index), Err(Error::Os(libc::ENXIO)), "{index}");
    }
}

#[test]
fn inet_aton_has_the_grammar_of_the_c_library() {
    for (text, expected) in [
        ("1.2.3.4", [1, 2, 3, 4]),
        ("1", [0, 0, 0, 1]),
        ("1.2", [1, 0, 0, 2]),
        ("0x7f.1", [127, 0, 0, 1]),
        ("010.0.0.1", [8, 0, 0, 1]),
        ("255.255.255.255", [255; 4]),
    ] {
        assert_eq!(inet_aton(text), Ok(expected), "{text:?}");
    }
    for text in ["", "256.0.0.1", "1.2.3.4.5", "localhost", "::1"] {
        let error = inet_aton(text).unwrap_err();
        let expected = format!("illegal IP address string passed to inet_aton: {text:?}");
        assert_eq!(error, Error::OsMessage(expected.into()));
    }
    assert!(matches!(inet_aton("1\0"), Err(Error::Value(_))));
}

#[test]
fn inet_ntoa_wants_four_bytes() {
    assert_eq!(inet_ntoa(&[127, 0, 0, 1]).unwrap(), "127.0.0.1");
    for len in [0, 3, 5, 16] {
        let error = inet_ntoa(&vec![0; len]).unwrap_err();
        assert!(matches!(&error, Error::OsMessage(text) if text.ends_with(&format!("got {len}"))), "{error}");
    }
}

#[test]
fn inet_pton_and_inet_ntop_are_inverse() {
    for (family, text, len) in [
        (AF_INET, "192.0.2.7", 4),
        (AF_INET6, "2001:db8::1", 16),
        (AF_INET6, "::", 16),
        (AF_INET6, "::ffff:1.2.3.4", 16),
    ] {
        let packed = inet_pton(family, text).unwrap();
        assert_eq!(packed.len(), len);
        assert_eq!(inet_ntop(family, &packed).unwrap(), text);
    }
}

#[test]
fn inet_pton_refuses_other_text_and_families() {
    for (family, text) in
        [(AF_INET, "127.1"), (AF_INET, "::1"), (AF_INET6, "1.2.3.4"), (AF_INET6, "fe80::1%lo"), (AF_INET, "")]
    {
        assert!(matches!(inet_pton(family, text), Err(Error::OsMessage(_))), "{text:?}");
    }
    assert_eq!(inet_pton(AddressFamily::from_raw(99), "127.0.0.1"), Err(Error::Os(libc::EAFNOSUPPORT)));
    assert!(matches!(inet_pton(AF_INET, "1.2.3.4\0"), Err(Error::Value(_))));
}

#[test]
fn inet_ntop_refuses_other_lengths_and_families() {
    for (family, len) in [(AF_INET, 3), (AF_INET, 16), (AF_INET6, 4), (AF_INET6, 0)] {
        let error = inet_ntop(family, &vec![0; len]).unwrap_err();
        assert!(matches!(&error, Error::Value(text) if text.contains("invalid length")), "{error}");
    }
    assert_eq!(
        inet_ntop(AddressFamily::from_raw(99), &[0; 4]),
        Err(Error::Value("unknown address family 99".into()))
    );
}

#[test]
fn an_ipv6_address_is_written_as_python_writes_it() {
    // As the C library writes it.
    let compatible = if cfg!(target_env = "musl") { "::102:304" } else { "::1.2.3.4" };
    for (ip, expected) in
        [("::1.2.3.4", compatible), ("::102", "::102"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4")]
    {
        let address = Address::from(std::net::SocketAddr::new(ip.parse().unwrap(), 80));
        assert_eq!(address.repr(), format!("('{expected}', 80, 0, 0)"));
    }
}

#[test]
fn the_network_has_the_high_byte_first() {
    assert_eq!(tabi::htons(0x1234).to_ne_bytes(), [0x12, 0x34]);
    assert_eq!(tabi::htonl(0x1234_5678).to_ne_bytes(), [0x12, 0x34, 0x56, 0x78]);
    assert_eq!(tabi::ntohs(tabi::htons(0xabcd)), 0xabcd);
    assert_eq!(tabi::ntohl(tabi::htonl(0xdead_beef)), 0xdead_beef);
}

#[test]
fn a_scope_of_a_host_reaches_the_socket_address() {
    let (index, name) = tabi::if_nameindex().unwrap().remove(0);
    let Ok(socket) = Socket::new(AF_INET6, SOCK_DGRAM, 0) else {
        eprintln!("skipped: no IPv6 here");
        return;
    };
    for host in [format!("fe80::1%{name}"), format!("fe80::1%{index}")] {
        let resolved = socket.resolve((host.as_str(), 9)).unwrap().decode();
        assert_eq!(resolved.repr(), format!("('fe80::1', 9, 0, {index})"), "{host}");
    }
}

/// How many look-ups each thread makes, so that the calls of the threads overlap.
const ROUNDS: usize = 200;

#[test]
fn threads_that_ask_for_hosts_each_get_their_own_answer() {
    thread::scope(|scope| {
        for number in 1..=8 {
            scope.spawn(move || {
                let address = format!("127.0.0.{number}");
                for _ in 0..ROUNDS {
                    let entry = gethostbyname_ex(&address).unwrap();
                    assert_eq!(
                        (entry.name, entry.addresses[0].to_string()),
                        (address.clone(), address.clone())
                    );
                    assert_eq!(gethostbyname(&address).unwrap().to_string(), address);
                }
            });
        }
    });
}

#[test]
fn threads_that_ask_for_services_each_get_their_own_answer() {
    const SERVICES: [(&str, u16); 8] = [
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("http", 80),
        ("pop3", 110),
        ("https", 443),
        ("imaps", 993),
    ];
    if !have("/etc/services") {
        return;
    }
    thread::scope(|scope| {
        for (name, port) in SERVICES {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    assert_eq!(getservbyname(name, "tcp"), Ok(port));
                    assert_eq!(getservbyport(port, "tcp").as_deref(), Ok(name));
                }
            });
        }
    });
}

/// The system uses a socket of its own to look up an interface.
#[test]
fn a_full_table_of_descriptors_is_not_a_missing_interface() {
    in_own_process(|| {
        limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(if_nametoindex("lo"), Err(Error::Os(libc::EMFILE)));
    });
}

/// The resolver reports an error of the system with one code for all of them, and leaves the error itself in `errno`.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn a_full_table_of_descriptors_is_an_error_of_the_system_and_not_of_the_resolver() {
    in_own_process(|| {
        let look_up = || tabi::getaddrinfo("localhost", 80, AF_UNSPEC, SOCK_STREAM, 0, 0);
        // The first look-up loads what the C library needs for the others.
        look_up().unwrap();
        limit(libc::RLIMIT_NOFILE, 0);
        // The number depends on the modules that /etc/nsswitch.conf names: the last one leaves its own.
        let result = look_up();
        assert!(matches!(result, Err(Error::Os(errno)) if errno != 0), "{result:?}");
    });
}

#[cfg(feature = "idna")]
#[test]
fn hosts_beyond_ascii_are_encoded() {
    // Fullwidth digits and dots become normal ones. A C library does not do this itself.
    assert_eq!(gethostbyname("１２７.０.０.１").unwrap().to_string(), "127.0.0.1");
    let refused = gethostbyname("xn--\u{fffd}").unwrap_err();
    assert!(matches!(&refused, Error::Value(text) if text.contains("IDNA")), "{refused}");
}
