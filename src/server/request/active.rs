//! The requests that have begun but not ended, for limits, statistics and draining.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::{Body, HandlerResult, Job, caught};
use crate::address::Address;
use crate::constants::SHUT_RDWR;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::event::{Event, Woken};
use crate::server::{Server, lock};
use crate::socket::Socket;

#[derive(Default)]
pub(crate) struct Active {
    table: Mutex<Table>,
    /// Announced when a request has ended while a caller waits for this.
    request_ended: Event,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<usize>,
    active: usize,
    /// How many requests have ended, without those that were rejected.
    handled: usize,
    per_address: HashMap<IpAddr, usize>,
    /// Whether a caller has waited on `request_ended`.
    watched: bool,
}

#[derive(Clone)]
enum Slot {
    Free,
    Stream(Arc<Socket>),
    Datagram,
    Job(Arc<dyn Job>),
}

impl Slot {
    fn of(body: &Body) -> Slot {
        match body {
            Body::Stream(socket) => Slot::Stream(Arc::clone(socket)),
            Body::Datagram { .. } => Slot::Datagram,
            Body::Job(job) => Slot::Job(Arc::clone(job)),
        }
    }

    /// Tells the handler that its time is over: a client's connection is shut down, and a job's `cut` is
    /// called.
    fn cut(&self) {
        match self {
            Slot::Stream(socket) => drop(socket.shutdown(SHUT_RDWR)),
            Slot::Job(job) => {
                // A panic of the job must not end the closing of the server.
                let _ = caught(|| -> HandlerResult {
                    job.cut();
                    Ok(())
                });
            }
            Slot::Free | Slot::Datagram => {}
        }
    }
}

/// An active request. It ends when this value is dropped.
pub(crate) struct Ticket {
    server: Server,
    slot: usize,
    /// The client's host, if the requests of each host are counted.
    host: Option<IpAddr>,
    same_host: usize,
    rejected: AtomicBool,
    /// The process whose server counts it.
    process: u32,
}

impl Ticket {
    pub(super) fn new(server: &Server, body: &Body, client_address: &Address) -> Result<Ticket> {
        let host = server.counts_hosts().then(|| host_of(client_address)).flatten();
        let (slot, same_host) = server.active().begin(Slot::of(body), host)?;
        let process = server.core.lifecycle.process();
        Ok(Ticket {
            server: server.clone(),
            slot,
            host,
            same_host,
            rejected: AtomicBool::new(false),
            process,
        })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// True in a forked child, whose parent has the request and counts it.
    pub(super) fn is_inherited(&self) -> bool {
        let lifecycle = &self.server.core.lifecycle;
        lifecycle.is_inherited() || lifecycle.process() != self.process
    }

    /// Records that the request ends without being handled.
    pub(crate) fn reject(&self) {
        self.rejected.store(true, Ordering::Relaxed);
    }

    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    /// Returns how many requests of the same host were active when this one began, including this one.
    pub(crate) fn same_host(&self) -> usize {
        self.same_host
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.is_inherited() {
            return;
        }
        // Counted first, so that a caller that sees no active request also sees this one in the statistics.
        self.server.counters().finish();
        self.server.active().end(self.slot, self.host, *self.rejected.get_mut());
        self.server.capacity_returned();
    }
}

impl Active {
    fn begin(&self, entry: Slot, host: Option<IpAddr>) -> Result<(usize, usize)> {
        let mut guard = lock(&self.table);
        let table = &mut *guard;
        if table.free.is_empty() {
            // Every slot can be given back later.
            let slots = table.slots.len() + 1;
            memory::reserve(&mut table.free, slots)?;
            memory::reserve(&mut table.slots, 1)?;
        }
        if host.is_some() {
            table.per_address.try_reserve(1).map_err(|_| Error::Os(libc::ENOMEM))?;
        }
        let slot = match table.free.pop() {
            Some(slot) => {
                table.slots[slot] = entry;
                slot
            }
            None => {
                table.slots.push(entry);
                table.slots.len() - 1
            }
        };
        table.active += 1;
        let same_host = host.map_or(0, |host| {
            let count = table.per_address.entry(host).or_default();
            *count += 1;
            *count
        });
        Ok((slot, same_host))
    }

    fn end(&self, slot: usize, host: Option<IpAddr>, rejected: bool) {
        let mut table = lock(&self.table);
        let entry = std::mem::replace(&mut table.slots[slot], Slot::Free);
        table.free.push(slot);
        table.active -= 1;
        table.handled = table.handled.wrapping_add(usize::from(!rejected));
        if let Some(host) = host {
            let count = table.per_address.get_mut(&host).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if count == 0 {
                table.per_address.remove(&host);
            }
        }
        let watched = table.watched;
        drop(table);
        // The last owner of a socket closes it, and dropping a job runs the program's code. Both must not
        // happen under the lock.
        drop(entry);
        if watched {
            self.request_ended.announce();
        }
    }

    /// In a forked child: what is active is so in the parent.
    pub(crate) fn forget(&self) {
        let inherited = std::mem::take(&mut *lock(&self.table));
        drop(inherited);
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.table).active
    }

    /// Returns how many requests are active, and how many have ended so far without being rejected.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let table = lock(&self.table);
        (table.active, table.handled)
    }

    /// Waits until at most `rest` requests are active, but not longer than the deadline, and if
    /// `interruptible` only until a signal handler has run. Returns why it has returned.
    pub(crate) fn wait(&self, rest: usize, deadline: Deadline, interruptible: bool) -> Woken {
        let mut table = lock(&self.table);
        table.watched = true;
        let mut woken = Woken::Announced;
        while table.active > rest && woken == Woken::Announced {
            (table, woken) = self.request_ended.wait(&self.table, table, deadline, interruptible);
        }
        woken
    }

    /// Cuts off all requests except `own`. The connections of clients are shut down, so that their handlers
    /// find the end of the stream, and the `cut` of jobs is called.
    pub(crate) fn cut(&self, own: &[usize]) {
        let slots = lock(&self.table).slots.len();
        for number in (0..slots).filter(|number| !own.contains(number)) {
            // Cutting a job calls the program: not under the lock.
            let slot = lock(&self.table).slots[number].clone();
            slot.cut();
        }
    }
}

/// Returns the host of an address. An IPv4 host counts as the same host on an IPv4 socket and on a dual-stack
/// socket.
fn host_of(address: &Address) -> Option<IpAddr> {
    address.as_inet().map(|address| address.ip().to_canonical())
}
