//! Micro-benchmarks of the Rust face: `cargo bench`. The comparison with other libraries is described in benches/README.md.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use divan::Bencher;
use tabi::{AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, Socket};

/// Message sizes in bytes.
const SIZES: [usize; 4] = [1, 64, 4096, 65536];

fn main() {
    divan::main();
}

fn unix_pair() -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).expect("a pair")
}

fn udp_pair() -> (Socket, Socket) {
    let bound = || {
        let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).expect("a socket");
        socket.bind(("127.0.0.1", 0)).expect("a free port");
        socket
    };
    let (one, other) = (bound(), bound());
    one.connect(other.getsockname().expect("an address")).expect("connect");
    (one, other)
}

fn exchange(bencher: Bencher, (one, other): (Socket, Socket), size: usize) {
    let mut bytes = vec![b'x'; size];
    bencher.bench_local(|| {
        one.send(&bytes).expect("send");
        other.recv_into(&mut bytes).expect("recv_into")
    });
}

mod send_and_receive {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn unix(bencher: Bencher, size: usize) {
        exchange(bencher, unix_pair(), size);
    }

    #[divan::bench(args = SIZES)]
    fn unix_with_timeout(bencher: Bencher, size: usize) {
        let pair = unix_pair();
        pair.0.settimeout(5.0).expect("a timeout");
        pair.1.settimeout(5.0).expect("a timeout");
        exchange(bencher, pair, size);
    }

    #[divan::bench(args = SIZES)]
    fn unix_in_std(bencher: Bencher, size: usize) {
        let (mut one, mut other) = UnixStream::pair().expect("a pair");
        let mut bytes = vec![b'x'; size];
        bencher.bench_local(|| {
            one.write_all(&bytes).expect("write_all");
            other.read_exact(&mut bytes).expect("read_exact");
        });
    }

    #[divan::bench]
    fn udp(bencher: Bencher) {
        exchange(bencher, udp_pair(), 64);
    }

    #[divan::bench]
    fn udp_in_std(bencher: Bencher) {
        let one = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let other = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        one.connect(other.local_addr().expect("an address")).expect("connect");
        let mut bytes = [b'x'; 64];
        bencher.bench_local(|| {
            one.send(&bytes).expect("send");
            other.recv(&mut bytes).expect("recv")
        });
    }
}

/// Only the guard: calls that make no system call.
#[divan::bench]
fn gettimeout(bencher: Bencher) {
    let (socket, _other) = unix_pair();
    bencher.bench_local(|| black_box(&socket).gettimeout());
}

#[divan::bench]
fn settimeout(bencher: Bencher) {
    let (socket, _other) = unix_pair();
    bencher.bench_local(|| socket.settimeout(Duration::from_secs(5)));
}

#[divan::bench]
fn make_and_close() -> tabi::Result<()> {
    Socket::new(AF_INET, SOCK_STREAM, 0)?.close()
}

#[divan::bench]
fn getaddrinfo_of_a_number() -> usize {
    tabi::getaddrinfo("127.0.0.1", 80, tabi::constants::AF_UNSPEC, SOCK_STREAM, 0, 0)
        .expect("addresses")
        .len()
}

#[divan::bench]
fn create_connection(bencher: Bencher) {
    let server = Socket::new(AF_INET, SOCK_STREAM, 0).expect("a socket");
    server.bind(("127.0.0.1", 0)).expect("a free port");
    server.listen(16).expect("listen");
    let port = server.getsockname().expect("an address").port().expect("an internet address");
    bencher.bench_local(|| {
        let client = tabi::create_connection(("127.0.0.1", port)).expect("create_connection");
        // The accepting end closes first, so that the waiting ports all have its one number.
        drop(server.accept().expect("accept"));
        drop(client);
    });
}
