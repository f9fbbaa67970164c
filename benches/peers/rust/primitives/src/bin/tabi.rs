//! The primitives on tabi.

use std::fs::File;
use std::net::SocketAddr;
use std::time::Duration;

use primitives::{KERNEL_BUFFER, Peer};
use tabi::{AF_INET, AF_UNIX, OutgoingDatagram, SOCK_DGRAM, SOCK_STREAM, Socket, SocketKind};

struct Tabi(Socket);

fn enlarge(socket: &Socket) {
    socket.setsockopt(libc::SOL_SOCKET, libc::SO_SNDBUF, KERNEL_BUFFER as i32).expect("SO_SNDBUF");
    socket.setsockopt(libc::SOL_SOCKET, libc::SO_RCVBUF, KERNEL_BUFFER as i32).expect("SO_RCVBUF");
}

fn nodelay(socket: &Socket) {
    socket.setsockopt(libc::IPPROTO_TCP, libc::TCP_NODELAY, 1).expect("TCP_NODELAY");
}

fn bound(kind: SocketKind) -> Socket {
    let socket = Socket::new(AF_INET, kind, 0).expect("a socket");
    socket.bind(("127.0.0.1", 0)).expect("a free port");
    socket
}

fn tcp_pair(fixed_buffers: bool) -> (Socket, Socket) {
    let listener = bound(SOCK_STREAM);
    let one = Socket::new(AF_INET, SOCK_STREAM, 0).expect("a socket");
    if fixed_buffers {
        enlarge(&listener);
        enlarge(&one);
    }
    listener.listen(1).expect("listen");
    one.connect(listener.getsockname().expect("an address")).expect("connect");
    let (other, _) = listener.accept().expect("accept");
    nodelay(&one);
    nodelay(&other);
    (one, other)
}

fn udp() -> Socket {
    let socket = bound(SOCK_DGRAM);
    enlarge(&socket);
    socket
}

impl Peer for Tabi {
    fn pair(kind: &str) -> (Self, Self) {
        let (one, other) = match kind {
            "unix" => Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).expect("a pair"),
            "udp" => {
                let (one, other) = (udp(), udp());
                one.connect(other.getsockname().expect("an address")).expect("connect");
                other.connect(one.getsockname().expect("an address")).expect("connect");
                (one, other)
            }
            _ => tcp_pair(kind == "tcp"),
        };
        (Tabi(one), Tabi(other))
    }

    fn connect(address: SocketAddr) -> Self {
        let socket = Socket::new(AF_INET, SOCK_STREAM, 0).expect("a socket");
        socket.connect(address).expect("connect");
        nodelay(&socket);
        Tabi(socket)
    }

    fn bound(&self, timeout: Duration) {
        self.0.settimeout(timeout).expect("a timeout");
    }

    #[inline]
    fn send(&self, bytes: &[u8]) -> usize {
        self.0.send(bytes).expect("send")
    }

    fn sendall(&self, bytes: &[u8]) {
        self.0.sendall(bytes).expect("sendall");
    }

    #[inline]
    fn recv(&self, bytes: &mut [u8]) -> usize {
        self.0.recv_into(bytes).expect("recv_into")
    }

    fn finish(&self) {
        self.0.shutdown(tabi::SHUT_WR).expect("shutdown");
    }

    fn sendfile(&self, file: &File) {
        self.0.sendfile(file, 0, None).expect("sendfile");
    }

    fn datagram_sockets() -> (Self, Self, SocketAddr) {
        let (one, other) = (udp(), udp());
        let name = other.getsockname().expect("an address");
        let tabi::Address::Inet(address) = name else { unreachable!("bound to an internet address") };
        (Tabi(one), Tabi(other), address.into())
    }

    fn sendto(&self, bytes: &[u8], address: SocketAddr) {
        self.0.sendto(bytes, address).expect("sendto");
    }

    fn sendmany(&self, batch: u64, bytes: &[u8], address: SocketAddr) -> Option<()> {
        let address = self.0.resolve(address).expect("an address");
        let datagrams: Vec<_> = (0..batch).map(|_| OutgoingDatagram::to(bytes, &address)).collect();
        let sent = self.0.sendmany(&datagrams, 0).expect("sendmany");
        assert_eq!(sent, datagrams.len());
        Some(())
    }

    fn getaddrinfo() -> Option<usize> {
        Some(tabi::getaddrinfo("127.0.0.1", 80, tabi::constants::AF_UNSPEC, SOCK_STREAM, 0, 0).expect("addresses").len())
    }

    fn create_connections(times: u64, clock: &dyn Fn() -> f64) -> f64 {
        let listener = bound(SOCK_STREAM);
        listener.listen(16).expect("listen");
        let port = listener.getsockname().expect("an address").port().expect("an internet address");
        let begin = clock();
        for _ in 0..times {
            let client = tabi::create_connection(("127.0.0.1", port)).expect("create_connection");
            drop(listener.accept().expect("accept"));
            drop(client);
        }
        clock() - begin
    }
}

fn main() {
    primitives::run::<Tabi>();
}
