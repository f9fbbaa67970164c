//! tls_server CERTIFICATE KEY [PORT]: answers HTTPS requests, with rustls. A connection that waits for its next request
//! occupies no thread. SIGTERM stops it.
//!
//! ```sh
//! openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out certificate.pem
//! cargo run --package tabi-tls-example -- certificate.pem key.pem 8443
//! curl --insecure https://localhost:8443/
//! ```

mod session;
mod stop;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tabi::server::{Failure, HandlerResult, Hooks, Next, Request, ThreadingTcpServer};

use session::Session;

/// The longest head of a request that is read.
const LONGEST_HEAD: usize = 8192;
/// How long clients may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nhello over TLS\n";

/// The steps of the server that TLS replaces.
struct Tls {
    config: Arc<ServerConfig>,
}

impl Hooks for Tls {
    /// Makes the handshake, in the thread of the request. The session stays with the request.
    fn handshake(&self, request: &Request) -> HandlerResult {
        // TLS sends records of its own after the handshake, and an answer must not wait until they are acknowledged.
        request.socket().set_tcp_nodelay(true)?;
        let session = Session::accept(Arc::clone(&self.config), request.socket())?;
        request.data_or_insert(|| Mutex::new(session));
        Ok(())
    }

    /// Tells the client that this is the end, so that it can tell the end from a cut.
    fn shutdown_request(&self, request: &Request) {
        if let Some(session) = request.data::<Mutex<Session>>() {
            let mut session = session.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            // The client may be gone.
            let _ = session.say_goodbye(request.socket());
        }
        request.shutdown();
        self.close_request(request);
    }

    fn handle_error(&self, request: &Request, failure: &Failure) {
        eprintln!("tls_server: {}: {failure}", request.client_address());
    }

    fn has_service_actions(&self) -> bool {
        false
    }

    fn get_request_never_waits(&self) -> bool {
        true
    }
}

/// Answers one request, and gives the thread back until there is more.
fn answer(request: &Request) -> HandlerResult<Next> {
    let session = request.data::<Mutex<Session>>().ok_or("the hook has made no session")?;
    let mut session = session.lock().map_err(|_| "an earlier turn has panicked")?;
    let Some(head) = session.read_head(request.socket(), LONGEST_HEAD)? else { return Ok(Next::End) };
    session.write(request.socket(), ANSWER)?;
    if head.to_ascii_lowercase().contains("connection: close") {
        return Ok(Next::End);
    }
    // What was decrypted already would wake nobody.
    Ok(if session.has_more() { Next::Again } else { Next::Park })
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tls_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> HandlerResult {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, port @ ..] = &arguments[..] else {
        return Err("usage: tls_server CERTIFICATE KEY [PORT]".into());
    };
    let port = port.first().map_or(Ok(8443), |port| {
        port.parse::<u16>().map_err(|_| format!("port must be 0-65535, got {port}"))
    })?;
    let certificates = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(key)?)?;
    let server = ThreadingTcpServer::options()
        .internet_facing()
        .max_connections_per_address(1000)
        .hooks(Tls { config: Arc::new(config) })
        .bind(("127.0.0.1", port), answer)?;
    stop::on_sigterm(server.wake_fd())?;
    println!("listening on {}", server.server_address());
    server.serve_forever()?;
    println!("stopped");
    let report = server.server_close(Some(DRAIN));
    println!("{} finished, {} cut off", report.finished, report.cut);
    Ok(())
}
