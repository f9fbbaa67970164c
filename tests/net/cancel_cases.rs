//! The calls that a token can end, each with how its socket is made and what shows that the socket can still be used.

use std::any::Any;
use std::fs::File;
use std::time::Duration;

use crate::support::{HANG, LOCAL, full_listener, pair, stream_pair};
use tabi::constants::{SO_RCVBUF, SO_SNDBUF};
use tabi::{
    AF_INET, ControlBuffer, ControlData, IncomingDatagram, Interest, Limit, OutgoingDatagram, Result,
    SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, Socket, SocketReader, SocketWriter,
};

/// A call that blocks: how its socket is made, the call, and what shows that the socket can still be used.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The socket, and what must live as long as it.
    make: fn() -> (Socket, Box<dyn Any + Send>),
    pub(crate) call: fn(&Socket) -> Result<()>,
    /// Calls the function of the same name again, after the other end has let it through.
    again: fn(&Socket, &(dyn Any + Send)),
}

fn peer(other: &(dyn Any + Send)) -> &Socket {
    other.downcast_ref().expect("the other end is a socket")
}

fn streams() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = stream_pair(LOCAL);
    (one, Box::new(other))
}

/// A time in which the system carries bytes to the peer.
const SETTLES: Duration = Duration::from_millis(50);

/// A pair whose buffers are full, so that a send has to wait.
fn full_pair() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = stream_pair(LOCAL);
    one.setsockopt(SOL_SOCKET, SO_SNDBUF, 1).unwrap();
    other.setsockopt(SOL_SOCKET, SO_RCVBUF, 1).unwrap();
    // A stream of TCP has space again after the system has carried its bytes to the peer.
    let has_space = || LOCAL == AF_INET && one.wait(Interest::Write, Limit::after(SETTLES)).is_ok();
    let piece = vec![0; if LOCAL == AF_INET { 1 << 16 } else { 100 }];
    while one.try_send(&piece).is_ok() || has_space() {}
    (one, Box::new(other))
}

fn datagrams() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = pair(SOCK_DGRAM);
    (one, Box::new(other))
}

fn full_datagrams() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = pair(SOCK_DGRAM);
    while one.try_send(b"x").is_ok() {}
    (one, Box::new(other))
}

fn listener() -> (Socket, Box<dyn Any + Send>) {
    let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    socket.bind(("127.0.0.1", 0)).unwrap();
    socket.listen(5).unwrap();
    (socket, Box::new(()))
}

/// A client, and a listener whose queue is full.
fn client_of(family: tabi::AddressFamily) -> (Socket, Box<dyn Any + Send>) {
    let full = full_listener(family);
    let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
    // The call finds the address here, because it gets nothing but the socket.
    ADDRESS.with_borrow_mut(|address| *address = Some(full.2.clone()));
    (client, Box::new(full))
}

thread_local! {
    static ADDRESS: std::cell::RefCell<Option<tabi::Address>> = const { std::cell::RefCell::new(None) };
}

fn receives_again(socket: &Socket, other: &(dyn Any + Send)) {
    peer(other).sendall(b"later").unwrap();
    assert_eq!(socket.recv(100).unwrap(), b"later");
}

/// Empties the other end, and then sends something that must arrive as it is.
fn sends_again(socket: &Socket, other: &(dyn Any + Send)) {
    let other = peer(other);
    let mut place = vec![0; 1 << 16];
    loop {
        while other.try_recv_into(&mut place).is_ok() {}
        if socket.wait(Interest::Write, Limit::after(SETTLES)).is_ok() {
            break;
        }
    }
    socket.send(b"later").unwrap();
    other.settimeout(HANG).unwrap();
    // What filled the buffers may still come.
    let mut received = other.recv(1 << 20).unwrap();
    while received.last() == Some(&0) {
        received = other.recv(1 << 20).unwrap();
    }
    assert!(received.ends_with(b"later"), "{received:?}");
}

fn accepts_again(socket: &Socket, _: &(dyn Any + Send)) {
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(socket.getsockname().unwrap()).unwrap();
    let (accepted, _) = socket.accept().unwrap();
    assert_eq!(accepted.cancel_token(), None, "an accepted socket has no token");
}

/// The connection goes on in the system, unless it was never begun: it is made when there is a place in the queue.
fn finishes(socket: &Socket, other: &(dyn Any + Send)) {
    let (listener, _, address): &(Socket, Vec<Socket>, tabi::Address) = other.downcast_ref().unwrap();
    listener.settimeout(HANG).unwrap();
    let _ = socket.connect_until(address, Limit::Now);
    while socket.finish_connect(Limit::Now).is_err() {
        listener.accept().unwrap();
        let _ = socket.finish_connect(Limit::after(Duration::from_millis(10)));
    }
}

fn nothing_more(_: &Socket, _: &(dyn Any + Send)) {}

fn cases() -> Vec<Case> {
    vec![
        Case { name: "recv", make: streams, call: |s| s.recv(10).map(drop), again: receives_again },
        Case { name: "recvfrom", make: datagrams, call: |s| s.recvfrom(10).map(drop), again: receives_again },
        Case {
            name: "recvmsg",
            make: streams,
            call: |s| {
                let mut buffer = [0; 10];
                let mut buffers = [std::io::IoSliceMut::new(&mut buffer)];
                s.recvmsg_into(&mut buffers, &mut ControlBuffer::new(100)?, 0).map(drop)
            },
            again: receives_again,
        },
        Case {
            name: "recvmany",
            make: datagrams,
            call: |s| s.recvmany(&mut [IncomingDatagram::new(&mut [0; 10])], 0).map(drop),
            again: receives_again,
        },
        Case {
            name: "recv_exactly",
            make: streams,
            call: |s| Ok(s.recv_exactly(&mut [0; 10]).map(drop)?),
            again: receives_again,
        },
        Case {
            name: "readline",
            make: streams,
            call: |s| SocketReader::new(s).readline(100).map(drop),
            again: receives_again,
        },
        Case {
            name: "wait",
            make: streams,
            call: |s| s.wait(Interest::Read, Limit::Timeout),
            again: receives_again,
        },
        Case { name: "send", make: full_pair, call: |s| s.send(&[7; 10]).map(drop), again: sends_again },
        Case { name: "sendall", make: full_pair, call: |s| Ok(s.sendall(&[7; 10])?), again: sends_again },
        Case {
            name: "sendmsg",
            make: full_pair,
            call: |s| s.sendmsg(&[std::io::IoSlice::new(b"x")], &ControlData::default(), 0).map(drop),
            again: sends_again,
        },
        Case {
            name: "sendfile",
            make: full_pair,
            call: |s| Ok(s.sendfile(File::open("Cargo.toml").unwrap(), 0, None).map(drop)?),
            again: sends_again,
        },
        Case {
            name: "flush",
            make: full_pair,
            call: |s| {
                let mut writer = std::mem::ManuallyDrop::new(SocketWriter::new(s));
                writer.write(b"x")?;
                writer.flush()
            },
            again: sends_again,
        },
        Case { name: "accept", make: listener, call: |s| s.accept().map(drop), again: accepts_again },
    ]
}

/// Calls that wait for a place in a queue. Windows does not tell when the queue of a listener is full, and a queue of
/// datagrams never is: what has no place is lost.
fn cases_of_queues() -> Vec<Case> {
    vec![
        Case {
            name: "send of a datagram",
            make: full_datagrams,
            call: |s| s.send(b"x").map(drop),
            again: sends_again,
        },
        Case {
            name: "sendmany",
            make: full_datagrams,
            call: |s| s.sendmany(&[OutgoingDatagram::new(b"x")], 0).map(drop),
            again: sends_again,
        },
        Case {
            name: "connect over TCP",
            make: || client_of(AF_INET),
            call: |s| s.connect(ADDRESS.with_borrow(|address| address.clone().unwrap())),
            again: finishes,
        },
        Case {
            name: "connect to a unix listener",
            make: || client_of(tabi::AF_UNIX),
            call: |s| s.connect(ADDRESS.with_borrow(|address| address.clone().unwrap())),
            again: nothing_more,
        },
    ]
}

/// How a socket waits: a name, and a function that sets it.
pub(crate) type Mode = (&'static str, fn(&Socket));

pub(crate) const MODES: [Mode; 4] = [
    ("blocking", |_| {}),
    ("with a timeout", |socket| socket.settimeout(HANG).unwrap()),
    ("shared", Socket::set_shared),
    ("shared, with a timeout", |socket| {
        socket.settimeout(HANG).unwrap();
        socket.set_shared();
    }),
];

/// Runs a check for each call in each mode.
pub(crate) fn each(check: impl Fn(&str, &Case, &Socket)) {
    let queues = if cfg!(windows) { Vec::new() } else { cases_of_queues() };
    for case in cases().into_iter().chain(queues) {
        for (mode, set) in MODES {
            let (socket, other) = (case.make)();
            set(&socket);
            check(&format!("{}, {mode}", case.name), &case, &socket);
            assert!(!socket.is_closed());
            (case.again)(&socket, &*other);
        }
    }
}
