//! What wakes the calls that wait on one socket. A thread that waits has one wake-up socket for all its waits, because each
//! of them takes a port of the loopback interface.
//!
//! A thread stays in the list of every socket on which it has waited. So it may be woken while it waits for another socket;
//! then it finds that nothing has happened there, and waits again.

use std::cell::OnceCell;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::watch::Reported;
use super::{Wake, Watch};
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::fd::RawFd;

thread_local! {
    static OWN: OnceCell<Arc<Wake>> = const { OnceCell::new() };
}

/// Returns the wake-up socket of this thread.
///
/// Fails with `Os(EMFILE)`, `Os(ENOBUFS)`, `Os(EADDRINUSE)` and `Os(ENOMEM)` when there is none yet, and with `Os(ENOBUFS)`
/// in a thread that is ending.
pub(super) fn of_thread() -> Result<Arc<Wake>> {
    let found = OWN.try_with(|own| {
        if let Some(wake) = own.get() {
            return Ok(Arc::clone(wake));
        }
        let new = memory::shared(Wake::new()?)?;
        Ok(Arc::clone(own.get_or_init(|| new)))
    });
    found.unwrap_or(Err(Error::Os(super::libc::ENOBUFS)))
}

/// Makes the wake-up socket of this thread unreadable again, if this is its number. The caller has just polled it, and looks
/// only now whether what it waits for has happened. So nothing is missed: who raises the socket does so afterwards.
pub(super) fn clear_own(fd: RawFd) {
    let _ = OWN.try_with(|own| {
        if let Some(own) = own.get().filter(|own| own.fd() == fd) {
            own.clear();
        }
    });
}

/// Wakes the calls that wait on one socket.
pub(crate) struct CallWake(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Whether the calls are woken that wait from now on.
    raised: bool,
    threads: Vec<Weak<Wake>>,
    /// What is to be reported to a watch.
    reported: Option<Reported>,
}

impl CallWake {
    /// Never fails.
    pub(crate) fn new() -> Result<Self> {
        Ok(CallWake(Mutex::default()))
    }

    /// Wakes the calls that wait, and all that wait from now on.
    pub(crate) fn raise(&self) {
        let mut waiting = self.lock();
        waiting.raised = true;
        waiting.threads.iter().filter_map(Weak::upgrade).for_each(|thread| thread.raise());
        if let Some(reported) = waiting.reported.take() {
            reported.report();
        }
    }

    /// Has the watch report the token when the calls are woken, because it does not find out that the socket was closed or
    /// shut down. A socket is watched by one watch at most, with one token.
    pub(crate) fn report_to(&self, watch: &Watch, token: u64) {
        let mut waiting = self.lock();
        let reported = watch.reported(token);
        if waiting.raised {
            reported.report();
        } else {
            waiting.reported = Some(reported);
        }
    }

    /// Returns the socket that becomes readable when the calls are woken. It is for the calling thread only, and a poll that
    /// finds it readable makes it unreadable.
    ///
    /// Fails as [`of_thread`] does.
    pub(crate) fn fd(&self) -> Result<RawFd> {
        let own = of_thread()?;
        let mut waiting = self.lock();
        if waiting.raised {
            own.raise();
        } else if !waiting.threads.iter().any(|thread| ptr::eq(thread.as_ptr(), Arc::as_ptr(&own))) {
            waiting.threads.retain(|thread| thread.strong_count() > 0);
            memory::reserve(&mut waiting.threads, 1)?;
            waiting.threads.push(Arc::downgrade(&own));
        }
        Ok(own.fd())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No foreign code runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::sys::libc::{POLLIN, pollfd};
    use crate::sys::poll;

    fn is_readable(fd: RawFd) -> bool {
        poll(&mut [pollfd { fd, events: POLLIN, revents: 0 }], Some(Duration::ZERO)).unwrap().ready > 0
    }

    #[test]
    fn a_thread_has_one_wake_up_socket_for_all_its_waits() {
        let wakes: Vec<_> = (0..100).map(|_| CallWake::new().unwrap()).collect();
        let numbers = || wakes.iter().map(|wake| wake.fd().unwrap()).collect::<Vec<_>>();
        let own = numbers();
        assert!(own.iter().all(|fd| *fd == own[0]));
        let others = thread::scope(|scope| scope.spawn(numbers).join().unwrap());
        assert!(others.iter().all(|fd| *fd == others[0]));
    }

    #[test]
    fn every_thread_that_waits_is_woken_and_a_poll_takes_the_wake_up() {
        let (one, other) = (CallWake::new().unwrap(), CallWake::new().unwrap());
        let fd = one.fd().unwrap();
        assert_eq!(other.fd(), Ok(fd));
        assert!(!is_readable(fd));
        other.raise();
        assert!(is_readable(fd) && !is_readable(fd));
        // A wait that begins later is woken too, and one for another socket is not.
        assert_eq!(one.fd(), Ok(fd));
        assert!(!is_readable(fd));
        assert_eq!(other.fd(), Ok(fd));
        assert!(is_readable(fd));
    }

    #[test]
    fn threads_that_have_ended_are_forgotten() {
        let wake = CallWake::new().unwrap();
        for _ in 0..5 {
            thread::scope(|scope| scope.spawn(|| wake.fd().map(drop)).join().unwrap()).unwrap();
        }
        wake.fd().unwrap();
        assert_eq!(wake.lock().threads.len(), 1);
        wake.raise();
        assert!(is_readable(wake.fd().unwrap()));
    }
}
