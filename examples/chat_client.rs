//! chat_client [PORT]: sends lines from standard input and prints the answers, until "exit".

mod common;

use std::process::ExitCode;

use tabi::{AF_INET, Error, Result, SOCK_STREAM, Socket};

fn main() -> ExitCode {
    common::at_port("chat_client", 9001, chat)
}

fn chat(port: u16) -> Result<()> {
    let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    sk.connect(("127.0.0.1", port))?;
    loop {
        common::prompt()?;
        let Some(line) = common::read_line()? else {
            println!("\nend of input");
            return Ok(());
        };
        sk.sendall(format!("{line}\n").as_bytes())?;
        if line == "exit" {
            return Ok(());
        }
        let answer = sk.recv(1024)?;
        if answer.is_empty() {
            return Err(Error::OsMessage("the server closed the connection".into()));
        }
        println!("{}", String::from_utf8_lossy(&answer).trim_end_matches(['\r', '\n']));
    }
}
