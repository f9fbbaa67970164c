//! `poll` by `WSAPoll`, whose time limit is rounded up to milliseconds.

use std::ffi::c_int;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Networking::WinSock::{SOCKET, WSAPOLLFD, WSAPoll};

use super::NO_FD;
use super::call_wake::clear_own;
use super::libc::{POLLHUP, POLLIN, pollfd};
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::Polled;
use crate::sys::fd::RawFd;

/// This many sockets are polled without an allocation.
const FEW: usize = 4;

/// Waits until a socket is ready or the time has passed. `None` is no limit. Entries without a socket are left out.
pub(crate) fn poll(fds: &mut [pollfd], limit: Option<Duration>) -> Result<Polled> {
    let begin = Instant::now();
    let nothing = WSAPOLLFD { fd: 0, events: 0, revents: 0 };
    let mut few = [nothing; FEW];
    let mut many = Vec::new();
    let entries = if fds.len() <= FEW {
        &mut few[..]
    } else {
        memory::reserve(&mut many, fds.len())?;
        many.resize(fds.len(), nothing);
        &mut many[..]
    };
    let mut count = 0;
    for fd in fds.iter().filter(|fd| fd.fd != NO_FD) {
        entries[count] = WSAPOLLFD { fd: fd.fd as SOCKET, events: fd.events, revents: 0 };
        count += 1;
    }
    let ready = wait(&mut entries[..count], limit)?;
    for found in entries[..count].iter().filter(|entry| entry.revents != 0) {
        clear_own(found.fd as RawFd);
    }
    let mut polled = entries[..count].iter();
    for fd in fds.iter_mut() {
        let answer = if fd.fd == NO_FD { None } else { polled.next() };
        fd.revents = answer.map_or(0, |entry| entry.revents);
        // The end of a stream can be read, but the system reports nothing else than this.
        if fd.revents & POLLHUP != 0 {
            fd.revents |= fd.events & POLLIN;
        }
    }
    Ok(Polled::after(begin.elapsed(), ready))
}

/// Polls at least one socket, or sleeps.
fn wait(entries: &mut [WSAPOLLFD], limit: Option<Duration>) -> Result<usize> {
    if entries.is_empty() {
        // Nothing could ever end a wait for no socket without a limit.
        thread::sleep(limit.unwrap_or(Duration::MAX));
        return Ok(0);
    }
    let begin = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(begin.elapsed()));
        let milliseconds = left
            .map_or(-1, |left| c_int::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX));
        // SAFETY: the entries are writable, as many as stated.
        match unsafe { WSAPoll(entries.as_mut_ptr(), entries.len() as u32, milliseconds) } {
            -1 => return Err(Error::last_os()),
            // The system's clock has ticks of up to 16 ms, and a wait may end with the tick before its time.
            0 if left.is_some_and(|left| !left.is_zero()) => {
                if limit.is_some_and(|limit| begin.elapsed() >= limit) {
                    return Ok(0);
                }
            }
            ready => return Ok(ready as usize),
        }
    }
}
