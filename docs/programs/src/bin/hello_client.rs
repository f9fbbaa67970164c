//! hello_client: prints what the server says.

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_STREAM, Socket};

fn main() -> ExitCode {
    match greeting() {
        Ok(text) => print!("{}", String::from_utf8_lossy(&text)),
        Err(error) => {
            eprintln!("hello_client: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn greeting() -> Result<Vec<u8>> {
    let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    sk.connect(("127.0.0.1", 9000))?;
    sk.recv(1024)
}
