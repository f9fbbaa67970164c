//! datagram_server: sends every datagram back to its sender.

use tabi::{AF_INET, Result, SOCK_DGRAM, Socket};

fn main() -> Result<()> {
    let server = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    server.bind(("127.0.0.1", 9002))?;
    println!("waiting for datagrams at 127.0.0.1:9002");
    loop {
        let (datagram, sender) = server.recvfrom(65536)?;
        server.sendto(&datagram, sender)?;
    }
}
