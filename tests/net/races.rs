//! Another thread acts between two steps of a call: it closes the socket, or changes its mode.
#![allow(unsafe_code)]

use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::thread;

use crate::support::waiting::call_numbers::{CONNECT, CallNumbers, IOCTL};
use crate::support::{HANG, full_listener, in_own_process, stream_pair, tools, wait_until};
use tabi::{AF_INET, AF_UNIX, Error, SOCK_STREAM, Socket};

pub(crate) fn is_nonblocking(socket: &Socket) -> bool {
    // SAFETY: F_GETFL touches no memory.
    let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFL) };
    assert!(flags >= 0);
    flags & libc::O_NONBLOCK != 0
}

/// The environment variable that tells a process that a tracer delays its system calls.
const DELAYED: &str = "TABI_TEST_DELAYED";

/// Runs a test of this file again, in a process of its own in which a tracer delays a system call for 2 seconds.
/// `inject` says which call and when, in the syntax of strace. `value` is the value of [`DELAYED`]
/// in that process.
fn run_delayed(test: &str, inject: &str, value: &str) {
    if !tools::have("strace", test) {
        return;
    }
    let (call, _) = inject.split_once(':').unwrap();
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null"])
        .args(["-e", &format!("trace={call}"), "-e", &format!("inject={inject}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("races::{test}")])
        .env(DELAYED, value)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Runs `call` in a thread. Returns when the tracer delays it in this system call.
fn start_delayed<T: Send + 'static>(
    delayed: &CallNumbers,
    call: impl FnOnce() -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    thread::spawn(move || {
        tell.send(std::fs::read_link("/proc/thread-self").unwrap()).unwrap();
        end.send(call()).unwrap();
    });
    let thread = Path::new("/proc").join(told.recv().unwrap());
    wait_until("the thread is held back", || {
        let read = |file: &str| std::fs::read_to_string(thread.join(file)).unwrap_or_default();
        let is_stopped = read("stat").rsplit(") ").next().is_some_and(|rest| rest.starts_with('t'));
        let number = read("syscall").split(' ').next().and_then(|number| number.parse().ok());
        is_stopped && number.is_some_and(|number| delayed.contains(number))
    });
    ended
}

#[test]
fn two_threads_that_set_the_timeout_leave_a_descriptor_that_fits_it() {
    if std::env::var(DELAYED).is_err() {
        let test = "two_threads_that_set_the_timeout_leave_a_descriptor_that_fits_it";
        return run_delayed(test, "ioctl:delay_exit=2000000:when=1", "");
    }
    let (socket, _peer) = stream_pair(AF_UNIX);
    let socket = Arc::new(socket);
    // The tracer delays the first change of each thread. The change of this thread has no part in the race.
    socket.settimeout(5.0).unwrap();
    let slow = Arc::clone(&socket);
    let ended = start_delayed(&IOCTL, move || slow.settimeout(None));
    socket.settimeout(5.0).unwrap();
    ended.recv_timeout(HANG).unwrap().unwrap();
    assert_eq!(is_nonblocking(&socket), socket.gettimeout().is_some(), "O_NONBLOCK and the timeout differ");
}

/// A TCP connect whose system call begins long after the close has returned.
#[test]
fn a_connect_that_begins_after_the_close_ends() {
    let Ok(port) = std::env::var(DELAYED) else {
        let (_listener, _queue, address) = full_listener(AF_INET);
        let port = address.port().unwrap().to_string();
        let test = "a_connect_that_begins_after_the_close_ends";
        return run_delayed(test, "connect:delay_enter=2000000", &port);
    };
    let socket = Arc::new(Socket::new(AF_INET, SOCK_STREAM, 0).unwrap());
    let (late, port) = (Arc::clone(&socket), port.parse::<u16>().unwrap());
    let ended = start_delayed(&CONNECT, move || late.connect(("127.0.0.1", port)));
    socket.close().unwrap();
    assert_eq!(ended.recv_timeout(HANG).expect("the late connect ends"), Err(Error::Closed));
}

#[test]
fn a_duplicate_keeps_its_timeout_when_the_table_of_descriptors_is_full() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(AF_UNIX);
        let socket = Arc::new(socket);
        drop(socket.dup().unwrap());
        let mut table = Vec::new();
        let narrow = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
        // SAFETY: setrlimit reads one struct.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &narrow) }, 0);
        while let Ok(file) = std::fs::File::open("/dev/null") {
            table.push(file);
        }
        socket.settimeout(0.05).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        peer.send(b"here").unwrap();
        assert_eq!(socket.recv(10).unwrap(), b"here");
        // A close also reaches a call that could not make a wake-up descriptor.
        socket.settimeout(None).unwrap();
        let (end, ended) = mpsc::channel();
        let waiting = Arc::clone(&socket);
        let thread = thread::spawn(move || end.send(waiting.recv(10)).unwrap());
        socket.close().unwrap();
        assert_eq!(ended.recv_timeout(HANG).expect("the call ends"), Err(Error::Closed));
        thread.join().unwrap();
    });
}
