//! unix_echo_server [PATH]: sends the bytes of each client back to it, one client after the other.

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
        // The server goes on when a client disconnects.
        let _ = echo(&client);
    }
}

/// Binds to the path; if a server that has ended left its file there, the file is removed.
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
