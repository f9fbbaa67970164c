//! Tokens that cancel calls, in C.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cancel::{self, Cancel};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffi::boundary::{Outcome, boundary, give, not_null, status, take_back};
use crate::ffi::socket::{duration, socket, tabi_sock};

/// A token that cancels calls: once it is triggered, every call under it ends with TABI_ERR_CANCELLED, in any thread and
/// for ever.
///
/// A call is under the tokens that its thread has entered with tabi_cancel_enter(), and under that of its socket
/// (tabi_set_cancel()). All calls that may wait heed them: those of sockets and files, look-ups,
/// tabi_create_connection(), and those that serve. A call that begins under a triggered token fails at once and moves
/// nothing, but tabi_poll() and tabi_poll_until() first look at what is ready. tabi_connect_ex() returns ECANCELED
/// instead, as for other errors. A call that waits ends at once. A call that has done something returns its result, or
/// says how much it did, so that no byte is lost and the socket can still be used. A connect that was cancelled goes on
/// in the system: tabi_finish_connect_until() waits for it, and tabi_close() ends it.
///
/// A token has no descriptor until a call has to wait under it, and then one for all that wait. If there is none left,
/// the call fails with -EMFILE, -ENFILE or -ENOMEM. In a forked child the token is a copy: what is triggered in one of
/// the two processes is not triggered in the other.
///
/// A token is counted: tabi_cancel_ref() adds a reference, tabi_cancel_free() gives one back. Threads and sockets to which
/// it is attached have references of their own, and so have calls that wait.
pub struct tabi_cancel {
    cancel: Cancel,
    references: AtomicUsize,
}

impl tabi_cancel {
    /// The core's token.
    pub(crate) fn core(&self) -> Cancel {
        self.cancel.clone()
    }
}

fn token(cancel: Option<&tabi_cancel>) -> Outcome<&tabi_cancel> {
    not_null(cancel, "cancel")
}

/// Gives the token of this deadline to C.
fn made(
    deadline: impl FnOnce() -> Result<Deadline>,
    out: Option<&mut MaybeUninit<*mut tabi_cancel>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let cancel = Cancel::until(deadline()?)?;
        out.write(give(tabi_cancel { cancel, references: AtomicUsize::new(1) })?);
        Ok(())
    })
}

/// Makes a token that counts as triggered, too, once `seconds` have passed. TABI_NO_TIMEOUT: only
/// tabi_cancel_trigger() triggers it.
///
/// Calls look at the time when they have to wait. When the timeout of the socket passes first, the call fails with
/// TABI_ERR_TIMEOUT. Returns 0 and a token, which tabi_cancel_free() frees. Errors: TABI_ERR_VALUE when `seconds` is
/// negative or NaN; TABI_ERR_OVERFLOW for 2^63 nanoseconds or more; -ENOMEM.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_new(seconds: f64, out: Option<&mut MaybeUninit<*mut tabi_cancel>>) -> c_int {
    made(|| Ok(Deadline::after_timeout(duration("seconds", seconds)?)), out)
}

/// Makes a token that counts as triggered, too, once this deadline has passed (see tabi_deadline()).
///
/// The results are those of tabi_cancel_new().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_new_until(
    deadline: i64,
    out: Option<&mut MaybeUninit<*mut tabi_cancel>>,
) -> c_int {
    made(|| Ok(Deadline::from_monotonic(deadline)), out)
}

/// Adds a reference to a token, which tabi_cancel_free() gives back. Returns `cancel`; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cancel_ref(cancel: *mut tabi_cancel) -> *mut tabi_cancel {
    // SAFETY: the caller passes NULL, or a token of which it has a reference.
    if let Some(token) = unsafe { cancel.as_ref() } {
        token.references.fetch_add(1, Ordering::Relaxed);
    }
    cancel
}

/// Gives a reference to a token back. The last one frees the token. Calls under it still heed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cancel_free(cancel: *mut tabi_cancel) {
    // SAFETY: the caller passes NULL, or a token of which it has a reference.
    let Some(token) = (unsafe { cancel.as_ref() }) else { return };
    if token.references.fetch_sub(1, Ordering::AcqRel) == 1 {
        // SAFETY: the token came from `give`, and nobody else has a reference any more.
        unsafe { take_back(cancel) };
    }
}

/// Triggers a token, once and for ever. Doing it again changes nothing.
///
/// Any thread may call this, and a signal handler may too: the function is async-signal-safe and leaves errno as it was.
/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_trigger(cancel: Option<&tabi_cancel>) -> c_int {
    status(|| {
        token(cancel)?.cancel.cancel();
        Ok(())
    })
}

/// Returns 1 if a token was triggered or its time has passed, and 0 otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_is_triggered(cancel: Option<&tabi_cancel>) -> c_int {
    boundary(|| Ok(token(cancel)?.cancel.is_cancelled().into()))
}

/// Puts the calls of this thread under a token until tabi_cancel_leave().
///
/// A thread may enter several tokens, and one of them several times. Its calls are under all of them, and end when any
/// is triggered. The thread keeps a reference to the token. A handler of a server need not leave: the server does it
/// when the handler returns. A thread that ends without leaving keeps its reference for ever. Returns 0 or -ENOMEM.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_enter(cancel: Option<&tabi_cancel>) -> c_int {
    status(|| Ok(cancel::enter(&token(cancel)?.cancel)?))
}

/// Ends what the last tabi_cancel_enter() of this thread has begun, which must have been with the same token.
///
/// Returns 0. Errors: TABI_ERR_VALUE when the thread has entered another token since, or none; nothing changes then.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cancel_leave(cancel: Option<&tabi_cancel>) -> c_int {
    status(|| Ok(cancel::leave(&token(cancel)?.cancel)?))
}

/// Puts the calls on a socket that begin from now on under a token, in all threads. NULL removes the token.
///
/// The socket keeps a reference to the token. Calls that have begun before stay under what they began with. Those
/// that go on after a part of their work, such as tabi_sendall(), are then under the new token, too. Duplicates and
/// accepted sockets have no token. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_cancel(sk: Option<&tabi_sock>, cancel: Option<&tabi_cancel>) -> c_int {
    status(|| {
        socket(sk)?.set_cancel(cancel.map(|token| &token.cancel));
        Ok(())
    })
}
