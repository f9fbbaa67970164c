//! `sendfile(2)`, without the signal that it may raise. socket2 takes offsets of 32 bits on 32-bit systems.

use std::os::fd::RawFd;

/// Sends at most `count` bytes of a file from `offset` on; how many, or -1.
pub(crate) fn sendfile(socket: RawFd, file: RawFd, offset: u64, count: usize) -> isize {
    without_sigpipe(|| {
        let mut offset = offset as libc::off64_t;
        // SAFETY: `offset` outlives the call; the descriptors are numbers.
        unsafe { libc::sendfile64(socket, file, &mut offset, count) }
    })
}

/// Runs a call that knows no MSG_NOSIGNAL, in this thread, without letting its SIGPIPE out.
///
/// The signal goes to the thread that writes: it is held back for the time of the call and taken from what is
/// pending, also after a call that sent something and then met the closed connection. splice(2) and vmsplice(2)
/// raise it too, and ignoring it would concern the whole process; three short system calls are little beside a file.
fn without_sigpipe(call: impl FnOnce() -> isize) -> isize {
    // SAFETY: sigset_t is plain integers; the calls only fill and read the sets that they are given.
    unsafe {
        let mut pipe: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before);
        // One that was pending before is somebody else's; only a thread that blocks the signal can have one.
        let others = libc::sigismember(&before, libc::SIGPIPE) == 1 && is_pending(libc::SIGPIPE);
        let result = call();
        let errno = crate::error::last_errno();
        if !others {
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            while libc::sigtimedwait(&pipe, std::ptr::null_mut(), &at_once) == -1
                && crate::error::last_errno() == libc::EINTR
            {}
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        crate::sys::set_errno(errno);
        result
    }
}

fn is_pending(signal: libc::c_int) -> bool {
    // SAFETY: sigset_t is plain integers; the calls only fill and read it.
    unsafe {
        let mut pending: libc::sigset_t = std::mem::zeroed();
        libc::sigpending(&mut pending) == 0 && libc::sigismember(&pending, signal) == 1
    }
}
