//! How every call that may block is made.
//!
//! Every such call takes these steps. No other code touches the descriptor of a socket in a call that may
//! block.
//!
//! 1. The call enters the handle (see `handle`). The number of the descriptor stays valid until the call
//!    leaves.
//! 2. The call tries its system call. If there was something to do, this was the only system call. A hint for
//!    each direction remembers whether the last call had to wait. If so, this call waits first, and makes two
//!    system calls instead of three.
//! 3. If the try fails with `EAGAIN` and the call may wait, it waits in `poll` until the descriptor is ready,
//!    the deadline has passed, or a close wakes it. Then it tries again. If the call has a deadline or the
//!    socket has another owner, a try never blocks: `MSG_DONTWAIT` prevents it, or `O_NONBLOCK` where the
//!    system call has no such flag.
//!    A wait that only its timeout and a close can end takes a shorter way to the same result (`simple_wait`).
//! 4. A call under a [`Cancel`](crate::Cancel) token fails if the token is triggered already. Otherwise its tries never
//!    block, as if it had a deadline, and its `poll` ends when the token is triggered.
//! 5. After every try that did nothing, and after every wait, the call first checks whether the socket was
//!    closed, because after a close a system call returns as if the peer had gone.
//!
//! The meaning of a result depends on the [`Kind`] of the call: for an accept, 0 is a descriptor, and for a
//! connect, `EINPROGRESS` is a reason to wait.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::SockRef;

use super::Socket;
use super::handle::InFlight;
use super::simple_wait::Simply;
use super::timeout::Timeout;
use crate::cancel::{self, Tokens};
use crate::constants::SOCK_STREAM;
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result, last_errno};
use crate::signal_poll::LOOK_AT_SIGNALS;
use crate::sys::fd::RawFd;
use crate::sys::{self, libc};

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// There is something to read, or a client to accept.
    Read = 0,
    /// There is space to write, or a connection has been made.
    Write = 1,
}

/// The kind of a call, which decides what its result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The result is a number of bytes or messages. 0 means the end of the stream, an empty message, or a
    /// close.
    Receive,
    /// The result is a number of bytes or messages.
    Send,
    /// The result is a descriptor, which may be 0.
    Accept,
    /// The result is 0 when the socket is connected.
    Connect,
}

impl Kind {
    #[inline(always)]
    pub(super) const fn interest(self) -> Interest {
        match self {
            Kind::Receive | Kind::Accept => Interest::Read,
            Kind::Send | Kind::Connect => Interest::Write,
        }
    }
}

/// How one call is to be made.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) limit: Limit,
    /// The caller's own `MSG_*` flags. With MSG_DONTWAIT, a call on a socket without a timeout does not wait.
    flags: libc::c_int,
}

impl Plan {
    #[inline(always)]
    pub(super) const fn new(kind: Kind, limit: Limit) -> Self {
        Plan { kind, limit, flags: 0 }
    }

    #[inline(always)]
    pub(super) const fn receive(limit: Limit, flags: libc::c_int) -> Self {
        Plan { flags, ..Plan::new(Kind::Receive, limit) }
    }

    #[inline(always)]
    pub(super) const fn send(limit: Limit, flags: libc::c_int) -> Self {
        Plan { flags, ..Plan::new(Kind::Send, limit) }
    }

    /// The caller's flags with which the system never waits, whatever the timeout is.
    fn flags_that_never_wait(self) -> libc::c_int {
        let possible = if self.kind == Kind::Receive { sys::NEVER_WAIT } else { libc::MSG_DONTWAIT };
        self.flags & possible
    }
}

impl Interest {
    pub(super) fn events(self) -> libc::c_short {
        match self {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        }
    }
}

/// What to do after a try.
enum Next {
    Done(Result<usize>),
    TryAgain,
    Wait,
}

/// The shortest and the longest pause between tries, for sockets that `poll` reports as ready although they
/// are not.
const NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(5);

/// How often a call checks for a close when no wake-up descriptor can be made, because the process has too
/// many open descriptors.
pub(super) const LOOK: Duration = Duration::from_millis(20);

impl Socket {
    /// Makes one call. `operation` receives the descriptor and the flags to add. It makes the system call and
    /// returns its result, with the error in `errno`.
    ///
    /// Returns that result when it is not an error. Fails with [`Error::Closed`], with [`Error::Timeout`],
    /// with [`Error::Cancelled`], and with the error of the system call.
    #[inline(always)]
    pub(super) fn run(
        &self,
        plan: Plan,
        operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        self.run_with(plan, || plan.limit, operation)
    }

    /// [`Socket::run`] for a call that may be the first of several. If the first try does not do, `later` returns the limit
    /// for the rest.
    #[inline(always)]
    pub(super) fn run_with(
        &self,
        plan: Plan,
        later: impl FnOnce() -> Limit,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let (call, seen) = self.handle.enter_and_see();
        let Plan { kind, limit, flags } = plan;
        // The parts of the plan are passed on one by one, and the result comes back through `?`. So neither
        // of them needs memory, which every call would have to fill. Together with the explicit `leave_with`, this
        // saves a tenth of the instructions of a `recv` that finds data.
        let pieces = (kind, flags);
        let tokens = cancel::flags_of_first_try();
        // With MSG_WAITALL, a receive waits for the rest of its bytes only if it blocks. It must be known whether it may.
        let waits_for_rest = || kind == Kind::Receive && flags & libc::MSG_WAITALL != 0 && tokens != 0;
        let at_once = match limit {
            Limit::Timeout => seen.allows_first_try(kind.interest(), tokens) && !waits_for_rest(),
            Limit::Now => seen.is_open(tokens),
            Limit::Until(_) => false,
        };
        if at_once {
            let never_blocks = limit == Limit::Now || must_not_block(flags);
            let extra = if never_blocks { libc::MSG_DONTWAIT } else { self.mode.flags() | tokens as i32 };
            let n = operation(call.fd(), extra);
            if n > 0 {
                return Ok(call.leave_with(n as usize));
            }
            let n = self.go_on(call, pieces, later(), Some(n), operation)?;
            return Ok(n);
        }
        let n = self.go_on(call, pieces, later(), None, operation)?;
        Ok(n)
    }

    /// Takes everything by value, so that the call keeps its arguments in registers as long as its first try
    /// does something.
    #[cold]
    #[inline(never)]
    fn go_on(
        &self,
        call: InFlight<'_>,
        (kind, flags): (Kind, libc::c_int),
        limit: Limit,
        first: Option<isize>,
        mut operation: impl FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        self.go_on_with(call, Plan { kind, limit, flags }, first, &mut operation)
    }

    /// The part of `go_on` that is the same for all operations.
    fn go_on_with(
        &self,
        call: InFlight<'_>,
        plan: Plan,
        mut first: Option<isize>,
        operation: &mut dyn FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let mut errno = last_errno();
        if first.is_none() && call.is_closed() {
            return Err(Error::Closed);
        }
        let limit = plan.limit;
        let mut deadline = None;
        if first.is_none() {
            match self.wait_simply(&call, plan, operation) {
                Simply::Done(result) => return result,
                Simply::Tried(n, until) => (first, errno, deadline) = (Some(n), last_errno(), Some(until)),
                Simply::Interrupted(until) => deadline = Some(until),
                Simply::Never => {}
            }
        }
        let tokens = Tokens::of(&self.cancel);
        if first.is_none() && tokens.is_any_triggered() {
            return Err(Error::Cancelled);
        }
        // While a token is attached anywhere, no first try blocks. This call is not under it and must try again.
        let blocks = limit == Limit::Timeout && tokens.is_empty() && self.mode.timeout() == Timeout::NONE;
        let hurried = blocks && cancel::is_used() && first.is_some_and(|n| n < 0) && errno == libc::EAGAIN;
        first = first.filter(|_| !hurried);
        loop {
            let timeout = self.mode.timeout();
            let begun = (first.map(|n| (n, errno)), deadline);
            let result = self.run_slowly(&call, plan, timeout, &tokens, begun, operation);
            if !self.was_hurried(&call, plan, timeout, &result) {
                return result;
            }
            (first, deadline) = (None, None);
        }
    }

    /// Whether a call did not wait only because another thread removed the timeout, between a try that must not
    /// block and the decision to wait in `poll`. The call then begins again, without a timeout.
    fn was_hurried(&self, call: &InFlight<'_>, plan: Plan, timeout: Timeout, result: &Result<usize>) -> bool {
        let may_block = timeout == Timeout::NONE && plan.limit == Limit::Timeout;
        if *result != Err(Error::Os(libc::EAGAIN)) || !may_block || plan.flags_that_never_wait() != 0 {
            return false;
        }
        let socket = SockRef::from(call);
        let own = match plan.kind.interest() {
            Interest::Read => socket.read_timeout(),
            Interest::Write => socket.write_timeout(),
        };
        match self.mode.timeout() {
            // The socket's own timeout in the system and O_NONBLOCK of another owner are other reasons not to wait.
            Timeout::NONE => matches!(own, Ok(None)) && self.mode.would_block(call),
            Timeout::ZERO => false,
            _ => true,
        }
    }

    /// Everything except a first try that does something: the end of a stream, errors, and waiting.
    fn run_slowly(
        &self,
        call: &InFlight<'_>,
        plan: Plan,
        timeout: Timeout,
        tokens: &Tokens,
        (first, deadline): (Option<(isize, i32)>, Option<Deadline>),
        operation: &mut dyn FnMut(RawFd, libc::c_int) -> isize,
    ) -> Result<usize> {
        let may_wait = self.may_wait(plan, timeout, tokens);
        let never_blocks = may_wait || plan.limit == Limit::Now;
        // Not the flags of the mode, which another thread may have changed since the timeout was read.
        let extra = if never_blocks { libc::MSG_DONTWAIT } else { timeout.flags() };
        let interest = plan.kind.interest();
        let mut next = match first {
            Some((n, errno)) => self.judge(call, plan.kind, may_wait, n, errno),
            // A connect must begin before it can be waited for.
            None if may_wait && plan.kind != Kind::Connect && self.handle.has_waited(interest) => Next::Wait,
            None => Next::TryAgain,
        };
        let mut deadline = deadline.map(|known| (known, false));
        let mut nap = None;
        loop {
            match next {
                Next::Done(result) => return result,
                Next::TryAgain => {}
                Next::Wait => {
                    let (deadline, is_own) =
                        *deadline.get_or_insert_with(|| deadline_of_call(call, plan, timeout));
                    let late = |error| match error {
                        Error::Timeout if is_own && plan.kind == Kind::Connect => {
                            Error::Os(sys::CONNECT_BEGUN)
                        }
                        Error::Timeout if is_own => Error::Os(sys::OWN_TIMEOUT),
                        error => error,
                    };
                    if let Some(nap) = nap {
                        self.nap(call, tokens, nap, deadline).map_err(late)?;
                    }
                    let waited = self.wait_ready(call, tokens, interest, deadline).map_err(late)?;
                    if plan.kind != Kind::Connect {
                        self.handle.set_waited(interest, waited);
                    }
                    // The socket was ready at once, but perhaps the next try does nothing: a unix socket
                    // polls as writable while the queue of its peer is full. That is so for each connect to a
                    // unix listener, also where a slow poll looks as if it had waited.
                    nap = (!waited || plan.kind == Kind::Connect)
                        .then(|| nap.map_or(NAP, |nap: Duration| (nap * 2).min(LONGEST_NAP)));
                }
            }
            let n = operation(call.fd(), extra);
            next = self.judge(call, plan.kind, may_wait, n, last_errno());
        }
    }

    /// Whether a call that finds nothing to do waits in `poll`. If not, it fails, or the system call itself
    /// has blocked.
    fn may_wait(&self, plan: Plan, timeout: Timeout, tokens: &Tokens) -> bool {
        match plan.limit {
            Limit::Now => false,
            Limit::Until(_) => true,
            Limit::Timeout if timeout == Timeout::NONE => {
                let accepts_poll = plan.kind == Kind::Accept && self.mode.accepts_poll();
                let sends_poll = plan.kind == Kind::Send && self.handle.sends_poll();
                let polls = sends_poll
                    || accepts_poll
                    || self.handle.is_shared()
                    || self.mode.has_nonblocking_calls()
                    || must_not_block(plan.flags)
                    || !tokens.is_empty();
                polls && plan.flags_that_never_wait() == 0
            }
            Limit::Timeout => timeout != Timeout::ZERO,
        }
    }

    /// Decides what to do after a try with this result.
    fn judge(&self, call: &InFlight<'_>, kind: Kind, may_wait: bool, n: isize, errno: i32) -> Next {
        if n > 0 || n == 0 && kind == Kind::Accept {
            return Next::Done(Ok(n as usize));
        }
        if call.is_closed() {
            // After a close from another thread, the system reports the end of the stream.
            return Next::Done(Err(Error::Closed));
        }
        if n == 0 {
            return self.nothing_more(kind);
        }
        match (kind, errno) {
            (_, libc::EINTR) if !self.is_interruptible() => Next::TryAgain,
            // One client gave up while it was in the queue. The next client may still be there.
            (Kind::Accept, libc::ECONNABORTED) => Next::TryAgain,
            (_, libc::EAGAIN) if may_wait => Next::Wait,
            (Kind::Connect, errno) if may_wait && errno == sys::CONNECT_BEGUN => Next::Wait,
            (Kind::Receive, sys::SHUT_DOWN) if self.cut.load(Ordering::SeqCst) => self.nothing_more(kind),
            _ => Next::Done(Err(Error::Os(errno))),
        }
    }

    fn nothing_more(&self, kind: Kind) -> Next {
        if kind == Kind::Receive {
            self.at_end.store(true, Ordering::Relaxed);
        }
        Next::Done(Ok(0))
    }

    /// Waits until the descriptor is ready. Returns whether this took time. Fails with `Timeout`, with
    /// `Closed`, with `Cancelled`, and with EINTR if the socket is interruptible.
    pub(super) fn wait_ready(
        &self,
        call: &InFlight<'_>,
        tokens: &Tokens,
        interest: Interest,
        deadline: Deadline,
    ) -> Result<bool> {
        let socket = libc::pollfd { fd: call.fd(), events: interest.events(), revents: 0 };
        self.poll(call, tokens, socket, deadline)?.ok_or(Error::Timeout)
    }

    /// Sleeps for a moment. A deadline, a close or a token ends the sleep early.
    fn nap(&self, call: &InFlight<'_>, tokens: &Tokens, nap: Duration, deadline: Deadline) -> Result<()> {
        let wake_up = Deadline::after(nap);
        // The socket itself is not polled, because an unconnected unix socket reports a hang-up for any
        // events.
        let nothing = libc::pollfd { fd: sys::NO_FD, events: 0, revents: 0 };
        self.poll(call, tokens, nothing, wake_up.min(deadline))?;
        if deadline < wake_up { Err(Error::Timeout) } else { Ok(()) }
    }

    /// Whether the socket has nothing to read any more without the system's knowledge: on some systems, `poll` does not
    /// report a shutdown of the socket itself.
    pub(super) fn has_ended_here(&self) -> bool {
        !sys::CALLS_BLOCK && self.is_at_end()
    }

    /// Whether a close wakes a call that now begins to wait by the wake-up descriptor. Where a shutdown does not wake every
    /// call, it still wakes those on a stream that has a peer, and such sockets need no descriptor more.
    pub(super) fn wakes_by_fd(&self, call: &InFlight<'_>) -> bool {
        if sys::SHUTDOWN_WAKES || self.handle.is_shared() {
            return self.handle.is_shared();
        }
        !(sys::CALLS_BLOCK && self.kind == SOCK_STREAM && SockRef::from(call).peer_addr().is_ok())
    }

    /// Polls the socket and the wake-up descriptor, under the tokens. Returns whether this took time, or `None` when the
    /// deadline has passed.
    fn poll(
        &self,
        call: &InFlight<'_>,
        tokens: &Tokens,
        socket: libc::pollfd,
        deadline: Deadline,
    ) -> Result<Option<bool>> {
        let mut waited = false;
        // Where the system never interrupts a wait, the caller looks at signals from time to time.
        let look = if !sys::SIGNALS_INTERRUPT && self.is_interruptible() {
            Deadline::after(LOOK_AT_SIGNALS)
        } else {
            Deadline::NEVER
        };
        loop {
            let mut fds = [socket, libc::pollfd { fd: sys::NO_FD, events: libc::POLLIN, revents: 0 }];
            let mut until = deadline.min(look);
            let count = if self.wakes_by_fd(call) {
                match self.handle.wake_fd() {
                    Ok(fd) => fds[1].fd = fd,
                    Err(_) => until = until.min(Deadline::after(LOOK)),
                }
                2
            } else {
                1
            };
            if self.has_ended_here() && socket.events & libc::POLLIN != 0 {
                return Ok(Some(waited));
            }
            let polled = tokens.poll(&mut fds[..count], until);
            if call.is_closed() {
                return Err(Error::Closed);
            }
            match polled {
                Ok(polled) if polled.ready > 0 => return Ok(Some(waited || polled.waited)),
                Ok(_) if look < deadline && look.has_passed() => return Err(Error::Os(libc::EINTR)),
                Ok(_) if until < deadline => waited = true,
                Ok(_) => return Ok(None),
                Err(Error::Os(libc::EINTR)) if !self.is_interruptible() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether a call without a timeout must not block in the system, because a shutdown does not wake every call there. With
/// MSG_WAITALL, a receive waits for the rest of its bytes only if it blocks, and a shutdown wakes it, because the flag is for
/// streams that have a peer.
const fn must_not_block(flags: libc::c_int) -> bool {
    !sys::SHUTDOWN_WAKES && (!sys::CALLS_BLOCK || flags & libc::MSG_WAITALL == 0)
}

/// Returns the deadline of a call that begins to wait, and whether it is that of the socket in the system (`SO_RCVTIMEO`,
/// `SO_SNDTIMEO`), whose error is another one. Accepts and connects have one only on Linux. Without a timeout the call waits
/// here only because it must not block in the system, which would heed that limit.
pub(super) fn deadline_of_call(call: &InFlight<'_>, plan: Plan, timeout: Timeout) -> (Deadline, bool) {
    let has_own = sys::OWN_TIMEOUT_OF_CONNECTIONS || matches!(plan.kind, Kind::Receive | Kind::Send);
    if has_own && plan.limit == Limit::Timeout && timeout == Timeout::NONE {
        let socket = SockRef::from(call);
        let own = match plan.kind.interest() {
            Interest::Read => socket.read_timeout(),
            Interest::Write => socket.write_timeout(),
        };
        if let Ok(Some(own)) = own {
            return (Deadline::after(own), true);
        }
    }
    (deadline_of(plan.limit, timeout), false)
}

/// Returns the deadline of a call that begins now.
pub(super) fn deadline_of(limit: Limit, timeout: Timeout) -> Deadline {
    match limit {
        Limit::Until(deadline) => deadline,
        Limit::Now => Deadline::now(),
        Limit::Timeout => Deadline::after_timeout(timeout.duration()),
    }
}
