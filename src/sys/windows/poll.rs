//! `poll` by `WSAPoll`, whose time limit is rounded up to milliseconds.

use std::ffi::c_int;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Networking::WinSock::{
    FD_SET, SOCKET, TIMEVAL, WSAENOTCONN, WSAPOLLFD, WSAPoll, getpeername, select,
};

use super::NO_FD;
use super::call_wake::clear_own;
use super::libc::{POLLERR, POLLHUP, POLLIN, POLLOUT, pollfd};
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::Polled;
use crate::sys::fd::RawFd;

/// This many sockets are polled without an allocation.
const FEW: usize = 4;

/// How often a poll looks whether a connect has failed. Before version 2004 of Windows 10, `WSAPoll` does not report that.
const LOOK: Duration = Duration::from_millis(500);

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

/// [`poll`] for a number of milliseconds. Returns how many are ready.
pub(crate) fn poll_milliseconds(fds: &mut [pollfd], limit: c_int) -> Result<usize> {
    let limit = u64::try_from(limit).ok().map(Duration::from_millis);
    Ok(poll(fds, limit)?.ready)
}

/// Polls at least one socket, or sleeps.
fn wait(entries: &mut [WSAPOLLFD], limit: Option<Duration>) -> Result<usize> {
    if entries.is_empty() {
        // Nothing could ever end a wait for no socket without a limit.
        thread::sleep(limit.unwrap_or(Duration::MAX));
        return Ok(0);
    }
    let begin = Instant::now();
    let looks = entries.iter().any(|entry| entry.events & POLLOUT != 0);
    loop {
        let left = limit.map(|limit| limit.saturating_sub(begin.elapsed()));
        let part = if looks { Some(left.map_or(LOOK, |left| left.min(LOOK))) } else { left };
        let milliseconds = part
            .map_or(-1, |part| c_int::try_from(part.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX));
        // SAFETY: the entries are writable, as many as stated.
        match unsafe { WSAPoll(entries.as_mut_ptr(), entries.len() as u32, milliseconds) } {
            -1 => return Err(Error::last_os()),
            0 => {}
            ready => return Ok(ready as usize),
        }
        if looks {
            let failed = find_failed_connects(entries);
            if failed > 0 {
                return Ok(failed);
            }
        }
        // The system's clock has ticks of up to 16 ms, and a wait may end with the tick before its time.
        if limit.is_some_and(|limit| begin.elapsed() >= limit) {
            return Ok(0);
        }
    }
}

/// Marks the entries that wait for a connect which has failed. Returns how many they are.
fn find_failed_connects(entries: &mut [WSAPOLLFD]) -> usize {
    let mut failed = 0;
    for entry in entries.iter_mut().filter(|entry| entry.events & POLLOUT != 0) {
        if has_failed_to_connect(entry.fd) {
            entry.revents = POLLERR | POLLHUP;
            failed += 1;
        }
    }
    failed
}

/// Whether the last connect of a socket has failed. It stays so until the error is asked for.
fn has_failed_to_connect(socket: SOCKET) -> bool {
    let mut address = super::libc::sockaddr { sa_family: 0, sa_data: [0; 14] };
    let mut len = 0;
    // A socket with a peer is an exception for `select` when it has urgent bytes.
    // SAFETY: no byte of the address is written, because its length is 0.
    let has_peer = unsafe { getpeername(socket, (&raw mut address).cast(), &mut len) } == 0
        || crate::error::last_errno() != WSAENOTCONN;
    if has_peer {
        return false;
    }
    let mut sockets = FD_SET { fd_count: 1, fd_array: [socket; 64] };
    let now = TIMEVAL { tv_sec: 0, tv_usec: 0 };
    // SAFETY: the set has one socket, and the time is readable.
    unsafe { select(0, ptr::null_mut(), ptr::null_mut(), &mut sockets, &now) == 1 }
}

#[cfg(test)]
mod tests {
    use std::os::windows::io::AsRawSocket;

    use super::*;
    use crate::{AF_INET, SOCK_STREAM, Socket};

    /// What old versions of `WSAPoll` do not report.
    #[test]
    fn a_connect_that_has_failed_is_found_without_wsapoll() {
        let nobody_listens = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        nobody_listens.bind(("127.0.0.1", 0)).unwrap();
        let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        socket.setblocking(false).unwrap();
        let number = socket.as_raw_socket() as SOCKET;
        assert!(!has_failed_to_connect(number), "it was not begun");
        assert_ne!(socket.connect_ex(nobody_listens.getsockname().unwrap()).unwrap(), 0);
        while !has_failed_to_connect(number) {
            thread::yield_now();
        }
        let mut entries = [WSAPOLLFD { fd: number, events: POLLOUT, revents: 0 }];
        assert_eq!(find_failed_connects(&mut entries), 1);
        assert_eq!(entries[0].revents, POLLERR | POLLHUP);
    }

    #[test]
    fn a_connection_has_not_failed_even_with_urgent_bytes() {
        let (one, other) = crate::socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        one.send_with_flags(b"!", crate::constants::MSG_OOB).unwrap();
        let mut urgent =
            [pollfd { fd: other.as_raw_socket(), events: super::super::libc::POLLPRI, revents: 0 }];
        assert_eq!(poll(&mut urgent, None).unwrap().ready, 1);
        assert!(!has_failed_to_connect(other.as_raw_socket() as SOCKET));
    }
}
