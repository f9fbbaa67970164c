//! chat_server: shows what its clients say, and answers each of them with a line from the keyboard.

use std::io::{Write, stdin, stdout};
use std::process::ExitCode;
use std::sync::Mutex;

use tabi::Result;
use tabi::server::{HandlerResult, Request, ThreadingTcpServer};

/// The keyboard and the screen belong to one client at a time.
static CONSOLE: Mutex<()> = Mutex::new(());

fn main() -> ExitCode {
    if let Err(error) = serve() {
        eprintln!("chat_server: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn serve() -> Result<()> {
    let server = ThreadingTcpServer::new(("127.0.0.1", 9001), |request: &Request| -> HandlerResult {
        let client = request.client_address().repr();
        match talk(request, &client) {
            Ok(()) => println!("{client}: has left"),
            Err(error) => println!("{client}: {error}"),
        }
        Ok(())
    })?;
    println!("listening on 127.0.0.1:9001");
    server.serve_forever()
}

/// Talks with one client. Each client has a thread.
fn talk(request: &Request, client: &str) -> Result<()> {
    let mut rfile = request.rfile()?;
    loop {
        let line = rfile.readline(1000)?;
        if line.is_empty() || line == b"exit\n" {
            return Ok(());
        }
        let answer = ask(client, &String::from_utf8_lossy(&line))?;
        request.reply(answer.as_bytes())?;
    }
}

/// Shows a line, and reads the answer from the keyboard.
fn ask(client: &str, line: &str) -> Result<String> {
    let _console = CONSOLE.lock();
    print!("{client}: {line}>>>");
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer)
}
