//! Keeping a descriptor open while nobody is inside a call.

use std::mem;
use std::sync::Arc;

use super::Socket;
use super::wait::Interest;
use crate::error::Result;
use crate::sys::fd::RawFd;
use crate::sys::{self, Watch};

/// Keeps the number of a socket's descriptor valid, as a call in flight does: a close of the socket ends the connection,
/// and the descriptor itself is closed when the hold is dropped.
pub(crate) struct Hold {
    socket: Arc<Socket>,
    fd: RawFd,
}

impl Hold {
    /// Fails with [`Closed`](crate::Error::Closed).
    pub(crate) fn new(socket: &Arc<Socket>) -> Result<Hold> {
        let call = socket.handle.enter()?;
        let fd = call.fd();
        // The call leaves when the hold is dropped.
        mem::forget(call);
        Ok(Hold { socket: Arc::clone(socket), fd })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    /// Has the watch report the token when the socket is closed or shut down, where the system does not tell it so.
    pub(crate) fn report_end(&self, watch: &Watch, token: u64) -> Result<()> {
        if !sys::CALLS_BLOCK {
            self.socket.handle.wake()?.report_to(watch, token);
        }
        Ok(())
    }

    /// Whether another thread is inside a call of the socket.
    pub(crate) fn is_in_call(&self) -> bool {
        self.socket.handle.has_others()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.socket.handle.release();
    }
}

impl Socket {
    /// Whether the system counts the bytes of this TCP socket. Fails with [`Closed`](crate::Error::Closed).
    pub(crate) fn counts_bytes(&self) -> Result<bool> {
        let call = self.handle.enter()?;
        Ok(sys::tcp_bytes(call.fd()).is_some())
    }

    /// Lets the next call that receives try first, because something else has polled the descriptor.
    pub(crate) fn expect_bytes(&self) {
        self.handle.set_waited(Interest::Read, false);
    }
}
