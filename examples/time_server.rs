//! time_server [PORT]: answers every datagram with the time of RFC 868, the seconds since 1900 in four bytes.

mod common;

use std::process::ExitCode;
use std::time::SystemTime;

use tabi::Result;
use tabi::server::{DatagramRequestHandler, HandlerResult, UdpServer};

/// Seconds from 1900 to 1970.
const UNIX_EPOCH: u64 = 2_208_988_800;

fn main() -> ExitCode {
    common::at_port("time_server", 9012, serve)
}

fn serve(port: u16) -> Result<()> {
    let tell = DatagramRequestHandler::new(|datagram| -> HandlerResult {
        let since_1970 = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        // The four bytes of the protocol start again at 0 in 2036.
        datagram.wfile.extend_from_slice(&((since_1970 + UNIX_EPOCH) as u32).to_be_bytes());
        Ok(())
    });
    let server = UdpServer::new(("127.0.0.1", port), tell)?;
    common::print_listening(server.socket())?;
    server.serve_forever()
}
