//! Echo on the standard library: a thread for each connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use servers::{LINE, listen_on_loopback};

fn echo(mut client: TcpStream) -> std::io::Result<()> {
    let mut line = [0; LINE];
    loop {
        match client.read(&mut line)? {
            0 => return Ok(()),
            n => client.write_all(&line[..n])?,
        }
    }
}

fn main() {
    for client in listen_on_loopback().incoming() {
        let client = client.expect("accept");
        thread::spawn(move || echo(client));
    }
}
