//! datagram_client TEXT: sends a datagram and prints what comes back.

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_DGRAM, Socket};

fn main() -> ExitCode {
    let text = std::env::args().nth(1).unwrap_or_else(|| "hello".to_owned());
    match ask(&text) {
        Ok(answer) => println!("{} bytes: {}", answer.len(), String::from_utf8_lossy(&answer)),
        Err(error) => {
            eprintln!("datagram_client: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn ask(text: &str) -> Result<Vec<u8>> {
    let sk = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    sk.settimeout(2.0)?;
    sk.sendto(text.as_bytes(), ("127.0.0.1", 9002))?;
    let (answer, _sender) = sk.recvfrom(65536)?;
    Ok(answer)
}
