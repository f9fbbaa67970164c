//! What the example programs share: how they read their arguments and report errors.
#![allow(dead_code, reason = "each program uses its own part")]

use std::io::{self, Write};
use std::process::ExitCode;

use tabi::{Result, Socket};

/// Runs a program whose first argument is a port. An error is printed in one line and sets the exit status.
pub fn at_port(program: &str, otherwise: u16, body: impl FnOnce(u16) -> Result<()>) -> ExitCode {
    at_port_in(1, program, otherwise, body)
}

/// [`at_port`] for a program whose second argument is the port.
pub fn at_second_port(program: &str, otherwise: u16, body: impl FnOnce(u16) -> Result<()>) -> ExitCode {
    at_port_in(2, program, otherwise, body)
}

fn at_port_in(
    argument: usize,
    program: &str,
    otherwise: u16,
    body: impl FnOnce(u16) -> Result<()>,
) -> ExitCode {
    let argument = std::env::args().nth(argument).unwrap_or_else(|| otherwise.to_string());
    let port = argument.parse().map_err(|_| format!("port must be 0-65535, got {argument}"));
    let place = format!("{program}: 127.0.0.1:{argument}");
    end(&place, port.and_then(|port| body(port).map_err(|error| error.to_string())))
}

/// [`at_port`] for a program whose first argument is the path of a unix socket.
pub fn at_path(program: &str, body: impl FnOnce(&str) -> Result<()>) -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_else(|| "/tmp/tabi_echo".to_owned());
    end(&format!("{program}: {path}"), body(&path).map_err(|error| error.to_string()))
}

/// Returns the second argument, the text to send.
pub fn text() -> String {
    std::env::args().nth(2).unwrap_or_else(|| "hello".to_owned())
}

/// Prints the port on which a server listens. With port 0, the system has chosen it.
pub fn print_listening(server: &Socket) -> Result<()> {
    println!("listening on {}", server.getsockname()?);
    Ok(())
}

/// Reads a line without its newline; `None` at the end of the input.
pub fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let n = io::stdin().read_line(&mut line)?;
    Ok((n > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Prints the prompt.
pub fn prompt() -> io::Result<()> {
    print!(">>>");
    io::stdout().flush()
}

fn end(place: &str, result: std::result::Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{place}: {message}");
            ExitCode::FAILURE
        }
    }
}
