//! connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name.

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_STREAM, Socket, errorcode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, seconds] = arguments.as_slice() else {
        eprintln!("usage: connect_check HOST PORT SECONDS");
        return ExitCode::from(2);
    };
    match check(host, port.parse().unwrap_or(0), seconds.parse().unwrap_or(1.0)) {
        Ok(0) => {
            println!("0 connected");
            return ExitCode::SUCCESS;
        }
        Ok(code) => println!("{code} {}", errorcode(code).unwrap_or("?")),
        Err(error) => eprintln!("connect_check: {error}"),
    }
    ExitCode::FAILURE
}

fn check(host: &str, port: u16, seconds: f64) -> Result<i32> {
    let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    sk.settimeout(seconds)?;
    sk.connect_ex((host, port))
}
