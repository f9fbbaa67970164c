//! chat_room [PORT]: everybody receives what one client says.
//!
//! The first line is the client's name. An empty line ends the connection.

mod common;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use tabi::server::{StreamRequest, StreamRequestHandler, ThreadingTcpServer};
use tabi::{Limit, Result, SHUT_RDWR, Socket};

const LONGEST_LINE: usize = 1000;

fn main() -> ExitCode {
    common::at_port("chat_room", 9010, serve)
}

fn serve(port: u16) -> Result<()> {
    let room = Room::default();
    let server = ThreadingTcpServer::options()
        .max_connections(1000)
        .bind(("127.0.0.1", port), StreamRequestHandler::new(move |stream| room.visit(stream)))?;
    common::print_listening(server.socket())?;
    server.serve_forever()
}

/// The members of the room by name.
#[derive(Default)]
struct Room(Mutex<HashMap<String, Arc<Socket>>>);

impl Room {
    fn visit(&self, stream: &mut StreamRequest<'_>) -> Result<()> {
        let Some(name) = line(stream)? else { return Ok(()) };
        let own = Arc::clone(stream.request.shared_socket());
        if !self.enter(&name, own) {
            return stream.request.reply(b"that name is taken\n");
        }
        self.tell(&format!("{name} is here"));
        let talked = self.talk(stream, &name);
        self.members().remove(&name);
        self.tell(&format!("{name} has left"));
        talked
    }

    fn talk(&self, stream: &mut StreamRequest<'_>, name: &str) -> Result<()> {
        while let Some(text) = line(stream)? {
            self.tell(&format!("{name}: {text}"));
        }
        Ok(())
    }

    fn enter(&self, name: &str, socket: Arc<Socket>) -> bool {
        let mut members = self.members();
        let free = !members.contains_key(name);
        if free {
            members.insert(name.to_owned(), socket);
        }
        free
    }

    /// Sends a line to all members. A member that does not read is disconnected, so that nobody has to wait for it.
    fn tell(&self, text: &str) {
        for member in self.members().values() {
            if member.sendall_until(format!("{text}\n").as_bytes(), 0, Limit::Now).is_err() {
                let _ = member.shutdown(SHUT_RDWR);
            }
        }
    }

    fn members(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Socket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a line without its newline; `None` for an empty line and at the end of the stream.
fn line(stream: &mut StreamRequest<'_>) -> Result<Option<String>> {
    let line = stream.rfile.readline(LONGEST_LINE)?;
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}
