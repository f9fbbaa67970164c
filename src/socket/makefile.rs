//! Python's `socket.makefile`: a buffered reader and a buffered writer.

use super::Socket;
use super::reader::SocketReader;
use super::writer::SocketWriter;

impl Socket {
    /// Makes a buffered reader on this socket (`socket.makefile("rb")`).
    ///
    /// ```
    /// use std::io::Write;
    /// use tabi::{AF_UNIX, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let mut writer = one.makefile_writer();
    /// writer.write_all(b"first line\nsecond")?;
    /// writer.flush()?;
    /// one.shutdown(tabi::SHUT_WR)?;
    /// let mut reader = other.makefile_reader();
    /// assert_eq!(reader.readline(100)?, b"first line\n");
    /// assert_eq!(reader.readline(100)?, b"second");
    /// assert_eq!(reader.readline(100)?, b"");
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn makefile_reader(&self) -> SocketReader<&Socket> {
        SocketReader::new(self)
    }

    /// Makes a buffered writer on this socket (`socket.makefile("wb")`).
    pub fn makefile_writer(&self) -> SocketWriter<&Socket> {
        SocketWriter::new(self)
    }
}
