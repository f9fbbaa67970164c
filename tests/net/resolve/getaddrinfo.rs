//! `getaddrinfo`: answers, hints, and what cannot be looked up.

use super::*;
use tabi::getaddrinfo;

#[test]
fn without_hints_there_is_an_answer_for_each_type_of_socket() {
    let answers = getaddrinfo("127.0.0.1", 80, AF_UNSPEC, SocketKind::ANY, 0, 0).unwrap();
    let kinds: Vec<_> = answers.iter().map(|answer| (answer.family, answer.kind, answer.proto)).collect();
    assert!(kinds.contains(&(AF_INET, SOCK_STREAM, IPPROTO_TCP)), "{kinds:?}");
    assert!(kinds.contains(&(AF_INET, SOCK_DGRAM, IPPROTO_UDP)), "{kinds:?}");
}

#[test]
fn each_hint_limits_the_answers() {
    let stream = getaddrinfo("::1", 80, AF_INET6, SOCK_STREAM, 0, 0).unwrap();
    assert_eq!(addresses(&stream), ["('::1', 80, 0, 0)"]);
    let datagrams = getaddrinfo("127.0.0.1", 9, AF_UNSPEC, SOCK_DGRAM, 0, 0).unwrap();
    assert!(datagrams.iter().all(|answer| answer.kind == SOCK_DGRAM), "{datagrams:?}");
}

#[test]
fn a_protocol_has_its_type() {
    let udp = getaddrinfo("127.0.0.1", 9, AF_UNSPEC, SocketKind::ANY, IPPROTO_UDP, 0).unwrap();
    assert!(udp.iter().all(|answer| answer.kind == SOCK_DGRAM), "{udp:?}");
    assert_eq!(addresses(&udp), ["('127.0.0.1', 9)"]);
}

#[test]
fn no_host_is_this_machine_or_with_ai_passive_any_address() {
    let loopback = getaddrinfo(None, 80, AF_INET, SOCK_STREAM, 0, 0).unwrap();
    assert_eq!(addresses(&loopback), ["('127.0.0.1', 80)"]);
    let any = getaddrinfo(None, 80, AF_INET, SOCK_STREAM, 0, AI_PASSIVE).unwrap();
    assert_eq!(addresses(&any), ["('0.0.0.0', 80)"]);
}

#[test]
fn host_and_service_may_be_text_bytes_numbers_or_absent() {
    let expected = ["('127.0.0.1', 8080)"];
    let port = String::from("8080");
    for answers in [
        getaddrinfo("127.0.0.1", "8080", AF_INET, SOCK_STREAM, 0, 0),
        getaddrinfo(b"127.0.0.1", &port, AF_INET, SOCK_STREAM, 0, 0),
        getaddrinfo(&b"127.0.0.1"[..], &b"8080"[..], AF_INET, SOCK_STREAM, 0, 0),
        getaddrinfo(String::from("127.0.0.1"), 8080u16, AF_INET, SOCK_STREAM, 0, 0),
        getaddrinfo(Some("127.0.0.1"), 8080, AF_INET, SOCK_STREAM, 0, 0),
    ] {
        assert_eq!(addresses(&answers.unwrap()), expected);
    }
    let no_service = getaddrinfo("127.0.0.1", None, AF_INET, SOCK_STREAM, 0, 0).unwrap();
    assert_eq!(addresses(&no_service), ["('127.0.0.1', 0)"]);
}

#[test]
fn the_canonical_name_is_in_the_first_answer_when_asked_for() {
    let answers = getaddrinfo("127.0.0.1", 80, AF_INET, SocketKind::ANY, 0, AI_CANONNAME).unwrap();
    assert_eq!(answers[0].canonname, "127.0.0.1");
    assert!(answers[1..].iter().all(|answer| answer.canonname.is_empty()), "{answers:?}");
    assert_eq!(getaddrinfo("127.0.0.1", 80, AF_INET, SocketKind::ANY, 0, 0).unwrap()[0].canonname, "");
}

#[test]
fn a_service_has_its_port() {
    if have("/etc/services") {
        let answers = getaddrinfo("127.0.0.1", "http", AF_INET, SOCK_STREAM, 0, 0).unwrap();
        assert_eq!(addresses(&answers), ["('127.0.0.1', 80)"]);
    }
}

#[test]
fn a_scope_is_an_interface_by_name_or_by_number() {
    let (index, name) = tabi::if_nameindex().unwrap().remove(0);
    for scope in [name, index.to_string()] {
        let host = format!("fe80::1%{scope}");
        let answers = getaddrinfo(&host, 80, AF_INET6, SOCK_STREAM, 0, AI_NUMERICHOST).unwrap();
        assert_eq!(addresses(&answers), [format!("('fe80::1', 80, 0, {index})")], "{host}");
    }
}

#[test]
fn an_answer_connects_a_socket() {
    let server = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    server.bind(("127.0.0.1", 0)).unwrap();
    server.listen(1).unwrap();
    let port = server.getsockname().unwrap().port().unwrap();
    let answer = getaddrinfo("127.0.0.1", port, AF_UNSPEC, SOCK_STREAM, 0, 0).unwrap().remove(0);
    let client = Socket::new(answer.family, answer.kind, answer.proto).unwrap();
    client.connect(&answer.address).unwrap();
    assert_eq!(client.getpeername().unwrap(), answer.address);
}

#[test]
fn what_cannot_be_looked_up_is_an_error_of_the_resolver() {
    let fail = |host: &str, service: &str, family, kind, flags| {
        getaddrinfo(host, service, AddressFamily::from_raw(family), SocketKind::from_raw(kind), 0, flags)
            .unwrap_err()
    };
    assert_eq!(fail("localhost", "80", 0, 0, AI_NUMERICHOST), Error::Gai(libc::EAI_NONAME));
    assert_eq!(fail("127.0.0.1", "http", 0, 0, AI_NUMERICSERV), Error::Gai(libc::EAI_NONAME));
    assert_eq!(
        getaddrinfo(None, None, AF_UNSPEC, SocketKind::ANY, 0, 0).unwrap_err(),
        Error::Gai(libc::EAI_NONAME)
    );
}

#[test]
fn what_does_not_exist_is_an_error_of_the_resolver() {
    let fail = |service: &str, family, kind, flags| {
        getaddrinfo(
            "127.0.0.1",
            service,
            AddressFamily::from_raw(family),
            SocketKind::from_raw(kind),
            0,
            flags,
        )
        .unwrap_err()
    };
    assert_eq!(fail("no such service", 0, 0, 0), Error::Gai(libc::EAI_SERVICE));
    assert_eq!(fail("80", 12345, 0, 0), Error::Gai(libc::EAI_FAMILY));
    assert_eq!(fail("80", 0, 12345, 0), Error::Gai(libc::EAI_SOCKTYPE));
    assert_eq!(fail("80", 0, 0, 1 << 30), Error::Gai(libc::EAI_BADFLAGS));
}

#[test]
fn a_nul_byte_is_refused_and_named() {
    for error in [
        getaddrinfo("a\0b", 80, AF_UNSPEC, SocketKind::ANY, 0, 0).unwrap_err(),
        getaddrinfo("127.0.0.1", "8\x00", AF_UNSPEC, SocketKind::ANY, 0, 0).unwrap_err(),
    ] {
        assert!(
            matches!(&error, Error::Value(text) if text.contains("NUL") && text.contains("x00")),
            "{error}"
        );
    }
}
