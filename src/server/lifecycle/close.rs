//! The end of a server.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::inside::{self, Role};
use crate::server::intake::is_datagram;
use crate::server::{Concurrency, Request, Server};

/// How long handlers whose connections were cut may take to notice.
const GRACE: Duration = Duration::from_secs(1);

/// What became of the requests that were active when the server was closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// How many ended by themselves.
    pub finished: usize,
    /// How many were cut off: their connections shut down, or never handled.
    pub cut: usize,
    /// How many are still running: handlers that neither use their socket nor return, a second after they were cut off;
    /// all that had not ended when the server does not wait for them.
    pub left: usize,
}

impl Server {
    /// Stops accepting, waits for the requests that have begun, and closes the sockets (`server_close`).
    ///
    /// Without `drain` it waits as long as they take, or not at all if `block_on_close` is off or `daemon_threads` is on.
    /// With it they have so much time; then their connections are shut down, which ends handlers that use
    /// them, and children get `SIGTERM`, a second later `SIGKILL`. A serve loop is stopped first. Called in a handler, it does not wait for that one. Closing again does nothing.
    pub fn server_close(&self, drain: Option<Duration>) -> DrainReport {
        if self.core.closed.swap(true, Ordering::SeqCst) {
            return DrainReport::default();
        }
        let mut own = Own::new(self);
        let before = self.active().ended();
        let waits = drain.is_some() || self.waits_on_close();
        let deadline = if waits { drain.and_then(from_now) } else { Some(Instant::now()) };
        self.stop_serving(&mut own, deadline);
        let unserved = self.core.pool.as_ref().map_or(0, |pool| self.reject_all(pool.close()));
        let (running, ended) = self.wait_active(&own, deadline);
        let mut left = running;
        if running > 0 && waits {
            if let Some(pool) = &self.core.pool {
                self.reject_all(pool.take_queue());
            }
            self.active().cut(&own.requests);
            if let Some(children) = self.children() {
                children.signal(libc::SIGTERM);
            }
            let grace = from_now(GRACE);
            self.stop_serving(&mut own, grace);
            (left, _) = self.wait_active(&own, grace);
            if let Some(children) = self.children().filter(|children| children.count() > 0) {
                children.signal(libc::SIGKILL);
                (left, _) = self.wait_active(&own, from_now(GRACE));
            }
        }
        if left == 0 {
            let own_thread = usize::from(!own.requests.is_empty() && !own.serves);
            if let Some(pool) = &self.core.pool {
                pool.join(own_thread, from_now(GRACE));
            }
        }
        if own.served {
            self.close_sockets();
        }
        let cut = unserved + if waits { running } else { 0 };
        DrainReport { finished: ended.wrapping_sub(before), cut, left }
    }

    /// Ends requests that nobody will handle; returns how many they were.
    fn reject_all(&self, requests: VecDeque<Request>) -> usize {
        requests.iter().for_each(|request| self.reject(request));
        requests.len()
    }

    /// Ends the serve loops, and with them the listening; a loop that is late closes the sockets itself.
    fn stop_serving(&self, own: &mut Own, deadline: Option<Instant>) {
        if own.served {
            return;
        }
        if self.is_serving() {
            self.request_stop();
        }
        if own.serves {
            return;
        }
        own.served = self.wait_served(deadline);
        if own.served {
            // Those who answer datagrams still need their socket.
            for socket in self.sockets().iter().filter(|socket| !is_datagram(socket)) {
                let _ = socket.close();
            }
        }
    }

    /// Waits for the requests but those of the calling thread; returns how many are left, and how many have ended.
    fn wait_active(&self, own: &Own, deadline: Option<Instant>) -> (usize, usize) {
        if let Some(children) = self.children() {
            children.collect_all(deadline);
        }
        let own = own.requests.len();
        let (active, ended) = self.active().wait(own, deadline);
        (active.saturating_sub(own), ended)
    }

    /// Closes the server's own sockets; called when no loop looks at them.
    pub(crate) fn close_sockets(&self) {
        for socket in self.sockets() {
            let _ = socket.close();
        }
    }

    fn waits_on_close(&self) -> bool {
        match &self.options().concurrency {
            Concurrency::Inline => true,
            Concurrency::Threads(threads) => threads.block_on_close && !threads.daemon_threads,
            Concurrency::Forks(forks) => forks.block_on_close,
        }
    }
}

/// What the calling thread itself does for the server, which it cannot wait for.
struct Own {
    requests: Vec<usize>,
    /// It runs a serve loop.
    serves: bool,
    /// No loop runs any more.
    served: bool,
}

impl Own {
    fn new(server: &Server) -> Own {
        let mut own = Own { requests: Vec::new(), serves: false, served: false };
        for role in inside::roles(server.id()) {
            match role {
                Role::Loop => own.serves = true,
                Role::Request(slot) => own.requests.push(slot),
            }
        }
        own
    }
}

fn from_now(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}
