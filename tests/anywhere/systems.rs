//! Names, numbers and texts of the system.

use std::net::IpAddr;

use tabi::constants::AF_UNSPEC;
use tabi::{AF_INET, AF_UNIX, Error, SOCK_STREAM, Socket, SocketKind};

#[test]
fn hosts_and_services_are_found() {
    let found = tabi::getaddrinfo("localhost", 80, AF_UNSPEC, SOCK_STREAM, 0, 0).unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|answer| answer.address.port() == Some(80)));
    assert_eq!(tabi::gethostbyname("127.0.0.1").unwrap(), IpAddr::from([127, 0, 0, 1]));
    assert!(!tabi::gethostname().unwrap().is_empty());
    let error = tabi::getaddrinfo("no host", 80, AF_UNSPEC, SocketKind::ANY, 0, 0).unwrap_err();
    assert!(matches!(error, Error::Gai(_)), "{error:?}");
    let within = tabi::Deadline::after(std::time::Duration::from_secs(60));
    assert!(
        !tabi::getaddrinfo_until("localhost", 80, AF_INET, SOCK_STREAM, 0, 0, within).unwrap().is_empty()
    );
}

#[test]
fn addresses_become_text_and_back() {
    assert_eq!(tabi::inet_aton("127.1").unwrap(), [127, 0, 0, 1]);
    assert_eq!(tabi::inet_aton("255.255.255.255").unwrap(), [255; 4]);
    assert!(tabi::inet_aton("256.0.0.1").is_err());
    assert_eq!(tabi::inet_pton(AF_INET, "10.0.0.1").unwrap(), [10, 0, 0, 1]);
    assert_eq!(tabi::inet_ntop(AF_INET, &[10, 0, 0, 1]).unwrap(), "10.0.0.1");
}

#[test]
fn every_interface_has_a_name_and_a_number() {
    let all = tabi::if_nameindex().unwrap();
    for (index, name) in &all {
        assert_eq!(tabi::if_nametoindex(name), Ok(*index));
        assert_eq!(tabi::if_indextoname(*index).as_ref(), Ok(name));
    }
    assert!(matches!(tabi::if_nametoindex("no-such-interface"), Err(Error::OsMessage(_))));
    assert!(tabi::if_indextoname(u32::MAX).is_err());
}

#[test]
fn a_socket_of_other_code_is_known() {
    let standard = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = standard.local_addr().unwrap().port();
    let own = Socket::from(standard);
    assert_eq!((own.family(), own.kind()), (AF_INET, SOCK_STREAM));
    let client = tabi::create_connection(("127.0.0.1", port)).unwrap();
    let (peer, _) = own.accept().unwrap();
    peer.sendall(b"x").unwrap();
    assert_eq!(client.recv(1).unwrap(), b"x");
}

#[test]
fn what_the_system_does_not_have_is_a_clear_error() {
    match Socket::new(AF_UNIX, SOCK_STREAM, 0) {
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty() && matches!(error, Error::Os(_))),
    }
    let shared = tabi::CreateServerOptions::new().reuse_port(true);
    let made = tabi::create_server_with(("127.0.0.1", 0), &shared);
    if cfg!(windows) {
        assert_eq!(made.map(drop), Err(Error::Value("SO_REUSEPORT not supported on this platform".into())));
    } else {
        made.unwrap();
    }
}

#[cfg(windows)]
#[test]
fn texts_are_those_of_python() {
    assert_eq!(tabi::strerror(10054).trim_end_matches('.'), tabi::strerror(10054));
    assert_eq!(Error::Gai(11001).to_string(), "getaddrinfo failed");
    assert_eq!(tabi::constants::constant("SO_EXCLUSIVEADDRUSE"), Some(-5));
    assert_eq!(tabi::constants::constant("SO_REUSEPORT"), None);
}

#[cfg(windows)]
#[test]
fn a_socket_is_shared_with_a_process() {
    let (one, other) = super::streams();
    let shared = one.share(std::process::id()).unwrap();
    let again = Socket::fromshare(&shared).unwrap();
    assert_eq!((again.family(), again.kind()), (one.family(), one.kind()));
    one.close().unwrap();
    again.sendall(b"hello").unwrap();
    assert_eq!(other.recv(5).unwrap(), b"hello");
    assert!(matches!(Socket::fromshare(&shared[1..]), Err(Error::Value(_))));
}

#[cfg(windows)]
#[test]
fn a_socket_is_controlled() {
    let (one, _other) = super::streams();
    assert_eq!(one.ioctl_keepalive_vals(true, 10_000, 1_000), Ok(0));
    assert!(matches!(one.ioctl(1, 1), Err(Error::Value(text)) if text.contains("invalid ioctl command 1")));
}
