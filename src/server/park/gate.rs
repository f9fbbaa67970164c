//! Connections whose request has begun, but is not there as a whole: they go on waiting without a thread.
//!
//! A client that sends a byte now and then would otherwise hold a thread, because its handler reads until the request is
//! complete. The bytes are looked at where they are (`MSG_PEEK`), and the handler reads them all. The system is told to
//! report the connection when it has more bytes than before (`SO_RCVLOWAT`), so each of them costs little. Where the system
//! cannot do so, the watch of the connections looks at them from time to time.

use std::time::Duration;

use super::waiting::Woken;
use crate::deadline::Limit;
use crate::server::{Phase, Request, Server};
use crate::sys::{self, libc};

/// The most bytes that are waited for. A handler gets a longer request in pieces.
pub(super) const MOST: usize = 16 * 1024;

impl Server {
    /// Gives a request that was woken to the runner, or lets it wait for the rest of its bytes.
    pub(super) fn resume(&self, woken: Woken) {
        let request = woken.into_request(self);
        if request.awaits_header() {
            self.admit(request);
            return;
        }
        let Some(request) = Server::complete(request) else { return };
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
        let mut bytes = [0; MOST];
        // Without bytes there is an end or an error, which is for the handler.
        let there = self.socket().recv_into_until(&mut bytes, libc::MSG_PEEK, Limit::Now).unwrap_or(0);
        if there > 0 && there == self.bytes_before() && self.has_urgent_byte() {
            // No look goes beyond an urgent byte (MSG_OOB). A handler would wait there for as long as the client likes.
            self.cut();
            self.server().client_was_shed();
            return false;
        }
        // If there are no more bytes than before, the system has reported an end or an error, too.
        let goes_on = there > self.bytes_before() && there < MOST;
        let waits = goes_on && !contains(&bytes[..there], end);
        let before = if waits { there } else { 0 };
        if before != self.bytes_before() {
            let least = before as i32 + 1;
            if sys::LOW_WATER && self.socket().setsockopt(libc::SOL_SOCKET, libc::SO_RCVLOWAT, least).is_err()
            {
                return false;
            }
            self.set_bytes_before(before);
        }
        waits
    }

    fn has_urgent_byte(&self) -> bool {
        let Ok(Some(hold)) = self.hold() else { return false };
        let mut polled = [libc::pollfd { fd: hold.fd(), events: libc::POLLPRI, revents: 0 }];
        sys::poll(&mut polled, Some(Duration::ZERO)).is_ok() && polled[0].revents & libc::POLLPRI != 0
    }
}

/// Whether `part` is somewhere in the bytes. The search of the `memchr` crate for long parts would be larger than all
/// of this room.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return true };
    memchr::memchr_iter(*first, bytes).any(|place| bytes[place..].starts_with(part))
}
