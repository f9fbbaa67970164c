//! The deadline engine: how every call that may block is made.
//!
//! A call is tried first and waits only when the kernel says EAGAIN: one system call when there is
//! something to do. A hint per direction remembers whether the last call had to wait; the next one then
//! waits first: two system calls instead of three.
#![allow(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Socket;
use super::handle::InFlight;
use super::timeout::Timeout;
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result, last_errno};
use crate::sys;

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or a client to accept.
    Read = 0,
    /// Room to write, or a connection that is made.
    Write = 1,
}

/// What a try came to.
enum Verdict {
    Done(Result<usize>),
    Wait,
    Again,
}

/// How a call relates to the socket's mode.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) interest: Interest,
    pub(super) limit: Limit,
    /// Wait with `poll` although the descriptor blocks: for the few calls that no shutdown can wake.
    pub(super) always_poll: bool,
    /// The caller's own `MSG_*`: with MSG_DONTWAIT a socket without a timeout waits for nothing.
    pub(super) flags: libc::c_int,
}

impl Plan {
    #[inline]
    pub(super) const fn read() -> Self {
        Plan { interest: Interest::Read, limit: Limit::Timeout, always_poll: false, flags: 0 }
    }

    #[inline]
    pub(super) fn write() -> Self {
        Plan { interest: Interest::Write, ..Plan::read() }
    }

    #[inline]
    pub(super) fn until(self, limit: Limit) -> Self {
        Plan { limit, ..self }
    }

    /// The plan of a call with these `MSG_*` flags.
    #[inline]
    pub(super) fn flags(self, flags: libc::c_int) -> Self {
        Plan { flags, ..self }
    }
}

/// How long a nap is at first, and at most: for the sockets that poll calls ready although they are not.
const NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(5);

impl Socket {
    /// Makes one call: `operation` gets the descriptor and the flags to add, and returns what the
    /// system call returned.
    #[inline(always)]
    pub(super) fn run(
        &self,
        plan: Plan,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let (call, seen) = self.handle.enter_and_see();
        let Plan { interest, limit, always_poll, flags } = plan;
        // The plan goes on in pieces and the result comes back through `?`, so that neither takes memory that the
        // common case would have to fill: that, and leaving by hand, is a tenth of its instructions.
        let kind = (interest, always_poll, flags);
        let tries_first = || !always_poll && !self.waited[interest as usize].load(Ordering::Relaxed);
        let at_once = match limit {
            Limit::Timeout => seen.is_open_and_alone() && tries_first(),
            Limit::Now => !seen.is_closed(),
            _ => false,
        };
        if at_once {
            let extra = if limit == Limit::Now { libc::MSG_DONTWAIT } else { self.timeout.flags() };
            let n = operation(call.fd(), extra);
            if n > 0 {
                call.leave();
                return Ok(n as usize);
            }
            let n = self.go_on(call, kind, limit, Some(n), operation)?;
            return Ok(n);
        }
        if seen.is_closed() {
            return Err(Error::Closed);
        }
        let n = self.go_on(call, kind, limit, None, operation)?;
        Ok(n)
    }

    /// Takes everything by value, so that the common case keeps its arguments in registers: one try, and it
    /// did something.
    #[cold]
    #[inline(never)]
    fn go_on(
        &self,
        call: InFlight<'_>,
        (interest, always_poll, flags): (Interest, bool, libc::c_int),
        limit: Limit,
        first: Option<isize>,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        self.run_slowly(&call, Plan { interest, limit, always_poll, flags }, first, &mut operation)
    }

    /// Everything but the first try that does something: the end of a stream, errors, waiting.
    fn run_slowly(
        &self,
        call: &InFlight<'_>,
        plan: Plan,
        first: Option<isize>,
        operation: &mut dyn FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let errno = last_errno();
        let timeout = self.timeout.load();
        let may_poll = match (plan.limit, timeout) {
            (Limit::Now, _) => false,
            (Limit::Timeout, Timeout::NONE) => {
                plan.flags & libc::MSG_DONTWAIT == 0 && (plan.always_poll || self.handle.is_shared())
            }
            (Limit::Timeout, Timeout::ZERO) => false,
            _ => true,
        };
        let never_blocks = may_poll || plan.limit == Limit::Now;
        let extra = if never_blocks { libc::MSG_DONTWAIT } else { self.timeout.flags() };
        let mut operation = || operation(call.fd(), extra);
        let done = match first {
            Some(n) => self.judge(call, may_poll, n, errno),
            None => Verdict::Again,
        };
        let poll_first = may_poll && self.waited[plan.interest as usize].load(Ordering::Relaxed);
        let done = match done {
            Verdict::Again if !poll_first => self.attempt(call, may_poll, &mut operation),
            Verdict::Again | Verdict::Wait => None,
            Verdict::Done(result) => Some(result),
        };
        let result = match done {
            Some(result) => result,
            None => self.wait_and_run(call, plan, timeout, &mut operation),
        };
        if plan.interest == Interest::Read && result == Ok(0) {
            self.at_end.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Tries until something is decided; `None` when the call has to wait.
    fn attempt(
        &self,
        call: &InFlight<'_>,
        may_poll: bool,
        operation: &mut dyn FnMut() -> isize,
    ) -> Option<Result<usize>> {
        loop {
            let n = operation();
            match self.judge(call, may_poll, n, last_errno()) {
                Verdict::Done(result) => return Some(result),
                Verdict::Wait => return None,
                Verdict::Again => {}
            }
        }
    }

    /// What follows from the result of one try.
    fn judge(&self, call: &InFlight<'_>, may_poll: bool, n: isize, errno: i32) -> Verdict {
        if n > 0 {
            return Verdict::Done(Ok(n as usize));
        }
        if call.is_closed() {
            // A close from another thread looks like the end of the stream.
            return Verdict::Done(Err(Error::Closed));
        }
        match errno {
            _ if n == 0 => Verdict::Done(Ok(0)),
            libc::EINTR if !self.is_interruptible() => Verdict::Again,
            libc::EAGAIN if may_poll => Verdict::Wait,
            _ => Verdict::Done(Err(Error::Os(errno))),
        }
    }

    fn wait_and_run(
        &self,
        call: &InFlight<'_>,
        plan: Plan,
        timeout: Timeout,
        operation: &mut dyn FnMut() -> isize,
    ) -> Result<usize> {
        let deadline = deadline(plan.limit, timeout);
        let mut nap = NAP;
        loop {
            let waited = self.wait_ready(call, plan.interest, deadline)?;
            self.waited[plan.interest as usize].store(waited, Ordering::Relaxed);
            if let Some(result) = self.attempt(call, true, operation) {
                return result;
            }
            if !waited {
                // An unconnected unix datagram socket polls as writable while its peer is full.
                self.nap(call, nap, deadline)?;
                nap = (nap * 2).min(LONGEST_NAP);
            }
        }
    }

    /// Waits until the descriptor is ready; tells whether that took time. Ends with `Timeout`,
    /// `Closed`, or EINTR if the socket is interruptible.
    pub(super) fn wait_ready(
        &self,
        call: &InFlight<'_>,
        interest: Interest,
        deadline: Deadline,
    ) -> Result<bool> {
        let events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        };
        match self.poll(call, Some(events), deadline)? {
            Some(waited) => Ok(waited),
            None => Err(Error::Timeout),
        }
    }

    /// Sleeps a moment, unless the deadline or a close comes first.
    pub(super) fn nap(&self, call: &InFlight<'_>, nap: Duration, deadline: Deadline) -> Result<()> {
        let wake_up = Deadline::after(nap);
        if self.poll(call, None, wake_up.min(deadline))?.is_none() && deadline < wake_up {
            return Err(Error::Timeout);
        }
        Ok(())
    }

    /// Polls for events of the socket, or only for its wake-up call: an unconnected unix socket reports a
    /// hang-up whatever is asked.
    fn poll(
        &self,
        call: &InFlight<'_>,
        events: Option<libc::c_short>,
        deadline: Deadline,
    ) -> Result<Option<bool>> {
        let mut fds = [
            libc::pollfd { fd: -1, events: events.unwrap_or(0), revents: 0 },
            libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 },
        ];
        if events.is_some() {
            fds[0].fd = call.fd();
        }
        let mut count = 1;
        if self.handle.is_shared() {
            fds[1].fd = self.handle.wake_fd()?;
            count = 2;
        }
        loop {
            let polled = sys::poll(&mut fds[..count], deadline.left());
            if call.is_closed() {
                return Err(Error::Closed);
            }
            match polled {
                Ok(polled) if polled.ready > 0 => return Ok(Some(polled.waited)),
                Ok(_) => return Ok(None),
                Err(Error::Os(libc::EINTR)) if !self.is_interruptible() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The deadline of a call that begins now.
pub(super) fn deadline(limit: Limit, timeout: Timeout) -> Deadline {
    match limit {
        Limit::Until(deadline) => deadline,
        Limit::Now => Deadline::now(),
        Limit::Timeout => Deadline::after_timeout(timeout.duration()),
    }
}
