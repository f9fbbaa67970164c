//! Starting a program with descriptors at given numbers.
//!
//! The standard library's `Command` panics when it cannot read what became of the child, and copies the environment into
//! memory that cannot fail.

use std::ffi::{CStr, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use crate::error::{Error, Result};
use crate::sys::system;

/// Starts a program, which is looked for in PATH unless its path has a slash. The first argument is its name; a NULL ends
/// the arguments, and another the environment. Each descriptor of `placed` gets the number beside it.
///
/// Nothing is blocked in the new program, and SIGPIPE ends it, whatever this process does with signals.
pub(crate) fn spawn(
    path: &CStr,
    arguments: &[*mut c_char],
    environment: &[*mut c_char],
    placed: impl Iterator<Item = (RawFd, RawFd)>,
) -> Result<libc::pid_t> {
    debug_assert!(arguments.last().is_some_and(|last| last.is_null()));
    debug_assert!(environment.last().is_some_and(|last| last.is_null()));
    let mut actions = MaybeUninit::uninit();
    let mut actions = Actions::init(&mut actions)?;
    for (from, to) in placed {
        actions.add_dup2(from, to)?;
    }
    let mut attributes = MaybeUninit::uninit();
    let mut attributes = Attributes::init(&mut attributes)?;
    attributes.reset_signals()?;
    let mut pid = 0;
    // SAFETY: the path ends with NUL, and so do the strings of the two lists, which NULL ends. Actions and attributes are
    // initialised.
    check(unsafe {
        libc::posix_spawnp(
            &mut pid,
            path.as_ptr(),
            actions.0,
            attributes.0,
            arguments.as_ptr(),
            environment.as_ptr(),
        )
    })?;
    Ok(pid)
}

/// What the new process does with descriptors. The object stays where it was initialised.
struct Actions<'a>(&'a mut libc::posix_spawn_file_actions_t);

impl<'a> Actions<'a> {
    fn init(place: &'a mut MaybeUninit<libc::posix_spawn_file_actions_t>) -> Result<Actions<'a>> {
        // SAFETY: the place is writable for one object.
        check(unsafe { libc::posix_spawn_file_actions_init(place.as_mut_ptr()) })?;
        // SAFETY: the call has initialised the object.
        Ok(Actions(unsafe { place.assume_init_mut() }))
    }

    fn add_dup2(&mut self, from: RawFd, to: RawFd) -> Result<()> {
        // SAFETY: the object is initialised. The numbers are only noted.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(self.0, from, to) })
    }
}

impl Drop for Actions<'_> {
    fn drop(&mut self) {
        // SAFETY: the object is initialised, and nobody uses it any more.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0) };
    }
}

/// How the new process begins. The object stays where it was initialised.
struct Attributes<'a>(&'a mut libc::posix_spawnattr_t);

impl<'a> Attributes<'a> {
    fn init(place: &'a mut MaybeUninit<libc::posix_spawnattr_t>) -> Result<Attributes<'a>> {
        // SAFETY: the place is writable for one object.
        check(unsafe { libc::posix_spawnattr_init(place.as_mut_ptr()) })?;
        // SAFETY: the call has initialised the object.
        Ok(Attributes(unsafe { place.assume_init_mut() }))
    }

    /// Blocks no signal, and lets SIGPIPE end the process.
    fn reset_signals(&mut self) -> Result<()> {
        let mut place = MaybeUninit::uninit();
        // SAFETY: the place is writable for one set.
        unsafe { libc::sigemptyset(place.as_mut_ptr()) };
        // SAFETY: the call has initialised the set.
        let signals: &mut libc::sigset_t = unsafe { place.assume_init_mut() };
        // SAFETY: the object and the set are initialised; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigmask(self.0, signals) })?;
        // SAFETY: the set is initialised, and the signal exists.
        unsafe { libc::sigaddset(signals, libc::SIGPIPE) };
        // SAFETY: the object and the set are initialised; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigdefault(self.0, signals) })?;
        let flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        // SAFETY: the object is initialised, and these flags need nothing else.
        check(unsafe { libc::posix_spawnattr_setflags(self.0, flags as _) })
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: the object is initialised, and nobody uses it any more.
        unsafe { libc::posix_spawnattr_destroy(self.0) };
    }
}

/// The result of a call that returns its error.
fn check(error: c_int) -> Result<()> {
    if error == 0 { Ok(()) } else { Err(Error::Os(error)) }
}

/// Yields the variables of this process, as the C library keeps them.
///
/// # Safety
///
/// Nobody changes the environment while the iterator is used.
pub(crate) unsafe fn environment() -> impl Iterator<Item = *mut c_char> {
    // SAFETY: the caller promises that nobody changes the environment.
    let mut next = unsafe { system::environment_list() };
    std::iter::from_fn(move || {
        // SAFETY: the list is NULL or goes on until its NULL, which has not come yet.
        let variable = unsafe { next.as_ref() }.copied().filter(|variable| !variable.is_null())?;
        next = next.wrapping_add(1);
        Some(variable)
    })
}
