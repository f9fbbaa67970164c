//! What happens to a request that was taken, before a handler sees it: its limits, its PROXY header, and
//! `verify_request`.

use crate::error::Result;
use crate::panics::drop_caught;
use crate::server::lifecycle::{Role, give_away, hold, with_role};
use crate::server::request::caught;
use crate::server::{Phase, Request, Server};

impl Server {
    /// Goes on with a request that was taken. If the server is behind a proxy, that is when the header is complete, and
    /// this is called again until then.
    pub(crate) fn admit(&self, request: Request) {
        let Some(settings) = &self.options().proxy_protocol else { return self.begin(request) };
        let Some(request) = self.await_header(request, settings) else { return };
        if self.has_too_many_of_host(&request) {
            self.turn_away(&request);
        } else {
            self.begin(request);
        }
    }

    /// Has a request verified and handled. A job is started.
    fn begin(&self, request: Request) {
        if request.job().is_some() {
            if let Some(refused) = self.start_job(request) {
                self.turn_away(&refused);
            }
            return;
        }
        // A `server_close` in the hook must not wait for this request.
        let role = Role::Request(request.ticket().slot());
        match with_role(self.id(), role, || caught(|| self.hooks().verify_request(&request))) {
            Ok(true) => {
                hold(self.id(), request.ticket().slot(), request.ticket().generation());
                let processed = caught(|| -> Result<()> {
                    self.hooks().process_request(request);
                    Ok(())
                });
                give_away(self.id());
                if processed.is_err() {
                    self.counters().fail();
                }
            }
            Ok(false) => self.reject(&request),
            Err(failure) => {
                self.report(&request, &failure);
                request.end();
                drop_caught(failure);
            }
        }
    }

    /// Lets a request that has just begun wait for its client. While a server drains, nobody enters the waiting room any
    /// more: a client whose header was complete late is then waited for in a thread.
    pub(crate) fn await_first_byte(&self, request: Request) -> Option<Request> {
        let is_open = self.core.room.as_ref().is_some_and(|room| !room.is_closed());
        if is_open { Server::park(request, Phase::Idle).and_then(Server::complete) } else { Some(request) }
    }

    /// Ends a request for which a limit of the server leaves no room.
    pub(crate) fn turn_away(&self, request: &Request) {
        self.reject(request);
        self.client_was_refused();
    }

    /// Whether the server has as many requests as it may have, or as many of the request's host.
    pub(crate) fn is_over_limit(&self, request: &Request) -> bool {
        self.options().max_connections.is_some_and(|most| self.active().count() > most)
            || self.has_too_many_of_host(request)
    }

    fn has_too_many_of_host(&self, request: &Request) -> bool {
        self.options().max_connections_per_address.is_some_and(|most| request.same_host() > most)
    }
}
