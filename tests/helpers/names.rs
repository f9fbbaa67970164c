//! Makes connections with a resolver whose name servers partly do not answer, for tests that need a process of their
//! own.
//!
//! `names_helper CASE`, where CASE is one of the names in `main`.
#![allow(unsafe_code)]

use std::error::Error;
use std::ffi::{CStr, c_char, c_int};
use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tabi::constants::AF_UNSPEC;
use tabi::{
    AF_INET, AF_INET6, Address, Cancel, CreateConnectionOptions, Deadline, SOCK_DGRAM, SOCK_STREAM, Socket,
    create_connection_with, create_server, getaddrinfo_until,
};

type Outcome = Result<(), Box<dyn Error>>;

/// How many look-ups have been left unanswered.
static UNANSWERED: AtomicUsize = AtomicUsize::new(0);

/// The resolver that the library calls in this program. A look-up for a name below `.dead` is never answered. Below
/// `.a` only IPv4 addresses are found, and below `.aaaa` only IPv6 addresses; the other look-up is never answered.
///
/// # Safety
///
/// As for getaddrinfo(3).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const libc::addrinfo,
    answers: *mut *mut libc::addrinfo,
) -> c_int {
    // SAFETY: the name is the one of a function of the C library that has this type. The caller passes what
    // getaddrinfo(3) wants: names that are NULL or NUL-terminated, and hints.
    unsafe {
        let real = libc::dlsym(libc::RTLD_NEXT, c"getaddrinfo".as_ptr());
        let real: unsafe extern "C" fn(
            *const c_char,
            *const c_char,
            *const libc::addrinfo,
            *mut *mut libc::addrinfo,
        ) -> c_int = std::mem::transmute(real);
        let numeric = (*hints).ai_flags & libc::AI_NUMERICHOST != 0;
        let name = if node.is_null() { c"" } else { CStr::from_ptr(node) }.to_bytes();
        let node = match (name.rsplit(|byte| *byte == b'.').next(), (*hints).ai_family) {
            _ if numeric => node,
            (Some(b"a"), libc::AF_INET) => c"127.0.0.1".as_ptr(),
            (Some(b"aaaa"), libc::AF_INET6) => c"::1".as_ptr(),
            (Some(b"dead" | b"a" | b"aaaa"), _) => {
                UNANSWERED.fetch_add(1, Ordering::SeqCst);
                loop {
                    thread::park();
                }
            }
            _ => node,
        };
        real(node, service, hints, answers)
    }
}

fn main() -> Outcome {
    match std::env::args().nth(1).as_deref() {
        Some("every-call") => every_call(),
        Some("cancel") => cancel(),
        Some("many") => many(8, 5, Duration::from_millis(200)),
        Some("thousand") => many(8, 125, Duration::from_secs(1)),
        Some("one-family") => one_family(),
        Some("fork") => fork(),
        Some("exit") => exit(),
        other => Err(format!("no such case: {other:?}").into()),
    }
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_millis(50))
}

/// Makes a call that has to end at its limit, after it has asked the resolver. A busy machine needs more time for that,
/// so the limit grows.
fn asks<T>(limit: &mut Duration, mut call: impl FnMut(Duration) -> T) -> T {
    loop {
        let asked = UNANSWERED.load(Ordering::SeqCst);
        let end = call(*limit);
        if UNANSWERED.load(Ordering::SeqCst) > asked {
            return end;
        }
        // The pool has 16 threads, and each call may leave one behind that hangs. There are ten calls.
        *limit *= 4;
        assert!(*limit < Duration::from_secs(600), "the call does not ask the resolver");
    }
}

/// Each call that looks a name up ends at its deadline.
fn every_call() -> Outcome {
    let late = Err(tabi::Error::Timeout);
    let limit = &mut Duration::from_millis(50);
    let until = Deadline::after;
    let look_up =
        |limit| getaddrinfo_until("x.dead", 80, AF_UNSPEC, SOCK_STREAM, 0, 0, until(limit)).map(drop);
    assert_eq!(asks(limit, look_up), late);
    assert_eq!(asks(limit, |limit| tabi::gethostbyname_until("x.dead", until(limit)).map(drop)), late);
    assert_eq!(asks(limit, |limit| tabi::gethostbyname_ex_until("x.dead", until(limit)).map(drop)), late);
    assert_eq!(asks(limit, |limit| tabi::gethostbyaddr_until("x.dead", until(limit)).map(drop)), late);
    assert_eq!(asks(limit, |limit| tabi::getfqdn_until("x.dead", until(limit)))?, "x.dead");
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    let with = |limit: Duration| {
        socket.settimeout(limit.as_secs_f64()).expect("a timeout");
        &socket
    };
    assert_eq!(asks(limit, |limit| with(limit).connect(("x.dead", 9))), late);
    assert_eq!(asks(limit, |limit| with(limit).connect_ex(("x.dead", 9)))?, libc::EAGAIN);
    assert_eq!(asks(limit, |limit| with(limit).bind(("x.dead", 0))), late);
    assert_eq!(asks(limit, |limit| with(limit).sendto(b"x", ("x.dead", 9)).map(drop)), late);
    let nothing = tabi::ControlData::new();
    let send = |limit| with(limit).sendmsg_to(&[], &nothing, 0, ("x.dead", 9)).map(drop);
    assert_eq!(asks(limit, send), late);
    // A name that is answered, and an address, are found in spite of the threads that hang.
    assert!(!getaddrinfo_until("localhost", 80, AF_INET, SOCK_STREAM, 0, 0, soon_enough())?.is_empty());
    socket.settimeout(10.0)?;
    socket.connect(("127.0.0.1", 9))?;
    Ok(())
}

/// Each call that looks a name up ends when a token is triggered, with a limit of its own and without one.
fn cancel() -> Outcome {
    let cancelled = Err(tabi::Error::Cancelled);
    let late = soon_enough();
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    let mut calls: Vec<Box<dyn Fn() -> tabi::Result<()>>> = vec![
        Box::new(|| tabi::getaddrinfo("x.dead", 80, AF_UNSPEC, SOCK_STREAM, 0, 0).map(drop)),
        Box::new(|| getaddrinfo_until("x.dead", 80, AF_UNSPEC, SOCK_STREAM, 0, 0, late).map(drop)),
        Box::new(|| tabi::gethostbyname("x.dead").map(drop)),
        Box::new(|| tabi::gethostbyname_ex("x.dead").map(drop)),
        Box::new(|| tabi::gethostbyaddr("x.dead").map(drop)),
        Box::new(|| socket.connect(("x.dead", 9))),
        Box::new(|| socket.bind(("x.dead", 0))),
        Box::new(|| socket.sendto(b"x", ("x.dead", 9)).map(drop)),
        Box::new(|| tabi::create_connection(("x.dead", 9)).map(drop)),
    ];
    let in_time = CreateConnectionOptions::new().timeout(60.0)?;
    calls.push(Box::new(move || Ok(create_connection_with(("x.dead", 9), &in_time).map(drop)?)));
    for call in &calls {
        // By a thread that triggers it when the resolver hangs, and by its own deadline.
        let asked = UNANSWERED.load(Ordering::SeqCst);
        let token = Cancel::new()?;
        let trigger = token.clone();
        let thread = thread::spawn(move || {
            let begin = Instant::now();
            while UNANSWERED.load(Ordering::SeqCst) == asked && begin.elapsed() < Duration::from_millis(50) {
                thread::yield_now();
            }
            trigger.cancel();
        });
        let scope = token.scope()?;
        assert_eq!(call(), cancelled);
        drop(scope);
        thread.join().expect("no panic");
        let _scope = Cancel::until(soon())?.scope()?;
        assert_eq!(call(), cancelled);
    }
    // The token of a socket is that of its look-up, too.
    let token = Cancel::until(soon())?;
    socket.set_cancel(Some(&token));
    assert_eq!(socket.connect(("x.dead", 9)), cancelled);
    assert_eq!(socket.connect_ex(("x.dead", 9))?, libc::ECANCELED);
    socket.set_cancel(None);
    socket.connect(("127.0.0.1", 9))?;
    Ok(())
}

fn soon_enough() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// Many threads wait for a name server that answers nobody. Each is late by little, and nothing grows.
fn many(threads: usize, rounds: usize, timeout: Duration) -> Outcome {
    let before = count("/proc/self/fd")?;
    let options = CreateConnectionOptions::new().timeout(timeout)?;
    let waiting: Vec<_> = (0..threads)
        .map(|thread| {
            thread::spawn(move || -> Vec<Duration> {
                let one = |round| {
                    let begin = Instant::now();
                    let host = format!("{thread}.{round}.dead");
                    let error = create_connection_with((&host, 80), &options).unwrap_err();
                    let took = begin.elapsed();
                    assert_eq!(error.errors, [(Address::None, tabi::Error::Timeout)]);
                    took.checked_sub(timeout).expect("not before its time")
                };
                (0..rounds).map(one).collect()
            })
        })
        .collect();
    let mut late: Vec<_> = waiting.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    late.sort();
    println!(
        "{} calls, late by {:?} in the middle, {:?} at most",
        late.len(),
        late[late.len() / 2],
        late[late.len() - 1]
    );
    assert_eq!(UNANSWERED.load(Ordering::SeqCst), 16, "no more than the threads of the pool");
    assert_eq!(count("/proc/self/task")?, 1 + 16);
    assert_eq!(count("/proc/self/fd")?, before);
    Ok(())
}

/// When one family is found and the other never, the connection is made with the one that is known.
fn one_family() -> Outcome {
    let options = CreateConnectionOptions::new().timeout(60.0)?;
    let server = create_server(("127.0.0.1", 0))?;
    let port = server.getsockname()?.port().expect("an internet address");
    let client = create_connection_with(("x.a", port), &options)?;
    assert_eq!(client.getpeername()?, server.getsockname()?);
    let unsure = Socket::new(AF_INET6, SOCK_STREAM, 0).and_then(|socket| socket.bind(("::1", 0)));
    if unsure.is_ok() {
        let server = Socket::new(AF_INET6, SOCK_STREAM, 0)?;
        server.bind(("::1", 0))?;
        server.listen(1)?;
        let port = server.getsockname()?.port().expect("an internet address");
        let client = create_connection_with(("x.aaaa", port), &options)?;
        assert_eq!(client.getpeername()?, server.getsockname()?);
        assert_eq!(client.gettimeout(), Some(Duration::from_secs(60)));
    }
    Ok(())
}

/// A forked child has a pool of its own, although its parent's is full of threads that hang.
fn fork() -> Outcome {
    for _ in 0..20 {
        assert!(tabi::gethostbyname_until("x.dead", soon()).is_err());
    }
    let (mut ours, theirs) = UnixStream::pair()?;
    // SAFETY: the child only makes calls that this library allows in a forked child, and leaves with _exit.
    match unsafe { libc::fork() } {
        0 => {
            let found = tabi::gethostbyname_until("localhost", soon_enough()).is_ok();
            let late = tabi::gethostbyname_until("x.dead", soon()) == Err(tabi::Error::Timeout);
            // SAFETY: the number is that of this end of the pair.
            unsafe {
                libc::write(
                    std::os::fd::AsRawFd::as_raw_fd(&theirs),
                    [u8::from(found && late)].as_ptr().cast(),
                    1,
                )
            };
            // SAFETY: it touches no memory.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(theirs);
            let mut told = [0];
            ours.read_exact(&mut told)?;
            // SAFETY: the status is not wanted, so nothing is written.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            assert_eq!(told, [1]);
            Ok(())
        }
    }
}

/// The program ends while look-ups run.
fn exit() -> Outcome {
    for _ in 0..20 {
        assert!(tabi::gethostbyname_until("x.dead", soon()).is_err());
    }
    Ok(())
}

fn count(directory: &str) -> Result<usize, Box<dyn Error>> {
    Ok(fs::read_dir(directory)?.count())
}
