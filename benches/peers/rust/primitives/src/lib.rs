//! What the Rust primitive programs share: the command line, the clocks and the loops, generic over a kind of socket.
//!
//! `PROGRAM CASE SIZE TIMEOUT ITERATIONS [EXTRA]` prints the nanoseconds that one operation took.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const WARM_UP: u64 = 200;
const BULK_CHUNK: usize = 1 << 20;
const BULK_READ: usize = 256 << 10;
const BATCH: u64 = 64;
/// The size of the kernel's buffers when one thread uses both ends.
pub const KERNEL_BUFFER: usize = 212_992;

/// A library's stream or connected datagram socket, as its users write it.
pub trait Peer: Sized + Send + Sync {
    /// Two ends of `unix`, `tcp` or `udp`; `bulk` is TCP with the system's own buffer sizes.
    fn pair(kind: &str) -> (Self, Self);
    fn connect(address: SocketAddr) -> Self;
    fn bound(&self, timeout: Duration);
    fn send(&self, bytes: &[u8]) -> usize;
    fn sendall(&self, bytes: &[u8]);
    fn recv(&self, bytes: &mut [u8]) -> usize;
    fn finish(&self);
    fn sendfile(&self, file: &File);
    /// Two unconnected UDP sockets, and the address of the second.
    fn datagram_sockets() -> (Self, Self, SocketAddr);
    fn sendto(&self, bytes: &[u8], address: SocketAddr);
    /// Sends a batch in one call; `None` where the library has none.
    fn sendmany(&self, _batch: u64, _bytes: &[u8], _address: SocketAddr) -> Option<()> {
        None
    }
    /// The number of addresses of `127.0.0.1`, port 80; `None` where the library has no lookup.
    fn getaddrinfo() -> Option<usize>;
    /// Connects to the host and port, accepts and closes both, again and again.
    fn create_connections(times: u64, clock: &dyn Fn() -> f64) -> f64;
}

pub struct Job {
    name: String,
    size: usize,
    timeout: Option<Duration>,
    iterations: u64,
    extra: String,
}

/// Runs the case that the command line names.
pub fn run<P: Peer>() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, size, timeout, iterations, extra @ ..] = arguments.as_slice() else {
        eprintln!("usage: {} CASE SIZE TIMEOUT ITERATIONS [EXTRA]", arguments[0]);
        std::process::exit(2);
    };
    let seconds: f64 = timeout.parse().expect("TIMEOUT in seconds");
    let job = Job {
        name: name.clone(),
        size: size.parse().expect("SIZE in bytes"),
        timeout: (seconds > 0.0).then(|| Duration::from_secs_f64(seconds)),
        iterations: iterations.parse().expect("ITERATIONS"),
        extra: extra.first().cloned().unwrap_or_else(|| "1".into()),
    };
    let nanoseconds = match name.as_str() {
        "unix" | "tcp" | "udp" => exchange_alone::<P>(&job),
        "threads" => exchange_in_threads::<P>(&job),
        "pingpong" => pingpong::<P>(&job),
        "bulk" | "sendfile" => bulk::<P>(&job),
        "datagrams" => datagrams::<P>(&job),
        "getaddrinfo" => timed(&job, || {
            P::getaddrinfo().unwrap_or_else(|| unsupported(&job));
        }),
        "create_connection" => {
            P::create_connections(WARM_UP, &cpu_time);
            P::create_connections(job.iterations, &cpu_time) / job.iterations as f64
        }
        _ => unsupported(&job),
    };
    println!("{nanoseconds:.2}");
}

/// Ends with exit status 3: the library has no such function, and the harness leaves the cell empty.
fn unsupported(job: &Job) -> ! {
    eprintln!("no case {}", job.name);
    std::process::exit(3);
}

/// The CPU time of this process in nanoseconds.
fn cpu_time() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn timed(job: &Job, mut operation: impl FnMut()) -> f64 {
    for _ in 0..WARM_UP {
        operation();
    }
    let begin = cpu_time();
    for _ in 0..job.iterations {
        operation();
    }
    (cpu_time() - begin) / job.iterations as f64
}

fn exchange<P: Peer>(from: &P, to: &P, bytes: &mut [u8], times: u64) {
    for _ in 0..times {
        let mut sent = 0;
        while sent < bytes.len() {
            sent += from.send(&bytes[sent..]);
        }
        let mut got = 0;
        while got < bytes.len() {
            got += to.recv(&mut bytes[got..]);
        }
    }
}

fn bounded_pair<P: Peer>(kind: &str, job: &Job) -> (P, P) {
    let (one, other) = P::pair(kind);
    if let Some(timeout) = job.timeout {
        one.bound(timeout);
        other.bound(timeout);
    }
    (one, other)
}

fn exchange_alone<P: Peer>(job: &Job) -> f64 {
    let (one, other) = bounded_pair::<P>(&job.name, job);
    let mut bytes = vec![b'x'; job.size];
    exchange(&one, &other, &mut bytes, WARM_UP);
    let begin = cpu_time();
    exchange(&one, &other, &mut bytes, job.iterations);
    (cpu_time() - begin) / job.iterations as f64
}

fn exchange_in_threads<P: Peer>(job: &Job) -> f64 {
    let count: usize = job.extra.parse().expect("EXTRA is the number of threads");
    let gate = Barrier::new(count);
    let work = || {
        let (one, other) = bounded_pair::<P>("unix", job);
        let mut bytes = vec![b'x'; job.size];
        exchange(&one, &other, &mut bytes, WARM_UP);
        gate.wait();
        let begin = Instant::now();
        exchange(&one, &other, &mut bytes, job.iterations);
        (begin, Instant::now())
    };
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    let begin = spans.iter().map(|span| span.0).min().expect("a thread");
    let end = spans.iter().map(|span| span.1).max().expect("a thread");
    (end - begin).as_nanos() as f64 / (job.iterations * count as u64) as f64
}

fn pingpong<P: Peer>(job: &Job) -> f64 {
    let port: u16 = job.extra.parse().expect("EXTRA is a port");
    let peer = P::connect(([127, 0, 0, 1], port).into());
    if let Some(timeout) = job.timeout {
        peer.bound(timeout);
    }
    let mut bytes = vec![b'x'; job.size];
    exchange(&peer, &peer, &mut bytes, WARM_UP);
    let begin = cpu_time();
    exchange(&peer, &peer, &mut bytes, job.iterations);
    (cpu_time() - begin) / job.iterations as f64
}

fn bulk<P: Peer>(job: &Job) -> f64 {
    let (sender, receiver) = bounded_pair::<P>("bulk", job);
    let begin = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut bytes = vec![0; BULK_READ];
            while receiver.recv(&mut bytes) > 0 {}
        });
        let bytes = vec![b'x'; BULK_CHUNK];
        for _ in 0..job.iterations {
            if job.name == "bulk" {
                (0..job.size / BULK_CHUNK).for_each(|_| sender.sendall(&bytes));
            } else {
                sender.sendfile(&File::open(&job.extra).expect("EXTRA is a file"));
            }
        }
        sender.finish();
    });
    begin.elapsed().as_nanos() as f64 / job.iterations as f64
}

fn datagrams<P: Peer>(job: &Job) -> f64 {
    let (sender, receiver, address) = P::datagram_sockets();
    if let Some(timeout) = job.timeout {
        sender.bound(timeout);
        receiver.bound(timeout);
    }
    let bytes = vec![b'x'; job.size];
    let mut space = vec![0; 65536];
    let mut round = || {
        if job.extra == "many" {
            sender.sendmany(BATCH, &bytes, address).unwrap_or_else(|| unsupported(job));
        } else {
            (0..BATCH).for_each(|_| sender.sendto(&bytes, address));
        }
        for _ in 0..BATCH {
            receiver.recv(&mut space);
        }
    };
    round();
    let begin = cpu_time();
    for _ in 0..job.iterations / BATCH {
        round();
    }
    (cpu_time() - begin) / job.iterations as f64
}
