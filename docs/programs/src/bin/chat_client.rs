//! chat_client: sends lines from the keyboard and shows the answers, until the line "exit".

use std::io::{Write, stdin, stdout};
use std::process::ExitCode;

use tabi::{Result, create_connection};

fn main() -> ExitCode {
    if let Err(error) = chat() {
        eprintln!("chat_client: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn chat() -> Result<()> {
    let sk = create_connection(("127.0.0.1", 9001))?;
    let mut lines = sk.makefile_reader();
    loop {
        print!(">>>");
        stdout().flush()?;
        let mut line = String::new();
        if stdin().read_line(&mut line)? == 0 {
            return Ok(());
        }
        sk.sendall(line.as_bytes())?;
        if line == "exit\n" {
            return Ok(());
        }
        let answer = lines.readline(1000)?;
        if answer.is_empty() {
            println!("the server has closed the connection");
            return Ok(());
        }
        print!("{}", String::from_utf8_lossy(&answer));
    }
}
