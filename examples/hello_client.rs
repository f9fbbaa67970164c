//! hello_client [PORT]: prints what the server sends.

mod common;

use std::process::ExitCode;

use tabi::{AF_INET, Error, Result, SOCK_STREAM, Socket};

fn main() -> ExitCode {
    common::at_port("hello_client", 9000, greet)
}

fn greet(port: u16) -> Result<()> {
    let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    sk.connect(("127.0.0.1", port))?;
    let text = sk.recv(1024)?;
    if text.is_empty() {
        return Err(Error::OsMessage("the server said nothing".into()));
    }
    println!("{}", String::from_utf8_lossy(&text));
    Ok(())
}
