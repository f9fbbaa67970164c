//! Listeners and sockets that connect in a storm. Each listener has an address of its own, and each client says to which one it
//! connected, so that no client may arrive anywhere else.

use std::net::Shutdown;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kinds::{lock, own_host};
use crate::report::{ClosedAt, Lateness, close, not_closed};
use crate::scene::{Random, Scene, scenes};
use tabi::{AF_INET, Address, Deadline, Error, Limit, Poll, PollEvents, SOCK_STREAM, Socket, poll_until};

/// How many listeners and clients there are at once: few, so that threads meet.
const PLACES: usize = 4;

struct Place {
    socket: Socket,
    /// Its own address for a listener, and where it connects for a client.
    address: Address,
    /// Calls may wait without a limit; then no duplicate is made, because a close would not wake them (see `Socket::close`).
    waits: bool,
    closed_at: ClosedAt,
}

impl Place {
    fn listener(random: &mut Random) -> Place {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        socket.bind((own_host(NEXT.fetch_add(1, Ordering::Relaxed)).as_str(), 0)).unwrap();
        socket.listen(4).unwrap();
        socket.set_linger(Some(Duration::ZERO)).unwrap();
        let waits = random.next() % 2 == 0;
        if !waits {
            socket.settimeout(1e-5).unwrap();
        }
        let address = socket.getsockname().unwrap();
        Place { socket, address, waits, closed_at: not_closed() }
    }

    fn client(address: Address) -> Place {
        let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        socket.set_linger(Some(Duration::ZERO)).unwrap();
        Place { socket, address, waits: true, closed_at: not_closed() }
    }
}

type Places = [Mutex<Arc<Place>>; PLACES];

struct Meeting {
    listeners: Places,
    clients: Places,
    lateness: Lateness,
}

impl Meeting {
    fn new() -> Meeting {
        let mut random = Random::new(100);
        let listeners = std::array::from_fn(|_| Mutex::new(Arc::new(Place::listener(&mut random))));
        let clients = listeners.each_ref().map(|listener: &Mutex<Arc<Place>>| {
            Mutex::new(Arc::new(Place::client(lock(listener).address.clone())))
        });
        Meeting { listeners, clients, lateness: Lateness::new() }
    }

    /// Polls all listeners, and accepts the clients that it has found. Fails when the listener with the number is closed,
    /// and when the time has passed.
    fn poll(&self, number: usize, deadline: Deadline) -> tabi::Result<()> {
        let listeners = self.listeners.each_ref().map(|listener| Arc::clone(&lock(listener)));
        let mut entries = listeners.each_ref().map(|listener| Poll::socket(&listener.socket, PollEvents::IN));
        let ready = poll_until(&mut entries, deadline)?;
        for (entry, listener) in entries.iter().zip(&listeners) {
            assert!(!entry.revents().contains(PollEvents::NVAL), "a number that was not open was polled");
            if entry.revents().contains(PollEvents::IN) {
                // Another thread may have taken the client.
                let _ = accept(listener, &listener.socket, Limit::after(Duration::from_micros(1)));
            }
        }
        match entries[number].revents() {
            PollEvents::CLOSED => Err(Error::Closed),
            _ if ready == 0 => Err(Error::Timeout),
            _ => Ok(()),
        }
    }

    fn replace_listener(&self, number: usize, old: &Arc<Place>, random: &mut Random) {
        close(&old.socket, &old.closed_at);
        let mut current = lock(&self.listeners[number]);
        if Arc::ptr_eq(&current, old) {
            *current = Arc::new(Place::listener(random));
        }
    }

    fn replace_client(&self, number: usize, old: &Arc<Place>, random: &mut Random) {
        close(&old.socket, &old.closed_at);
        let address = lock(&self.listeners[random.next() as usize % PLACES]).address.clone();
        let mut current = lock(&self.clients[number]);
        if Arc::ptr_eq(&current, old) {
            *current = Arc::new(Place::client(address));
        }
    }
}

/// Accepts a client, and fails when it says that it connected to another listener.
fn accept(place: &Place, listener: &Socket, limit: Limit) -> tabi::Result<()> {
    let (client, _) = listener.accept_until(limit)?;
    client.set_linger(Some(Duration::ZERO))?;
    assert_eq!(client.getsockname()?, place.address, "the client of another listener");
    let mut said = [0; 6];
    // It may be closed before it says anything.
    if client.recv_into_until(&mut said, 0, Limit::after(Duration::from_micros(50))) == Ok(6) {
        assert_eq!(said, name_of(&place.address), "the words of another client");
    }
    Ok(())
}

/// The bytes by which clients name a listener.
fn name_of(address: &Address) -> [u8; 6] {
    let std::net::SocketAddr::V4(address) = address.as_inet().expect("an internet address") else {
        panic!("{address:?} is not of IPv4");
    };
    let ([a, b, c, d], [e, f]) = (address.ip().octets(), address.port().to_be_bytes());
    [a, b, c, d, e, f]
}

fn connect(place: &Place, limit: Limit) -> tabi::Result<()> {
    place.socket.connect_until(&place.address, limit)?;
    place.socket.send_until(&name_of(&place.address), 0, Limit::Now).map(drop)
}

impl Scene for Meeting {
    fn call(&self, random: &mut Random) -> (&'static str, tabi::Result<()>) {
        let number = random.next() as usize % PLACES;
        let (listener, client) =
            (Arc::clone(&lock(&self.listeners[number])), Arc::clone(&lock(&self.clients[number])));
        let limit = Duration::from_nanos(1 + random.next() % 200_000);
        let measure = |place: &Place, limit, call: &dyn Fn() -> tabi::Result<()>| {
            self.lateness.measure(&place.closed_at, limit, call)
        };
        match random.next() % 24 {
            0..=3 => {
                let call = &|| accept(&listener, &listener.socket, Limit::Timeout);
                ("accept", measure(&listener, None, call))
            }
            4..=7 => {
                let call = &|| accept(&listener, &listener.socket, Limit::after(limit));
                ("accept_until", measure(&listener, Some(limit), call))
            }
            8 if listener.waits && random.next() % 2 == 0 => {
                ("settimeout none", listener.socket.settimeout(None))
            }
            8 => ("settimeout", listener.socket.settimeout(Some(limit))),
            9 if !listener.waits => {
                let duplicate = listener.socket.dup();
                ("dup and accept", duplicate.and_then(|other| accept(&listener, &other, Limit::after(limit))))
            }
            10 => ("shutdown", listener.socket.shutdown(Shutdown::Both)),
            11 => {
                self.replace_listener(number, &listener, random);
                ("close a listener", Ok(()))
            }
            12..=14 => {
                let call = &|| connect(&client, Limit::after(limit));
                ("connect_until", measure(&client, Some(limit), call))
            }
            15..=17 => ("connect", measure(&client, None, &|| connect(&client, Limit::Timeout))),
            18 => ("settimeout of a client", client.socket.settimeout(Some(limit))),
            19 => ("settimeout none of a client", client.socket.settimeout(None)),
            20 => {
                let call = &|| self.poll(number, Deadline::after(limit));
                ("poll of all listeners", measure(&listener, Some(limit), call))
            }
            _ => {
                self.replace_client(number, &client, random);
                ("close a client", Ok(()))
            }
        }
    }

    fn renew(&self, random: &mut Random) {
        let number = random.next() as usize % PLACES;
        let (listener, client) =
            (Arc::clone(&lock(&self.listeners[number])), Arc::clone(&lock(&self.clients[number])));
        self.replace_listener(number, &listener, random);
        self.replace_client(number, &client, random);
    }

    fn describe(&self) -> String {
        self.lateness.describe()
    }
}

scenes! {
    listeners_and_clients: Meeting::new();
}
