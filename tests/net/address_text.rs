//! Addresses as text that can be read back, with the examples of the RFCs.

use std::net::{Ipv6Addr, SocketAddrV6};

use tabi::{Address, Error, RawAddress, UnixAddress};

fn read(text: &str) -> Address {
    Address::from_text(text, None).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    match Address::from_text(text, None) {
        Err(Error::Value(message)) => message.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn an_ipv6_address_is_written_as_rfc_5952_says() {
    for (rule, text, written) in [
        ("4.1: no leading zeros", "2001:0db8::0001", "2001:db8::1"),
        ("4.2.1: :: is as short as it can be", "2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("4.2.2: :: does not stand for one field", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("4.2.3: :: stands for the longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("4.2.3: and for the first of equal runs", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("4.3: lower case", "2001:DB8::AAAA:BBBB", "2001:db8::aaaa:bbbb"),
        ("5: an IPv4 address behind a known prefix", "::ffff:c000:201", "::ffff:192.0.2.1"),
        ("1: all of these are one address", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1", "2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1", "2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
        ("1", "2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1", "2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"),
        ("1", "2001:db8:0:0:1::1", "2001:db8::1:0:0:1"),
        ("1", "2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"),
        ("1", "2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"),
        ("2.4: unspecified", "0:0:0:0:0:0:0:0", "::"),
        ("2.4: loopback", "0:0:0:0:0:0:0:1", "::1"),
    ] {
        let address = Address::from_text(text, Some(80)).unwrap();
        assert_eq!(address.to_text_without_port().unwrap(), written, "{rule}");
        assert_eq!(address.to_text().unwrap(), format!("[{written}]:80"), "{rule}");
        assert_eq!(read(&format!("[{text}]:80")), address, "{rule}");
    }
}

#[test]
fn text_that_is_written_is_read_back() {
    for (text, without_port) in [
        ("192.0.2.1:80", "192.0.2.1"),
        ("0.0.0.0:0", "0.0.0.0"),
        // RFC 3986, sections 1.1.2 and 3.2.2.
        ("192.0.2.16:80", "192.0.2.16"),
        ("[2001:db8::7]:65535", "2001:db8::7"),
        // RFC 4007, section 11.2.
        ("[fe80::1234%1]:80", "fe80::1234%1"),
        ("[ff02::5678%5]:80", "ff02::5678%5"),
        ("[ff08::9abc%10]:80", "ff08::9abc%10"),
        ("[fe80::1%4294967295]:80", "fe80::1%4294967295"),
    ] {
        let address = read(text);
        assert_eq!(address.to_text().unwrap(), text);
        assert_eq!(address.to_string(), text);
        assert_eq!(address.to_text_without_port().unwrap(), without_port);
        let port = address.port();
        assert!(port.is_some());
        assert_eq!(Address::from_text(without_port, port).unwrap(), address);
    }
}

#[test]
fn a_port_may_be_left_out_when_there_is_a_default() {
    for (text, expected) in [
        ("192.0.2.1", "192.0.2.1:80"),
        ("192.0.2.1:443", "192.0.2.1:443"),
        ("2001:db8::1", "[2001:db8::1]:80"),
        ("[2001:db8::1]", "[2001:db8::1]:80"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        // RFC 5952, section 6: without brackets this is an address without a port.
        ("2001:db8::1:443", "[2001:db8::1:443]:80"),
        ("unix:/run/s", "unix:/run/s"),
    ] {
        assert_eq!(Address::from_text(text, Some(80)).unwrap().to_text().unwrap(), expected);
    }
    assert_eq!(refused("192.0.2.1"), "\"192.0.2.1\" is not an address: it has no port");
    assert_eq!(refused("[::1]"), "\"[::1]\" is not an address: it has no port");
}

#[test]
fn the_zone_is_the_number_or_the_name_of_an_interface() {
    let (number, name) = tabi::resolve::if_nameindex().unwrap().remove(0);
    let expected = Address::from(SocketAddrV6::new("fe80::1".parse::<Ipv6Addr>().unwrap(), 80, 0, number));
    for text in [format!("[fe80::1%{name}]:80"), format!("[fe80::1%{number}]:80")] {
        assert_eq!(read(&text), expected);
    }
    assert_eq!(Address::from_text(format!("fe80::1%{name}"), Some(80)), Ok(expected));
    for (zone, problem) in [
        ("", "no interface of this machine"),
        ("no such interface", "no interface of this machine"),
        // RFC 6874 writes the percent sign like this in a URI. This text is an address and not a URI.
        (&format!("25{name}"), "no interface of this machine"),
        (&format!("{name}:junk"), "no interface of this machine"),
        ("4294967296", "greater than 4294967295"),
        ("-1", "no interface of this machine"),
    ] {
        let text = format!("[fe80::1%{zone}]:80");
        assert_eq!(refused(&text), format!("\"{text}\" is not an address: the zone \"{zone}\" is {problem}"));
    }
}

#[test]
fn text_that_is_no_address_is_refused_with_the_reason() {
    const EXPECTED: &str = "it must be written as 192.0.2.1:80, [2001:db8::1]:80 or unix:/path";
    for (text, problem) in [
        ("", EXPECTED),
        ("localhost:80", EXPECTED),
        ("/run/s", EXPECTED),
        ("127.1:80", EXPECTED),
        ("0x7f.0.0.1:80", EXPECTED),
        ("192.0.2.01:80", EXPECTED),
        (" 192.0.2.1:80", EXPECTED),
        (":80", EXPECTED),
        ("[192.0.2.1]:80", "\"192.0.2.1\" is not an IPv6 address"),
        ("[]:80", "\"\" is not an IPv6 address"),
        ("[::1", "the bracket is not closed"),
        ("[::1]80", "only a colon and a port may follow the bracket"),
        ("[[::1]]:80", "\"[::1\" is not an IPv6 address"),
        ("1:2:3:4:5:6:7:8:9", "\"1:2:3:4:5:6:7:8:9\" is not an IPv6 address"),
        ("::1::", "\"::1::\" is not an IPv6 address"),
        // RFC 3986 has a grammar for future versions of IP.
        ("[v7.x]:80", "\"v7.x\" is not an IPv6 address"),
        ("192.0.2.1:", "port must be 0-65535, got \"\""),
        ("192.0.2.1:65536", "port must be 0-65535, got \"65536\""),
        ("192.0.2.1:99999999999999999999", "port must be 0-65535, got \"99999999999999999999\""),
        ("192.0.2.1:+80", "port must be 0-65535, got \"+80\""),
        ("192.0.2.1:http", "port must be 0-65535, got \"http\""),
        ("[::1]:-1", "port must be 0-65535, got \"-1\""),
        ("unix:/a\0b", "a path must not contain a NUL byte"),
        ("unix:/a\\0b", "a path must not contain a NUL byte"),
        ("unix:/a\\", "a backslash at its end must be written twice"),
        ("unix:/a\\q", "\"q\" follows a backslash, which must be written twice"),
        ("unix:/a\\xg0", "\"xg0\" follows a backslash, which must be written twice"),
        ("unix:/a\\x+1", "\"x+1\" follows a backslash, which must be written twice"),
        ("unix:/a\\u{110000}", "\"u{110000}\" follows a backslash, which must be written twice"),
        ("unix:/a\\u{d800}", "\"u{d800}\" follows a backslash, which must be written twice"),
        ("unix:/a\\u{1b", "\"u{1b\" follows a backslash, which must be written twice"),
    ] {
        let shown = text.as_bytes().escape_ascii();
        assert_eq!(refused(text), format!("\"{shown}\" is not an address: {problem}"));
    }
    assert!(matches!(Address::from_text(b"\xff:80", None), Err(Error::Value(_))));
    let long = format!("unix:/{}", "x".repeat(200));
    assert!(matches!(Address::from_text(long, None), Err(Error::OsMessage(_))));
}

#[test]
#[cfg_attr(windows, ignore = "a path of Windows cannot have any bytes")]
fn the_name_of_a_unix_socket_may_have_any_bytes() {
    for (name, text) in [
        (&b""[..], "unix:"),
        (b"/run/s", "unix:/run/s"),
        (b"relative:80", "unix:relative:80"),
        (b"@at", "unix:\\x40at"),
        (b"/a\\b\n\r\t\x1b'\"", "unix:/a\\\\b\\n\\r\\t\\u{1b}'\""),
        (b"/\xff\xc3\xa9", "unix:/\\xff\u{e9}"),
        ("/\u{202e}".as_bytes(), "unix:/\\u{202e}"),
    ] {
        let address = Address::Unix(UnixAddress::from_bytes(name).unwrap());
        assert_eq!(address.to_text().unwrap(), text);
        assert_eq!(address.to_text_without_port().unwrap(), text);
        assert_eq!(read(text), address);
    }
    assert_eq!(Address::from_text(b"unix:/\xff", None), UnixAddress::from_bytes(b"/\xff").map(Address::from));
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_begins_with_at() {
    for (name, text) in
        [(&b"\0"[..], "unix:@"), (b"\0name", "unix:@name"), (b"\0a\0b\xff", "unix:@a\\0b\\xff")]
    {
        let address = Address::Unix(UnixAddress::from_bytes(name).unwrap());
        assert_eq!(address.to_text().unwrap(), text);
        assert_eq!(read(text), address);
    }
}

/// A program may get the bytes of an address from anywhere. Only those that a socket can have are a unix address.
#[cfg(all(target_os = "linux", not(tabi_portable)))]
#[test]
fn bytes_that_are_longer_than_the_structure_of_the_system_are_no_unix_address() {
    let mut bytes = [0; RawAddress::CAPACITY];
    for byte in [0, b'x'] {
        bytes[size_of::<libc::sa_family_t>()..].fill(byte);
        bytes[..size_of::<libc::sa_family_t>()]
            .copy_from_slice(&(libc::AF_UNIX as libc::sa_family_t).to_ne_bytes());
        for len in size_of::<libc::sa_family_t>()..=bytes.len() {
            let address = RawAddress::from_bytes(&bytes[..len]).unwrap().decode();
            if len > size_of::<libc::sockaddr_un>() {
                assert!(matches!(address, Address::Other(_)), "{len} bytes: {address:?}");
                assert!(matches!(address.to_text(), Err(Error::Type(_))));
            } else if len < size_of::<libc::sockaddr_un>() || byte == 0 {
                assert_eq!(read(&address.to_text().unwrap()), address, "{len} bytes");
            }
        }
    }
}

#[test]
fn addresses_of_other_families_have_no_such_text() {
    assert_eq!(
        Address::None.to_text().unwrap_err(),
        Error::Type(
            "None has no text that can be read back: AF_INET, AF_INET6 and AF_UNIX addresses have one".into()
        )
    );
}

#[test]
fn the_port_of_an_internet_address_can_be_changed() {
    for (text, expected) in [("192.0.2.1:80", "192.0.2.1:443"), ("[fe80::1%3]:80", "[fe80::1%3]:443")] {
        let mut address = read(text);
        address.set_port(443).unwrap();
        assert_eq!(address.to_text().unwrap(), expected);
    }
    let mut address = read("unix:/run/s");
    let message = "only AF_INET and AF_INET6 addresses have a port, got '/run/s'";
    assert_eq!(address.set_port(443), Err(Error::Type(message.into())));
    assert_eq!(address, read("unix:/run/s"));
}

#[test]
fn the_flow_information_is_no_part_of_the_text() {
    let labelled = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 7, 0);
    let text = Address::from(labelled).to_text().unwrap();
    assert_eq!(text, "[::1]:80");
    assert_eq!(RawAddress::try_from(&read(&text)).unwrap(), labelled.into());
}
