//! How the kinds of sockets are bound, started and asked for requests. A new transport goes here.

use std::sync::Arc;
use std::time::Duration;

use crate::address::RawAddress;
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::server::{Request, Server};
use crate::socket::Socket;
use crate::sys;

pub(crate) fn is_datagram(socket: &Socket) -> bool {
    socket.kind() == crate::SOCK_DGRAM
}

/// What a poll says of a socket that does not listen, or that is none.
pub(super) const HUNG_UP: libc::c_short = libc::POLLHUP | libc::POLLNVAL;

/// Whether no request can come from a socket any more: it is closed, or it does not listen.
pub(super) fn is_of_no_use(socket: &Socket) -> bool {
    let mut polled = [libc::pollfd { fd: socket.fileno(), events: 0, revents: 0 }];
    let _ = sys::poll(&mut polled, Some(Duration::ZERO));
    socket.is_closed() || polled[0].revents & HUNG_UP != 0
}

fn is_inet(socket: &Socket) -> bool {
    socket.family() == crate::AF_INET || socket.family() == crate::AF_INET6
}

impl Server {
    /// What `server_bind` does unless it is replaced: sets the options and binds every socket of the server.
    ///
    /// Fails as [`Socket::bind`] does. Does nothing for sockets that were bound elsewhere.
    pub fn default_server_bind(&self) -> Result<()> {
        let Some(requested) = self.requested_address() else {
            return self.learn_address();
        };
        let mut address: RawAddress = *requested;
        for socket in self.sockets() {
            self.set_options(socket)?;
            socket.bind(address)?;
            // A free port was picked for the first; the others share it.
            address = socket.getsockname_raw()?;
        }
        self.learn_address()
    }

    fn set_options(&self, socket: &Socket) -> Result<()> {
        let options = self.options();
        let tcp = is_inet(socket) && !is_datagram(socket);
        if options.allow_reuse_address.unwrap_or(tcp) {
            socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
        }
        if options.allow_reuse_port {
            socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEPORT, 1)?;
        }
        if options.dualstack_ipv6 {
            socket.setsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)?;
        }
        Ok(())
    }

    /// What `server_activate` does unless it is replaced: stream sockets start to listen.
    ///
    /// Fails as [`Socket::listen`] does.
    pub fn default_server_activate(&self) -> Result<()> {
        for socket in self.sockets().iter().filter(|socket| !is_datagram(socket)) {
            let own = self.requested_address().is_some();
            if own || socket.getsockopt(libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? == 0 {
                socket.listen(self.options().request_queue_size)?;
            }
        }
        Ok(())
    }

    /// What `get_request` does unless it is replaced: accepts a client, or receives a datagram. It does not wait.
    ///
    /// Fails as [`Socket::accept`] and [`Socket::recvfrom`] do, with `Os(EAGAIN)` when there is no request.
    pub fn default_get_request(&self, socket: &Arc<Socket>) -> Result<Request> {
        if is_datagram(socket) {
            return self.receive(socket);
        }
        let (fd, address) = socket.accept_fd(Limit::Now)?;
        let client = Socket::accepted(fd, socket.family(), socket.kind(), socket.proto())?;
        if let Some(timeout) = self.options().request_timeout {
            client.settimeout(timeout)?;
        }
        Ok(Request::from_socket(self, client, address.decode_for(socket.proto())))
    }

    fn receive(&self, socket: &Arc<Socket>) -> Result<Request> {
        let mut packet = Vec::new();
        let most = self.options().max_packet_size;
        packet.try_reserve_exact(most).map_err(|_| Error::Os(libc::ENOMEM))?;
        packet.resize(most, 0);
        let (size, sender) = socket.recvfrom_into_until(&mut packet, sys::TRUE_LENGTH, Limit::Now)?;
        packet.truncate(size);
        packet.shrink_to_fit();
        Ok(Request::from_packet(self, socket, packet, size, sender))
    }

    /// Gets the sockets ready for the serve loop, which must not block in `accept` when another takes the client.
    pub(crate) fn prepare_sockets(&self) -> Result<()> {
        for socket in self.sockets().iter().filter(|socket| !is_datagram(socket)) {
            if socket.getblocking() {
                socket.setblocking(false)?;
            }
        }
        Ok(())
    }
}
