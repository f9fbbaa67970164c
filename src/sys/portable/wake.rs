//! A descriptor that one thread makes readable to wake another from its `poll`: a pipe.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Result;
use crate::sys::{forks, set_nonblocking, syscall};

/// A wake-up descriptor. After [`Wake::raise`] it is readable until [`Wake::clear`].
pub(crate) struct Wake {
    reader: OwnedFd,
    writer: OwnedFd,
    /// The value of [`forks`] in the process that the pipe belongs to.
    process: AtomicU32,
}

fn new_pipe() -> Result<[OwnedFd; 2]> {
    let mut ends = [0; 2];
    // SAFETY: pipe writes two descriptors.
    unsafe { syscall!(pipe(ends.as_mut_ptr())) }?;
    // SAFETY: both descriptors were just born and have no other owner.
    let pipe = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    for end in ends {
        close_on_exec(end)?;
        set_nonblocking(end, true)?;
    }
    Ok(pipe)
}

fn close_on_exec(fd: RawFd) -> Result<()> {
    // SAFETY: fcntl reads only its own arguments.
    unsafe { syscall!(fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)) }.map(drop)
}

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        let [reader, writer] = new_pipe()?;
        Ok(Wake { reader, writer, process: AtomicU32::new(forks()) })
    }

    /// True in a forked child until [`Wake::renew`]: the pipe is that of the parent, too.
    fn is_inherited(&self) -> bool {
        self.process.load(Ordering::SeqCst) != forks()
    }

    /// Gives a forked child a pipe of its own, under the same numbers. Not for two threads at once.
    ///
    /// Fails with `Os(EMFILE)` and `Os(ENFILE)`; then nothing has changed.
    pub(crate) fn renew(&self) -> Result<()> {
        if self.is_inherited() {
            let own = new_pipe()?;
            for (own, inherited) in own.iter().zip([&self.reader, &self.writer]) {
                // SAFETY: dup2 touches no memory. The number that it replaces belongs to this `Wake`.
                unsafe { syscall!(dup2(own.as_raw_fd(), inherited.as_raw_fd())) }?;
                close_on_exec(inherited.as_raw_fd())?;
            }
            self.process.store(forks(), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Makes the descriptor readable; does nothing in a forked child that has not renewed it, where nobody waits for
    /// it. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        if self.is_inherited() {
            return;
        }
        let one = 1u64.to_ne_bytes();
        // The write may fail when the pipe is full, but then the descriptor is readable already.
        // SAFETY: `one` has eight readable bytes.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it unreadable again, but never that of a parent.
    pub(crate) fn clear(&self) {
        if self.is_inherited() {
            return;
        }
        let mut bytes = [0u8; 64];
        // The read does not block.
        // SAFETY: `bytes` has as many writable bytes as stated.
        while unsafe { libc::read(self.fd(), bytes.as_mut_ptr().cast(), bytes.len()) } == bytes.len() as isize
        {
        }
    }

    /// Returns the descriptor that becomes readable.
    pub(crate) fn fd(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    /// Returns the descriptor to which eight bytes may be written instead of [`Wake::raise`].
    pub(crate) fn write_fd(&self) -> RawFd {
        self.writer.as_raw_fd()
    }
}
