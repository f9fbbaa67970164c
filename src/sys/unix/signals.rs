//! Signals that a program waits for, as bytes in a pipe.
//!
//! The handlers are of the process that has installed them. In a forked child the signals mean what they meant before.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use libc::c_int;

use super::{WakePipe, forks};
use crate::error::{Error, Result, last_errno};
use crate::sys::{set_errno, syscall};

/// The signals for which one caller in this process waits. They have their former meaning when this is dropped.
pub(crate) struct Signals {
    pipe: &'static WakePipe,
    installed: Vec<c_int>,
}

/// Where the pipe of this process is. It stays, because a handler may be writing to it in another thread.
static PIPE: OnceLock<WakePipe> = OnceLock::new();
static WRITER: AtomicI32 = AtomicI32::new(-1);

/// The process that waits for signals: one more than its [`forks`]. 0 means none.
static WAITING: AtomicU32 = AtomicU32::new(0);

/// What each signal meant before. Zeros are the default action.
static REPLACED: [Slot; MOST] = [const { Slot(UnsafeCell::new(MaybeUninit::zeroed())) }; MOST];

/// Signals that say that the program itself is wrong. No handler may return from them, because the same instruction would
/// fail again.
const OF_FAULTS: [c_int; 4] = [libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV];

/// One more than the greatest number of a signal on any system.
const MOST: usize = 129;

struct Slot(UnsafeCell<MaybeUninit<libc::sigaction>>);

// SAFETY: the slot of a signal is written by the one owner of `Signals`, before the handler is installed that reads it.
unsafe impl Sync for Slot {}

fn this_process() -> u32 {
    forks().wrapping_add(1)
}

/// Makes a byte of each signal. In a forked child, and when nobody waits any more, it lets the signal do what it did
/// before.
extern "C" fn on_signal(signal: c_int) {
    let errno = last_errno();
    if WAITING.load(Ordering::SeqCst) == this_process() {
        // If the pipe is full, enough signals have come.
        // SAFETY: the string has one readable byte.
        unsafe { libc::write(WRITER.load(Ordering::SeqCst), c"".as_ptr().cast(), 1) };
    } else {
        let replaced = REPLACED[signal as usize].0.get().cast::<libc::sigaction>();
        // SAFETY: the slot holds an action, which does not change while this handler is installed. Both calls are allowed
        // in a handler; the signal comes again when this handler returns.
        unsafe {
            libc::sigaction(signal, replaced, std::ptr::null_mut());
            libc::raise(signal);
        }
    }
    set_errno(errno);
}

impl Signals {
    /// Installs a handler for each of these signals.
    ///
    /// Fails with [`Error::Value`] when this process waits for signals already, with `Os(EINVAL)` for a number that is
    /// no signal, cannot be handled, or is one of `OF_FAULTS`, and with `Os(EMFILE)` and `Os(ENOMEM)`; then no signal has changed its meaning.
    pub(crate) fn install(signals: &[c_int]) -> Result<Signals> {
        if PIPE.get().is_none() {
            let _ = PIPE.set(WakePipe::new()?);
        }
        let Some(pipe) = PIPE.get() else { return Err(Error::Os(libc::ENOMEM)) };
        WRITER.store(pipe.lent_fd(), Ordering::SeqCst);
        let waiting = WAITING.load(Ordering::SeqCst);
        // Another number is that of a process of which this one is a forked child.
        let is_free = waiting != this_process()
            && WAITING.compare_exchange(waiting, this_process(), Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !is_free {
            return Err(Error::value("this process waits for signals already"));
        }
        let mut own = Signals { pipe, installed: Vec::new() };
        pipe.renew()?;
        pipe.clear();
        for &signal in signals {
            own.add(signal)?;
        }
        Ok(own)
    }

    fn add(&mut self, signal: c_int) -> Result<()> {
        if self.installed.contains(&signal) {
            return Ok(());
        }
        if OF_FAULTS.contains(&signal) {
            return Err(Error::Os(libc::EINVAL));
        }
        let slot = usize::try_from(signal).ok().and_then(|index| REPLACED.get(index));
        let slot = slot.ok_or(Error::Os(libc::EINVAL))?.0.get().cast::<libc::sigaction>();
        crate::memory::reserve(&mut self.installed, 1)?;
        let mut before = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: the call writes one action.
        unsafe { syscall!(sigaction(signal, std::ptr::null(), before.as_mut_ptr())) }?;
        // SAFETY: zeros are an action, and the call has written one.
        let before = unsafe { before.assume_init() };
        if !is_own(&before) {
            // SAFETY: this process owns the slots while it waits, and the handler that reads this one is not installed.
            unsafe { slot.write(before) };
        }
        // SAFETY: zeros are an action without flags and with an empty mask.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = on_signal as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        // SAFETY: the handler does only what a handler may do, and exists as long as this library.
        unsafe { syscall!(sigaction(signal, &action, std::ptr::null_mut())) }?;
        self.installed.push(signal);
        Ok(())
    }

    /// Returns a descriptor that is readable when a signal has come.
    pub(crate) fn fd(&self) -> RawFd {
        self.pipe.fd()
    }

    /// Returns how many signals have come since the last call.
    pub(crate) fn take(&self) -> usize {
        let mut bytes = [0u8; 64];
        // SAFETY: `bytes` has as many writable bytes as stated. The read does not block.
        let count = unsafe { libc::read(self.fd(), bytes.as_mut_ptr().cast(), bytes.len()) };
        usize::try_from(count).unwrap_or(0)
    }
}

fn is_own(action: &libc::sigaction) -> bool {
    action.sa_sigaction == on_signal as extern "C" fn(c_int) as usize
}

impl Drop for Signals {
    fn drop(&mut self) {
        for &signal in &self.installed {
            let mut now = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: the call writes one action.
            unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) };
            // SAFETY: zeros are an action, and so is what the call has written.
            if is_own(unsafe { now.assume_init_ref() }) {
                let replaced = REPLACED[signal as usize].0.get().cast::<libc::sigaction>();
                // SAFETY: the slot holds what the signal meant before this handler was installed.
                unsafe { libc::sigaction(signal, replaced, std::ptr::null_mut()) };
            }
        }
        WAITING.store(0, Ordering::SeqCst);
    }
}
