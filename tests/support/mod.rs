//! What several tests need.
#![allow(dead_code, unused_imports, reason = "each binary of tests uses its own part")]

#[cfg(unix)]
pub(crate) mod c_program;
#[cfg(unix)]
pub(crate) mod compile;
#[cfg_attr(windows, path = "fd_windows.rs")]
pub(crate) mod fd;
pub(crate) mod header;
#[cfg(unix)]
pub(crate) mod helpers;
pub(crate) mod hosts;
#[cfg(unix)]
pub(crate) mod layout;
#[cfg_attr(windows, path = "libc_windows.rs")]
pub(crate) mod libc;
#[cfg(unix)]
pub(crate) mod library;
#[cfg_attr(windows, path = "limits_windows.rs")]
pub(crate) mod limits;
pub(crate) mod own_process;
#[cfg_attr(not(target_os = "linux"), path = "queue_unknown.rs")]
mod queue;
pub(crate) mod serving;
#[cfg(unix)]
pub(crate) mod shim;
pub(crate) mod tools;
pub(crate) mod waiting;
pub(crate) mod web;

use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use own_process::{in_own_process, in_prepared_process};
use tabi::{AF_INET, AF_INET6, AF_UNIX, Address, SOCK_DGRAM, SOCK_STREAM, Socket};
pub use waiting::{HANG, ThreadId, is_emulated, once_blocked, wait_until};

/// A path for a unix socket, which does not exist yet.
pub fn temporary_path() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let short = if folder.as_os_str().len() < 60 { folder.to_owned() } else { std::env::temp_dir() };
    let path = short.join(format!("tabi-{}-{number}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

/// A socket with an address of its own.
pub fn bound(family: tabi::AddressFamily, kind: tabi::SocketKind) -> Socket {
    let socket = Socket::new(family, kind, 0).unwrap();
    match family {
        AF_INET => socket.bind(("127.0.0.1", 0)).unwrap(),
        AF_INET6 => socket.bind(("::1", 0)).unwrap(),
        _ => socket.bind(temporary_path().as_path()).unwrap(),
    }
    socket
}

/// The family of sockets within this machine: `AF_UNIX`, or internet addresses where the system has no pairs of that.
pub const LOCAL: tabi::AddressFamily = if cfg!(windows) { AF_INET } else { AF_UNIX };

/// The error of a call that took longer than the limit of the socket in the system.
pub const OWN_TIMEOUT: i32 = if cfg!(windows) { 10060 } else { libc::EAGAIN };

/// The error of a receive after the socket itself was shut down. Other systems have none: it finds the end of the stream.
pub const AFTER_SHUTDOWN: i32 = if cfg!(windows) { 10058 } else { i32::MIN };

/// The error of a send on a stream that was never connected. Wine has another one than Windows.
pub const NO_PEER: &[i32] = if cfg!(windows) { &[libc::ENOTCONN, libc::ECONNRESET] } else { &[libc::EPIPE] };

/// The error of a send on a datagram socket that has no peer. Wine has another one than Windows.
pub const NO_DESTINATION: &[i32] =
    if cfg!(windows) { &[libc::ENOTCONN, libc::EINVAL] } else { &[libc::EDESTADDRREQ] };

/// The error of a bind to a port that another socket has. Windows has two, of which the second is for exclusive owners.
pub const PORT_TAKEN: &[i32] =
    if cfg!(windows) { &[libc::EADDRINUSE, libc::EACCES] } else { &[libc::EADDRINUSE] };

/// The families that have streams and datagrams, and in which a listener has a queue.
pub const FAMILIES: &[tabi::AddressFamily] =
    if cfg!(windows) { &[AF_INET, AF_INET6] } else { &[AF_INET, AF_INET6, AF_UNIX] };

/// A connected pair of sockets of the family [`LOCAL`].
pub fn pair(kind: tabi::SocketKind) -> (Socket, Socket) {
    tabi::socketpair(LOCAL, kind, 0).unwrap()
}

/// A connected pair of stream sockets.
pub fn stream_pair(family: tabi::AddressFamily) -> (Socket, Socket) {
    if family == AF_UNIX {
        return Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap();
    }
    let listener = Socket::new(family, SOCK_STREAM, 0).unwrap();
    listener.bind((if family == AF_INET { "127.0.0.1" } else { "::1" }, 0)).unwrap();
    listener.listen(1).unwrap();
    let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// Bytes of which each part is different from the next.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

/// A file without a name, with these bytes.
pub fn file_of(bytes: &[u8]) -> fs::File {
    let path = temporary_path();
    let mut file = fs::File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    fs::remove_file(path).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

/// Ends a connection, which its peer sees at once. A close alone may do this later: a process that another test starts
/// has a copy of the socket until it runs its own program.
pub fn end(socket: Socket) {
    socket.shutdown(tabi::SHUT_RDWR).unwrap();
}

/// An address of the loopback network that only this process uses, so that nobody takes a port of it that a test has
/// closed.
pub fn own_host() -> String {
    if !cfg!(any(target_os = "linux", windows)) {
        // This is the only address of the loopback network there.
        return "127.0.0.1".to_owned();
    }
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    format!("127.{}.{middle}.{low}", 128 | high)
}

/// The address of a UDP port at which nobody receives, and the socket that keeps the port. The socket is connected to
/// another peer, so datagrams of the test do not reach it.
pub fn nobody() -> (Socket, Address) {
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    socket.bind(("127.0.0.1", 0)).unwrap();
    socket.connect((own_host(), 9)).unwrap();
    let address = socket.getsockname().unwrap();
    (socket, address)
}

/// A listener whose queue is full, so that a further connect neither succeeds nor fails.
pub fn full_listener(family: tabi::AddressFamily) -> (Socket, Vec<Socket>, Address) {
    let listener = Socket::new(family, SOCK_STREAM, 0).unwrap();
    match family {
        AF_UNIX => listener.bind(temporary_path().as_path()).unwrap(),
        _ => listener.bind(("127.0.0.1", 0)).unwrap(),
    }
    let queue = fill_queue(&listener);
    let address = listener.getsockname().unwrap();
    (listener, queue, address)
}

/// Makes a bound socket listen, and connects to it until its queue is full. Returns the clients in the queue.
pub fn fill_queue(listener: &Socket) -> Vec<Socket> {
    listener.listen(0).unwrap();
    let (family, address) = (listener.family(), listener.getsockname().unwrap());
    let mut queue = Vec::new();
    loop {
        let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
        client.settimeout(0.0).unwrap();
        let connected = client.connect(&address);
        if family == AF_UNIX && connected.is_err() {
            return queue;
        }
        queue.push(client);
        if family != AF_UNIX && queue::is_full(listener) {
            return queue;
        }
        // A client whose connection the system has not yet put into the queue is not the last.
        assert!(queue.len() < 10_000, "the queue never fills");
        thread::yield_now();
    }
}

/// A number of rounds: all of them in a release build, a tenth in a debug build or under an emulator.
pub fn scaled(rounds: u64) -> u64 {
    if cfg!(debug_assertions) { rounds.div_ceil(10) } else { rounds }
}

/// How many descriptors wake a call of the library: a pipe has two.
pub const DESCRIPTORS_TO_WAKE: usize =
    if cfg!(any(tabi_portable, all(unix, not(target_os = "linux")))) { 2 } else { 1 };

pub use fd::open_descriptors;

/// Duplicates a descriptor of which only the number is at hand.
#[allow(unsafe_code)]
pub fn dup(number: fd::RawFd) -> tabi::Result<fd::OwnedFd> {
    // SAFETY: the number is that of the test's own descriptor, or of none.
    unsafe { tabi::socket::dup(number) }
}
