//! A handle of the C library that is freed when it is dropped.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use tabi::ffi::*;

pub(crate) struct Sock(NonNull<tabi_sock>);

// SAFETY: any number of threads may use a handle of the library at the same time.
unsafe impl Sync for Sock {}

impl Sock {
    /// Takes over the handle that `make` puts into the place it gets; the error is the code that `make` returns.
    pub(crate) fn made_by(make: impl FnOnce(&mut MaybeUninit<*mut tabi_sock>) -> i32) -> Result<Sock, i32> {
        let mut out = MaybeUninit::uninit();
        match make(&mut out) {
            0 => {
                // SAFETY: the library has written the handle, as it returned 0.
                let handle = unsafe { out.assume_init() };
                Ok(Sock(NonNull::new(handle).expect("success gives a handle")))
            }
            code => Err(code),
        }
    }

    pub(crate) fn new(family: i32, kind: i32) -> Sock {
        Sock::made_by(|out| tabi_socket(family, kind, 0, Some(out))).expect("a socket can be made")
    }

    /// Two connected unix sockets that never wait, and whose queues are soon full.
    pub(crate) fn pair(kind: i32) -> [Sock; 2] {
        let mut one = MaybeUninit::uninit();
        let other =
            Sock::made_by(|other| tabi_socketpair_any(libc::AF_UNIX, kind, 0, Some(&mut one), Some(other)));
        let other = other.expect("a pair can be made");
        // SAFETY: the call has made both.
        let one = Sock(NonNull::new(unsafe { one.assume_init() }).expect("success gives a handle"));
        let pair = [one, other];
        for sock in &pair {
            assert_eq!(tabi_settimeout(sock.get(), 0.0), 0);
            // The system makes it the smallest that it has.
            assert_eq!(tabi_setsockopt(sock.get(), libc::SOL_SOCKET, libc::SO_SNDBUF, 1), 0);
        }
        pair
    }

    pub(crate) fn get(&self) -> Option<&tabi_sock> {
        // SAFETY: the handle is freed by `drop` alone.
        Some(unsafe { self.0.as_ref() })
    }
}

impl Drop for Sock {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle, and this is its last use.
        unsafe { tabi_sock_free(self.0.as_ptr()) };
    }
}
