//! The primitives on the standard library.

use std::fs::File;
use std::io::{Read, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use primitives::{KERNEL_BUFFER, Peer};
use socket2::SockRef;

enum Std {
    Unix(UnixStream),
    Tcp(TcpStream),
    Udp(UdpSocket),
}

use Std::{Tcp, Udp, Unix};

/// The standard library cannot set the size of the kernel's buffers.
fn enlarge(socket: &impl AsFd) {
    let socket = SockRef::from(socket);
    socket.set_send_buffer_size(KERNEL_BUFFER).expect("SO_SNDBUF");
    socket.set_recv_buffer_size(KERNEL_BUFFER).expect("SO_RCVBUF");
}

fn udp() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    enlarge(&socket);
    socket
}

impl Peer for Std {
    fn pair(kind: &str) -> (Self, Self) {
        match kind {
            "unix" => {
                let (one, other) = UnixStream::pair().expect("a pair");
                (Unix(one), Unix(other))
            }
            "udp" => {
                let (one, other) = (udp(), udp());
                one.connect(other.local_addr().expect("an address")).expect("connect");
                other.connect(one.local_addr().expect("an address")).expect("connect");
                (Udp(one), Udp(other))
            }
            _ => {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
                if kind == "tcp" {
                    enlarge(&listener);
                }
                let one = TcpStream::connect(listener.local_addr().expect("an address")).expect("connect");
                let (other, _) = listener.accept().expect("accept");
                if kind == "tcp" {
                    enlarge(&one);
                }
                one.set_nodelay(true).expect("nodelay");
                other.set_nodelay(true).expect("nodelay");
                (Tcp(one), Tcp(other))
            }
        }
    }

    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connect");
        stream.set_nodelay(true).expect("nodelay");
        Tcp(stream)
    }

    fn bound(&self, timeout: Duration) {
        let timeout = Some(timeout);
        match self {
            Unix(socket) => socket.set_read_timeout(timeout).and(socket.set_write_timeout(timeout)),
            Tcp(socket) => socket.set_read_timeout(timeout).and(socket.set_write_timeout(timeout)),
            Udp(socket) => socket.set_read_timeout(timeout).and(socket.set_write_timeout(timeout)),
        }
        .expect("a timeout");
    }

    #[inline]
    fn send(&self, bytes: &[u8]) -> usize {
        match self {
            Unix(socket) => { socket }.write(bytes),
            Tcp(socket) => { socket }.write(bytes),
            Udp(socket) => socket.send(bytes),
        }
        .expect("send")
    }

    fn sendall(&self, bytes: &[u8]) {
        let Tcp(socket) = self else { unreachable!("bulk is TCP") };
        { socket }.write_all(bytes).expect("send");
    }

    #[inline]
    fn recv(&self, bytes: &mut [u8]) -> usize {
        match self {
            Unix(socket) => { socket }.read(bytes),
            Tcp(socket) => { socket }.read(bytes),
            Udp(socket) => socket.recv(bytes),
        }
        .expect("recv")
    }

    fn finish(&self) {
        let Tcp(socket) = self else { unreachable!("bulk is TCP") };
        socket.shutdown(Shutdown::Write).expect("shutdown");
    }

    fn sendfile(&self, mut file: &File) {
        let Tcp(socket) = self else { unreachable!("bulk is TCP") };
        copy(&mut file, &mut { socket }).expect("copy");
    }

    fn datagram_sockets() -> (Self, Self, SocketAddr) {
        let (one, other) = (udp(), udp());
        let address = other.local_addr().expect("an address");
        (Udp(one), Udp(other), address)
    }

    fn sendto(&self, bytes: &[u8], address: SocketAddr) {
        let Udp(socket) = self else { unreachable!("datagrams are UDP") };
        socket.send_to(bytes, address).expect("send_to");
    }

    fn getaddrinfo() -> Option<usize> {
        Some(("127.0.0.1", 80).to_socket_addrs().expect("addresses").count())
    }

    fn create_connections(times: u64, clock: &dyn Fn() -> f64) -> f64 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let begin = clock();
        for _ in 0..times {
            let client = TcpStream::connect(("127.0.0.1", port)).expect("connect");
            drop(listener.accept().expect("accept"));
            drop(client);
        }
        clock() - begin
    }
}

fn main() {
    primitives::run::<Std>();
}
