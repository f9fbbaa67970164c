//! line_server: answers every line in capital letters. It is fit for the open internet.

use std::process::ExitCode;

use tabi::server::{HandlerResult, Next, Request, ServerOptions, serve_until_signal};
use tabi::{AF_INET, Result, SOCK_STREAM};

fn main() -> ExitCode {
    if let Err(error) = serve() {
        eprintln!("line_server: {error}");
        return ExitCode::FAILURE;
    }
    println!("line_server: stopped");
    ExitCode::SUCCESS
}

fn serve() -> Result<()> {
    let server = ServerOptions::new(AF_INET, SOCK_STREAM)
        .internet_facing()
        .idle_timeout(2.0)? // short, so that you need not wait long
        .request_end(b"\n") // a client has no thread before its line is complete
        .bind(("127.0.0.1", 9001), answer)?;
    println!("listening on 127.0.0.1:9001");
    serve_until_signal(&[&server], &[], 10.0)?;
    Ok(())
}

/// Answers one line. Until the next line comes, the connection has no thread.
fn answer(request: &Request) -> HandlerResult<Next> {
    let line = request.rfile()?.readline(1000)?;
    if line.is_empty() || line == b"exit\n" {
        return Ok(Next::End); // the client has left, or wants to
    }
    request.reply(&line.to_ascii_uppercase())?;
    Ok(Next::Park)
}
