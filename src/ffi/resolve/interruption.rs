//! The C function `tabi_interrupt_lookups`.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::rc::Rc;

use crate::ffi::boundary::{outside, status};
use crate::ffi::socket::tabi_interrupted;
use crate::resolve::interrupt_look_ups;

/// Lets a function decide whether a signal ends the look-ups of this thread that have a deadline: those of
/// tabi_getaddrinfo_until() and its relatives, and of calls by name on sockets with a timeout.
///
/// While such a look-up waits, `interrupted` is called with `userdata` when a signal handler has run in the
/// thread, and every half second, because a signal may have come just before the wait. When it returns
/// another number than 0, the call ends with -EINTR, and otherwise it goes on waiting. NULL, the default,
/// lets no signal end look-ups. tabi_create_connection_with() has a setting of its own. Returns 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_interrupt_lookups(
    interrupted: tabi_interrupted,
    userdata: *mut c_void,
) -> c_int {
    status(|| {
        let ask = interrupted.map(|ask| -> Rc<dyn Fn() -> bool> {
            Rc::new(move || {
                // SAFETY: the function is one of the program for which it has given this userdata.
                outside(|| unsafe { ask(userdata) }) != 0
            })
        });
        interrupt_look_ups(ask);
        Ok(())
    })
}
