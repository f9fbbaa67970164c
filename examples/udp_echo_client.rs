//! udp_echo_client [PORT [TEXT]]: sends a datagram and prints the echo.

mod common;

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_DGRAM, Socket};

fn main() -> ExitCode {
    common::at_port("udp_echo_client", 9002, ask)
}

fn ask(port: u16) -> Result<()> {
    let sk = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    sk.settimeout(5.0)?;
    sk.connect(("127.0.0.1", port))?;
    sk.send(common::text().as_bytes())?;
    println!("{}", String::from_utf8_lossy(&sk.recv(65536)?));
    Ok(())
}
