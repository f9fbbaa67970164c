//! fetch SECONDS HOST:PORT...: asks several web servers at the same time. One deadline is for all of them, and Ctrl-C
//! ends everything at once.
#![allow(unsafe_code, reason = "the standard library has no handlers of signals")]

use std::ffi::c_int;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tabi::{Cancel, Deadline, Error, Result, create_connection};

/// Where the handler of the signal finds the token.
static TOKEN: OnceLock<Cancel> = OnceLock::new();

/// A handler of a signal may trigger a token.
extern "C" fn interrupt(_number: c_int) {
    if let Some(token) = TOKEN.get() {
        token.cancel();
    }
}

/// Connects, asks, and counts the bytes of the answer. Nothing here knows of the deadline or of Ctrl-C.
fn ask(host: &str, port: u16, received: &mut usize) -> Result<()> {
    let sk = create_connection((host, port))?;
    sk.sendall(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut part = [0; 16384];
    loop {
        match sk.recv_into(&mut part)? {
            0 => return Ok(()),
            n => *received += n,
        }
    }
}

fn run(token: &Cancel, place: &str, host: &str, port: u16) -> bool {
    let mut received = 0;
    // All calls of this thread are under the token as long as the scope exists.
    let result = token.scope().and_then(|_scope| ask(host, port, &mut received));
    match &result {
        Ok(()) => println!("{place}: {received} bytes"),
        Err(Error::Cancelled) => println!("{place}: cancelled after {received} bytes"),
        Err(error) => println!("{place}: {error}"),
    }
    result.is_ok()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((seconds, places)) = parse(&arguments) else {
        eprintln!("usage: fetch SECONDS HOST:PORT...");
        return ExitCode::FAILURE;
    };
    let token = match Cancel::until(Deadline::after(seconds)) {
        Ok(token) => TOKEN.get_or_init(|| token),
        Err(error) => {
            eprintln!("fetch: {error}");
            return ExitCode::FAILURE;
        }
    };
    // SAFETY: the handler only does what is allowed while any other code is interrupted.
    unsafe { libc::signal(libc::SIGINT, interrupt as extern "C" fn(c_int) as libc::sighandler_t) };
    let all_answered = thread::scope(|scope| {
        let threads: Vec<_> = places
            .iter()
            .map(|&(place, host, port)| scope.spawn(move || run(token, place, host, port)))
            .collect();
        threads.into_iter().all(|thread| thread.join().unwrap_or(false))
    });
    if all_answered { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A place as it was given, its host and its port.
type Place<'a> = (&'a str, &'a str, u16);

fn parse(arguments: &[String]) -> Option<(Duration, Vec<Place<'_>>)> {
    let (seconds, places) = arguments.split_first().filter(|(_, places)| !places.is_empty())?;
    let seconds = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    let places = places.iter().map(|place| parse_place(place)).collect::<Option<_>>()?;
    Some((seconds, places))
}

fn parse_place(place: &str) -> Option<Place<'_>> {
    let (host, port) = place.rsplit_once(':')?;
    Some((place, host, port.parse().ok()?))
}
