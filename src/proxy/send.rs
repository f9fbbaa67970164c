//! Sending a header.

use super::Header;
use crate::error::SendallError;
use crate::socket::Socket;

impl Socket {
    /// Sends a PROXY header to the server that this stream is connected to. It must be the first thing that is sent, also
    /// before a TLS handshake.
    ///
    /// Fails as [`Socket::sendall`] does.
    ///
    /// ```
    /// use tabi::proxy::{Header, Version};
    /// use tabi::{AF_UNIX, SOCK_STREAM, Socket};
    ///
    /// let (proxy, server) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// proxy.send_proxy_header(&Header::unknown(Version::V1))?;
    /// assert_eq!(server.recv(100)?, b"PROXY UNKNOWN\r\n");
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn send_proxy_header(&self, header: &Header) -> Result<(), SendallError> {
        let bytes = header.to_bytes().map_err(|error| SendallError { sent: 0, error })?;
        self.sendall(&bytes)
    }
}
