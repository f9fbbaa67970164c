//! The kinds of connections that a storm is made on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::report::{ClosedAt, not_closed};
use crate::support::temporary_path;
use tabi::{AF_INET, AF_UNIX, Address, SOCK_DGRAM, SOCK_STREAM, Socket};

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    /// TCP; the second end was accepted.
    Stream,
    /// UDP.
    Datagram,
    /// A pair of unix streams.
    Unix,
    /// A pair of unix datagram sockets.
    UnixDatagram,
    /// A pair of unix streams that have duplicates.
    Duplicated,
    /// Unix streams; the first end was accepted.
    Accepted,
}

/// What the threads may do with a connection, so that a close wakes every call (see `Socket::close`).
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Rules {
    /// Calls may wait without a limit, and nobody makes another owner.
    Waits,
    /// Another owner was announced before all calls. Calls may wait without a limit.
    Announced,
    /// Calls have limits of microseconds.
    Timed,
}

pub(crate) struct Connection {
    pub(crate) ends: [Socket; 2],
    /// Each byte that an end sends.
    pub(crate) tags: [u8; 2],
    pub(crate) rules: Rules,
    pub(crate) closed_at: [ClosedAt; 2],
    /// Other owners, which must keep the connection.
    pub(crate) owners: Vec<Socket>,
}

impl Kind {
    pub(crate) fn connect(self, random: u64) -> Connection {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut owners = Vec::new();
        let ends = match self {
            Kind::Stream => over_tcp(number),
            Kind::Datagram => over_udp(number),
            Kind::Unix => pair(SOCK_STREAM),
            Kind::UnixDatagram => pair(SOCK_DGRAM),
            Kind::Duplicated => {
                owners.extend(pair(SOCK_STREAM));
                [owners[0].dup().unwrap(), owners[1].dup().unwrap()]
            }
            Kind::Accepted => over_a_unix_listener(),
        };
        let rules = match random % 3 {
            0 => Rules::Timed,
            1 => Rules::Announced,
            _ if self == Kind::Duplicated => Rules::Announced,
            _ => Rules::Waits,
        };
        if rules == Rules::Announced {
            ends.iter().for_each(Socket::set_shared);
        }
        if rules == Rules::Timed {
            ends.iter().for_each(|end| end.settimeout(1e-5).unwrap());
        }
        // A connection before and after this one has other tags.
        let tag = (number % 100) as u8 * 2;
        let closed_at = [not_closed(), not_closed()];
        Connection { ends, tags: [tag, tag + 1], rules, closed_at, owners }
    }
}

fn pair(kind: tabi::SocketKind) -> [Socket; 2] {
    Socket::socketpair(AF_UNIX, kind, 0).unwrap().into()
}

/// An address of the loopback interface that no other connection of this process has.
pub(crate) fn own_host(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    format!("127.{}.{b}.{c}", 1 + a % 250)
}

fn over_tcp(number: u32) -> [Socket; 2] {
    static LISTENER: OnceLock<Mutex<Socket>> = OnceLock::new();
    let listener = LISTENER.get_or_init(|| listening(AF_INET, ("0.0.0.0", 0)));
    let listener = lock(listener);
    let port = listener.getsockname().unwrap().port().unwrap();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect((own_host(number).as_str(), port)).unwrap();
    let ends = [client, listener.accept().unwrap().0];
    for end in &ends {
        // Nothing of the connection is left after its close, so that the system has ports for the next.
        end.set_linger(Some(Duration::ZERO)).unwrap();
    }
    ends
}

fn over_a_unix_listener() -> [Socket; 2] {
    static LISTENER: OnceLock<Mutex<Socket>> = OnceLock::new();
    let listener = LISTENER.get_or_init(|| listening(AF_UNIX, temporary_path().as_path()));
    let listener = lock(listener);
    let client = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    [listener.accept().unwrap().0, client]
}

fn listening(family: tabi::AddressFamily, address: impl tabi::ToAddress) -> Mutex<Socket> {
    let socket = Socket::new(family, SOCK_STREAM, 0).unwrap();
    socket.bind(address).unwrap();
    socket.listen(128).unwrap();
    Mutex::new(socket)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Both ends have an address that no other connection has, so that no datagram of an earlier one arrives.
fn over_udp(number: u32) -> [Socket; 2] {
    let host = own_host(number);
    let ends = [(); 2].map(|()| {
        let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
        socket.bind((host.as_str(), 0)).unwrap();
        socket
    });
    let address = |end: &Socket| -> Address { end.getsockname().unwrap() };
    ends[0].connect(address(&ends[1])).unwrap();
    ends[1].connect(address(&ends[0])).unwrap();
    ends
}
