//! The types that may be given as an address, and the text of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use tabi::{
    AF_INET, AF_INET6, AF_UNIX, Address, AddressFamily, Deadline, Error, SOCK_STREAM, Socket, ToAddress,
    UnixAddress,
};

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
