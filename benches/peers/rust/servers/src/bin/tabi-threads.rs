//! Echo on tabi's threading server.

use servers::{BACKLOG, LINE, allow_many_descriptors, print_port};
use tabi::server::{Request, ThreadingTcpServer};

fn echo(request: &Request) -> tabi::Result<()> {
    let sk = request.socket();
    let mut line = [0; LINE];
    loop {
        match sk.recv_into(&mut line)? {
            0 => return Ok(()),
            n => sk.sendall(&line[..n])?,
        }
    }
}

fn main() {
    allow_many_descriptors();
    let options = ThreadingTcpServer::options().request_queue_size(BACKLOG);
    let server = options.bind(("127.0.0.1", 0), echo).expect("a free port");
    print_port(server.server_address().port().expect("an internet address"));
    server.serve_forever().expect("serve_forever");
}
