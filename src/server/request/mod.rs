//! Requests (a client of a stream server, a datagram, or a job), the handlers that answer them, and the list
//! of those that are active.

mod active;
mod failure;
mod files;
mod handler;
mod job;
mod next;
mod reader;
mod ticket;
mod turn;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::address::Address;
use crate::constants::SHUT_WR;
use crate::error::{Error, Result};
use crate::memory::{Place, shared, shared_or_back};
use crate::panics::drop_caught;
use crate::proxy::Header;
use crate::server::Server;
use crate::server::lifecycle::{Role, with_role};
use crate::server::proxy::OwnHeader;
use crate::socket::{Hold, Socket};
use crate::sys;
use reader::OwnReader;
use turn::Kept;

pub(crate) use active::{Active, Entry, Table};
pub(crate) use failure::{BoxedError, caught};
pub use failure::{Failure, HandlerResult};
pub use files::{DatagramRequest, DatagramRequestHandler, StreamRequest, StreamRequestHandler};
pub use handler::{BaseRequestHandler, PerRequest, RequestHandler};
pub use job::Job;
pub(crate) use job::fd_of;
pub use next::Next;
pub use reader::RequestReader;
pub(crate) use ticket::Ticket;

/// What a server handles: a connected client, a datagram with its sender, or a [`Job`] of the program itself.
///
/// A request counts as active until it is dropped.
pub struct Request {
    /// A pointer, because a request is handed over many times: to hooks, to queues, and to the thread that handles it.
    parts: Box<Parts>,
}

struct Parts {
    body: Body,
    client_address: Address,
    header: OwnHeader,
    data: Data,
    reader: OwnReader,
    kept: Kept,
    ticket: Ticket,
}

enum Body {
    Stream(Arc<Socket>),
    Datagram { packet: Vec<u8>, size: usize, socket: Arc<Socket> },
    Job(Arc<dyn Job>),
}

/// The value that a request carries for its hooks and its handler.
#[derive(Default)]
struct Data(OnceLock<Box<dyn Any + Send + Sync>>);

impl Drop for Data {
    fn drop(&mut self) {
        // A request may be dropped in a thread through which no panic may pass.
        if let Some(carried) = self.0.take() {
            drop_caught(carried);
        }
    }
}

impl Request {
    /// Makes a request from a client that the program accepted itself, for example in its own
    /// [`crate::server::Hooks::get_request`].
    pub fn from_socket(server: &Server, socket: Socket, client_address: Address) -> Result<Request> {
        Request::from_socket_or_back(server, socket, client_address).map_err(|(error, _)| error)
    }

    /// [`Request::from_socket`], which gives the socket back when it fails.
    pub(crate) fn from_socket_or_back(
        server: &Server,
        socket: Socket,
        client_address: Address,
    ) -> Result<Request, (Error, Option<Socket>)> {
        let body = shared_or_back(socket).map_err(|(error, socket)| (error, Some(socket)))?;
        Request::new(server, Body::Stream(body), client_address).map_err(|(error, body)| match body {
            Body::Stream(socket) => (error, Arc::into_inner(socket)),
            Body::Datagram { .. } | Body::Job(_) => (error, None),
        })
    }

    /// Makes a request from a datagram that the program received itself. Answers are sent through `socket`.
    ///
    /// `size` is the number of bytes that were sent. It is more than the packet has if the datagram was cut.
    pub fn from_packet(
        server: &Server,
        socket: &Arc<Socket>,
        packet: Vec<u8>,
        size: usize,
        client_address: Address,
    ) -> Result<Request> {
        let body = Body::Datagram { packet, size, socket: Arc::clone(socket) };
        Request::new(server, body, client_address).map_err(|(error, _)| error)
    }

    fn from_job(server: &Server, job: impl Job) -> Result<Request> {
        let client_address = job.client_address();
        Request::new(server, Body::Job(shared(job)?), client_address).map_err(|(error, _)| error)
    }

    fn new(server: &Server, body: Body, client_address: Address) -> Result<Request, (Error, Body)> {
        let made = Place::new().and_then(|place| Ok((place, Ticket::new(server, &body, &client_address)?)));
        let (place, ticket) = match made {
            Ok(made) => made,
            Err(error) => return Err((error, body)),
        };
        let parts = Parts {
            body,
            client_address,
            header: OwnHeader::default(),
            data: Data::default(),
            reader: OwnReader::default(),
            kept: Kept::default(),
            ticket,
        };
        Ok(Request { parts: place.fill(parts) })
    }

    /// Returns the server that took the request (`self.server` of a Python handler).
    pub fn server(&self) -> &Server {
        self.parts.ticket.server()
    }

    /// Returns the client's socket. For a datagram or a job it is the server's own socket.
    pub fn socket(&self) -> &Socket {
        self.shared_socket()
    }

    /// [`Request::socket`] for callers that keep the socket longer or use it in other threads. The server
    /// closes a client's socket when the request ends. Calls on it then fail with [`Error::Closed`].
    pub fn shared_socket(&self) -> &Arc<Socket> {
        match &self.parts.body {
            Body::Stream(socket) | Body::Datagram { socket, .. } => socket,
            Body::Job(_) => &self.server().core.sockets[0],
        }
    }

    /// Returns the address of the client, or of the sender of a datagram (`self.client_address`). For a job it is its
    /// [`Job::client_address`].
    ///
    /// For a server behind a proxy ([`proxy_protocol`](crate::server::ServerOptions::proxy_protocol)), it is the address
    /// that the header says. If the header says none, it is the real address.
    pub fn client_address(&self) -> &Address {
        &self.parts.client_address
    }

    /// Returns the header of the PROXY protocol with which the connection has begun, if the server expects one
    /// ([`proxy_protocol`](crate::server::ServerOptions::proxy_protocol)). The real address of the proxy is that of
    /// [`Socket::getpeername`].
    pub fn proxy_header(&self) -> Option<&Header> {
        match &self.parts.header {
            OwnHeader::Complete(header) => Some(header),
            OwnHeader::None | OwnHeader::Begun(_) => None,
        }
    }

    pub(crate) fn header(&mut self) -> &mut OwnHeader {
        &mut self.parts.header
    }

    /// Whether the connection of the request must begin with a header.
    pub(crate) fn expects_header(&self) -> bool {
        ticket::expects_header(self.server(), &self.parts.body)
    }

    /// Whether the request waits for its header.
    pub(crate) fn awaits_header(&self) -> bool {
        matches!(self.parts.header, OwnHeader::Begun(_))
    }

    pub(crate) fn set_client_address(&mut self, address: Address) {
        self.parts.client_address = address;
    }

    /// Returns the bytes of a datagram. There are none for a stream client or a job.
    pub fn packet(&self) -> &[u8] {
        match &self.parts.body {
            Body::Datagram { packet, .. } => packet,
            Body::Stream(_) | Body::Job(_) => &[],
        }
    }

    /// Returns true for a datagram, and false for a stream client or a job.
    pub fn is_datagram(&self) -> bool {
        matches!(self.parts.body, Body::Datagram { .. })
    }

    pub(crate) fn job(&self) -> Option<&dyn Job> {
        match &self.parts.body {
            Body::Job(job) => Some(&**job),
            Body::Stream(_) | Body::Datagram { .. } => None,
        }
    }

    /// Returns true if a datagram was longer than the server's `max_packet_size`, so that its end is lost.
    /// Only Linux reports this.
    pub fn is_cut(&self) -> bool {
        matches!(&self.parts.body, Body::Datagram { packet, size, .. } if *size > packet.len())
    }

    /// Returns how many requests of the same host were active when this one began, if the server has a limit
    /// for each host.
    pub(crate) fn same_host(&self) -> usize {
        self.parts.ticket.same_host()
    }

    /// Sends bytes to the client: all of them on a stream, or as one datagram to the sender of a datagram.
    ///
    /// Fails as [`Socket::sendall`] and [`Socket::sendto`] do, and with [`Error::Type`] for a job, which has no client.
    pub fn reply(&self, bytes: &[u8]) -> Result<()> {
        match &self.parts.body {
            Body::Stream(socket) => Ok(socket.sendall(bytes)?),
            Body::Datagram { socket, .. } => socket.sendto(bytes, &self.parts.client_address).map(drop),
            Body::Job(_) => Err(Error::type_error("a job has no client to reply to")),
        }
    }

    /// Returns the value that the request carries from one hook or handler method to the next. The first call
    /// makes it. The value is dropped together with the request; a panic of its destructor is caught.
    ///
    /// # Panics
    ///
    /// If the request carries a value of another type.
    pub fn data_or_insert<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> &T {
        let data = self.parts.data.0.get_or_init(|| Box::new(make()));
        data.downcast_ref().expect("a request carries one value of one type")
    }

    /// Returns the value that the request carries, if it is of this type.
    pub fn data<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.parts.data.0.get()?.downcast_ref()
    }

    /// Closes what this process has of a request that a child process handles now. The connection of the
    /// child must not be ended.
    pub(crate) fn leave_to_child(&self) {
        match &self.parts.body {
            Body::Job(_) => return,
            Body::Stream(socket) => socket.set_shared(),
            Body::Datagram { .. } => {}
        }
        // The child is on no list yet: a `server_close` in the hook must not wait for it, and a panic must not lose it.
        let role = Role::Request(self.parts.ticket.slot());
        let _ = with_role(self.server().id(), role, || {
            caught(|| -> Result<()> {
                self.server().hooks().close_request(self);
                Ok(())
            })
        });
        self.close();
    }

    /// Ends a request that nobody can handle.
    pub(crate) fn reject(&self) {
        self.server().reject(self);
    }

    pub(crate) fn ticket(&self) -> &Ticket {
        &self.parts.ticket
    }

    pub(crate) fn ticket_mut(&mut self) -> &mut Ticket {
        &mut self.parts.ticket
    }

    pub(crate) fn into_ticket(self) -> Ticket {
        self.parts.ticket
    }

    /// Calls `shutdown_request`, and closes the request even if the hook does not or panics.
    pub(crate) fn end(&self) {
        sys::probe::end(self.parts.ticket.slot());
        if matches!(self.parts.body, Body::Job(_)) {
            return;
        }
        self.leave_room();
        self.count_bytes();
        if caught(|| -> Result<()> {
            self.server().hooks().shutdown_request(self);
            Ok(())
        })
        .is_err()
        {
            self.server().counters().fail();
        }
        self.close();
    }

    /// Adds what the connection has moved to the statistics, if the server counts it.
    fn count_bytes(&self) {
        if let (true, Body::Stream(socket)) = (self.server().options().count_bytes, &self.parts.body) {
            let bytes = Hold::new(socket).ok().and_then(|hold| sys::tcp_bytes(hold.fd()));
            if let Some(bytes) = bytes {
                self.server().counters().moved(&bytes);
            }
        }
    }

    /// Tells a stream client that no more bytes will come (`shutdown(SHUT_WR)`). The client then reads
    /// everything that was sent, even if the server has not read all of the client's bytes, or if the
    /// connection has other owners. Does nothing for a datagram or a job.
    pub fn shutdown(&self) {
        if let Body::Stream(socket) = &self.parts.body {
            let shares = self.server().core.runner.shares_connections();
            if self.parts.ticket.is_inherited() && !shares {
                // A handler has forked, and this is the child: the connection is still the parent's.
                return;
            }
            // Closing the socket is enough if nothing is unread and the connection has no other owner.
            if socket.is_at_end() && !socket.is_shared() && !shares {
                return;
            }
            // The client may have closed its connection already.
            let _ = socket.shutdown(SHUT_WR);
        }
    }

    /// Closes the socket of a stream client. Does nothing for a datagram or a job.
    pub fn close(&self) {
        if let Body::Stream(socket) = &self.parts.body {
            let _ = socket.close();
        }
    }

    /// Takes the socket of a stream client away from the server. It no longer counts as a request, and the
    /// server does not close it.
    ///
    /// Fails with [`Error::Type`] for a datagram or a job.
    pub fn into_socket(self) -> Result<Arc<Socket>> {
        match self.parts.body {
            Body::Stream(socket) => Ok(socket),
            Body::Datagram { .. } => Err(Error::type_error("a datagram has no socket of its own")),
            Body::Job(_) => Err(Error::type_error("a job has no socket of its own")),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parts.body {
            Body::Stream(socket) => write!(f, "Request({socket:?} from {})", self.parts.client_address),
            Body::Datagram { packet, .. } => {
                write!(f, "Request({} bytes from {})", packet.len(), self.parts.client_address)
            }
            Body::Job(_) => write!(f, "Request(a job)"),
        }
    }
}
