//! connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name.

use std::process::ExitCode;

use tabi::{AF_INET, Result, SOCK_STREAM, Socket, errorcode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, seconds] = arguments.as_slice() else { return usage() };
    let Ok(seconds) = seconds.parse::<f64>() else { return usage() };
    let Ok(port) = port.parse::<u16>() else {
        eprintln!("connect_check: port must be 0-65535, got {port}");
        return ExitCode::FAILURE;
    };
    match check(host, port, seconds) {
        Ok(0) => {
            println!("0 connected");
            ExitCode::SUCCESS
        }
        Ok(code) => {
            println!("{code} {}", errorcode(code).unwrap_or("unknown"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("connect_check: {host}:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(host: &str, port: u16, seconds: f64) -> Result<i32> {
    let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    sk.settimeout(seconds)?;
    sk.connect_ex((host, port))
}

fn usage() -> ExitCode {
    eprintln!("usage: connect_check HOST PORT SECONDS");
    ExitCode::FAILURE
}
