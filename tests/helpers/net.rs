//! Makes calls on sockets, for tests that count the system calls of a whole process.
//!
//! The sockets are unix sockets: what one of them has sent is there when the call that sent it returns, however busy
//! the system is.
//!
//! `net_helper CALLS ROUNDS`, where CALLS is one of the names in `main`.

#[path = "../support/waiting.rs"]
mod waiting;

use std::error::Error;
use std::io::IoSlice;
use std::sync::mpsc;

use tabi::{
    AF_INET, AF_UNIX, ControlData, CreateConnectionOptions, IncomingDatagram, OutgoingDatagram, SOCK_DGRAM,
    SOCK_STREAM, Socket, UnixAddress, create_connection_with, create_server, socketpair,
};
use waiting::ThreadId;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [calls, rounds] = arguments.as_slice() else { return Err("usage: net_helper CALLS ROUNDS".into()) };
    let rounds = rounds.parse()?;
    match calls.as_str() {
        "blocking" => ready(None, rounds),
        "timeout-ready" => ready(Some(60.0), rounds),
        "timeout-not-ready" => not_ready(60.0, rounds),
        "accept-ready" => accept_ready(rounds),
        "messages" => messages(rounds),
        "connections" => connections(None, rounds),
        "connections-timeout" => connections(Some(60.0), rounds),
        "connects" => connects(rounds),
        other => Err(format!("no such calls: {other}").into()),
    }
}

/// All bytes are sent before they are received, so each receive finds them.
fn ready(timeout: Option<f64>, rounds: usize) -> Outcome {
    let (one, other) = socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    if let Some(seconds) = timeout {
        one.settimeout(seconds)?;
        other.settimeout(seconds)?;
    }
    let mut buffer = [0; 4];
    for _ in 0..rounds {
        assert_eq!(one.send(b"tick")?, 4);
        assert_eq!(other.recv_into(&mut buffer)?, 4);
    }
    Ok(())
}

/// The host and the port are numbers, so there is nothing to look up.
fn connections(timeout: Option<f64>, rounds: usize) -> Outcome {
    let listener = create_server(("127.0.0.1", 0))?;
    let port = listener.getsockname()?.port().ok_or("an internet address")?;
    let mut options = CreateConnectionOptions::new();
    if let Some(seconds) = timeout {
        options = options.timeout(seconds)?;
    }
    for _ in 0..rounds {
        let client = create_connection_with(("127.0.0.1", port), &options)?;
        let (peer, _) = listener.accept()?;
        // The end that closes first keeps its port for a while. It is the listener's.
        drop(peer);
        drop(client);
    }
    Ok(())
}

/// Each socket exists before it connects, so that other threads could close it.
fn connects(rounds: usize) -> Outcome {
    let listener = create_server(("127.0.0.1", 0))?;
    let address = listener.getsockname()?;
    for _ in 0..rounds {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
        client.connect(&address)?;
        let (peer, _) = listener.accept()?;
        drop(peer);
    }
    Ok(())
}

/// Each receive begins before the bytes are sent.
fn not_ready(timeout: f64, rounds: usize) -> Outcome {
    let (one, other) = socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    other.settimeout(timeout)?;
    let (tell, told) = mpsc::channel();
    let receiver = std::thread::spawn(move || {
        let mut buffer = [0; 4];
        for _ in 0..rounds {
            tell.send(ThreadId::current()).unwrap();
            assert_eq!(other.recv_into(&mut buffer).unwrap(), 4);
        }
    });
    for thread in told {
        thread.wait_until_blocked();
        one.send(b"tick")?;
    }
    receiver.join().map_err(|_| "the receiver panicked".into())
}

/// All clients connect before the server accepts them.
fn accept_ready(rounds: usize) -> Outcome {
    let listener = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
    // The system chooses a name.
    listener.bind(UnixAddress::Unnamed)?;
    listener.listen(i32::try_from(rounds)?)?;
    listener.settimeout(60.0)?;
    let mut clients = Vec::new();
    for _ in 0..rounds {
        let client = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
        client.connect(listener.getsockname()?)?;
        clients.push(client);
    }
    for _ in 0..rounds {
        listener.accept()?;
    }
    Ok(())
}

/// Sends a message, and eight datagrams in one call, and receives them.
fn messages(rounds: usize) -> Outcome {
    let (one, other) = socketpair(AF_UNIX, SOCK_DGRAM, 0)?;
    other.settimeout(60.0)?;
    let (mut buffers, outgoing) = ([[0; 4]; 8], [OutgoingDatagram::new(b"tick"); 8]);
    let mut incoming: Vec<_> = buffers.iter_mut().map(|buffer| IncomingDatagram::new(buffer)).collect();
    for _ in 0..rounds {
        one.sendmsg(&[IoSlice::new(b"tick")], &ControlData::new(), 0)?;
        assert_eq!(other.recvmsg(4, 100, 0)?.data, b"tick");
        assert_eq!(one.sendmany(&outgoing, 0)?, 8);
        assert_eq!(other.recvmany(&mut incoming, 0)?, 8);
    }
    Ok(())
}
