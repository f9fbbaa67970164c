//! unix_echo_server [PATH]: sends each client its bytes back, one client after the other.

mod common;

use std::process::ExitCode;

use tabi::{AF_UNIX, Error, Result, SOCK_STREAM, Socket};

fn main() -> ExitCode {
    common::at_path("unix_echo_server", serve)
}

fn serve(path: &str) -> Result<()> {
    let server = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
    bind(&server, path)?;
    server.listen(5)?;
    println!("listening on {path}");
    loop {
        let (client, _address) = server.accept()?;
        // A client that vanishes is no reason to stop.
        let _ = echo(&client);
    }
}

/// Binds to the path; what a server that is gone has left there is taken away.
fn bind(server: &Socket, path: &str) -> Result<()> {
    match server.bind(path) {
        Err(Error::Os(libc::EADDRINUSE)) => {
            let probe = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
            if probe.connect_ex(path)? == libc::ECONNREFUSED {
                std::fs::remove_file(path)?;
            }
            server.bind(path)
        }
        bound => bound,
    }
}

fn echo(client: &Socket) -> Result<()> {
    loop {
        let bytes = client.recv(4096)?;
        if bytes.is_empty() {
            return Ok(());
        }
        client.sendall(&bytes)?;
    }
}
