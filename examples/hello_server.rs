//! hello_server [PORT]: sends a greeting to one client and ends.

mod common;

use std::process::ExitCode;

use tabi::{AF_INET, Result, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, Socket};

fn main() -> ExitCode {
    common::at_port("hello_server", 9000, serve)
}

fn serve(port: u16) -> Result<()> {
    let server = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)?;
    server.bind(("127.0.0.1", port))?;
    server.listen(5)?;
    common::print_listening(&server)?;
    let (client, _address) = server.accept()?;
    Ok(client.sendall(b"hello world")?)
}
