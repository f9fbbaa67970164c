//! relay_server [PORT] [TARGET]: connects each client to the port TARGET of this machine, and relays the bytes of both.

mod common;

use std::process::ExitCode;
use std::time::Duration;

use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
use tabi::{Error, Poll, PollEvents, Result, SHUT_WR, Socket, create_connection_with, poll};

const LONGEST_SILENCE: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    common::at_port("relay_server", 9015, |port| {
        let target = std::env::args().nth(2).unwrap_or_else(|| "9001".to_owned());
        let target = target.parse().map_err(|_| Error::Value(format!("{target} is not a port").into()))?;
        serve(port, target)
    })
}

fn serve(port: u16, target: u16) -> Result<()> {
    // The handler runs in a thread of the server.
    let server = ThreadingTcpServer::new(("127.0.0.1", port), move |request: &Request| -> HandlerResult {
        let options = tabi::CreateConnectionOptions::default().timeout(10.0)?;
        let connected = create_connection_with(("127.0.0.1", target), &options)?;
        Ok(relay(request.socket(), &connected)?)
    })?;
    common::print_listening(server.socket())?;
    server.serve_forever()
}

fn relay(client: &Socket, target: &Socket) -> Result<()> {
    let (mut there, mut back) = (Way::new(client, target), Way::new(target, client));
    while !there.has_ended || !back.has_ended {
        let mut entries = Vec::with_capacity(2);
        for (socket, reads, writes) in [(client, &there, &back), (target, &back, &there)] {
            // A socket with neither bytes to read nor bytes to write is left out.
            let mut events = PollEvents::default();
            if reads.bytes.is_empty() && !reads.has_ended {
                events |= PollEvents::IN;
            }
            if !writes.bytes.is_empty() {
                events |= PollEvents::OUT;
            }
            if !events.is_empty() {
                entries.push(Poll::socket(socket, events));
            }
        }
        if poll(&mut entries, LONGEST_SILENCE)? == 0 {
            return Err(Error::Timeout);
        }
        there.move_bytes()?;
        back.move_bytes()?;
    }
    Ok(())
}

/// One direction of a connection, with the bytes that are on their way.
struct Way<'a> {
    from: &'a Socket,
    to: &'a Socket,
    bytes: Vec<u8>,
    has_ended: bool,
}

impl<'a> Way<'a> {
    fn new(from: &'a Socket, to: &'a Socket) -> Self {
        Way { from, to, bytes: Vec::new(), has_ended: false }
    }

    /// Moves what can be moved without waiting.
    fn move_bytes(&mut self) -> Result<()> {
        if self.bytes.is_empty() && !self.has_ended {
            let mut buffer = [0; 16384];
            match self.from.try_recv_into(&mut buffer) {
                Ok(0) => {
                    self.has_ended = true;
                    return self.to.shutdown(SHUT_WR);
                }
                Ok(n) => self.bytes.extend_from_slice(&buffer[..n]),
                Err(error) if error.would_block() => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if !self.bytes.is_empty() {
            match self.to.try_send(&self.bytes) {
                Ok(n) => drop(self.bytes.drain(..n)),
                Err(error) if error.would_block() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
