//! Socket options of any level, name and length: a value never leaves its buffer, and no descriptor stays open.

use std::mem::MaybeUninit;
use std::sync::Once;

use arbitrary::{Arbitrary, Unstructured};
use tabi::ffi::*;

use crate::sock::Sock;

#[derive(Arbitrary, Debug)]
struct Input {
    socket: u8,
    calls: Vec<Call>,
}

#[derive(Arbitrary, Debug)]
struct Call {
    level: Level,
    name: Name,
    action: Action,
}

#[derive(Arbitrary, Debug)]
enum Level {
    Usual(u8),
    Any(i32),
}

#[derive(Arbitrary, Debug)]
enum Name {
    Usual(u8),
    Any(i32),
}

#[derive(Arbitrary, Debug)]
enum Action {
    Get { size: u16 },
    GetNumber,
    Set { value: Vec<u8> },
    SetNumber(i32),
    SetNull { len: usize },
    Typed(u8),
}

const SOCKETS: [(i32, i32); 6] = [
    (libc::AF_INET, libc::SOCK_STREAM),
    (libc::AF_INET6, libc::SOCK_STREAM),
    (libc::AF_INET, libc::SOCK_DGRAM),
    (libc::AF_INET6, libc::SOCK_DGRAM),
    (libc::AF_UNIX, libc::SOCK_STREAM),
    (libc::AF_UNIX, libc::SOCK_DGRAM),
];

const LEVELS: [i32; 5] =
    [libc::SOL_SOCKET, libc::IPPROTO_IP, libc::IPPROTO_IPV6, libc::IPPROTO_TCP, libc::IPPROTO_UDP];

/// More than any option of these has, and seen when it is written to.
const GUARD: usize = 4096;

/// Makes a socket and calls of options.
pub fn check(input: &[u8]) {
    alone();
    let Ok(Input { socket, calls }) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let (family, kind) = SOCKETS[usize::from(socket) % SOCKETS.len()];
    crate::leaves_no_descriptor(|| {
        let sock = Sock::new(family, kind);
        for call in calls.iter().take(32) {
            act(&sock, call);
        }
    });
}

/// Options of the packet filter reach beyond the socket, where a program may: root gets a network of its own, in which
/// there is nothing to break.
fn alone() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the call takes no pointer.
        let root = unsafe { libc::geteuid() } == 0;
        if root {
            // SAFETY: the call takes no pointer; it changes this thread alone.
            let own_network = unsafe { libc::unshare(libc::CLONE_NEWNET) };
            assert_eq!(own_network, 0, "root needs a network of its own");
        }
    });
}

fn act(sock: &Sock, call: &Call) {
    let level = match call.level {
        Level::Usual(index) => LEVELS[usize::from(index) % LEVELS.len()],
        Level::Any(level) => level,
    };
    let name = match call.name {
        Name::Usual(name) => name.into(),
        Name::Any(name) => name,
    };
    match &call.action {
        Action::Get { size } => get(sock, level, name, (*size).into()),
        Action::GetNumber => {
            let mut value = [MaybeUninit::new(0x5555_5555); 16];
            let (place, behind) = value.split_first_mut().expect("there is one");
            let code = tabi_getsockopt(sock.get(), level, name, Some(place));
            // SAFETY: all of them were set before.
            assert!(behind.iter().all(|number| unsafe { number.assume_init() } == 0x5555_5555));
            // SAFETY: it was set before, and by the call.
            close_received(level, name, code == 0, unsafe { place.assume_init() });
        }
        Action::Set { value } => {
            // SAFETY: the value is readable for its length.
            unsafe { tabi_setsockopt_bytes(sock.get(), level, name, value.as_ptr().cast(), value.len()) };
        }
        Action::SetNumber(value) => {
            tabi_setsockopt(sock.get(), level, name, *value);
        }
        Action::SetNull { len } => {
            tabi_setsockopt_null(sock.get(), level, name, *len);
        }
        Action::Typed(choice) => typed(sock, *choice),
    }
}

fn get(sock: &Sock, level: i32, name: i32, size: usize) {
    let mut buffer = vec![0_u8; size + GUARD];
    buffer[size..].fill(0x55);
    // SAFETY: the buffer is writable for the size, and longer.
    let len = unsafe { tabi_getsockopt_bytes(sock.get(), level, name, buffer.as_mut_ptr().cast(), size) };
    assert!(len <= size as isize, "{len} bytes in a buffer of {size}");
    assert!(buffer[size..].iter().all(|&byte| byte == 0x55), "the system wrote beyond {size} bytes");
    if let Some(number) = buffer[..size].first_chunk() {
        close_received(level, name, len == 4, i32::from_ne_bytes(*number));
    }
}

/// The one option whose value is a new descriptor, which belongs to the caller.
fn close_received(level: i32, name: i32, got: bool, value: i32) {
    const SO_PEERPIDFD: i32 = 77;
    if got && (level, name) == (libc::SOL_SOCKET, SO_PEERPIDFD) && value >= 0 {
        // SAFETY: the system has just made it for this call.
        unsafe { tabi_close_fd(value) };
    }
}

fn typed(sock: &Sock, choice: u8) {
    let sk = sock.get();
    let (mut one, mut other) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    match choice % 6 {
        0 => tabi_set_linger(sk, (choice & 1).into(), choice.into()),
        1 => tabi_linger(sk, Some(&mut one), Some(&mut other)),
        2 => tabi_set_keepalive(sk, choice.into(), 1, 1),
        3 => tabi_keepalive(sk, Some(&mut one), None, None, Some(&mut other)),
        4 => tabi_set_rcvtimeo(sk, f64::from(choice)),
        _ => tabi_sndtimeo(sk, Some(&mut MaybeUninit::uninit())),
    };
}
