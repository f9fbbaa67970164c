//! `close()` from another thread, while a call is held between its beginning and one of its system calls until the close has
//! returned. So the close comes before, between and after all system calls of the call, and not only while it is blocked.

use std::fs::File;
use std::io::{IoSlice, Read};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    HANG, ThreadId, bound, full_listener, in_prepared_process, shim, stream_pair, tools, wait_until,
};
use tabi::constants::{AF_NETLINK, SOCK_RAW, SOCK_SEQPACKET};
use tabi::{
    AF_INET, AF_INET6, AF_UNIX, Address, AddressFamily, ControlData, Deadline, Error, IncomingDatagram,
    Interest, Limit, OutgoingDatagram, Poll, PollEvents, RawAddress, SOCK_DGRAM, SOCK_STREAM, Socket,
    SocketKind, poll_until,
};

/// A socket on which certain calls block.
struct Blocking {
    socket: Socket,
    /// Where a connect or a datagram goes.
    address: Address,
    /// The peer, and what fills a queue.
    _others: Vec<Socket>,
}

impl Blocking {
    fn new(socket: Socket, others: Vec<Socket>) -> Self {
        Blocking { socket, address: Address::None, _others: others }
    }
}

type Call = fn(&Blocking) -> tabi::Result<()>;

/// In what state the socket is when the call begins.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Plain,
    Timed,
    /// It has a duplicate.
    Duplicated,
    DuplicatedAndTimed,
    /// A duplicate was made and closed.
    OnceDuplicated,
    /// The program said that there is another owner.
    SaidToBeShared,
    /// Lent by `as_fd`.
    Lent,
}

const STATES: [State; 7] = [
    State::Plain,
    State::Timed,
    State::Duplicated,
    State::DuplicatedAndTimed,
    State::OnceDuplicated,
    State::SaidToBeShared,
    State::Lent,
];

/// Brings a socket into a state. Returns the duplicate.
fn prepare(socket: &Socket, state: State) -> Option<Socket> {
    match state {
        State::Plain => None,
        State::Timed => {
            socket.settimeout(600.0).unwrap();
            None
        }
        State::Duplicated => Some(socket.dup().unwrap()),
        State::DuplicatedAndTimed => {
            socket.settimeout(600.0).unwrap();
            Some(socket.dup().unwrap())
        }
        State::OnceDuplicated => {
            drop(socket.dup().unwrap());
            None
        }
        State::SaidToBeShared => {
            socket.set_shared();
            None
        }
        State::Lent => {
            socket.try_as_fd().unwrap();
            None
        }
    }
}

/// Asks the shim to hold this thread before its system call with this number; see `tests/torture/delays.h`.
pub(crate) fn hold(number: usize, state: &'static AtomicI32) {
    // SAFETY: the name ends with NUL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"torture_hold".as_ptr()) };
    assert!(!found.is_null(), "the shim is preloaded");
    // SAFETY: the shim defines a function of this type by this name.
    let hold = unsafe {
        std::mem::transmute::<*mut libc::c_void, extern "C" fn(libc::c_long, *const AtomicI32)>(found)
    };
    hold(number as libc::c_long, state);
}

/// What became of a call that was held before its system call with a number.
enum Outcome {
    /// The call did what it should do, as if nobody had closed the socket.
    Succeeded,
    /// It ended after the close. This long it took once it could go on.
    Woken(Duration),
    /// It was blocked before it came to that system call, and ended after the close.
    BlockedBefore(Duration),
    Wrong(String),
}

/// Closes the socket while `call` is held before its system call with this number, or blocked before that.
fn close_while_held(make: fn() -> Blocking, state: State, call: Call, number: usize) -> Outcome {
    let blocking = Arc::new(make());
    let duplicate = prepare(&blocking.socket, state);
    // The thread of a call that is not woken uses it for ever.
    let held: &'static AtomicI32 = Box::leak(Box::new(AtomicI32::new(0)));
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let caller = Arc::clone(&blocking);
    thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        hold(number, held);
        let result = call(&caller);
        let now = Instant::now();
        hold(0, held);
        let _ = end.send((result, now));
    });
    let thread = told.recv().unwrap();
    let mut early = None;
    wait_until("the call is held, blocked or over", || {
        thread::sleep(Duration::from_micros(50));
        early = ended.try_recv().ok();
        early.is_some() || held.load(Ordering::SeqCst) == 1 || thread.is_blocked()
    });
    if let Some((result, _)) = early {
        if result.is_ok() {
            return Outcome::Succeeded;
        }
        return Outcome::Wrong(format!("ended before the close with {result:?}"));
    }
    // If the call is blocked already, it is not held any more.
    let was_held = held.compare_exchange(0, 2, Ordering::SeqCst, Ordering::SeqCst).is_err();
    let mut begin = Instant::now();
    blocking.socket.close().unwrap();
    if was_held {
        begin = Instant::now();
        held.store(2, Ordering::SeqCst);
    }
    let Ok((result, end)) = ended.recv_timeout(HANG) else {
        return Outcome::Wrong("is not woken".to_owned());
    };
    if result.is_ok() {
        return Outcome::Succeeded;
    }
    if result != Err(Error::Closed) {
        return Outcome::Wrong(format!("ended with {result:?}"));
    }
    if duplicate.is_some_and(|duplicate| duplicate.fileno() < 0) {
        return Outcome::Wrong("closed the duplicate too".to_owned());
    }
    let late = end.saturating_duration_since(begin);
    if was_held { Outcome::Woken(late) } else { Outcome::BlockedBefore(late) }
}

/// A peer may acknowledge bytes while a send is held, so that a full connection has space after all, and the send
/// succeeds. On a busy machine that happens often, but not every time.
fn several_tries(make: fn() -> Blocking, state: State, call: Call, number: usize) -> Outcome {
    let mut tries = (0..40).map(|_| close_while_held(make, state, call, number));
    tries.find(|outcome| !matches!(outcome, Outcome::Succeeded)).unwrap_or(Outcome::Succeeded)
}

/// A call that asks again and again whether there is a place in a queue makes any number of system calls.
const MOST_CALLS: usize = 12;

/// Tries calls on a kind of socket in all states, held before each of their system calls.
fn is_woken(kind: &'static str, make: fn() -> Blocking, calls: &[(&'static str, Call)]) {
    let (mut tried, mut latest, mut wrong) = (0, Duration::ZERO, Vec::new());
    for &(name, call) in calls {
        for state in STATES {
            for number in 1..=MOST_CALLS {
                tried += 1;
                match several_tries(make, state, call, number) {
                    Outcome::Woken(late) => latest = latest.max(late),
                    Outcome::BlockedBefore(late) => {
                        latest = latest.max(late);
                        break;
                    }
                    Outcome::Succeeded => {
                        wrong.push(format!(
                            "{kind}, {state:?}: {name}, call {number}, succeeded in spite of the close"
                        ));
                        break;
                    }
                    Outcome::Wrong(how) => {
                        wrong.push(format!(
                            "{kind}, {state:?}: {name}, held before its system call {number}, {how}"
                        ));
                        break;
                    }
                }
            }
        }
    }
    println!(
        "{kind}: {tried} closes, {} calls did not end as they must; the latest took {latest:?}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn pair(family: AddressFamily, kind: SocketKind) -> Blocking {
    let (socket, peer) = Socket::socketpair(family, kind, 0).unwrap();
    Blocking::new(socket, vec![peer])
}

/// The end that connected.
fn connected() -> Blocking {
    let (socket, peer) = stream_pair(AF_INET);
    Blocking::new(socket, vec![peer])
}

/// The end that was accepted.
fn accepted() -> Blocking {
    let (peer, socket) = stream_pair(AF_INET);
    Blocking::new(socket, vec![peer])
}

fn listening(family: AddressFamily, kind: SocketKind) -> Blocking {
    let socket = bound(family, kind);
    socket.listen(1).unwrap();
    Blocking::new(socket, Vec::new())
}

/// A socket whose connect waits for a place in a queue, which is the same for all of them.
fn unconnected(family: AddressFamily) -> Blocking {
    static FULL: OnceLock<(Socket, Vec<Socket>, Address)> = OnceLock::new();
    let (_, _, address) = FULL.get_or_init(|| full_listener(family));
    let socket = Socket::new(family, SOCK_STREAM, 0).unwrap();
    Blocking { socket, address: address.clone(), _others: Vec::new() }
}

/// A socket whose peer has no space for further bytes.
fn full(blocking: Blocking) -> Blocking {
    blocking.socket.settimeout(0.0).unwrap();
    while blocking.socket.send(&DATA).is_ok() {}
    blocking.socket.settimeout(None).unwrap();
    blocking
}

/// A datagram socket, and a peer that has no space for a further datagram.
fn full_datagrams(connect: bool) -> Blocking {
    let (socket, peer) = (Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap(), bound(AF_UNIX, SOCK_DGRAM));
    let address = peer.getsockname().unwrap();
    if connect {
        socket.connect(&address).unwrap();
    }
    let filler = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    filler.settimeout(0.0).unwrap();
    while filler.sendto(&[0; 10], &address).is_ok() {}
    Blocking { socket, address, _others: vec![peer, filler] }
}

const FOREVER: Limit = Limit::FOREVER;

fn later() -> Limit {
    Limit::after(Duration::from_secs(600))
}

/// Polls the socket beside one that is never ready. Returns when the socket is ready, and fails when it is closed.
fn poll_beside_another(socket: &Socket, events: PollEvents, deadline: Deadline) -> tabi::Result<()> {
    let (quiet, _peer) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    let mut entries = [Poll::socket(&quiet, PollEvents::IN), Poll::socket(socket, events)];
    assert_eq!(poll_until(&mut entries, deadline)?, 1);
    if entries[1].revents() == PollEvents::CLOSED { Err(Error::Closed) } else { Ok(()) }
}

const RECEIVES: [(&str, Call); 14] = [
    ("recv", |b| b.socket.recv(10).map(drop)),
    ("recv_into_until", |b| b.socket.recv_into_until(&mut [0; 10], 0, later()).map(drop)),
    ("recv_into_until without a limit", |b| b.socket.recv_into_until(&mut [0; 10], 0, FOREVER).map(drop)),
    ("recvfrom", |b| b.socket.recvfrom(10).map(drop)),
    ("recvfrom_into_until", |b| b.socket.recvfrom_into_until(&mut [0; 10], 0, later()).map(drop)),
    ("recvmsg", |b| b.socket.recvmsg(10, 100, 0).map(drop)),
    ("recvmsg_until", |b| b.socket.recvmsg_until(10, 100, 0, later()).map(drop)),
    ("recv_exactly", |b| Ok(b.socket.recv_exactly(&mut [0; 10]).map(drop)?)),
    ("recvmany", |b| {
        let mut buffers = [[0; 10]; 3];
        b.socket.recvmany(&mut buffers.each_mut().map(|buffer| IncomingDatagram::new(buffer)), 0).map(drop)
    }),
    ("recv_fds", |b| b.socket.recv_fds(10, 3, 0).map(drop)),
    ("wait", |b| b.socket.wait(Interest::Read, FOREVER)),
    ("wait with a limit", |b| b.socket.wait(Interest::Read, later())),
    ("poll", |b| poll_beside_another(&b.socket, PollEvents::IN, Deadline::NEVER)),
    ("poll with a limit", |b| {
        poll_beside_another(&b.socket, PollEvents::IN, Deadline::after(Duration::from_secs(600)))
    }),
];

const DATA: [u8; 5000] = [7; 5000];

const SENDS: [(&str, Call); 8] = [
    ("send", |b| b.socket.send(&DATA).map(drop)),
    ("send_until", |b| b.socket.send_until(&DATA, 0, later()).map(drop)),
    ("sendall", |b| Ok(b.socket.sendall(&DATA)?)),
    ("sendall_until without a limit", |b| Ok(b.socket.sendall_until(&DATA, 0, FOREVER)?)),
    ("sendmsg", |b| b.socket.sendmsg(&[IoSlice::new(&DATA)], &ControlData::new(), 0).map(drop)),
    ("sendmsg_until", |b| {
        let buffers = [IoSlice::new(&DATA)];
        b.socket.sendmsg_until(&buffers, &ControlData::new(), 0, later()).map(drop)
    }),
    ("sendmany", |b| {
        b.socket.sendmany(&[OutgoingDatagram::new(&DATA), OutgoingDatagram::new(&DATA)], 0).map(drop)
    }),
    ("send_fds", |b| b.socket.send_fds::<File>(&DATA, &[], 0).map(drop)),
];

const SENDS_TO: [(&str, Call); 4] = [
    ("sendto", |b| b.socket.sendto(&DATA, &b.address).map(drop)),
    ("sendto_until", |b| {
        let address = RawAddress::try_from(&b.address).unwrap();
        b.socket.sendto_until(&DATA, 0, &address, FOREVER).map(drop)
    }),
    ("sendmsg_to", |b| {
        b.socket.sendmsg_to(&[IoSlice::new(&DATA)], &ControlData::new(), 0, &b.address).map(drop)
    }),
    ("sendmany with addresses", |b| {
        let address = RawAddress::try_from(&b.address).unwrap();
        b.socket.sendmany(&[OutgoingDatagram::to(&DATA, &address)], 0).map(drop)
    }),
];

const READS: [(&str, Call); 1] = [("makefile_reader", |b| {
    b.socket.makefile_reader().read(&mut [0; 10]).map(drop).map_err(tabi::Error::from)
})];

/// A datagram socket is ready for writing although the queue of its peer is full.
const STREAM_SENDS: [(&str, Call); 3] = [
    ("sendfile", |b| {
        let file = File::open("/dev/zero").unwrap();
        Ok(b.socket.sendfile(&file, 0, None).map(drop)?)
    }),
    ("wait", |b| b.socket.wait(Interest::Write, FOREVER)),
    ("poll", |b| poll_beside_another(&b.socket, PollEvents::OUT, Deadline::NEVER)),
];

const ACCEPTS: [(&str, Call); 5] = [
    ("accept", |b| b.socket.accept().map(drop)),
    ("accept_until", |b| b.socket.accept_until(later()).map(drop)),
    ("accept_fd without a limit", |b| b.socket.accept_fd(FOREVER).map(drop)),
    ("wait", |b| b.socket.wait(Interest::Read, FOREVER)),
    ("poll", |b| poll_beside_another(&b.socket, PollEvents::IN, Deadline::NEVER)),
];

const CONNECTS: [(&str, Call); 4] = [
    ("connect", |b| b.socket.connect(&b.address)),
    ("connect_ex", |b| match b.socket.connect_ex(&b.address)? {
        libc::EBADF => Err(Error::Closed),
        errno => Err(Error::Os(errno)),
    }),
    ("connect_until", |b| b.socket.connect_until(&b.address, later())),
    ("connect_until without a limit", |b| b.socket.connect_until(&b.address, FOREVER)),
];

/// Tests of one kind of socket, each in a process of its own with the shim.
macro_rules! tests {
    ($($name:ident: $make:expr, $($calls:ident),+;)+) => {
        $(
            #[test]
            fn $name() {
                if !tools::have("cc", "calls that are held") {
                    return;
                }
                in_prepared_process(
                    |test| {
                        test.env("LD_PRELOAD", shim::shim());
                    },
                    || is_woken(stringify!($name), || $make, &[$(&$calls[..]),+].concat()),
                );
            }
        )+
    };
}

tests! {
    tcp_that_connected: connected(), RECEIVES, READS;
    tcp_that_connected_and_is_full: full(connected()), SENDS, STREAM_SENDS;
    tcp_that_was_accepted: accepted(), RECEIVES, READS;
    tcp_that_was_accepted_and_is_full: full(accepted()), SENDS, STREAM_SENDS;
    unix_stream: pair(AF_UNIX, SOCK_STREAM), RECEIVES, READS;
    unix_stream_that_is_full: full(pair(AF_UNIX, SOCK_STREAM)), SENDS, STREAM_SENDS;
    unix_datagram: pair(AF_UNIX, SOCK_DGRAM), RECEIVES;
    unix_datagram_that_is_full: full(pair(AF_UNIX, SOCK_DGRAM)), SENDS;
    unix_datagram_that_connected_to_a_full_peer: full_datagrams(true), SENDS;
    unix_datagram_to_a_full_peer: full_datagrams(false), SENDS_TO;
    unix_packet: pair(AF_UNIX, SOCK_SEQPACKET), RECEIVES;
    unix_packet_that_is_full: full(pair(AF_UNIX, SOCK_SEQPACKET)), SENDS;
    udp: Blocking::new(bound(AF_INET, SOCK_DGRAM), Vec::new()), RECEIVES;
    udp_over_ipv6: Blocking::new(bound(AF_INET6, SOCK_DGRAM), Vec::new()), RECEIVES;
    netlink: Blocking::new(Socket::new(AF_NETLINK, SOCK_RAW, 0).unwrap(), Vec::new()), RECEIVES;
    tcp_listener: listening(AF_INET, SOCK_STREAM), ACCEPTS;
    tcp_listener_over_ipv6: listening(AF_INET6, SOCK_STREAM), ACCEPTS;
    unix_listener: listening(AF_UNIX, SOCK_STREAM), ACCEPTS;
    unix_packet_listener: listening(AF_UNIX, SOCK_SEQPACKET), ACCEPTS;
    tcp_that_connects: unconnected(AF_INET), CONNECTS;
    unix_stream_that_connects: unconnected(AF_UNIX), CONNECTS;
}
