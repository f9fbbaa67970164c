//! hello_server: greets one client and ends.

use tabi::{AF_INET, Result, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, Socket};

fn main() -> Result<()> {
    let server = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)?;
    server.bind(("127.0.0.1", 9000))?;
    server.listen(5)?;
    println!("listening on 127.0.0.1:9000");
    let (client, _address) = server.accept()?;
    client.sendall(b"hello world\n")?;
    Ok(())
}
