//! Connections in a storm: threads send, receive, wait, poll, set timeouts, shut down, duplicate, detach and close. Each byte says
//! which connection it belongs to.

use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kinds::{Connection, Kind, Rules, lock};
use crate::report::{Lateness, close};
use crate::scene::{Random, Scene, scenes};
use tabi::{Deadline, Error, Interest, Limit, Poll, PollEvents, Socket, poll_until};

/// How many connections there are at once: few, so that threads meet.
pub(crate) const PLACES: usize = 4;

/// Connections of one kind.
struct Storm {
    kind: Kind,
    places: [Mutex<Arc<Connection>>; PLACES],
    lateness: Lateness,
}

impl Storm {
    fn new(kind: Kind) -> Self {
        let place = |number: usize| Mutex::new(Arc::new(kind.connect(number as u64)));
        Storm { kind, places: std::array::from_fn(place), lateness: Lateness::new() }
    }

    fn at(&self, place: usize) -> Arc<Connection> {
        Arc::clone(&lock(&self.places[place]))
    }

    /// Closes both ends, and puts another connection in the place of this one.
    fn replace(&self, place: usize, old: &Arc<Connection>, first: usize, random: &mut Random) {
        for end in [first, 1 - first] {
            close(&old.ends[end], &old.closed_at[end]);
        }
        for owner in &old.owners {
            let sent = owner.send_until(b"", 0, Limit::Now);
            assert!(matches!(sent, Ok(0)), "a close harmed another owner: {sent:?}");
        }
        let mut current = lock(&self.places[place]);
        if Arc::ptr_eq(&current, old) {
            *current = Arc::new(self.kind.connect(random.next()));
        }
    }
}

impl Scene for Storm {
    fn call(&self, random: &mut Random) -> (&'static str, tabi::Result<()>) {
        let place = random.next() as usize % PLACES;
        let connection = self.at(place);
        let end = random.next() as usize % 2;
        let socket = &connection.ends[end];
        let limit = Duration::from_nanos(1 + random.next() % 50_000);
        let waits = connection.rules != Rules::Timed;
        let measure = |limit, call: &dyn Fn() -> tabi::Result<()>| {
            self.lateness.measure(&connection.closed_at[end], limit, call)
        };
        let (sends, receives) =
            (|limit| send(&connection, end, socket, limit), |limit| receive(&connection, end, socket, limit));
        match random.next() % 32 {
            0..=5 => ("send", measure(None, &|| sends(Limit::Timeout))),
            6..=7 => ("send_until", measure(Some(limit), &|| sends(Limit::after(limit)))),
            8..=13 => ("recv", measure(None, &|| receives(Limit::Timeout))),
            14..=16 => ("recv_until", measure(Some(limit), &|| receives(Limit::after(limit)))),
            17 => ("wait", measure(Some(limit), &|| socket.wait(Interest::Read, Limit::after(limit)))),
            18 if waits => ("settimeout none", socket.settimeout(None)),
            18..=21 => ("settimeout", socket.settimeout(limit)),
            22 if self.kind != Kind::Duplicated => {
                let how = [Shutdown::Read, Shutdown::Write, Shutdown::Both][random.next() as usize % 3];
                ("shutdown", socket.shutdown(how))
            }
            23..=25 if connection.rules != Rules::Waits => ("dup", duplicate(&connection, end, limit)),
            26 if connection.rules != Rules::Waits => {
                let result = detach(&connection, end, limit);
                self.replace(place, &connection, end, random);
                ("detach", result)
            }
            29 if waits => ("poll", measure(None, &|| poll(&connection, end, Deadline::NEVER))),
            30 => ("poll_until", measure(Some(limit), &|| poll(&connection, end, Deadline::after(limit)))),
            27..=28 => {
                self.replace(place, &connection, end, random);
                ("close", Ok(()))
            }
            _ => ("getsockname", socket.getsockname().map(drop)),
        }
    }

    fn renew(&self, random: &mut Random) {
        let place = random.next() as usize % PLACES;
        self.replace(place, &self.at(place), 0, random);
    }

    fn describe(&self) -> String {
        self.lateness.describe()
    }
}

fn send(connection: &Connection, end: usize, socket: &Socket, limit: Limit) -> tabi::Result<()> {
    let data = [connection.tags[end]; 50];
    socket.send_until(&data, 0, limit).map(drop)
}

/// Receives, and fails when a byte does not belong to the connection.
fn receive(connection: &Connection, end: usize, socket: &Socket, limit: Limit) -> tabi::Result<()> {
    let mut buffer = [255; 100];
    let count = socket.recv_into_until(&mut buffer, 0, limit)?;
    let tag = connection.tags[1 - end];
    assert!(buffer[..count].iter().all(|&byte| byte == tag), "bytes crossed: {tag} expected in {buffer:?}");
    Ok(())
}

/// Polls both ends. Fails when the one that is meant is closed, and when the time has passed.
fn poll(connection: &Connection, end: usize, deadline: Deadline) -> tabi::Result<()> {
    let [own, other] = [&connection.ends[end], &connection.ends[1 - end]];
    let mut entries = [Poll::socket(own, PollEvents::IN), Poll::socket(other, PollEvents::IN)];
    let ready = poll_until(&mut entries, deadline)?;
    for (entry, socket) in entries.iter().zip([own, other]) {
        let found = entry.revents();
        assert!(!found.contains(PollEvents::NVAL), "a number that was not open was polled");
        assert_eq!(found == PollEvents::CLOSED, found.contains(PollEvents::CLOSED));
        assert!(socket.is_closed() || found != PollEvents::CLOSED, "nobody has closed this end");
    }
    assert_eq!(ready, entries.iter().filter(|entry| !entry.revents().is_empty()).count());
    match entries[0].revents() {
        PollEvents::CLOSED => Err(Error::Closed),
        _ if ready == 0 => Err(Error::Timeout),
        _ => Ok(()),
    }
}

fn duplicate(connection: &Connection, end: usize, limit: Duration) -> tabi::Result<()> {
    let duplicate = connection.ends[end].dup()?;
    let sent = send(connection, end, &duplicate, Limit::after(limit));
    assert!(!matches!(sent, Err(Error::Closed)), "nobody has closed the duplicate");
    let _ = receive(connection, end, &duplicate, Limit::after(limit));
    Ok(())
}

fn detach(connection: &Connection, end: usize, limit: Duration) -> tabi::Result<()> {
    let socket = Socket::from_fd(connection.ends[end].detach()?, None, None, None)?;
    let received = receive(connection, end, &socket, Limit::after(limit));
    assert!(!matches!(received, Err(Error::Closed)), "nobody has closed the detached descriptor");
    Ok(())
}

scenes! {
    streams: Storm::new(Kind::Stream);
    datagrams: Storm::new(Kind::Datagram);
    unix_streams: Storm::new(Kind::Unix);
    unix_datagrams: Storm::new(Kind::UnixDatagram);
    duplicated_streams: Storm::new(Kind::Duplicated);
    accepted_streams: Storm::new(Kind::Accepted);
}
