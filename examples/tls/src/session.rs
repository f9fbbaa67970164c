//! TLS over a socket of tabi's: rustls has no sockets of its own, it reads and writes anything.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};
use tabi::Socket;
use tabi::server::HandlerResult;

/// The TLS session of a client.
pub struct Session {
    tls: ServerConnection,
    /// What was decrypted and not yet used.
    received: Vec<u8>,
}

impl Session {
    /// Makes the handshake with a client.
    pub fn accept(config: Arc<ServerConfig>, mut socket: &Socket) -> HandlerResult<Session> {
        let mut tls = ServerConnection::new(config)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok(Session { tls, received: Vec::new() })
    }

    /// Reads the head of a request, to its empty line. Returns `None` when the client has ended the connection between
    /// two requests.
    pub fn read_head(&mut self, mut socket: &Socket, longest: usize) -> HandlerResult<Option<String>> {
        loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.received.drain(..end + 4).collect();
                return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
            }
            if self.received.len() > longest {
                return Err("the head of the request is too long".into());
            }
            let mut bytes = [0; 4096];
            match rustls::Stream::new(&mut self.tls, &mut socket).read(&mut bytes) {
                Ok(n @ 1..) => self.received.extend_from_slice(&bytes[..n]),
                // Many clients end the connection without saying so in TLS. No request was lost then.
                Ok(0) if self.received.is_empty() => return Ok(None),
                Err(error) if self.received.is_empty() && error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(None);
                }
                Ok(_) => return Err("the connection ended in the middle of a request".into()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub fn write(&mut self, mut socket: &Socket, bytes: &[u8]) -> io::Result<()> {
        rustls::Stream::new(&mut self.tls, &mut socket).write_all(bytes)
    }

    /// Whether there are decrypted bytes that were not used.
    pub fn has_more(&mut self) -> bool {
        let unread = self.tls.process_new_packets().map_or(0, |state| state.plaintext_bytes_to_read());
        unread > 0 || !self.received.is_empty()
    }

    /// Says in TLS that no more bytes will come.
    pub fn say_goodbye(&mut self, mut socket: &Socket) -> io::Result<()> {
        self.tls.send_close_notify();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut socket)?;
        }
        Ok(())
    }
}
