//! The events of a console, which stand for the signals of other systems: Ctrl-C, Ctrl-Break, and the end of the console
//! or of the session.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

use super::{Wake, libc};
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;

/// The events for which one caller in this process waits. They have their former meaning when this is dropped.
pub(crate) struct Signals {
    wake: &'static Wake,
}

/// What the handler raises. It stays, because the handler may be running in another thread.
static WAKE: OnceLock<Wake> = OnceLock::new();
static WAITING: AtomicBool = AtomicBool::new(false);
/// How many events have come.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// The signals that are waited for: a bit for each number.
static WANTED: AtomicU32 = AtomicU32::new(0);

/// The number of Ctrl-Break, as the C library has it.
const SIGBREAK: c_int = 21;

/// Runs in a thread of the system's own. Returns whether the event needs no other handler.
unsafe extern "system" fn on_event(event: u32) -> BOOL {
    let signal = match event {
        CTRL_C_EVENT => libc::SIGINT,
        CTRL_BREAK_EVENT => SIGBREAK,
        // The console is closed, the user logs off, or the system ends.
        _ => libc::SIGTERM,
    };
    if WANTED.load(Ordering::SeqCst) & (1 << signal) == 0 {
        return 0;
    }
    COUNT.fetch_add(1, Ordering::SeqCst);
    if let Some(wake) = WAKE.get() {
        wake.raise();
    }
    if signal == libc::SIGTERM {
        // The system ends the process when the handler returns. Until then the program has a few seconds to end itself.
        thread::sleep(Duration::MAX);
    }
    1
}

impl Signals {
    /// Installs a handler for these signals: `SIGINT` is Ctrl-C, `SIGBREAK` Ctrl-Break, and `SIGTERM` the end of the
    /// console or of the session.
    ///
    /// Fails with [`Error::Value`] when this process waits for signals already, and with `Os(EINVAL)` for another number;
    /// then no event has changed its meaning.
    pub(crate) fn install(signals: &[c_int]) -> Result<Signals> {
        let known = [libc::SIGINT, libc::SIGTERM, SIGBREAK];
        if !signals.iter().all(|signal| known.contains(signal)) {
            return Err(Error::Os(libc::EINVAL));
        }
        if WAKE.get().is_none() {
            let _ = WAKE.set(Wake::new()?);
        }
        let Some(wake) = WAKE.get() else { return Err(Error::Os(libc::ENOMEM)) };
        if WAITING.swap(true, Ordering::SeqCst) {
            return Err(Error::value("this process waits for signals already"));
        }
        let own = Signals { wake };
        COUNT.store(0, Ordering::SeqCst);
        wake.clear();
        let wanted = signals.iter().fold(0, |all, signal| all | 1 << signal);
        WANTED.store(wanted, Ordering::SeqCst);
        // SAFETY: the handler exists as long as this library, and any thread may run it.
        if unsafe { SetConsoleCtrlHandler(Some(on_event), 1) } == 0 {
            return Err(Error::last_os());
        }
        Ok(own)
    }

    /// Returns a socket that is readable when an event has come.
    pub(crate) fn fd(&self) -> RawFd {
        self.wake.fd()
    }

    /// Returns how many events have come since the last call.
    pub(crate) fn take(&self) -> usize {
        self.wake.clear();
        COUNT.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        WANTED.store(0, Ordering::SeqCst);
        // SAFETY: the handler may be removed at any time, also if it was never installed.
        unsafe { SetConsoleCtrlHandler(Some(on_event), 0) };
        WAITING.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use windows_sys::Win32::System::Console::CTRL_CLOSE_EVENT;

    use super::*;
    use crate::sys::libc::{POLLIN, pollfd};
    use crate::sys::poll;

    /// The console is closed: the system would end the process with the return of the handler.
    #[test]
    fn the_handler_of_an_end_does_not_return_before_the_program_has_ended() {
        let signals = Signals::install(&[libc::SIGTERM]).unwrap();
        let (end, has_ended) = mpsc::channel();
        // SAFETY: the handler may run in any thread.
        thread::spawn(move || end.send(unsafe { on_event(CTRL_CLOSE_EVENT) }));
        let mut wake = [pollfd { fd: signals.fd(), events: POLLIN, revents: 0 }];
        poll(&mut wake, None).unwrap();
        assert_eq!(signals.take(), 1);
        assert!(has_ended.recv_timeout(Duration::from_millis(50)).is_err());
        drop(signals);
        // SAFETY: the handler may run in any thread.
        assert_eq!(unsafe { on_event(CTRL_CLOSE_EVENT) }, 0, "nobody waits for it any more");
    }
}
