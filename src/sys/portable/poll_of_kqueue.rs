//! `poll` on macOS, whose `poll(2)` makes a kqueue for each call. An event is therefore reported in only one of the entries that
//! have the same descriptor, the last one, and nothing is reported in an entry without events.

use std::time::Duration;

use super::portable;
use crate::error::Result;
use crate::memory;
use crate::sys::Polled;

/// What `poll(2)` reports without being asked for it.
const ALWAYS: libc::c_short = libc::POLLERR | libc::POLLHUP | libc::POLLNVAL;

/// The most descriptors that a process of macOS can poll (`OPEN_MAX`).
const MOST: usize = 10240;

/// Waits until a descriptor is ready or the time has passed. `None` is no limit. A signal ends the call with EINTR.
///
/// Fails also with `Os(ENOMEM)`, if there are entries with the same descriptor.
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    for entry in fds.iter_mut().filter(|entry| entry.events == 0) {
        // The system waits for an entry only if it has an event, and this one means the least.
        entry.events = libc::POLLHUP;
    }
    if !has_twins(fds) {
        return portable::poll(fds, limit);
    }
    let mut wished = Vec::new();
    memory::reserve(&mut wished, fds.len())?;
    wished.extend(fds.iter().map(|entry| entry.events));
    // Whichever entry the system reports to, it must have asked for what the others wait for.
    give_to_twins(fds, |entry| entry.events, |twin, events| twin.events |= events);
    let polled = portable::poll(fds, limit);
    give_to_twins(fds, |entry| entry.revents, |twin, revents| twin.revents |= revents);
    for (entry, events) in fds.iter_mut().zip(wished) {
        entry.events = events;
        entry.revents &= events | ALWAYS;
    }
    Ok(Polled { ready: fds.iter().filter(|entry| entry.revents != 0).count(), ..polled? })
}

/// Whether two entries may have the same descriptor.
fn has_twins(fds: &[libc::pollfd]) -> bool {
    let mut seen = [0u64; MOST / 64];
    fds.iter().filter_map(|entry| usize::try_from(entry.fd).ok()).any(|fd| {
        let Some(word) = seen.get_mut(fd / 64) else { return true };
        let bit = 1 << (fd % 64);
        let is_twin = *word & bit != 0;
        *word |= bit;
        is_twin
    })
}

/// Gives something of each entry to all entries that have the same descriptor.
fn give_to_twins(
    fds: &mut [libc::pollfd],
    get: impl Fn(&libc::pollfd) -> libc::c_short,
    give: impl Fn(&mut libc::pollfd, libc::c_short),
) {
    for index in 0..fds.len() {
        let (fd, gift) = (fds[index].fd, get(&fds[index]));
        if gift != 0 && fd >= 0 {
            fds.iter_mut().filter(|twin| twin.fd == fd).for_each(|twin| give(twin, gift));
        }
    }
}
