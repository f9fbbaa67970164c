//! Servers that tests run in their own process, and plain clients of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use tabi::Result;
use tabi::server::{ForkingTcpServer, Forks, Request, RequestHandler, Server, ServerOptions};

use super::{HANG, fd};

/// The address of a server under test: on the loopback interface, at a port that the system chooses.
pub fn any_port() -> (&'static str, u16) {
    ("127.0.0.1", 0)
}

/// Sends all received bytes back, until the client ends its connection.
pub fn echo(request: &Request) -> Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match request.socket().recv_into(&mut buffer)? {
            0 => return Ok(()),
            n => request.socket().sendall(&buffer[..n])?,
        }
    }
}

/// The settings of servers that handle each request in a child process.
#[allow(unsafe_code)]
pub fn forks() -> Forks {
    // SAFETY: the handlers of tests make system calls and allocate memory, which they may do after a fork with glibc.
    unsafe { Forks::new() }
}

/// Why settings of forking servers are refused: for this reason, or because no server can fork on this system.
pub fn refusal_of_forks(reason: &'static str) -> &'static str {
    if cfg!(windows) { "no server can fork on this system, which has no fork" } else { reason }
}

/// The settings of `ForkingTcpServer`.
#[allow(unsafe_code)]
pub fn forking_options() -> ServerOptions {
    // SAFETY: the handlers of tests make system calls and allocate memory, which they may do after a fork with glibc.
    unsafe { ForkingTcpServer::options() }
}

/// A server that handles each TCP client in a child process.
pub fn forking(handler: impl RequestHandler) -> Result<Server> {
    forking_options().bind(any_port(), handler)
}

/// Connects a client that does not use this library and that does not wait for ever.
pub fn connect(server: &Server) -> TcpStream {
    connect_to(SocketAddr::try_from(server.server_address()).unwrap())
}

/// Connects such a client to an address.
pub fn connect_to(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client
}

/// Says hello to a server that echoes, and receives it back.
pub fn ask(client: &mut TcpStream) {
    hear_back(client, b"hello");
}

/// Sends bytes to a server that echoes, and receives the same.
pub fn hear_back(client: &mut TcpStream, bytes: &[u8]) {
    client.write_all(bytes).unwrap();
    let mut answer = vec![0; bytes.len()];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, bytes);
}

/// Everything that the server sends until it ends the connection.
pub fn read_to_end(client: &mut TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Whether a stop of the server was requested that its loop has not noticed yet.
pub fn stop_is_requested(server: &Server) -> bool {
    fd::has_bytes(server.wake_fd())
}

/// Serves in a thread while `clients` runs, then stops the loop. The server stays open.
pub fn while_serving(server: &Server, clients: impl FnOnce()) {
    thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever());
        let _stop = StopServing(server);
        clients();
        server.shutdown();
        serving.join().unwrap().unwrap();
    });
}

/// Stops a server when a test fails, so that nothing waits for the server.
pub struct StopServing<'a>(pub &'a Server);

impl Drop for StopServing<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.shutdown();
        }
    }
}
