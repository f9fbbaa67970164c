//! Starting a program with descriptors at given numbers.
//!
//! The standard library's `Command` panics when it cannot read what became of the child, and copies the environment into
//! memory that cannot fail.

use std::ffi::{CStr, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use crate::error::{Error, Result};

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
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: each object is initialised before it is used and destroyed once; the strings and the lists live on, and NULL
    // ends the lists.
    unsafe {
        check(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
        let initialised = check(libc::posix_spawnattr_init(attributes.as_mut_ptr()));
        let started = initialised.and_then(|()| {
            let started = prepare(actions.as_mut_ptr(), attributes.as_mut_ptr(), placed).and_then(|()| {
                let mut pid = 0;
                let (actions, attributes) = (actions.as_ptr(), attributes.as_ptr());
                let (arguments, environment) = (arguments.as_ptr(), environment.as_ptr());
                check(libc::posix_spawnp(
                    &mut pid,
                    path.as_ptr(),
                    actions,
                    attributes,
                    arguments,
                    environment,
                ))?;
                Ok(pid)
            });
            libc::posix_spawnattr_destroy(attributes.as_mut_ptr());
            started
        });
        libc::posix_spawn_file_actions_destroy(actions.as_mut_ptr());
        started
    }
}

/// # Safety
///
/// Both objects are initialised.
unsafe fn prepare(
    actions: *mut libc::posix_spawn_file_actions_t,
    attributes: *mut libc::posix_spawnattr_t,
    placed: impl Iterator<Item = (RawFd, RawFd)>,
) -> Result<()> {
    let mut signals = MaybeUninit::uninit();
    let flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
    // SAFETY: the caller promises the objects, and the first call initialises the set.
    unsafe {
        for (from, to) in placed {
            check(libc::posix_spawn_file_actions_adddup2(actions, from, to))?;
        }
        libc::sigemptyset(signals.as_mut_ptr());
        check(libc::posix_spawnattr_setsigmask(attributes, signals.as_ptr()))?;
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
        check(libc::posix_spawnattr_setsigdefault(attributes, signals.as_ptr()))?;
        check(libc::posix_spawnattr_setflags(attributes, flags as _))
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
    // SAFETY: the C library's list is always valid, and the caller promises that it does not change.
    let mut next = unsafe { list() };
    std::iter::from_fn(move || {
        // SAFETY: the list is NULL or goes on until its NULL, which has not come yet.
        let variable = unsafe { next.as_ref() }.copied().filter(|variable| !variable.is_null())?;
        next = next.wrapping_add(1);
        Some(variable)
    })
}

#[cfg(target_vendor = "apple")]
unsafe fn list() -> *const *mut c_char {
    // SAFETY: the function has no conditions, and what it returns is readable.
    unsafe { *libc::_NSGetEnviron() }
}

#[cfg(not(target_vendor = "apple"))]
unsafe fn list() -> *const *mut c_char {
    #[expect(unused_doc_comments, reason = "cbindgen reads it: this is not our export")]
    /// cbindgen:ignore
    unsafe extern "C" {
        static environ: *const *mut c_char;
    }
    // SAFETY: the caller promises that nobody changes it.
    unsafe { environ }
}
