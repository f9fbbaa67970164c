//! `poll` on macOS, whose `poll(2)` makes a kqueue for each call. An event is therefore reported in only one of the entries that
//! have the same descriptor, the last one, and nothing is reported in an entry without events.

use std::time::Duration;

use super::portable;
use crate::error::Result;
use crate::sys::Polled;

/// What `poll(2)` reports without being asked for it.
const ALWAYS: libc::c_short = libc::POLLERR | libc::POLLHUP | libc::POLLNVAL;

/// The most descriptors that a process of macOS can poll (`OPEN_MAX`).
const MOST: usize = 10240;

/// Waits until a descriptor is ready or the time has passed. `None` is no limit. A signal ends the call with EINTR.
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    for entry in fds.iter_mut().filter(|entry| entry.events == 0) {
        // The system waits for an entry only if it has an event, and this one means the least.
        entry.events = libc::POLLHUP;
    }
    let polled = portable::poll(fds, limit)?;
    if polled.ready == 0 || !has_twins(fds) {
        return Ok(polled);
    }
    share(fds);
    Ok(Polled { ready: fds.iter().filter(|entry| entry.revents != 0).count(), ..polled })
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

/// Gives what was found for a descriptor to all entries that have it.
fn share(fds: &mut [libc::pollfd]) {
    for index in 0..fds.len() {
        let found = fds[index];
        if found.revents == 0 {
            continue;
        }
        for other in fds.iter_mut().filter(|other| other.fd == found.fd) {
            other.revents |= found.revents & (other.events | ALWAYS);
        }
    }
}
