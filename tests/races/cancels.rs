//! Calls of every kind in eight threads, which two other threads cancel at random moments: none is missed, and no byte is
//! lost. `TABI_CANCELS` is the number of cancelled calls.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::kinds::lock;
use crate::report::Times;
use crate::scene::Random;
use crate::support::{HANG, full_listener, stream_pair};
use tabi::{
    AF_INET, AF_UNIX, Address, Cancel, Deadline, Error, Interest, Limit, Poll, PollEvents, Result,
    SOCK_DGRAM, SOCK_STREAM, Socket,
};

const THREADS: usize = 8;
const CANCELLERS: usize = 2;
const IN_CI: u64 = 1_000;

/// A stream whose bytes count from 0 to 250, again and again, so that a lost or doubled byte shows.
#[derive(Default)]
struct Sequence(u64);

impl Sequence {
    fn next(&self, count: usize) -> Vec<u8> {
        (self.0..self.0 + count as u64).map(|place| (place % 251) as u8).collect()
    }

    /// Checks bytes that have arrived.
    fn take(&mut self, bytes: &[u8]) {
        assert!(bytes == self.next(bytes.len()), "bytes were lost or doubled after {}", self.0);
        self.0 += bytes.len() as u64;
    }
}

/// The other end of a worker's connection, which the cancellers use now and then.
struct Peer {
    socket: Socket,
    sent: Sequence,
    received: Sequence,
}

impl Peer {
    fn send_some(&mut self, count: usize) {
        if let Ok(sent) = self.socket.try_send(&self.sent.next(count)) {
            self.sent.0 += sent as u64;
        }
    }

    fn receive_some(&mut self, count: usize) -> usize {
        let mut buffer = vec![0; count];
        let received = self.socket.try_recv_into(&mut buffer).unwrap_or(0);
        self.received.take(&buffer[..received]);
        received
    }
}

/// What a worker shares with the cancellers.
struct Place {
    /// The token of the call that the worker makes now.
    token: Mutex<Option<Cancel>>,
    cancelled_at: AtomicI64,
    peer: Mutex<Peer>,
}

struct Worker {
    place: Arc<Place>,
    socket: Socket,
    sent: Sequence,
    received: Sequence,
    datagrams: (Socket, Socket),
    listener: Socket,
    full: (Socket, Vec<Socket>, Address),
    file: File,
}

impl Worker {
    fn new() -> Self {
        let (socket, other) = stream_pair(AF_UNIX);
        let peer = Peer { socket: other, sent: Sequence::default(), received: Sequence::default() };
        let place =
            Place { token: Mutex::default(), cancelled_at: AtomicI64::new(0), peer: Mutex::new(peer) };
        Worker {
            place: Arc::new(place),
            socket,
            sent: Sequence::default(),
            received: Sequence::default(),
            datagrams: Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap(),
            listener: tabi::create_server(("127.0.0.1", 0)).unwrap(),
            full: full_listener(AF_INET),
            file: File::open("Cargo.lock").unwrap(),
        }
    }

    fn call(&mut self, kind: u64, as_of_socket: Option<&Cancel>) -> Result<()> {
        match kind {
            0 | 1 => {
                let mut buffer = [0; 300];
                let received = self.socket.recv_into(&mut buffer)?;
                self.received.take(&buffer[..received]);
            }
            2 => {
                let mut buffer = [0; 3000];
                let result = self.socket.recv_exactly(&mut buffer);
                let received = *result.as_ref().unwrap_or_else(|partial| &partial.received);
                self.received.take(&buffer[..received]);
                result?;
            }
            3 | 4 => {
                let bytes = self.sent.next(1 << 20);
                let result = self.socket.sendall(&bytes);
                self.sent.0 += result.as_ref().map_or_else(|partial| partial.sent, |()| bytes.len()) as u64;
                result?;
            }
            5 => self.socket.wait(Interest::Read, Limit::FOREVER)?,
            6 => {
                let mut entries = [
                    Poll::socket(&self.socket, PollEvents::IN),
                    Poll::socket(&self.listener, PollEvents::IN),
                ];
                tabi::poll(&mut entries, None::<Duration>)?;
                // A poll reports what is ready even under a triggered token.
                self.call(0, as_of_socket)?;
            }
            7 => {
                self.datagrams.0.set_cancel(as_of_socket);
                self.datagrams.0.recvfrom(100)?;
            }
            8 => {
                self.listener.set_cancel(as_of_socket);
                self.listener.accept()?;
            }
            9 => {
                let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
                client.set_cancel(as_of_socket);
                client.connect(&self.full.2)?;
            }
            10 => {
                let port = self.full.2.port().unwrap();
                tabi::create_connection(("127.0.0.1", port))?;
            }
            11 => {
                // Another connection, because the bytes of a file do not count from 0 to 250.
                let (one, _other) = stream_pair(AF_UNIX);
                one.set_cancel(as_of_socket);
                loop {
                    one.sendfile(&self.file, 0, None)?;
                }
            }
            _ => loop {
                tabi::getaddrinfo("localhost", 80, AF_INET, SOCK_STREAM, 0, 0)?;
            },
        }
        Ok(())
    }

    /// Makes calls until one is cancelled. Returns how long after the trigger it ended.
    fn round(&mut self, random: &mut Random) -> i64 {
        let token = Cancel::new().unwrap();
        let kind = random.next() % 13;
        // A look-up and a call on a socket that the library makes are under the tokens of the thread only.
        let by_socket = random.next() % 2 == 0 && kind < 12 && kind != 10;
        let scope = (!by_socket).then(|| token.scope().unwrap());
        let of_socket = by_socket.then_some(&token);
        self.socket.set_cancel(of_socket);
        match random.next() % 3 {
            0 => self.socket.settimeout(None::<Duration>).unwrap(),
            _ => self.socket.settimeout(HANG * 10).unwrap(),
        }
        *lock(&self.place.token) = Some(token.clone());
        let ended = loop {
            match self.call(kind, of_socket) {
                Ok(()) => {}
                Err(Error::Cancelled) => break Deadline::now().as_monotonic(),
                Err(error) => panic!("call {kind}: {error:?}"),
            }
        };
        assert!(token.is_cancelled(), "cancelled by nobody");
        drop(scope);
        for socket in [&self.socket, &self.datagrams.0, &self.listener] {
            socket.set_cancel(None);
        }
        ended - self.place.cancelled_at.load(Ordering::SeqCst)
    }

    /// Everything that was counted as sent arrives.
    fn drain(&mut self) {
        let mut peer = lock(&self.place.peer);
        while peer.received.0 < self.sent.0 {
            assert!(peer.receive_some(1 << 16) > 0, "{} of {} bytes arrived", peer.received.0, self.sent.0);
        }
        assert_eq!(peer.receive_some(100), 0, "more bytes arrived than were counted");
        let mut buffer = [0; 4096];
        while let Ok(received) = self.socket.try_recv_into(&mut buffer) {
            self.received.take(&buffer[..received]);
        }
        assert_eq!(self.received.0, peer.sent.0, "bytes received of those sent");
    }
}

fn cancel(places: &[Arc<Place>], seed: u64, end: &AtomicBool) {
    let mut random = Random::new(seed as usize);
    while !end.load(Ordering::Relaxed) {
        let place = &places[random.next() as usize % places.len()];
        match random.next() % 4 {
            0 => lock(&place.peer).send_some(random.next() as usize % 500),
            1 => drop(lock(&place.peer).receive_some(random.next() as usize % 5000 + 1)),
            _ => {
                let Some(token) = lock(&place.token).take() else { continue };
                // From before the call begins until long after it has begun to wait.
                let pause = Instant::now();
                let length = Duration::from_nanos(random.next() % 100_000);
                while pause.elapsed() < length {
                    std::hint::spin_loop();
                }
                place.cancelled_at.store(Deadline::now().as_monotonic(), Ordering::SeqCst);
                token.cancel();
            }
        }
        thread::yield_now();
    }
}

#[test]
fn cancels_at_random_moments_are_never_missed_and_lose_no_byte() {
    let all: u64 = std::env::var("TABI_CANCELS").map_or(IN_CI, |number| number.parse().expect("a number"));
    let workers: Vec<_> = (0..THREADS).map(|_| Worker::new()).collect();
    let places: Vec<_> = workers.iter().map(|worker| Arc::clone(&worker.place)).collect();
    let (left, ended, late, end) =
        (AtomicI64::new(all as i64), AtomicU64::new(0), Times::new(), AtomicBool::new(false));
    thread::scope(|threads| {
        for seed in 0..CANCELLERS {
            let (places, end) = (&places, &end);
            threads.spawn(move || cancel(places, 1000 + seed as u64, end));
        }
        let calls: Vec<_> = workers
            .into_iter()
            .enumerate()
            .map(|(seed, mut worker)| {
                let (left, ended, late) = (&left, &ended, &late);
                threads.spawn(move || {
                    let mut random = Random::new(seed + 1);
                    while left.fetch_sub(1, Ordering::Relaxed) > 0 {
                        late.add(worker.round(&mut random));
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                    worker
                })
            })
            .collect();
        let (mut seen, mut since) = (0, Instant::now());
        while !calls.iter().all(|call| call.is_finished()) {
            thread::sleep(Duration::from_millis(10));
            let now = ended.load(Ordering::Relaxed);
            if now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > HANG {
                // The threads that hang cannot be joined.
                eprintln!("a wake-up was lost: {now} of {all} calls have ended");
                std::process::exit(101);
            }
        }
        end.store(true, Ordering::Relaxed);
        for call in calls {
            call.join().unwrap().drain();
        }
    });
    assert_eq!(ended.load(Ordering::Relaxed), all);
    println!("{all} calls ended after their token was triggered: {}", late.describe());
}
