//! whoami_server [PORT]: tells each client its address. It can be started by systemd and stand behind HAProxy.

use tabi::server::{ProxyProtocol, Request, ServerOptions, listen_fds, serve_until_signal};
use tabi::{AF_INET, Result, SOCK_STREAM, Socket};

fn main() -> Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(9004);
    let options = ServerOptions::new(AF_INET, SOCK_STREAM)
        .internet_facing()
        .wait_for_first_byte(false) // this server speaks first
        .proxy_protocol(ProxyProtocol::trusting(["127.0.0.1", "::1"])?); // who may say for whom it connects
    let given: Vec<Socket> = listen_fds()?.into_iter().map(|given| given.socket).collect();
    let server = if given.is_empty() {
        options.bind(("127.0.0.1", port), tell)?
    } else {
        options.adopt(given, tell)? // systemd has opened the socket
    };
    serve_until_signal(&[&server], &[], 30.0)?;
    Ok(())
}

fn tell(request: &Request) -> Result<()> {
    // The address is that of the client, not that of the proxy.
    let client = request.client_address().repr();
    request.reply(format!("you are {client}\n").as_bytes())
}
