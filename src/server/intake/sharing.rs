//! Sockets that a server of Windows hands over to its successor. A process inherits none there. So the server prepares them
//! for the successor once this one runs, as bytes (`WSADuplicateSocket`), and the program sends the bytes.
//!
//! Each socket has the length of its name, its name, the length of what the system needs, and that. The lengths are four
//! bytes, the lowest first.

use std::sync::atomic::Ordering;

use super::ListenSocket;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::Server;
use crate::socket::Socket;

impl Server {
    /// Prepares the server's sockets for a successor, the process with this number (`WSADuplicateSocket`), so that a
    /// restart refuses no client. Returns bytes, which the program sends to the successor; only that process can use them,
    /// and once: with [`ListenSocket::from_shared`] and [`crate::server::ServerOptions::adopt`]. The bytes of several
    /// servers may follow each other.
    ///
    /// This server goes on until [`Server::server_close`]. Clients that come in the meantime wait in the queue that both
    /// share. When this server is closed then, its parked connections are not ended at once: each is answered once more,
    /// until the time of `server_close` is over. The server must not be closed before the successor has the sockets.
    ///
    /// Fails with [`Error::Closed`] when the server is closed, with [`Error::Value`] for a name that is too long for its
    /// length, with `Os(ENOMEM)`, and with [`Error::Os`], such as 10022 for a process that does not exist.
    ///
    /// ```no_run
    /// use std::io::{Read, Write};
    /// use std::process::{Command, Stdio};
    /// use std::time::Duration;
    ///
    /// use tabi::server::{ListenSocket, Server};
    ///
    /// # fn restart(chat: &Server) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut successor =
    ///     Command::new("chat-server.exe").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    /// successor.stdin.take().unwrap().write_all(&chat.share(successor.id(), "chat")?)?;
    /// // The successor says that it has the sockets.
    /// successor.stdout.take().unwrap().read_exact(&mut [0])?;
    /// chat.server_close(Some(Duration::from_secs(30)));
    /// # Ok(())
    /// # }
    ///
    /// # fn successor() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut bytes = Vec::new();
    /// std::io::stdin().read_to_end(&mut bytes)?;
    /// let sockets = ListenSocket::from_shared(&bytes)?;
    /// std::io::stdout().write_all(b"!")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn share(&self, process_id: u32, name: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for socket in self.sockets() {
            let shared = socket.share(process_id)?;
            for part in [name.as_bytes(), &shared] {
                let len = u32::try_from(part.len()).map_err(|_| {
                    Error::value(format_args!("a name must have less than 2**32 bytes, got {}", part.len()))
                })?;
                memory::reserve(&mut bytes, size_of::<u32>() + part.len())?;
                bytes.extend(len.to_le_bytes());
                bytes.extend(part);
            }
        }
        self.core.handed_over.store(true, Ordering::Relaxed);
        Ok(bytes)
    }
}

impl ListenSocket {
    /// Makes the sockets that a predecessor has prepared for this process with [`Server::share`], in the same order.
    ///
    /// Fails with [`Error::Value`] for bytes that are cut off or are others, and with [`Error::Os`] for bytes of which the
    /// system makes no socket, such as those for another process. Then there are no sockets.
    pub fn from_shared(bytes: &[u8]) -> Result<Vec<ListenSocket>> {
        let mut rest = bytes;
        let mut sockets = Vec::new();
        while !rest.is_empty() {
            let name = part(&mut rest)?;
            let name = std::str::from_utf8(name)
                .map_err(|_| Error::value("the name of a shared socket must be UTF-8"))?;
            let socket = Socket::fromshare(part(&mut rest)?)?;
            memory::reserve(&mut sockets, 1)?;
            sockets.push(ListenSocket { name: name.to_owned(), socket });
        }
        Ok(sockets)
    }
}

/// Takes a length and as many bytes.
fn part<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let found = rest.split_first_chunk().and_then(|(len, after)| {
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        after.split_at_checked(len)
    });
    let (part, after) = found.ok_or_else(|| Error::value("the bytes of shared sockets are cut off"))?;
    *rest = after;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{Request, TcpServer};

    #[test]
    fn the_sockets_of_several_servers_keep_their_names_and_their_order() {
        let server =
            || TcpServer::new(("127.0.0.1", 0), |request: &Request| request.reply(b"hello")).unwrap();
        let (chat, admin) = (server(), server());
        let own = std::process::id();
        let bytes = [chat.share(own, "chat").unwrap(), admin.share(own, "").unwrap()].concat();
        let sockets = ListenSocket::from_shared(&bytes).unwrap();
        let found = sockets.iter().map(|listen| (&*listen.name, listen.socket.getsockname().unwrap()));
        let expected = [("chat", chat.server_address()), ("", admin.server_address())];
        assert!(found.eq(expected.map(|(name, address)| (name, address.clone()))));
        assert!(sockets.iter().all(|listen| !listen.socket.get_inheritable().unwrap()));
        assert!(sockets.iter().all(|listen| listen.socket.is_listener().unwrap()));
    }

    #[test]
    fn bytes_that_are_cut_off_or_are_others_are_refused() {
        let server = TcpServer::new(("127.0.0.1", 0), |request: &Request| request.reply(b"x")).unwrap();
        let bytes = server.share(std::process::id(), "chat").unwrap();
        assert!(ListenSocket::from_shared(&[]).unwrap().is_empty());
        for len in 1..bytes.len() {
            assert!(matches!(ListenSocket::from_shared(&bytes[..len]), Err(Error::Value(_))), "{len} bytes");
        }
        let not_text = [1, 0, 0, 0, 0xff];
        assert!(matches!(ListenSocket::from_shared(&not_text), Err(Error::Value(_))));
        server.server_close(None);
        assert_eq!(server.share(std::process::id(), "chat"), Err(Error::Closed));
    }
}
