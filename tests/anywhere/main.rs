//! What must hold on every system: sockets and servers with internet addresses, and nothing else. `.ci/windows` runs these
//! tests under Wine.

mod closes;
mod deadlines;
mod files;
#[cfg(windows)]
mod handover;
mod messages;
mod racing;
mod servers;
mod streams;
mod systems;

/// Texts and errors that do not depend on the system. Elsewhere the tests of `net` contain them.
#[cfg(windows)]
#[path = "../net/address_text.rs"]
mod address_text;

use tabi::{AF_INET, SOCK_DGRAM, SOCK_STREAM, Socket};

/// A time that no wait of these tests takes, however busy the machine is.
const HANG: f64 = 60.0;

/// Two connected stream sockets.
fn streams() -> (Socket, Socket) {
    tabi::socketpair(AF_INET, SOCK_STREAM, 0).unwrap()
}

/// Two connected datagram sockets.
fn datagrams() -> (Socket, Socket) {
    tabi::socketpair(AF_INET, SOCK_DGRAM, 0).unwrap()
}

/// A listener at a free port.
fn listener() -> Socket {
    tabi::create_server(("127.0.0.1", 0)).unwrap()
}
