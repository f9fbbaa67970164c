//! Echo on tokio: a task for each connection.

use servers::{LINE, listen_on_loopback};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn echo(mut client: TcpStream) -> std::io::Result<()> {
    let mut line = [0; LINE];
    loop {
        match client.read(&mut line).await? {
            0 => return Ok(()),
            n => client.write_all(&line[..n]).await?,
        }
    }
}

#[tokio::main]
async fn main() {
    let listener = listen_on_loopback();
    listener.set_nonblocking(true).expect("non-blocking");
    let listener = TcpListener::from_std(listener).expect("a runtime");
    loop {
        let (client, _) = listener.accept().await.expect("accept");
        tokio::spawn(echo(client));
    }
}
