//! A web server behind a proxy: a keep-alive server of HTTP/1.1 that answers who has asked.
#![allow(dead_code, reason = "each program uses its own part")]

use tabi::server::{HandlerResult, Next, ProxyProtocol, Request, ServerOptions, ThreadingTcpServer};

/// The settings of the server. It trusts the loopback network.
pub fn behind_proxy() -> tabi::Result<ServerOptions> {
    let trusted = ProxyProtocol::trusting(["127.0.0.0/8"])?;
    Ok(ThreadingTcpServer::options().max_threads(16).proxy_protocol(trusted).wait_for_first_byte(true))
}

/// Answers one request, and keeps the connection. The answer has the number of this process, the address of the client,
/// the unique id of the PROXY header, and the header field `X-Unique-ID`, each in a line.
pub fn answer(request: &Request) -> HandlerResult<Next> {
    let mut told = String::new();
    let mut rfile = request.rfile()?;
    loop {
        let line = String::from_utf8(rfile.readline(1000)?)?;
        match line.split_once(':') {
            _ if line.is_empty() => return Ok(Next::End),
            _ if line == "\r\n" => break,
            Some((name, value)) if name.eq_ignore_ascii_case("x-unique-id") => {
                value.trim().clone_into(&mut told)
            }
            _ => {}
        }
    }
    drop(rfile);
    let id = request.proxy_header().and_then(|header| header.unique_id()).unwrap_or_default();
    let id = String::from_utf8_lossy(id);
    let body = format!("{}\n{}\n{id}\n{told}\n", std::process::id(), request.client_address());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    request.reply((head + &body).as_bytes())?;
    Ok(Next::Park)
}
