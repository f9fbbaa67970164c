//! The primitives on socket2.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use primitives::{KERNEL_BUFFER, Peer};
use socket2::{Domain, Socket, Type};

struct Socket2(Socket);

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn address_of(socket: &Socket) -> SocketAddr {
    socket.local_addr().expect("an address").as_socket().expect("an internet address")
}

fn enlarge(socket: &Socket) {
    socket.set_send_buffer_size(KERNEL_BUFFER).expect("SO_SNDBUF");
    socket.set_recv_buffer_size(KERNEL_BUFFER).expect("SO_RCVBUF");
}

fn bound(kind: Type) -> Socket {
    let socket = Socket::new(Domain::IPV4, kind, None).expect("a socket");
    socket.bind(&loopback().into()).expect("a free port");
    socket
}

fn tcp_pair(fixed_buffers: bool) -> (Socket, Socket) {
    let listener = bound(Type::STREAM);
    let one = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    if fixed_buffers {
        enlarge(&listener);
        enlarge(&one);
    }
    listener.listen(1).expect("listen");
    one.connect(&address_of(&listener).into()).expect("connect");
    let (other, _) = listener.accept().expect("accept");
    one.set_tcp_nodelay(true).expect("nodelay");
    other.set_tcp_nodelay(true).expect("nodelay");
    (one, other)
}

fn udp() -> Socket {
    let socket = bound(Type::DGRAM);
    enlarge(&socket);
    socket
}

impl Peer for Socket2 {
    fn pair(kind: &str) -> (Self, Self) {
        let (one, other) = match kind {
            "unix" => Socket::pair(Domain::UNIX, Type::STREAM, None).expect("a pair"),
            "udp" => {
                let (one, other) = (udp(), udp());
                one.connect(&address_of(&other).into()).expect("connect");
                other.connect(&address_of(&one).into()).expect("connect");
                (one, other)
            }
            _ => tcp_pair(kind == "tcp"),
        };
        (Socket2(one), Socket2(other))
    }

    fn connect(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.connect(&address.into()).expect("connect");
        socket.set_tcp_nodelay(true).expect("nodelay");
        Socket2(socket)
    }

    fn bound(&self, timeout: Duration) {
        self.0.set_read_timeout(Some(timeout)).expect("a timeout");
        self.0.set_write_timeout(Some(timeout)).expect("a timeout");
    }

    #[inline]
    fn send(&self, bytes: &[u8]) -> usize {
        self.0.send(bytes).expect("send")
    }

    fn sendall(&self, bytes: &[u8]) {
        { &self.0 }.write_all(bytes).expect("send");
    }

    #[inline]
    fn recv(&self, bytes: &mut [u8]) -> usize {
        { &self.0 }.read(bytes).expect("recv")
    }

    fn finish(&self) {
        self.0.shutdown(Shutdown::Write).expect("shutdown");
    }

    fn sendfile(&self, file: &File) {
        let mut offset = 0;
        let size = file.metadata().expect("a size").len() as usize;
        while offset < size {
            offset += self.0.sendfile(&file.as_fd(), offset, None).expect("sendfile");
        }
    }

    fn datagram_sockets() -> (Self, Self, SocketAddr) {
        let (one, other) = (udp(), udp());
        let address = address_of(&other);
        (Socket2(one), Socket2(other), address)
    }

    fn sendto(&self, bytes: &[u8], address: SocketAddr) {
        self.0.send_to(bytes, &address.into()).expect("send_to");
    }

    fn getaddrinfo() -> Option<usize> {
        None
    }

    fn create_connections(times: u64, clock: &dyn Fn() -> f64) -> f64 {
        let listener = bound(Type::STREAM);
        listener.listen(16).expect("listen");
        let address = address_of(&listener);
        let begin = clock();
        for _ in 0..times {
            let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            client.connect(&address.into()).expect("connect");
            drop(listener.accept().expect("accept"));
            drop(client);
        }
        clock() - begin
    }
}

fn main() {
    primitives::run::<Socket2>();
}
