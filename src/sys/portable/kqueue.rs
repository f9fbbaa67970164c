//! The calls and the structure of kqueue. Its members have other types on each system, so nothing but this file names them.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use crate::error::{Error, Result};

#[cfg(not(target_os = "linux"))]
use libc as system;

/// The kqueue of `tests/like_macos/kqueue.c`, for the backend that behaves like macOS. Its names and numbers are those of macOS.
#[cfg(target_os = "linux")]
#[allow(non_camel_case_types, reason = "these are names of C")]
mod system {
    use std::ffi::{c_int, c_short, c_uint, c_ushort, c_void};

    #[repr(C)]
    pub(super) struct kevent {
        pub(super) ident: usize,
        pub(super) filter: c_short,
        pub(super) flags: c_ushort,
        pub(super) fflags: c_uint,
        pub(super) data: isize,
        pub(super) udata: *mut c_void,
    }

    pub(super) const EVFILT_READ: c_short = -1;
    pub(super) const EVFILT_USER: c_short = -10;
    pub(super) const EV_ADD: c_ushort = 0x1;
    pub(super) const EV_DELETE: c_ushort = 0x2;
    pub(super) const EV_ONESHOT: c_ushort = 0x10;
    pub(super) const EV_CLEAR: c_ushort = 0x20;
    pub(super) const NOTE_TRIGGER: c_uint = 0x0100_0000;

    #[link(name = "tabi_macos_rules")]
    unsafe extern "C" {
        pub(super) fn kqueue() -> c_int;
        pub(super) fn kevent(
            kqueue: c_int,
            changes: *const kevent,
            change_count: c_int,
            events: *mut kevent,
            event_count: c_int,
            limit: *const libc::timespec,
        ) -> c_int;
    }
}

/// The most tokens that [`wait`] returns.
const MOST: usize = 64;
/// The longest wait in seconds. macOS refuses a longer one with EINVAL.
const LONGEST: u64 = 100_000_000;

const _: () =
    assert!(size_of::<usize>() == size_of::<u64>(), "a token must fit into the pointer of an event");

/// What is changed about an event.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// The token is reported once, as soon as there is something to read from this descriptor.
    ReadOnce(RawFd),
    /// The descriptor is forgotten.
    Forget(RawFd),
    /// The token is reported after each [`Change::Trigger`].
    AddBell,
    Trigger,
}

/// Makes a kqueue. A forked child does not inherit it.
pub(super) fn new() -> Result<OwnedFd> {
    // SAFETY: kqueue touches no memory.
    let fd = checked(unsafe { system::kqueue() })?;
    // SAFETY: the descriptor was just made and has no other owner.
    let kqueue = unsafe { OwnedFd::from_raw_fd(fd) };
    crate::sys::set_close_on_exec(fd);
    Ok(kqueue)
}

/// Makes one change.
pub(super) fn change(kqueue: RawFd, change: Change, token: u64) -> Result<()> {
    let event = event(change, token);
    let (nothing, no_limit) = (std::ptr::null_mut(), std::ptr::null());
    // SAFETY: the change is readable for the call, and no events are asked for.
    checked(unsafe { system::kevent(kqueue, &event, 1, nothing, 0, no_limit) }).map(drop)
}

/// Waits until there are tokens, but not longer than this, and writes them. Returns how many they are, or `None` if the wait
/// was interrupted.
pub(super) fn wait(kqueue: RawFd, tokens: &mut [u64], limit: Duration) -> Option<usize> {
    // SAFETY: a `kevent` of zeros is a value of its type.
    let mut events: [system::kevent; MOST] = unsafe { std::mem::zeroed() };
    let space = tokens.len().min(MOST);
    let limit =
        libc::timespec { tv_sec: limit.as_secs().min(LONGEST) as _, tv_nsec: limit.subsec_nanos() as _ };
    // SAFETY: `events` has space for as many events as stated, and the limit is readable.
    let ready =
        unsafe { system::kevent(kqueue, std::ptr::null(), 0, events.as_mut_ptr(), space as _, &limit) };
    let ready = usize::try_from(ready).ok()?;
    for (token, event) in tokens.iter_mut().zip(&events[..ready]) {
        *token = event.udata as usize as u64;
    }
    Some(ready)
}

#[allow(clippy::unnecessary_cast, reason = "the types of the members differ between systems")]
fn event(change: Change, token: u64) -> system::kevent {
    let (ident, filter, flags, fflags) = match change {
        Change::ReadOnce(fd) => (fd, system::EVFILT_READ, system::EV_ADD | system::EV_ONESHOT, 0),
        Change::Forget(fd) => (fd, system::EVFILT_READ, system::EV_DELETE, 0),
        Change::AddBell => (0, system::EVFILT_USER, system::EV_ADD | system::EV_CLEAR, 0),
        Change::Trigger => (0, system::EVFILT_USER, 0, system::NOTE_TRIGGER),
    };
    // SAFETY: a `kevent` of zeros is a value of its type.
    let mut event: system::kevent = unsafe { std::mem::zeroed() };
    event.ident = ident as _;
    event.filter = filter as _;
    event.flags = flags as _;
    event.fflags = fflags as _;
    event.udata = token as usize as _;
    event
}

fn checked(result: libc::c_int) -> Result<libc::c_int> {
    if result == -1 { Err(Error::last_os()) } else { Ok(result) }
}
