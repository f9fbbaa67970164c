//! Connections whose request has begun, but is not there as a whole: they go on waiting without a thread.
//!
//! A client that sends a byte now and then would otherwise hold a thread, because its handler reads until the request is
//! complete. The bytes are looked at where they are (`MSG_PEEK`), and the handler reads them all. The system is told to
//! report the connection when it has more bytes than before (`SO_RCVLOWAT`), so each of them costs little.
#![allow(unsafe_code)]

use std::os::fd::RawFd;

use super::waiting::Woken;
use crate::server::{Phase, Request, Server};
use crate::socket::Hold;

/// The most bytes that are waited for. A handler gets a longer request in pieces.
pub(super) const MOST: usize = 16 * 1024;

impl Server {
    /// Gives a request that was woken to the runner, or lets it wait for the rest of its bytes.
    pub(super) fn resume(&self, woken: Woken) {
        let Some(request) = Server::complete(woken.into_request(self)) else { return };
        let Some(refused) = self.core.runner.resume(self, request) else { return };
        // Either there is no memory for the queue, and the request is woken once more; or the server was closed, and
        // there is no thread any more.
        if let Some(lost) = Server::park(refused, Phase::Idle) {
            lost.reject();
        }
    }

    /// Returns the request if its handler may run. If it is not complete, it waits without a thread.
    pub(crate) fn complete(mut request: Request) -> Option<Request> {
        while request.waits_for_more() {
            request = Server::park(request, Phase::Request)?;
        }
        Some(request)
    }
}

impl Request {
    /// Whether the connection has bytes, but not those with which its request ends.
    fn waits_for_more(&mut self) -> bool {
        if self.is_last() {
            return false;
        }
        let Some(end) = self.request_end() else { return false };
        let Ok(hold) = self.hold() else { return false };
        let fd = hold.as_ref().map_or_else(|| self.job_fileno(), Hold::fd);
        let mut bytes = [0; MOST];
        let there = peek(fd, &mut bytes);
        // If there are no more bytes than before, the system has reported an end or an error, which is for the handler.
        let goes_on = there.len() > self.bytes_before() && there.len() < MOST;
        let waits = goes_on && memchr::memmem::find(there, end).is_none();
        let before = if waits { there.len() } else { 0 };
        if before != self.bytes_before() && !set_low_mark(fd, before + 1) {
            return false;
        }
        self.set_bytes_before(before);
        waits
    }
}

/// Returns the bytes that can be received, without receiving them.
fn peek(fd: RawFd, bytes: &mut [u8]) -> &[u8] {
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: `bytes` has as many writable bytes as stated.
    let n = unsafe { libc::recv(fd, bytes.as_mut_ptr().cast(), bytes.len(), flags) };
    &bytes[..usize::try_from(n).unwrap_or(0)]
}

/// Sets how many bytes must be there before the system reports the socket as readable.
fn set_low_mark(fd: RawFd, bytes: usize) -> bool {
    let bytes = bytes as libc::c_int;
    let (place, size) = ((&raw const bytes).cast(), size_of_val(&bytes) as libc::socklen_t);
    // SAFETY: `bytes` is readable, and has this size.
    unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT, place, size) == 0 }
}
