//! Addresses of unix sockets: paths, abstract names and their texts.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tabi::{
    AF_UNIX, Address, AddressFamily, Deadline, Error, SOCK_DGRAM, SOCK_STREAM, Socket, ToAddress, UnixAddress,
};

use crate::support::{temporary_path, tools};

fn decoded(address: impl ToAddress, family: AddressFamily) -> Result<Address, Error> {
    Ok(address.to_address(family, Deadline::NEVER)?.decode())
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
fn an_address_of_the_internet_is_a_type_error() {
    let unix = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    assert!(matches!(unix.connect(("127.0.0.1", 80)), Err(Error::Type(_))));
}

#[test]
fn a_path_with_a_nul_byte_is_refused() {
    let unix = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    assert!(matches!(unix.bind("a\0b"), Err(Error::Value(_))));
    assert!(!Path::new("a").exists());
}

#[test]
fn unix_paths_have_at_most_107_bytes() {
    let unix = || Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    for length in [108, 109, 4096] {
        let error = unix().bind("x".repeat(length).as_str()).unwrap_err();
        assert_eq!(
            error,
            Error::OsMessage(format!("AF_UNIX path too long: {length} bytes, at most 107 fit").into())
        );
    }
    let folder = temporary_path();
    std::fs::create_dir(&folder).unwrap();
    let rest = 107 - folder.as_os_str().len() - 1;
    let longest = folder.join("x".repeat(rest));
    let socket = unix();
    socket.bind(longest.as_path()).unwrap();
    assert_eq!(socket.getsockname().unwrap().as_unix().unwrap().path(), Some(longest.as_path()));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn abstract_names_hold_any_bytes() {
    let name = [&b"tabi\0\xff"[..], &std::process::id().to_ne_bytes()].concat();
    let address = UnixAddress::Abstract(name.clone());
    let socket = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    socket.bind(address.clone()).unwrap();
    assert_eq!(socket.getsockname().unwrap(), Address::Unix(address));
    let long = UnixAddress::Abstract(vec![b'x'; 108]);
    let other = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    assert!(matches!(other.bind(long), Err(Error::OsMessage(_))));
    assert_eq!(other.getsockname().unwrap(), Address::Unix(UnixAddress::Unnamed));
    other.bind(UnixAddress::Unnamed).unwrap();
    let name = other.getsockname().unwrap();
    assert!(matches!(name, Address::Unix(UnixAddress::Abstract(name)) if name.len() == 5), "autobind");
}
