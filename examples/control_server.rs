//! control_server PATH: accepts commands on a unix socket, only from processes of the same user.
//!
//! `who` prints the client's process and user, `statistics` prints what the server has done, and `stop` stops the
//! server. It needs Linux, where the system says who the client is.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod common;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    common::at_path("control_server", server::serve)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("control_server: this system does not say who a client is");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
mod server {
    use std::io::Write;

    use tabi::Result;
    use tabi::server::{
        HandlerResult, Hooks, Request, StreamRequest, StreamRequestHandler, ThreadingUnixStreamServer,
    };

    pub fn serve(path: &str) -> Result<()> {
        let server = ThreadingUnixStreamServer::options()
            .hooks(SameUser)
            .request_timeout(60.0)?
            .unlink_path(true)
            .bind(path, StreamRequestHandler::new(obey))?;
        println!("listening on {path}");
        let served = server.serve_forever();
        server.server_close(None);
        served
    }

    struct SameUser;

    impl Hooks for SameUser {
        fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
            // The owner of /proc/self is the user of this process.
            let own = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?);
            Ok(request.socket().peer_credentials()?.uid == own)
        }
    }

    fn obey(stream: &mut StreamRequest<'_>) -> Result<()> {
        loop {
            let line = stream.rfile.readline(1000)?;
            let server = stream.request.server();
            match line.trim_ascii() {
                b"" => return Ok(()),
                b"who" => {
                    let who = stream.request.socket().peer_credentials()?;
                    writeln!(stream.wfile, "process {} of user {}", who.pid, who.uid)?;
                }
                b"statistics" => writeln!(stream.wfile, "{:?}", server.statistics())?,
                b"stop" => {
                    server.shutdown();
                    return Ok(writeln!(stream.wfile, "stopping")?);
                }
                other => writeln!(stream.wfile, "unknown command: {}", other.escape_ascii())?,
            }
        }
    }
}
