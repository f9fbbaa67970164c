//! unix_echo_client [PATH [TEXT]]: sends a text and prints the echo.

mod common;

use std::io::Read;
use std::process::ExitCode;

use tabi::{AF_UNIX, Result, SHUT_WR, SOCK_STREAM, Socket};

fn main() -> ExitCode {
    common::at_path("unix_echo_client", ask)
}

fn ask(path: &str) -> Result<()> {
    let sk = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
    sk.connect(path)?;
    sk.sendall(common::text().as_bytes())?;
    sk.shutdown(SHUT_WR)?;
    let mut echo = String::new();
    (&sk).read_to_string(&mut echo)?;
    println!("{echo}");
    Ok(())
}
