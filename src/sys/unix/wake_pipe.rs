//! A descriptor that one thread makes readable to wake another from its `poll`: a pipe.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::forks;
use crate::error::Result;
use crate::memory;
use crate::sys::system::{new_pipe, replace};

/// A wake-up descriptor. After [`WakePipe::raise`], or after any bytes were written to [`WakePipe::lent_fd`], it is
/// readable until [`WakePipe::clear`].
pub(crate) struct WakePipe {
    reader: OwnedFd,
    writer: OwnedFd,
    place: &'static Place,
}

impl WakePipe {
    pub(crate) fn new() -> Result<Self> {
        let place = Place::take()?;
        match new_pipe() {
            Ok([reader, writer]) => Ok(WakePipe { reader, writer, place }),
            Err(error) => {
                place.ends.store(Place::FREE, Ordering::SeqCst);
                Err(error)
            }
        }
    }

    /// True in a forked child that has no pipe of its own yet: the pipe is that of the parent, too.
    fn is_inherited(&self) -> bool {
        self.place.process.load(Ordering::SeqCst) != forks()
    }

    /// Gives a forked child a pipe of its own, under the same numbers. Not for two threads at once.
    ///
    /// Fails with `Os(EMFILE)` and `Os(ENFILE)`; then nothing has changed.
    pub(crate) fn renew(&self) -> Result<()> {
        if self.is_inherited() {
            renew(self.reader.as_raw_fd(), self.writer.as_raw_fd())?;
            self.place.process.store(forks(), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Makes the descriptor readable; does nothing in a forked child that has no pipe of its own, where nobody waits for
    /// it. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        if self.is_inherited() {
            return;
        }
        // The write may fail when the pipe is full, but then the descriptor is readable already.
        // SAFETY: the string has one readable byte.
        unsafe { libc::write(self.writer.as_raw_fd(), c"".as_ptr().cast(), 1) };
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

    /// Returns the descriptor to which a program may write instead of [`WakePipe::raise`]. From now on each forked
    /// child gets a pipe of its own at once, because the program may write to this number in the child, too.
    pub(crate) fn lent_fd(&self) -> RawFd {
        // If that fails, somebody else has done it.
        let ends = Place::pack(self.fd(), self.writer.as_raw_fd());
        let _ = self.place.ends.compare_exchange(Place::TAKEN, ends, Ordering::SeqCst, Ordering::SeqCst);
        self.writer.as_raw_fd()
    }
}

impl Drop for WakePipe {
    fn drop(&mut self) {
        // Before the numbers can mean other files.
        self.place.ends.store(Place::FREE, Ordering::SeqCst);
    }
}

/// Puts a new pipe in the place of an inherited one.
fn renew(reader: RawFd, writer: RawFd) -> Result<()> {
    let own = new_pipe()?;
    replace(own[0].as_raw_fd(), reader)?;
    replace(own[1].as_raw_fd(), writer)
}

/// Where a forked child finds the pipe that it has inherited. Places are never freed but used again, and taken without a
/// lock, so that the child may look at all of them whatever other threads of the parent have been doing.
struct Place {
    /// [`Place::FREE`], [`Place::TAKEN`], or the numbers of a pipe that a program knows.
    ends: AtomicU64,
    /// The value of [`forks`] in the process that the pipe belongs to.
    process: AtomicU32,
    next: *const Place,
}

// SAFETY: `next` does not change any more once other threads can see the place, and all else is atomic.
unsafe impl Sync for Place {}

static PLACES: AtomicPtr<Place> = AtomicPtr::new(ptr::null_mut());

impl Place {
    const FREE: u64 = u64::MAX;
    const TAKEN: u64 = u64::MAX - 1;

    fn pack(reader: RawFd, writer: RawFd) -> u64 {
        (u64::from(reader as u32) << 32) | u64::from(writer as u32)
    }

    fn all() -> impl Iterator<Item = &'static Place> {
        // SAFETY: the pointers are those of places, which are never freed.
        let first = unsafe { PLACES.load(Ordering::SeqCst).as_ref() };
        // SAFETY: the pointer is that of a place or NULL, and places are never freed.
        std::iter::successors(first, |place| unsafe { place.next.as_ref() })
    }

    /// Fails with `Os(ENOMEM)`.
    fn take() -> Result<&'static Place> {
        let process = forks();
        // After the handler that counts the forks, so that `renew_all` finds the new number.
        watch_forks();
        let take = |place: &&'static Place| {
            place.ends.compare_exchange(Place::FREE, Place::TAKEN, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        if let Some(place) = Place::all().find(take) {
            place.process.store(process, Ordering::SeqCst);
            return Ok(place);
        }
        let mut place = memory::boxed(Place {
            ends: AtomicU64::new(Place::TAKEN),
            process: AtomicU32::new(process),
            next: ptr::null(),
        })?;
        let mut first = PLACES.load(Ordering::SeqCst);
        loop {
            place.next = first;
            let new = Box::into_raw(place);
            match PLACES.compare_exchange(first, new, Ordering::SeqCst, Ordering::SeqCst) {
                // SAFETY: the place was just made and is never freed from now on.
                Ok(_) => return Ok(unsafe { &*new }),
                Err(now) => {
                    first = now;
                    // SAFETY: nobody has seen the place yet, so it still belongs to this function.
                    place = unsafe { Box::from_raw(new) };
                }
            }
        }
    }
}

/// Lets [`renew_all`] run in each forked child.
fn watch_forks() {
    static WATCHED: AtomicU32 = AtomicU32::new(0);
    if WATCHED.load(Ordering::SeqCst) == 0 && WATCHED.swap(1, Ordering::SeqCst) == 0 {
        // Without memory for the handler, children that write to a number of their parent reach the parent.
        // SAFETY: `renew_all` exists as long as this library and does only what a forked child may do.
        unsafe { libc::pthread_atfork(None, None, Some(renew_all)) };
    }
}

/// Runs in a forked child before its program goes on.
extern "C" fn renew_all() {
    for place in Place::all() {
        let ends = place.ends.load(Ordering::SeqCst);
        if ends == Place::FREE || ends == Place::TAKEN {
            continue;
        }
        let (reader, writer) = ((ends >> 32) as RawFd, ends as u32 as RawFd);
        match renew(reader, writer) {
            Ok(()) => place.process.store(forks(), Ordering::SeqCst),
            // Without a descriptor for a pipe, a write to this number must at least not reach the parent: it fails.
            Err(_) => drop(replace(reader, writer)),
        }
    }
}
