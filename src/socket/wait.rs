//! The engine: how every call that may block is made.
//!
//! A call takes these steps, and no others touch a socket's descriptor in a call that may block:
//!
//! 1. It enters the handle (see `handle`): the descriptor's number stays valid until it leaves.
//! 2. It tries. When there is something to do, that was the only system call. A hint for each direction remembers
//!    whether the last call had to wait; if so, this one waits first: two system calls instead of three.
//! 3. A try that fails with `EAGAIN`, and may wait, waits in `poll` until the descriptor is ready, the deadline has
//!    passed, or a close wakes it; then it tries again. A try never blocks once the call has a deadline or the socket
//!    has another owner: `MSG_DONTWAIT` sees to that, or `O_NONBLOCK` where a system call has no such flag.
//! 4. After every try that did nothing, and after every wait, it looks whether the socket was closed, before it looks at
//!    anything else: a close makes calls end as if the peer had gone.
//!
//! What a system call's result means depends on the [`Kind`] of call: a result of 0 is a descriptor for an accept, and
//! `EINPROGRESS` is a reason to wait for a connect.
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

/// What kind of call it is: how its result reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The result is a number of bytes or messages; 0 is the end of the stream, an empty message, or a close.
    Receive,
    /// The result is a number of bytes or messages.
    Send,
    /// The result is a descriptor, which may be 0.
    Accept,
    /// The result is 0 when connected.
    Connect,
}

impl Kind {
    #[inline(always)]
    const fn interest(self) -> Interest {
        match self {
            Kind::Receive | Kind::Accept => Interest::Read,
            Kind::Send | Kind::Connect => Interest::Write,
        }
    }
}

/// How one call is to be made.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    kind: Kind,
    limit: Limit,
    /// Wait with `poll` although the socket has no timeout: for calls that no shutdown can wake, and while the
    /// descriptor does not block.
    always_polls: bool,
    /// The caller's own `MSG_*`: with MSG_DONTWAIT a socket without a timeout waits for nothing.
    flags: libc::c_int,
}

impl Plan {
    #[inline(always)]
    pub(super) const fn new(kind: Kind, limit: Limit) -> Self {
        Plan { kind, limit, always_polls: false, flags: 0 }
    }

    #[inline(always)]
    pub(super) const fn receive(limit: Limit, flags: libc::c_int) -> Self {
        Plan { flags, ..Plan::new(Kind::Receive, limit) }
    }

    #[inline(always)]
    pub(super) const fn send(limit: Limit, flags: libc::c_int) -> Self {
        Plan { flags, ..Plan::new(Kind::Send, limit) }
    }

    #[inline(always)]
    pub(super) const fn always_polling(self, always_polls: bool) -> Self {
        Plan { always_polls, ..self }
    }
}

/// What follows from a try.
enum Next {
    Done(Result<usize>),
    TryAgain,
    Wait,
}

/// The first and the longest nap: for sockets that poll calls ready although they are not.
const NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(5);

/// How often a call looks for a close when the table of descriptors is too full for what would wake it.
const LOOK: Duration = Duration::from_millis(20);

impl Socket {
    /// Makes one call: `operation` gets the descriptor and the flags to add, and returns what the system call
    /// returned, with its error in `errno`.
    ///
    /// Returns that result when it is no error. Fails with [`Error::Closed`], [`Error::Timeout`], and with what the
    /// system call reports.
    #[inline(always)]
    pub(super) fn run(
        &self,
        plan: Plan,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let (call, seen) = self.handle.enter_and_see();
        let Plan { kind, limit, always_polls, flags } = plan;
        // The plan goes on in pieces and the result comes back through `?`, so that neither takes memory that the
        // common case would have to fill: that, and leaving by hand, is a tenth of its instructions.
        let pieces = (kind, always_polls, flags);
        let tries_first = || !always_polls && !self.waited[kind.interest() as usize].load(Ordering::Relaxed);
        let at_once = match limit {
            Limit::Timeout => seen.is_open_and_alone() && tries_first(),
            Limit::Now => !seen.is_closed(),
            Limit::Until(_) => false,
        };
        if at_once {
            let extra = if limit == Limit::Now { libc::MSG_DONTWAIT } else { self.mode.flags() };
            let n = operation(call.fd(), extra);
            if n > 0 {
                call.leave();
                return Ok(n as usize);
            }
            let n = self.go_on(call, pieces, limit, Some(n), operation)?;
            return Ok(n);
        }
        if seen.is_closed() {
            return Err(Error::Closed);
        }
        let n = self.go_on(call, pieces, limit, None, operation)?;
        Ok(n)
    }

    /// Takes everything by value, so that the common case keeps its arguments in registers: one try, and it
    /// did something.
    #[cold]
    #[inline(never)]
    fn go_on(
        &self,
        call: InFlight<'_>,
        (kind, always_polls, flags): (Kind, bool, libc::c_int),
        limit: Limit,
        first: Option<isize>,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        self.run_slowly(&call, Plan { kind, limit, always_polls, flags }, first, &mut operation)
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
        let timeout = self.mode.timeout();
        let may_wait = self.may_wait(plan, timeout);
        let never_blocks = may_wait || plan.limit == Limit::Now;
        let extra = if never_blocks { libc::MSG_DONTWAIT } else { self.mode.flags() };
        let hint = &self.waited[plan.kind.interest() as usize];
        let mut next = match first {
            Some(n) => self.judge(call, plan.kind, may_wait, n, errno),
            // A connect must have begun before it can be waited for.
            None if may_wait && plan.kind != Kind::Connect && hint.load(Ordering::Relaxed) => Next::Wait,
            None => Next::TryAgain,
        };
        let mut deadline = None;
        let mut nap = None;
        loop {
            match next {
                Next::Done(result) => return result,
                Next::TryAgain => {}
                Next::Wait => {
                    let deadline = *deadline.get_or_insert_with(|| deadline_of(plan.limit, timeout));
                    if let Some(nap) = nap {
                        self.nap(call, nap, deadline)?;
                    }
                    let waited = self.wait_ready(call, plan.kind.interest(), deadline)?;
                    if plan.kind != Kind::Connect {
                        hint.store(waited, Ordering::Relaxed);
                    }
                    // Ready at once and yet nothing to do, perhaps: a unix socket polls as writable while its peer's
                    // queue is full.
                    nap = (!waited).then(|| nap.map_or(NAP, |nap: Duration| (nap * 2).min(LONGEST_NAP)));
                }
            }
            let n = operation(call.fd(), extra);
            next = self.judge(call, plan.kind, may_wait, n, last_errno());
        }
    }

    /// Whether a call that finds nothing to do waits with `poll`; else it fails, or has blocked in the system call.
    fn may_wait(&self, plan: Plan, timeout: Timeout) -> bool {
        match plan.limit {
            Limit::Now => false,
            Limit::Until(_) => true,
            Limit::Timeout if timeout == Timeout::NONE => {
                let accepts_poll = plan.kind == Kind::Accept && self.mode.accepts_poll();
                let polls = plan.always_polls || accepts_poll || self.handle.is_shared();
                polls && plan.flags & libc::MSG_DONTWAIT == 0
            }
            Limit::Timeout => timeout != Timeout::ZERO,
        }
    }

    /// What follows from the result of one try.
    fn judge(&self, call: &InFlight<'_>, kind: Kind, may_wait: bool, n: isize, errno: i32) -> Next {
        if n > 0 || n == 0 && kind == Kind::Accept {
            return Next::Done(Ok(n as usize));
        }
        if call.is_closed() {
            // A close from another thread looks like the end of the stream.
            return Next::Done(Err(Error::Closed));
        }
        if n == 0 {
            if kind == Kind::Receive {
                self.at_end.store(true, Ordering::Relaxed);
            }
            return Next::Done(Ok(0));
        }
        match (kind, errno) {
            (_, libc::EINTR) if !self.is_interruptible() => Next::TryAgain,
            // A client that gave up while it was in the queue is no reason to give up on the next.
            (Kind::Accept, libc::ECONNABORTED) => Next::TryAgain,
            (_, libc::EAGAIN) | (Kind::Connect, libc::EINPROGRESS) if may_wait => Next::Wait,
            _ => Next::Done(Err(Error::Os(errno))),
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
        let socket = libc::pollfd { fd: call.fd(), events, revents: 0 };
        self.poll(call, socket, deadline)?.ok_or(Error::Timeout)
    }

    /// Sleeps a moment, unless the deadline or a close comes first.
    fn nap(&self, call: &InFlight<'_>, nap: Duration, deadline: Deadline) -> Result<()> {
        let wake_up = Deadline::after(nap);
        // Nothing of the socket is polled for: an unconnected unix socket reports a hang-up whatever is asked.
        let nothing = libc::pollfd { fd: -1, events: 0, revents: 0 };
        self.poll(call, nothing, wake_up.min(deadline))?;
        if deadline < wake_up { Err(Error::Timeout) } else { Ok(()) }
    }

    /// Polls the socket and what wakes it: whether that took time; `None` when the deadline has passed.
    fn poll(&self, call: &InFlight<'_>, socket: libc::pollfd, deadline: Deadline) -> Result<Option<bool>> {
        let mut waited = false;
        loop {
            let mut fds = [socket, libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 }];
            let mut until = deadline;
            let count = if self.handle.is_shared() {
                match self.handle.wake_fd() {
                    Ok(fd) => fds[1].fd = fd,
                    Err(_) => until = until.min(Deadline::after(LOOK)),
                }
                2
            } else {
                1
            };
            let polled = sys::poll(&mut fds[..count], until.left());
            if call.is_closed() {
                return Err(Error::Closed);
            }
            match polled {
                Ok(polled) if polled.ready > 0 => return Ok(Some(waited || polled.waited)),
                Ok(_) if until < deadline => waited = true,
                Ok(_) => return Ok(None),
                Err(Error::Os(libc::EINTR)) if !self.is_interruptible() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The deadline of a call that begins now.
pub(super) fn deadline_of(limit: Limit, timeout: Timeout) -> Deadline {
    match limit {
        Limit::Until(deadline) => deadline,
        Limit::Now => Deadline::now(),
        Limit::Timeout => Deadline::after_timeout(timeout.duration()),
    }
}
