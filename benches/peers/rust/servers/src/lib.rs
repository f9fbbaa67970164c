//! What the Rust echo servers share.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};

/// How many clients may wait to be accepted; the same for every peer.
pub const BACKLOG: i32 = 4096;
/// The buffer of each connection, in bytes; the same for every peer.
pub const LINE: usize = 1024;

/// Raises the soft limit of descriptors to the hard one.
pub fn allow_many_descriptors() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a valid structure.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
}

pub fn print_port(port: u16) {
    println!("{port}");
    std::io::stdout().flush().expect("standard output is open");
}

/// Makes a listener on loopback. The backlog of the standard library is always 128, so socket2 makes the listener.
pub fn listen_on_loopback() -> TcpListener {
    allow_many_descriptors();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let address: SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&address.into()).expect("a free port");
    socket.listen(BACKLOG).expect("listen");
    let listener: TcpListener = socket.into();
    print_port(listener.local_addr().expect("an address").port());
    listener
}
