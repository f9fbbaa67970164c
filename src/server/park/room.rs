//! The waiting room: who enters it, who leaves it, and why.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::deadlines::Progress;
use super::waiting::{Parked, Woken};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::memory::Place;
use crate::server::lifecycle::{Role, with_role};
use crate::server::request::Table;
use crate::server::{Failure, Locked, Phase, Request, Server};
use crate::signal_poll::SignalPoll;
use crate::socket::Hold;
use crate::sys::fd::RawFd;
use crate::sys::{self, Wake, Watch, libc};

/// How many requests are woken or cut off before the serve loop looks at new clients again.
pub(super) const BATCH: usize = 64;
/// Where the requests of a server wait without a thread.
pub(crate) struct WaitingRoom {
    watch: Watch,
    /// Wakes the first serve loop, whose poll would end too late for a new deadline.
    nudge: Wake,
    /// Whether a request was ever parked, so that somebody must watch the room.
    used: AtomicBool,
    /// Nobody may enter: the server is being closed.
    closed: AtomicBool,
    /// How far running requests had come when they were looked at.
    pub(super) progress: Mutex<Progress>,
}

/// Why a thread that is idle has got no request.
pub(crate) enum NoRequest {
    /// Somebody has rung, or what was found is out of date: the thread looks for work elsewhere, too.
    LookAgain,
    /// The time is over.
    Late,
}

impl WaitingRoom {
    pub(crate) fn new() -> Result<WaitingRoom> {
        Ok(WaitingRoom {
            watch: Watch::new()?,
            nudge: Wake::new()?,
            used: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            progress: Mutex::default(),
        })
    }

    /// Gives a forked child a room of its own, which is empty and open.
    pub(crate) fn renew(&self) -> Result<()> {
        self.nudge.renew()?;
        self.watch.renew()?;
        self.closed.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// The descriptor that is readable when a request should be woken. The first serve loop polls it while no thread
    /// watches the room.
    pub(crate) fn fd(&self) -> RawFd {
        self.watch.fd()
    }

    /// What wakes the first serve loop: a deadline has come closer, or the loop is to watch the room.
    pub(crate) fn nudge(&self) -> &Wake {
        &self.nudge
    }

    /// Whether somebody must watch the room: a request was parked, in this process.
    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed) && !self.watch.is_inherited()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Watches the connection of a request no longer, because it ends while other owners keep it open.
    pub(crate) fn forget(&self, hold: &Hold) {
        self.watch.forget(hold.fd());
    }
}

impl Server {
    /// Lets a request wait until there is something to read. Returns it if it must go on instead: because there is
    /// something already, because it was cut off, or because it cannot wait. The last two give it a last turn.
    pub(crate) fn park(mut request: Request, phase: Phase) -> Option<Request> {
        let server = request.server().clone();
        let Some(room) = &server.core.room else {
            request.cut();
            return Some(request);
        };
        let slot = request.ticket().slot();
        sys::probe::park(slot);
        let token = token(slot, request.ticket().generation());
        let Ok(hold) = request.hold() else {
            // It was closed just now, which the handler finds in its next turn.
            request.cut();
            return Some(request);
        };
        let fd = hold.as_ref().map_or_else(|| request.job_fileno(), Hold::fd);
        let watched = Place::new().and_then(|place| {
            let again = request.be_watched();
            room.watch.once(fd, token, again, request.bytes_before())?;
            if let Some(hold) = &hold {
                hold.report_end(&room.watch, token)?;
            }
            if !room.used.swap(true, Ordering::Relaxed) {
                room.nudge.raise();
            }
            Ok(place)
        });
        let place = match watched {
            Ok(place) => place,
            Err(error) => {
                // The connection is cut off, so that the handler finds its end and can finish.
                server.report(&request, &Failure::from(error));
                request.cut();
                return Some(request);
            }
        };
        let parked = place.fill(Parked::new(request, hold));
        let mut table = server.active().table();
        let now = Deadline::now();
        let closed = room.is_closed();
        table.slots[slot].cut |= closed;
        match table.park(slot, parked, phase, now) {
            Ok(end) => {
                let oversleeps = end < table.sleeps_until;
                let too_many = server.options().max_parked.is_some_and(|most| table.parked > most);
                drop(table);
                if oversleeps {
                    room.nudge.raise();
                }
                if too_many {
                    server.shed();
                }
                None
            }
            Err(woken) => {
                drop(table);
                let mut request = woken.into_request(&server);
                if closed {
                    request.cut();
                } else if !request.is_last() {
                    // There was something to read before it waited.
                    server.counters().wake();
                }
                Some(request)
            }
        }
    }

    /// Wakes the requests for which there is something to read, and returns how many they are. The first serve loop
    /// calls this when the descriptor of the room is readable.
    pub(crate) fn wake_parked(&self) -> usize {
        let mut found = 0;
        let Some(room) = &self.core.room else { return found };
        let mut tokens = [0; BATCH];
        let ready = room.watch.ready(&mut tokens);
        let mut woken: [Option<Woken>; BATCH] = [const { None }; BATCH];
        let mut table = self.active().table();
        let now = Deadline::now();
        for (&token, place) in tokens[..ready].iter().zip(&mut woken) {
            if token != Watch::BELL {
                *place = table.wake(token as u32 as usize, (token >> 32) as u32, now);
            }
        }
        drop(table);
        // The bell was for a thread that has begun to watch since the loop began to poll.
        if tokens[..ready].contains(&Watch::BELL) && self.core.runner.watches_room() {
            room.watch.ring();
        }
        for woken in woken.into_iter().flatten() {
            found += 1;
            self.counters().wake();
            self.resume(woken);
        }
        found
    }

    /// Waits in this thread, but not longer than this, until there is something to read for a parked request. The idle
    /// threads of a server call this.
    pub(crate) fn watch_room(&self, most: Duration) -> Result<Request, NoRequest> {
        let Some(room) = &self.core.room else { return Err(NoRequest::LookAgain) };
        let token = match room.watch.wait(most) {
            Some(Watch::BELL) => return Err(NoRequest::LookAgain),
            Some(token) => token,
            None => return Err(NoRequest::Late),
        };
        let mut table = self.active().table();
        let woken = table.wake(token as u32 as usize, (token >> 32) as u32, Deadline::now());
        let oversleeps = table.limits_requests() && table.phases.next_moment() < table.sleeps_until;
        // A `server_close` after a hand-over waits until nobody is parked any more.
        let emptied = room.is_closed() && table.parked == 0;
        drop(table);
        if oversleeps || emptied {
            room.nudge.raise();
        }
        let woken = woken.ok_or(NoRequest::LookAgain)?;
        self.counters().wake();
        let request = woken.into_request(self);
        if request.awaits_header() {
            // This thread still counts as one that watches, so it finds the request in the queue when it looks again.
            let role = Role::Request(request.ticket().slot());
            with_role(self.id(), role, || self.admit(request));
            return Err(NoRequest::LookAgain);
        }
        Server::complete(request).ok_or(NoRequest::LookAgain)
    }

    /// Closes the connection that has been parked longest. Returns false if none is parked.
    pub(crate) fn shed(&self) -> bool {
        let table = self.active().table();
        let Some(slot) = table.longest_parked() else { return false };
        let shed = self.cut_slot(table, slot);
        if shed {
            sys::probe::shed(slot);
            self.client_was_shed();
        }
        shed
    }

    /// Cuts off the request of a slot. If it is parked, its last turn begins. Returns false if it was cut off before.
    pub(super) fn cut_slot(&self, mut table: Locked<'_, Table>, slot: usize) -> bool {
        let place = &mut table.slots[slot];
        if std::mem::replace(&mut place.cut, true) {
            return false;
        }
        let entry = place.entry.clone();
        let woken = table.take(slot, Deadline::now());
        drop(table);
        entry.cut();
        if let Some(woken) = woken {
            self.resume(woken);
        }
        true
    }

    /// Closes the waiting room: nobody enters it any more, and the connections in it get their last turn, in which the
    /// handler finds their end. Returns how many they are.
    pub(crate) fn empty_room(&self) -> usize {
        self.close_room();
        let (mut emptied, mut next) = (0, 0);
        loop {
            let mut table = self.active().table();
            let Some(slot) = table.parked_from(next) else { return emptied };
            table.begin_last_turn(slot);
            emptied += usize::from(self.cut_slot(table, slot));
            next = slot + 1;
        }
    }

    /// Waits until the deadline for parked connections, and wakes those that have something to read. The caller closes
    /// the server, and no loop does this any more.
    pub(crate) fn serve_parked(&self, signals: &SignalPoll, deadline: Deadline) -> Result<()> {
        let Some(room) = &self.core.room else { return Ok(()) };
        let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut polled = [readable(room.nudge.fd()), readable(room.fd())];
        // The threads that watch the room wake the connections themselves.
        let by_threads = self.core.runner.watches_room();
        let polled = &mut polled[..if by_threads { 1 } else { 2 }];
        let polled = signals.poll(polled, deadline.min(self.next_deadline()));
        room.nudge.clear();
        if !by_threads {
            self.wake_parked();
        }
        self.keep_deadlines();
        while self.core.runner.collect(self, &[]) {}
        polled.map(drop)
    }

    /// Lets nobody enter the waiting room any more. Who is in it may stay.
    pub(crate) fn close_room(&self) {
        if let Some(room) = &self.core.room {
            room.closed.store(true, Ordering::SeqCst);
        }
    }

    /// Whether idle threads should watch the waiting room.
    pub(crate) fn uses_room(&self) -> bool {
        self.core.room.as_ref().is_some_and(WaitingRoom::is_used)
    }

    /// Sends one of the threads that watch the waiting room to look for work elsewhere.
    pub(crate) fn ring(&self) {
        if let Some(room) = &self.core.room {
            room.watch.ring();
        }
    }

    /// Wakes the first serve loop, whose poll would end too late, or which should watch the waiting room now.
    pub(crate) fn nudge_loop(&self) {
        if let Some(room) = &self.core.room {
            room.nudge.raise();
        }
    }
}

fn token(slot: usize, generation: u32) -> u64 {
    u64::from(generation) << 32 | slot as u32 as u64
}
