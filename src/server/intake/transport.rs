//! How each kind of socket is bound and started, and how a request is taken from it. A new transport is added
//! here.

use std::sync::Arc;
use std::time::Duration;

use crate::constants::{AF_INET, AF_INET6, AF_UNSPEC, SOCK_DGRAM};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::server::{Request, Server};
use crate::socket::Socket;
use crate::sys::{self, libc};

pub(crate) fn is_datagram(socket: &Socket) -> bool {
    socket.kind() == SOCK_DGRAM
}

/// What poll reports for a socket that does not listen, and for a descriptor that is not open.
pub(super) const HUNG_UP: libc::c_short = libc::POLLHUP | libc::POLLNVAL;

/// Returns true if no request can come from a socket any more, because it is closed or does not listen.
pub(super) fn is_of_no_use(socket: &Socket) -> bool {
    let mut polled = [libc::pollfd { fd: socket.fileno(), events: 0, revents: 0 }];
    let _ = sys::poll(&mut polled, Some(Duration::ZERO));
    socket.is_closed() || polled[0].revents & HUNG_UP != 0
}

pub(crate) fn is_inet(socket: &Socket) -> bool {
    socket.family() == AF_INET || socket.family() == AF_INET6
}

impl Server {
    /// The default of [`crate::server::Hooks::server_bind`]: sets the options of every socket of the server
    /// and binds it.
    ///
    /// Fails as [`Socket::bind`] does. Does nothing to sockets that were bound elsewhere.
    pub fn default_server_bind(&self) -> Result<()> {
        let addresses = self.requested_addresses();
        let mut port = addresses.first().and_then(|address| address.decode().port());
        if port == Some(0) && addresses.len() > 1 {
            port = Some(self.free_port(addresses)?);
        }
        for (socket, address) in self.sockets().iter().zip(addresses.iter().cycle()) {
            self.set_options(socket)?;
            socket.bind(port.map_or(*address, |port| address.with_port(port)))?;
            // The system has chosen a free port for the first socket. The others share it.
            if port == Some(0) {
                port = socket.getsockname_raw()?.decode().port();
            }
        }
        if self.options().unlink_path {
            self.own_path()?;
        }
        self.learn_address()
    }

    pub(super) fn set_options(&self, socket: &Socket) -> Result<()> {
        let options = self.options();
        let tcp = is_inet(socket) && !is_datagram(socket);
        if options.allow_reuse_address.unwrap_or(tcp && sys::REUSES_LINGERING) {
            socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
        }
        // As in `create_server`, this option is for internet addresses only.
        if options.allow_reuse_port && is_inet(socket) {
            let option = sys::SO_REUSEPORT;
            let option = option.ok_or(Error::value("SO_REUSEPORT not supported on this platform"))?;
            socket.setsockopt(libc::SOL_SOCKET, option, 1)?;
        }
        // A server for both versions of IP has another socket for IPv4.
        let has_another = options.address_family == AF_UNSPEC && socket.family() == AF_INET6;
        if let Some(both) = options.dualstack_ipv6.or(has_another.then_some(false)) {
            socket.setsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, i32::from(!both))?;
        }
        Ok(())
    }

    /// The default of [`crate::server::Hooks::server_activate`]: stream sockets start to listen.
    ///
    /// Fails as [`Socket::listen`] does.
    pub fn default_server_activate(&self) -> Result<()> {
        for socket in self.sockets().iter().filter(|socket| !is_datagram(socket)) {
            let own = !self.requested_addresses().is_empty();
            if own || socket.getsockopt(libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? == 0 {
                socket.listen(self.options().request_queue_size)?;
            }
        }
        Ok(())
    }

    /// The default of [`crate::server::Hooks::get_request`]: accepts a client, or receives a datagram. It
    /// does not wait.
    ///
    /// Fails as [`Socket::accept`] and [`Socket::recvfrom`] do, and with `Os(EAGAIN)` when there is no
    /// request.
    pub fn default_get_request(&self, socket: &Arc<Socket>) -> Result<Request> {
        if is_datagram(socket) {
            return self.receive(socket);
        }
        let (fd, address) = socket.accept_fd(Limit::Now)?;
        let client = Socket::accepted(fd, socket.family(), socket.kind(), socket.proto())?;
        if let Some(timeout) = self.options().request_timeout {
            client.settimeout(timeout)?;
        }
        Request::from_socket(self, client, address.decode_for(socket.proto()))
    }

    fn receive(&self, socket: &Arc<Socket>) -> Result<Request> {
        let mut packet = Vec::new();
        let most = self.options().max_packet_size;
        packet.try_reserve_exact(most).map_err(|_| Error::Os(libc::ENOMEM))?;
        packet.resize(most, 0);
        let (size, sender) = socket.recvfrom_into_until(&mut packet, sys::TRUE_LENGTH, Limit::Now)?;
        packet.truncate(size);
        packet.shrink_to_fit();
        Request::from_packet(self, socket, packet, size, sender)
    }

    /// Prepares the sockets for the serve loop: its `accept` must not block when another thread or process
    /// takes the client.
    ///
    /// Fails with [`Error::Closed`] when one of them is closed.
    pub(crate) fn prepare_sockets(&self) -> Result<()> {
        if self.sockets().iter().any(|socket| socket.is_closed()) {
            return Err(Error::Closed);
        }
        for socket in self.sockets().iter().filter(|socket| !is_datagram(socket)) {
            if socket.getblocking() {
                socket.setblocking(false)?;
            }
        }
        Ok(())
    }
}
