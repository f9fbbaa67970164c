//! keep_alive_server [PORT]: a web server for the open internet. Between two requests a connection has no thread.

mod common;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use tabi::server::{HandlerResult, Next, Request, ServerOptions};
use tabi::{AF_INET, Result, SOCK_STREAM};

const LONGEST_LINE: usize = 8000;
const MOST_HEADERS: usize = 100;

fn main() -> ExitCode {
    common::at_port("keep_alive_server", 9014, serve)
}

fn serve(port: u16) -> Result<()> {
    let server = ServerOptions::new(AF_INET, SOCK_STREAM)
        // The limits that a server on the open internet needs. Each of them may be changed afterwards.
        .internet_facing()
        // A client gets a thread when the head of its request is there.
        .request_end(b"\r\n\r\n")
        .max_threads(4)
        .idle_timeout(30.0)?
        .bind(("127.0.0.1", port), answer)?;
    common::print_listening(server.socket())?;
    server.serve_forever()
}

/// Answers one request. The server calls it again when the client has sent more, or when more was read already.
fn answer(request: &Request) -> HandlerResult<Next> {
    let mut rfile = request.rfile()?;
    let line = rfile.readline(LONGEST_LINE)?;
    if line.is_empty() {
        // The client has closed its connection.
        return Ok(Next::End);
    }
    let mut keep = String::from_utf8_lossy(&line).contains("HTTP/1.1");
    for _ in 0..MOST_HEADERS {
        let header = rfile.readline(LONGEST_LINE)?.to_ascii_lowercase();
        if header.trim_ascii().is_empty() {
            break;
        }
        // A header that ends the connection after this answer.
        keep &= !(header.starts_with(b"connection:") && String::from_utf8_lossy(&header).contains("close"));
    }
    if !line.starts_with(b"GET ") {
        reply(request, "501 Not Implemented", "")?;
        return Ok(Next::End);
    }
    // The request carries this value from one call to the next.
    let requests = request.data_or_insert(|| AtomicU32::new(0)).fetch_add(1, Ordering::Relaxed) + 1;
    reply(request, "200 OK", &format!("request {requests} of this connection\n"))?;
    Ok(if keep { Next::Park } else { Next::End })
}

fn reply(request: &Request, status: &str, body: &str) -> Result<()> {
    let size = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n");
    request.reply(format!("{head}{body}").as_bytes())
}
