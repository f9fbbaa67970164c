//! chat_server [PORT]: prints what its clients say and answers each with a line from standard input.

mod common;

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
use tabi::{Address, Result};

fn main() -> ExitCode {
    common::at_port("chat_server", 9001, serve)
}

fn serve(port: u16) -> Result<()> {
    let console = Console::default();
    let server = ThreadingTcpServer::new(("127.0.0.1", port), move |request: &Request| -> HandlerResult {
        let client = request.client_address();
        if let Err(error) = chat(request, &console) {
            console.print(client, &error.to_string());
        }
        Ok(())
    })?;
    common::print_listening(server.socket())?;
    server.serve_forever()?;
    server.server_close(Some(Duration::ZERO));
    Ok(())
}

/// Talks with one client. It runs in a thread of the server.
fn chat(request: &Request, console: &Console) -> Result<()> {
    let sk = request.socket();
    let client = request.client_address();
    loop {
        let bytes = sk.recv(1024)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']);
        if bytes.is_empty() || text == "exit" {
            console.print(client, if bytes.is_empty() { "left" } else { text });
            return Ok(());
        }
        let Some(answer) = console.ask(client, text)? else {
            // The input has ended, so the server can give no more answers and stops.
            request.server().shutdown();
            return Ok(());
        };
        sk.sendall(format!("{answer}\n").as_bytes())?;
    }
}

/// The lock gives the console to one client at a time, so that a message, its prompt and its answer stay together.
#[derive(Default)]
struct Console {
    input_ended: Mutex<bool>,
}

impl Console {
    fn print(&self, client: &Address, text: &str) {
        let ended = self.input_ended.lock().unwrap_or_else(PoisonError::into_inner);
        if !*ended {
            println!("{}: {text}", client.repr());
        }
    }

    /// Prints what a client said and reads the answer; `None` at the end of the input.
    fn ask(&self, client: &Address, text: &str) -> Result<Option<String>> {
        let mut ended = self.input_ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Ok(None);
        }
        println!("{}: {text}", client.repr());
        common::prompt()?;
        let answer = common::read_line()?;
        if answer.is_none() {
            *ended = true;
            println!("\nend of input");
        }
        Ok(answer)
    }
}
