//! udp_echo_server [PORT]: sends every datagram back to its sender.

mod common;

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_DGRAM, Socket};

fn main() -> ExitCode {
    common::at_port("udp_echo_server", 9002, serve)
}

fn serve(port: u16) -> Result<()> {
    let server = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    server.bind(("127.0.0.1", port))?;
    common::print_listening(&server)?;
    loop {
        let (datagram, client) = server.recvfrom(65536)?;
        server.sendto(&datagram, client)?;
    }
}
