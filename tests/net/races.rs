//! Another thread acts between two steps of a call: it takes the client, closes the socket, or changes its
//! mode.
#![allow(unsafe_code)]

use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::waiting::call_numbers::{CONNECT, CallNumbers, IOCTL};
use crate::support::{HANG, ThreadId, full_listener, in_own_process, stream_pair, tools, wait_until};
use tabi::{AF_INET, AF_UNIX, Error, Limit, SOCK_STREAM, Socket};

/// How long a test lets a call wait for an event that does not come.
const SHORT: Duration = Duration::from_millis(1);

fn listener() -> Socket {
    let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    listener.bind(("127.0.0.1", 0)).unwrap();
    listener.listen(100).unwrap();
    listener
}

fn connect_to(listener: &Socket) -> Socket {
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    client
}

fn is_nonblocking(socket: &Socket) -> bool {
    // SAFETY: F_GETFL touches no memory.
    let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFL) };
    assert!(flags >= 0);
    flags & libc::O_NONBLOCK != 0
}

/// Several threads accept while only one client comes, again and again. All but one of them find that the
/// client is gone.
fn accept_at_once(listener: &Arc<Socket>) {
    const THREADS: usize = 8;
    const ROUNDS: usize = 2000;
    let (end, ended) = mpsc::channel();
    let start = Arc::new(Barrier::new(THREADS + 1));
    for _ in 0..THREADS {
        let (listener, end, start) = (Arc::clone(listener), end.clone(), Arc::clone(&start));
        thread::spawn(move || {
            for _ in 0..ROUNDS {
                start.wait();
                end.send(listener.accept_fd(Limit::after(SHORT)).map(drop)).unwrap();
            }
        });
    }
    for round in 0..ROUNDS {
        start.wait();
        let _client = connect_to(listener);
        let result = || ended.recv_timeout(HANG).unwrap_or_else(|_| panic!("round {round}: an accept hangs"));
        let results: Vec<_> = (0..THREADS).map(|_| result()).collect();
        let accepted = results.iter().filter(|result| result.is_ok()).count();
        let late = results.iter().filter(|result| **result == Err(Error::Timeout)).count();
        assert_eq!(accepted + late, THREADS, "round {round}: {results:?}");
        // On a slow machine the client may come after all threads have given up.
        while listener.accept_fd(Limit::Now).is_ok() {}
    }
}

#[test]
fn an_accept_keeps_its_deadline_when_another_thread_takes_the_client() {
    let listener = Arc::new(listener());
    accept_at_once(&listener);
    assert!(!is_nonblocking(&listener), "the listener blocks as before");
    assert_eq!(listener.gettimeout(), None);
}

#[test]
fn an_accept_on_a_duplicate_keeps_its_deadline_when_another_thread_takes_the_client() {
    let listener = listener();
    let duplicate = Arc::new(listener.dup().unwrap());
    accept_at_once(&duplicate);
}

#[test]
fn a_blocking_accept_goes_on_while_others_have_a_deadline() {
    let listener = Arc::new(listener());
    let (tell, told) = mpsc::channel();
    let waiting = Arc::clone(&listener);
    let blocked = thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        waiting.accept().map(drop)
    });
    told.recv().unwrap().wait_until_blocked();
    for _ in 0..20 {
        let result = listener.accept_fd(Limit::after(Duration::from_millis(1)));
        assert_eq!(result.map(drop), Err(Error::Timeout));
    }
    let _client = connect_to(&listener);
    assert_eq!(blocked.join().unwrap(), Ok(()));
}

/// One thread accepts without a limit. Other threads come and go with deadlines, for which the descriptor
/// must not block.
#[test]
fn an_accept_without_a_deadline_never_finds_eagain() {
    let listener = Arc::new(listener());
    let forever = Arc::clone(&listener);
    let acceptor = thread::spawn(move || {
        let mut accepted = 0;
        loop {
            match forever.accept() {
                Ok(_) => accepted += 1,
                Err(error) => return (accepted, error),
            }
        }
    });
    for round in 0..300 {
        match listener.accept_fd(Limit::after(Duration::from_micros(200))) {
            Ok(_) | Err(Error::Timeout) => {}
            Err(error) => panic!("round {round}: {error:?}"),
        }
        drop(connect_to(&listener));
    }
    listener.close().unwrap();
    assert_eq!(acceptor.join().unwrap().1, Error::Closed);
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
