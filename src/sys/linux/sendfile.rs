//! `sendfile(2)` without SIGPIPE. The call of socket2 has offsets of only 32 bits on 32-bit systems.

use std::os::fd::RawFd;

/// Sends at most `count` bytes of a file, beginning at `offset`. Returns how many were sent, or -1 and sets `errno`.
pub(crate) fn sendfile(socket: RawFd, file: RawFd, offset: u64, count: usize) -> isize {
    without_sigpipe(|| {
        let mut offset = offset as libc::off64_t;
        // SAFETY: `offset` is writable during the call, and the call accesses no other memory of the process.
        unsafe { libc::sendfile64(socket, file, &mut offset, count) }
    })
}

/// Runs a system call that has no flag MSG_NOSIGNAL, so that the program gets no SIGPIPE from it.
///
/// The system sends SIGPIPE to the thread that writes. This thread therefore blocks the signal during the call, and
/// removes it if it is pending afterwards. That may happen even if the call has sent some bytes. splice(2) and
/// vmsplice(2) would raise the signal too, and ignoring it would change the whole process. The three additional system
/// calls are short beside the sending of a file.
fn without_sigpipe(call: impl FnOnce() -> isize) -> isize {
    // SAFETY: sigset_t is plain integers; the calls only fill and read the sets that they are given.
    unsafe {
        let mut pipe: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before);
        // A signal that was pending before the call must stay. Only a thread that blocks the signal can have one.
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
