//! The requests that have begun but not ended, for limits, statistics, parking and draining.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Body, HandlerResult, Job, caught, fd_of};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::panics::drop_caught;
use crate::server::event::{Event, Woken};
use crate::server::park::{Parked, Phases, Running};
use crate::server::{Locked, Phase, ServerOptions, lock};
use crate::socket::Socket;
use crate::sys::libc;

pub(crate) struct Active {
    table: Mutex<Table>,
    /// Announced when a request has ended while a caller waits for this.
    request_ended: Event,
}

pub(crate) struct Table {
    pub(crate) slots: Vec<Slot>,
    pub(crate) phases: Phases,
    /// How many requests are parked.
    pub(crate) parked: usize,
    /// The moment until which the first serve loop sleeps, if nothing wakes it.
    pub(crate) sleeps_until: Deadline,
    free: Vec<usize>,
    active: usize,
    /// How many requests were parked when the server was closed, and have not ended.
    last_turns: usize,
    /// How many requests have ended, without those that were rejected, and those that were parked when the server was
    /// closed.
    handled: usize,
    per_address: HashMap<IpAddr, usize>,
    /// Whether a caller has waited on `request_ended`.
    watched: bool,
    /// Whether the time of running requests is limited.
    limits_requests: bool,
}

/// A place in the table, for one request after the other.
pub(crate) struct Slot {
    pub(crate) entry: Entry,
    /// Changes whenever a request begins or is woken, so that an event for an earlier one is known as out of date.
    pub(crate) generation: u32,
    /// There was something to read before the request was parked completely.
    pub(crate) woken: bool,
    /// The request was cut off.
    pub(crate) cut: bool,
    /// The request was parked when the server was closed.
    pub(crate) closed: bool,
    pub(crate) parked: Option<Box<Parked>>,
}

/// What is known of an active request, apart from the request itself.
#[derive(Clone)]
pub(crate) enum Entry {
    Free,
    Stream(Arc<Socket>),
    Datagram,
    Job(Arc<dyn Job>),
}

impl Entry {
    pub(super) fn of(body: &Body) -> Entry {
        match body {
            Body::Stream(socket) => Entry::Stream(Arc::clone(socket)),
            Body::Datagram { .. } => Entry::Datagram,
            Body::Job(job) => Entry::Job(Arc::clone(job)),
        }
    }

    /// Tells the handler that its time is over: a client's connection is shut down, and a job's `cut` is
    /// called. This calls the program, so no lock may be held.
    pub(crate) fn cut(&self) {
        match self {
            Entry::Stream(socket) => socket.cut(),
            Entry::Job(job) => {
                // A panic of the job must not end the closing of the server.
                let _ = caught(|| -> HandlerResult {
                    job.cut();
                    Ok(())
                });
            }
            Entry::Free | Entry::Datagram => {}
        }
    }

    /// Whether a client waits for the end of the request. This may call the program, so no lock may be held.
    fn has_client(&self) -> bool {
        match self {
            Entry::Stream(_) => true,
            Entry::Job(job) => fd_of(&**job).is_some(),
            Entry::Free | Entry::Datagram => false,
        }
    }
}

/// A request that has just begun.
pub(super) struct Begun {
    pub(super) slot: usize,
    pub(super) generation: u32,
    pub(super) same_host: usize,
    /// Whether the first serve loop sleeps longer than the request may take.
    pub(super) oversleeps: bool,
}

impl Active {
    pub(crate) fn new(options: &ServerOptions) -> Active {
        Active { table: Mutex::new(Table::new(options)), request_ended: Event::default() }
    }

    pub(crate) fn table(&self) -> Locked<'_, Table> {
        lock(&self.table)
    }

    pub(super) fn begin(&self, entry: Entry, host: Option<IpAddr>) -> Result<Begun> {
        let has_client = entry.has_client();
        let mut guard = lock(&self.table);
        let table = &mut *guard;
        if table.free.is_empty() {
            // Every slot can be given back later.
            let slots = table.slots.len() + 1;
            memory::reserve(&mut table.free, slots)?;
            memory::reserve(&mut table.slots, 1)?;
            table.phases.reserve()?;
        }
        table.reserve_host(host)?;
        let timed = table.limits_requests && has_client;
        let slot = table.free.pop().unwrap_or_else(|| {
            table.slots.push(Slot::default());
            table.phases.add();
            table.slots.len() - 1
        });
        let place = &mut table.slots[slot];
        *place = Slot { entry, generation: place.generation.wrapping_add(1), ..Slot::default() };
        let generation = place.generation;
        let oversleeps =
            timed && table.phases.enter(slot as u32, Phase::Request, Deadline::now()) < table.sleeps_until;
        table.active += 1;
        let same_host = table.count_host(host);
        Ok(Begun { slot, generation, same_host, oversleeps })
    }

    /// Counts the host of a request that has begun. Returns how many requests it has now.
    pub(super) fn count_host(&self, host: Option<IpAddr>) -> Result<usize> {
        let mut table = lock(&self.table);
        table.reserve_host(host)?;
        Ok(table.count_host(host))
    }

    pub(super) fn end(&self, slot: usize, host: Option<IpAddr>, rejected: bool) {
        let mut table = lock(&self.table);
        let place = &mut table.slots[slot];
        let entry = std::mem::replace(&mut place.entry, Entry::Free);
        let closed = place.closed;
        place.generation = place.generation.wrapping_add(1);
        table.phases.leave(slot as u32);
        table.free.push(slot);
        table.active -= 1;
        table.last_turns -= usize::from(closed);
        table.handled = table.handled.wrapping_add(usize::from(!rejected && !closed));
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
        drop_caught(entry);
        if watched {
            self.request_ended.announce();
        }
    }

    /// In a forked child: what is active is so in the parent.
    pub(crate) fn forget(&self, options: &ServerOptions) {
        let inherited = std::mem::replace(&mut *lock(&self.table), Table::new(options));
        inherited.abandon();
    }

    /// [`Active::forget`] for a server that ends. Takes no lock, because another thread of the parent may have held it.
    pub(crate) fn forget_at_end(&mut self, options: &ServerOptions) {
        let table = self.table.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(table, Table::new(options)).abandon();
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.table).active
    }

    /// Returns how many requests are active, and how many have ended so far. Those that were rejected do not count, and
    /// those that were parked when the server was closed.
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
            let entry = {
                let mut table = lock(&self.table);
                table.slots[number].cut = true;
                table.slots[number].entry.clone()
            };
            entry.cut();
        }
    }
}

impl Table {
    fn reserve_host(&mut self, host: Option<IpAddr>) -> Result<()> {
        let more = usize::from(host.is_some());
        self.per_address.try_reserve(more).map_err(|_| Error::Os(libc::ENOMEM))
    }

    /// Counts a request of a host, for which memory was reserved. Returns how many requests the host has now.
    fn count_host(&mut self, host: Option<IpAddr>) -> usize {
        let Some(host) = host else { return 0 };
        let count = self.per_address.entry(host).or_default();
        *count += 1;
        *count
    }

    fn new(options: &ServerOptions) -> Table {
        Table {
            slots: Vec::new(),
            phases: Phases::new(options),
            parked: 0,
            sleeps_until: Deadline::NEVER,
            free: Vec::new(),
            active: 0,
            last_turns: 0,
            handled: 0,
            per_address: HashMap::new(),
            watched: false,
            limits_requests: options.limits_requests(),
        }
    }

    /// Whether the request with this slot and generation has not ended and is not parked.
    pub(crate) fn is_running(&self, slot: usize, generation: u32) -> bool {
        let slot = self.slots.get(slot);
        slot.is_some_and(|slot| slot.generation == generation && slot.parked.is_none())
    }

    /// Whether the time of running requests is limited.
    pub(crate) fn limits_requests(&self) -> bool {
        self.limits_requests
    }

    /// Returns what is known of a slot.
    pub(crate) fn running(&self, slot: u32) -> Running {
        let Slot { entry, generation, parked, .. } = &self.slots[slot as usize];
        Running { slot, generation: *generation, parked: parked.is_some(), entry: entry.clone() }
    }

    /// The server is being closed, and ends a request that is parked.
    pub(crate) fn begin_last_turn(&mut self, slot: usize) {
        self.slots[slot].closed = true;
        self.last_turns += 1;
    }

    /// How many requests were parked when the server was closed, and have not ended.
    pub(crate) fn last_turns(&self) -> usize {
        self.last_turns
    }

    /// In a forked child: closes what the child has of the parked connections of its parent.
    pub(crate) fn abandon(self) {
        self.slots.into_iter().filter_map(|slot| slot.parked).for_each(|parked| parked.abandon());
    }
}

impl Default for Slot {
    fn default() -> Self {
        Slot { entry: Entry::Free, generation: 0, woken: false, cut: false, closed: false, parked: None }
    }
}
