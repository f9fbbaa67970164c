//! The entry of a request in the table of active requests, as the request holds it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Body;
use super::active::Entry;
use crate::address::Address;
use crate::error::Result;
use crate::server::Server;
use crate::server::lifecycle::hold;

/// An active request. It ends when this value is dropped.
pub(crate) struct Ticket {
    /// `None` while the request is parked, so that it does not keep its server.
    server: Option<Server>,
    slot: usize,
    /// Tells the times apart for which the slot was used, and the times for which the request was parked.
    generation: u32,
    /// The client's host, if the requests of each host are counted.
    host: Option<IpAddr>,
    same_host: usize,
    rejected: AtomicBool,
    /// The process whose server counts it.
    process: u32,
}

impl Ticket {
    pub(super) fn new(server: &Server, body: &Body, client_address: &Address) -> Result<Ticket> {
        // The host of a client behind a proxy is known later.
        let counts = server.counts_hosts() && !expects_header(server, body);
        let host = counts.then(|| host_of(client_address)).flatten();
        let begun = server.active().begin(Entry::of(body), host)?;
        // Here and not in the loop: a hook may make a request and then fail, and what has ended must have begun.
        server.counters().accept();
        if begun.oversleeps {
            server.nudge_loop();
        }
        if !matches!(body, Body::Job(_)) {
            hold(server.id(), begun.slot, begun.generation);
        }
        Ok(Ticket {
            server: Some(server.clone()),
            slot: begun.slot,
            generation: begun.generation,
            host,
            same_host: begun.same_host,
            rejected: AtomicBool::new(false),
            process: server.core.lifecycle.process(),
        })
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("only a parked request has no server, and nobody sees it")
    }

    /// Counts the host of a client that has come through a proxy.
    pub(super) fn count_host(&mut self, client_address: &Address) -> Result<()> {
        let host = self.server().counts_hosts().then(|| host_of(client_address)).flatten();
        self.same_host = self.server().active().count_host(host)?;
        self.host = host;
        Ok(())
    }

    /// Gives the server away while the request is parked.
    pub(crate) fn park(&mut self) {
        self.server = None;
    }

    /// Takes the server back.
    pub(crate) fn unpark(&mut self, server: &Server) {
        self.server = Some(server.clone());
    }

    /// From now on, events that were meant for the parked request are out of date.
    pub(crate) fn set_generation(&mut self, generation: u32) {
        self.generation = generation;
    }

    /// True in a forked child, whose parent has the request and counts it.
    pub(super) fn is_inherited(&self) -> bool {
        let lifecycle = &self.server().core.lifecycle;
        lifecycle.is_inherited() || lifecycle.process() != self.process
    }

    /// Records that the request ends without being handled.
    pub(crate) fn reject(&self) {
        self.rejected.store(true, Ordering::Relaxed);
    }

    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns how many requests of the same host were active when this one began, including this one.
    pub(crate) fn same_host(&self) -> usize {
        self.same_host
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Without its server, the request is dropped together with the table.
        if self.server.is_none() || self.is_inherited() {
            return;
        }
        let server = self.server();
        // Counted first, so that a caller that sees no active request also sees this one in the statistics.
        server.counters().finish();
        server.active().end(self.slot, self.host, self.rejected.load(Ordering::Relaxed));
        server.capacity_returned();
    }
}

/// Whether a request must begin with a PROXY header.
pub(super) fn expects_header(server: &Server, body: &Body) -> bool {
    let may_have = match body {
        Body::Stream(_) => true,
        Body::Datagram { .. } => false,
        Body::Job(job) => job.proxy_header(),
    };
    may_have && server.options().proxy_protocol.is_some()
}

/// Returns the host of an address. An IPv4 host counts as the same host on an IPv4 socket and on a dual-stack
/// socket.
fn host_of(address: &Address) -> Option<IpAddr> {
    address.as_inet().map(|address| address.ip().to_canonical())
}
