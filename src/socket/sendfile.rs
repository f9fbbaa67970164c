//! Sending files over a socket, without copying them where the system can do this.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::mem::ManuallyDrop;

use socket2::SockRef;

use super::Socket;
use super::timeout::Timeout;
use crate::cancel::{self, Tokens};
use crate::constants::SOCK_STREAM;
use crate::deadline::Limit;
use crate::error::{Error, Result, SendallError};
use crate::sys::{self, AsFile};

/// The number of bytes that are read at once, where the system cannot send the file itself.
const COPY_SIZE: usize = 64 * 1024;

/// How many bytes a call sends at most: what C's `ssize_t` can say.
const MOST_OF_A_CALL: usize = isize::MAX as usize;

impl Socket {
    /// Sends a file over a stream, from byte `offset` on (`socket.sendfile`). Sends `count` bytes, or with
    /// `None` all bytes to the end of the file. On systems of 32 bits, a call sends at most 2^31 - 1 bytes, and another one
    /// can send the rest.
    ///
    /// Returns how many bytes were sent, which is less than `count` at the end of the file. The position of
    /// the file is then behind the sent bytes. One timeout limits the whole call; in Python, the timeout
    /// limits each wait. If the system cannot send the file itself (a pipe, some special files), it is read
    /// and sent. The timeout does not limit the reading, and bytes that were read from a pipe but could not
    /// be sent are lost.
    ///
    /// Fails as [`Socket::sendall`] does; the error says how many bytes were sent. Fails with
    /// [`Error::Value`] for a `count` of 0, for a socket that is not a stream, and for a non-blocking socket,
    /// and with [`Error::Overflow`] for an `offset` of 2^63 or more.
    ///
    /// ```
    /// use tabi::{AF_UNIX, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// assert_eq!(one.sendfile(&file, 0, Some(9))?, 9);
    /// assert_eq!(other.recv(100)?.len(), 9);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn sendfile(
        &self,
        file: impl AsFile,
        offset: u64,
        count: Option<usize>,
    ) -> Result<usize, SendallError> {
        self.sendfile_until(file, offset, count, Limit::Timeout)
    }

    /// [`Socket::sendfile`] with a limit instead of the timeout.
    pub fn sendfile_until(
        &self,
        file: impl AsFile,
        offset: u64,
        count: Option<usize>,
        limit: Limit,
    ) -> Result<usize, SendallError> {
        let nothing = |error| SendallError { sent: 0, error };
        self.check_sendfile(offset, count, limit).map_err(nothing)?;
        let limit = self.whole(limit);
        let count = count.unwrap_or(usize::MAX).min(MOST_OF_A_CALL);
        let mut source = Source { file: sys::lend_file(&file), offset, count, sent: 0 };
        let result = cancel::under_that_of(&self.cancel, || self.send_source(&mut source, limit));
        source.set_position();
        let sent = source.sent;
        result.map(|()| sent).map_err(|error| SendallError { sent, error })
    }

    fn send_source(&self, source: &mut Source, limit: Limit) -> Result<()> {
        if self.can_send_files(limit)? {
            match self.send_by_system(source, limit) {
                Err(Error::Os(errno)) if source.sent == 0 && sys::SENDFILE_REFUSALS.contains(&errno) => {}
                result => return result,
            }
        }
        self.send_by_copying(source, limit)
    }

    fn check_sendfile(&self, offset: u64, count: Option<usize>, limit: Limit) -> Result<()> {
        if self.kind != SOCK_STREAM {
            return Err(Error::value(format_args!(
                "only SOCK_STREAM type sockets are supported, got {:?}",
                self.kind
            )));
        }
        if count == Some(0) {
            return Err(Error::value("count must be a positive integer (got 0)"));
        }
        if i64::try_from(offset).is_err() {
            return Err(Error::overflow(format_args!("offset must be below 2**63 bytes, got {offset}")));
        }
        if limit == Limit::Timeout && self.mode.timeout() == Timeout::ZERO {
            return Err(Error::value("non-blocking sockets are not supported"));
        }
        Ok(())
    }

    /// Whether `sendfile(2)` may be used. It has no flag that keeps it from blocking. On a descriptor that
    /// blocks, perhaps because another owner has cleared O_NONBLOCK, it would ignore a deadline. It would
    /// also ignore a close if the connection has another owner. Under a token, `send_by_system` sets O_NONBLOCK.
    fn can_send_files(&self, limit: Limit) -> Result<bool> {
        let call = self.handle.enter()?;
        let may_block = limit == Limit::Timeout && !self.wakes_by_fd(&call);
        Ok(may_block || sys::is_nonblocking(&SockRef::from(&call))?)
    }

    fn send_by_copying(&self, source: &mut Source, limit: Limit) -> Result<()> {
        let mut buffer = super::io::reserve(COPY_SIZE)?;
        buffer.resize(COPY_SIZE, 0);
        while source.left() > 0 {
            let size = source.left().min(COPY_SIZE);
            let n = match source.read(&mut buffer[..size]) {
                Err(error) if error.kind() == ErrorKind::Interrupted && !self.is_interruptible() => continue,
                result => result?,
            };
            if n == 0 {
                return Ok(());
            }
            match self.sendall_until(&buffer[..n], 0, limit) {
                Ok(()) => {
                    source.sent += n;
                    if source.left() > 0 {
                        Tokens::of(&self.cancel).check()?;
                    }
                }
                Err(partial) => {
                    source.sent += partial.sent;
                    return Err(partial.error);
                }
            }
        }
        Ok(())
    }
}

sys::unix_only! {
    /// The most bytes that one system call sends, as in Python.
    const MOST: usize = 1 << 30;

    impl Socket {
        fn send_by_system(&self, source: &mut Source, limit: Limit) -> Result<()> {
            let call = self.handle.enter()?;
            // Another thread may remove the timeout during the call.
            let limited = limit != Limit::Timeout || Tokens::are_above(&self.cancel);
            let _never_blocks = limited.then(|| self.mode.never_block(&call)).transpose()?;
            while source.left() > 0 {
                let (file, from, count) =
                    (sys::raw_file(&source.file), source.position(), source.left().min(MOST));
                let plan = super::wait::Plan::send(limit, 0);
                match self.run(plan, |fd, _| sys::sendfile(fd, file, from, count))? {
                    0 => return Ok(()),
                    n => source.sent += n,
                }
                if source.left() > 0 {
                    Tokens::of(&self.cancel).check()?;
                }
            }
            Ok(())
        }
    }
}

/// A file that is being sent.
pub(super) struct Source {
    pub(super) file: ManuallyDrop<File>,
    offset: u64,
    count: usize,
    pub(super) sent: usize,
}

impl Source {
    pub(super) fn left(&self) -> usize {
        self.count - self.sent
    }

    pub(super) fn position(&self) -> u64 {
        self.offset + self.sent as u64
    }

    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match sys::read_at(&self.file, buffer, self.position()) {
            // A pipe has no positions, but it can be read from its beginning.
            Err(error) if error.raw_os_error() == Some(sys::NO_POSITION) && self.offset == 0 => {
                self.file.read(buffer)
            }
            result => result,
        }
    }

    fn set_position(&mut self) {
        if self.sent > 0 {
            let position = SeekFrom::Start(self.position());
            // This fails for a file that has no position, such as a pipe, and is not needed there.
            let _ = self.file.seek(position);
        }
    }
}
