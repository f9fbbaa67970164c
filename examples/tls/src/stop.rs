//! How a signal stops the server.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};

static WAKE: AtomicI32 = AtomicI32::new(-1);

/// From now on, SIGTERM stops the server with this wake descriptor.
pub fn on_sigterm(wake_fd: RawFd) -> io::Result<()> {
    WAKE.store(wake_fd, Ordering::SeqCst);
    let handler = stop as extern "C" fn(libc::c_int);
    // SAFETY: the handler calls only write(2), which a signal handler may call.
    match unsafe { libc::signal(libc::SIGTERM, handler as libc::sighandler_t) } {
        libc::SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

extern "C" fn stop(_: libc::c_int) {
    let one = 1u64;
    // SAFETY: it reads the eight bytes of the number.
    unsafe { libc::write(WAKE.load(Ordering::SeqCst), (&raw const one).cast(), size_of::<u64>()) };
}
