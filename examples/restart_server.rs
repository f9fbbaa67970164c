//! restart_server [PORT]: tells its clients which process answers, and starts a new process on the line "restart".
//!
//! No client is refused in the meantime, because the new process inherits the socket. The server also runs under
//! systemd-socket-activate, which passes the socket in the same way:
//!
//! ```sh
//! systemd-socket-activate -l 9013 target/debug/examples/restart_server
//! ```

mod common;

use std::process::{Command, ExitCode};
use std::time::Duration;

use tabi::server::{Request, Server, StreamRequest, StreamRequestHandler, ThreadingTcpServer, listen_fds};
use tabi::{Result, Socket};

/// How long clients may go on with the old process.
const DRAIN: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    common::at_port("restart_server", 9013, serve)
}

fn serve(port: u16) -> Result<()> {
    let answer = StreamRequestHandler::new(answer);
    let inherited: Vec<Socket> = listen_fds()?.into_iter().map(|given| given.socket).collect();
    let server = if inherited.is_empty() {
        ThreadingTcpServer::options().bind(("127.0.0.1", port), answer)?
    } else {
        ThreadingTcpServer::options().adopt(inherited, answer)?
    };
    common::print_listening(server.socket())?;
    server.serve_forever()?;
    let report = server.server_close(Some(DRAIN));
    println!("process {}: {} finished, {} cut off", std::process::id(), report.finished, report.cut);
    Ok(())
}

fn answer(stream: &mut StreamRequest<'_>) -> Result<()> {
    loop {
        let line = stream.rfile.readline(100)?;
        match line.trim_ascii() {
            b"" => return Ok(()),
            b"restart" => restart(stream.request)?,
            _ => stream.request.reply(format!("process {}\n", std::process::id()).as_bytes())?,
        }
    }
}

fn restart(request: &Request) -> Result<()> {
    let server: &Server = request.server();
    let mut successor = Command::new(std::env::current_exe()?);
    server.pass_to(&mut successor, "restart_server")?;
    let successor = successor.spawn()?;
    server.shutdown();
    request.reply(format!("process {} follows\n", successor.id()).as_bytes())
}
