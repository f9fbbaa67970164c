//! The types that may be given as an address, and the text of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tabi::{
    AF_INET, AF_INET6, AF_UNIX, Address, AddressFamily, Deadline, Error, SOCK_DGRAM, SOCK_STREAM, Socket,
    ToAddress, UnixAddress,
};

use crate::support::{temporary_path, tools};

fn decoded(address: impl ToAddress, family: AddressFamily) -> Result<Address, Error> {
    Ok(address.to_address(family, Deadline::NEVER)?.decode())
}

fn refused(address: impl ToAddress, family: AddressFamily) -> String {
    match address.to_address(family, Deadline::NEVER) {
        Err(Error::Type(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_address_of_the_standard_library_is_accepted() {
    let v4 = SocketAddr::from(([127, 0, 0, 1], 80));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 80));
    let host = String::from("127.0.0.1");
    for address in [
        decoded(v4, AF_INET),
        decoded(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80), AF_INET),
        decoded((IpAddr::V4(Ipv4Addr::LOCALHOST), 80), AF_INET),
        decoded((Ipv4Addr::LOCALHOST, 80), AF_INET),
        decoded(("127.0.0.1", 80), AF_INET),
        decoded((&host, 80), AF_INET),
        decoded((host.clone(), 80), AF_INET),
        decoded(&(host, 80), AF_INET),
        decoded([v6, v4], AF_INET),
        decoded(&[v4, v6][..], AF_INET),
        decoded(vec![v6, v4], AF_INET),
    ] {
        assert_eq!(address, Ok(v4.into()));
    }
    for address in [
        decoded(v6, AF_INET6),
        decoded(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0), AF_INET6),
        decoded((IpAddr::V6(Ipv6Addr::LOCALHOST), 80), AF_INET6),
        decoded((Ipv6Addr::LOCALHOST, 80), AF_INET6),
        decoded(("::1", 80, 0, 0), AF_INET6),
        decoded([v4, v6], AF_INET6),
    ] {
        assert_eq!(address, Ok(v6.into()));
    }
}

#[test]
fn of_several_addresses_the_first_that_fits_is_taken() {
    let addresses: [SocketAddr; 3] =
        ["[::1]:1", "127.0.0.1:2", "127.0.0.1:3"].map(|address| address.parse().unwrap());
    assert_eq!(decoded(addresses, AF_INET).unwrap().port(), Some(2));
    assert_eq!(decoded(addresses, AF_INET6).unwrap().port(), Some(1));
    assert_eq!(refused(&addresses[..1], AF_INET), "none of 1 addresses is of family AF_INET");
    assert_eq!(refused(addresses, AF_UNIX), "none of 3 addresses is of family AF_UNIX");
    let none: Vec<SocketAddr> = Vec::new();
    assert_eq!(refused(none, AF_INET), "none of 0 addresses is of family AF_INET");
}

#[test]
fn an_address_of_another_family_is_refused_by_name() {
    let text = "the address is of family AF_INET6, but the socket is of family AF_INET";
    assert_eq!(refused((Ipv6Addr::LOCALHOST, 80), AF_INET), text);
    assert_eq!(refused("[::1]:80".parse::<Address>().unwrap(), AF_INET), text);
}

#[test]
fn a_text_alone_is_a_path_and_never_a_host() {
    let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    let Err(Error::Type(text)) = socket.connect("127.0.0.1:80") else {
        panic!("connected or failed otherwise")
    };
    assert_eq!(
        text,
        "\"127.0.0.1:80\" alone is the path of a unix socket, but the socket is of family AF_INET: \
         write (\"127.0.0.1\", 80) for a host and port"
    );
    assert!(refused("[::1]:80", AF_INET6).contains(r#"write ("::1", 80)"#));
    assert!(refused(String::from("localhost"), AF_INET).contains("write (host, port)"));
    assert_eq!(decoded("/run/s", AF_UNIX), Ok(Address::Unix(UnixAddress::Path("/run/s".into()))));
}

#[test]
fn a_unix_address_of_the_standard_library_keeps_its_name() {
    let path = temporary_path();
    let listener = UnixListener::bind(&path).unwrap();
    let socket = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    socket.connect(listener.local_addr().unwrap()).unwrap();
    assert_eq!(socket.getpeername().unwrap(), Address::Unix(UnixAddress::Path(path.clone())));
    let (_, unnamed) = listener.accept().unwrap();
    assert_eq!(UnixAddress::from(unnamed), UnixAddress::Unnamed);
    for address in [decoded(path.as_path(), AF_UNIX), decoded(path.clone(), AF_UNIX)] {
        assert_eq!(address, Ok(Address::Unix(UnixAddress::Path(path.clone()))));
    }
    std::fs::remove_file(path).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_address_of_the_standard_library_keeps_its_name() {
    use std::os::linux::net::SocketAddrExt;
    let standard = std::os::unix::net::SocketAddr::from_abstract_name(b"any\0bytes\xff").unwrap();
    let expected = UnixAddress::Abstract(b"any\0bytes\xff".to_vec());
    assert_eq!(UnixAddress::from(&standard), expected);
    assert_eq!(decoded(standard, AF_UNIX), Ok(Address::Unix(expected)));
}

fn unix(path: impl AsRef<Path>) -> Address {
    Address::Unix(UnixAddress::Path(path.as_ref().to_owned()))
}

#[test]
fn a_peers_path_cannot_forge_the_line_of_a_log() {
    let path = PathBuf::from(format!("{}\nlevel=error\u{1b}[2J", temporary_path().display()));
    let server = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    let own = temporary_path();
    server.bind(&own).unwrap();
    let peer = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    peer.bind(&path).unwrap();
    peer.sendto(b"x", &own).unwrap();
    let (_, sender) = server.recvfrom(1).unwrap();
    assert_eq!(sender, unix(&path), "the address itself keeps every byte");
    for text in [sender.to_string(), sender.repr(), format!("{peer:?}")] {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.contains(r"\nlevel=error"), "{text:?}");
    }
    std::fs::remove_file(path).unwrap();
    std::fs::remove_file(own).unwrap();
}

#[test]
fn the_text_of_a_unix_address_is_readable_and_complete() {
    for (name, display) in [
        (&b"/run/s"[..], "/run/s"),
        ("/run/caf\u{e9} 'x' \"y\"".as_bytes(), "/run/caf\u{e9} 'x' \"y\""),
        ("/run/e\u{301}".as_bytes(), "/run/e\u{301}"),
        (b"a\\nb", r"a\\nb"),
        (b"a\nb\x1b\x7f", r"a\nb\u{1b}\u{7f}"),
        ("a\u{202e}b\u{85}\u{2028}".as_bytes(), r"a\u{202e}b\u{85}\u{2028}"),
        (b"a\xff\xc3", r"a\xff\xc3"),
        (b"", "(unnamed)"),
    ] {
        assert_eq!(UnixAddress::from_bytes(name).unwrap().to_string(), display, "{}", name.escape_ascii());
    }
    #[cfg(target_os = "linux")]
    assert_eq!(UnixAddress::from_bytes(b"\0a\n\xff").unwrap().to_string(), r"@a\n\xff");
}

/// The expected texts are those of Python's own `repr`.
#[test]
fn the_repr_of_a_path_is_pythons() {
    if !tools::have("python3", "the text of addresses") {
        return;
    }
    let names: [&[u8]; 7] = [
        b"/run/s",
        "/run/caf\u{e9}e\u{301}".as_bytes(),
        b"it's",
        b"it's \"both\"",
        b"a\\b\n\r\t\x1b\x7f",
        "\u{85}\u{202e}\u{e0001}\u{1f9e6}".as_bytes(),
        b"\xff\xc3x",
    ];
    for name in names {
        let mut python = Command::new("python3");
        python.args([
            "-X",
            "utf8",
            "-c",
            "import os, sys; print(ascii(repr(os.fsdecode(bytes.fromhex(sys.argv[1])))))",
        ]);
        let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let theirs = String::from_utf8(python.arg(hex).output().unwrap().stdout).unwrap();
        let ours = UnixAddress::from_bytes(name).unwrap().repr();
        let mut python = Command::new("python3");
        let shown = python
            .args(["-X", "utf8", "-c", "import sys; print(ascii(sys.argv[1]))", &ours])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(shown.stdout).unwrap(), theirs, "{}", name.escape_ascii());
    }
}

#[test]
fn an_ip_address_is_a_host_that_needs_no_text() {
    let server = tabi::create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.getsockname().unwrap().port().unwrap();
    for host in [IpAddr::V4(Ipv4Addr::LOCALHOST), "127.0.0.1".parse().unwrap()] {
        let client = tabi::create_connection((host, port)).unwrap();
        assert_eq!(client.getpeername().unwrap().as_inet(), Some((host, port).into()));
    }
    let numeric = tabi::constants::NI_NUMERICHOST | tabi::constants::NI_NUMERICSERV;
    let expected = Ok(("127.0.0.1".to_owned(), "80".to_owned()));
    assert_eq!(tabi::getnameinfo((Ipv4Addr::LOCALHOST, 80), numeric), expected);
    assert_eq!(tabi::getnameinfo((String::from("127.0.0.1"), 80), numeric), expected);
    assert_eq!(tabi::getnameinfo((Ipv6Addr::LOCALHOST, 80), numeric).unwrap().0, "::1");
}
