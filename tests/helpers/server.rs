//! Servers and clients in a process of their own, for the tests of servers.
//!
//! `server_helper ROLE [ARGUMENT]`, where ROLE is one of the names in `main`.

#![allow(unsafe_code)]

#[path = "../support/fd.rs"]
mod fd;
#[path = "../support/limits.rs"]
#[allow(dead_code, reason = "each program uses its own part")]
mod limits;
#[allow(dead_code, reason = "tests use the rest")]
#[path = "../support/serving.rs"]
mod serving;
#[path = "../support/waiting.rs"]
mod waiting;
#[path = "../support/web.rs"]
mod web;

use std::error::Error;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use limits::limit;
use serving::{any_port, ask, connect_to, echo, while_serving};
use tabi::server::{HandlerResult, Next, Request, ThreadingTcpServer, listen_fds, serve_until_signal};
use tabi::{AF_INET, SOCK_STREAM, Socket};
use waiting::HANG;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["successor"] => successor(),
        ["web-successor"] => web_successor(),
        ["activated"] => activated(),
        ["daemon", drain] => daemon(drain.parse().ok()),
        ["activated-daemon"] => activated_daemon(),
        ["activated-twice"] => activated().and_then(|()| activated()),
        ["activated-late"] => activated_late(),
        ["activated-parent"] => activated_parent(),
        ["echo"] => echo_server(),
        ["short-connections", clients] => short_connections(clients.parse()?),
        ["crowd", port, clients] => crowd(port.parse()?, clients.parse()?),
        ["idle-crowd", port, clients] => idle_crowd(port.parse()?, clients.parse()?),
        ["parking", threads] => parking_server(threads.parse()?),
        ["parked-crowd", port, clients, number] => {
            parked_crowd(port.parse()?, clients.parse()?, number.parse()?)
        }
        other => Err(format!("no such role: {other:?}").into()),
    }
}

/// Serves the socket that it was given, until its standard input ends. It answers each byte of a client with
/// the number of its process.
fn successor() -> Outcome {
    let mut sockets = listen_fds()?;
    assert_eq!(sockets.len(), 1);
    let given = sockets.pop().ok_or("no socket was given")?;
    assert!(!given.socket.get_inheritable()?);
    assert_eq!(listen_fds()?.len(), 0, "they can be taken once");
    println!("name {}", given.name);
    let server = ThreadingTcpServer::options().adopt(vec![given.socket], |request: &Request| {
        request.socket().recv(1)?;
        request.reply(std::process::id().to_string().as_bytes())
    })?;
    while_serving(&server, || {
        let _ = io::stdin().read(&mut [0; 1]);
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    Ok(())
}

/// Serves the socket that it was given as a web server behind a proxy, until its standard input ends.
fn web_successor() -> Outcome {
    let given = listen_fds()?.pop().ok_or("no socket was given")?;
    let server = web::behind_proxy()?.adopt(vec![given.socket], web::answer)?;
    while_serving(&server, || {
        let _ = io::stdin().read(&mut [0; 1]);
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    Ok(())
}

/// Prints the names of the sockets that a service manager gave to this process, and then their ports.
fn activated() -> Outcome {
    match listen_fds() {
        Ok(sockets) => {
            let names: Vec<_> = sockets.iter().map(|given| given.name.as_str()).collect();
            println!("got {names:?}");
            let addresses: tabi::Result<Vec<_>> =
                sockets.iter().map(|given| given.socket.getsockname()).collect();
            println!("at {:?}", addresses?.iter().map(tabi::Address::port).collect::<Vec<_>>());
        }
        Err(error) => println!("got {error}"),
    }
    Ok(())
}

/// Does what `activated` does, but only after the process has opened a socket of its own as the descriptor 3.
fn activated_late() -> Outcome {
    let own = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    own.bind(any_port())?;
    if own.fileno() != 3 {
        // SAFETY: this process uses nothing else that has this number.
        unsafe { libc::dup2(own.fileno(), 3) };
        // SAFETY: F_SETFD touches no memory.
        unsafe { libc::fcntl(3, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    activated()?;
    println!("own {}", own.getsockname().is_ok());
    Ok(())
}

/// Does what `activated` does, and then lets a child do it whose descriptor 3 is a listening socket of this process.
fn activated_parent() -> Outcome {
    use std::os::unix::process::CommandExt;
    activated()?;
    let own = ThreadingTcpServer::new(any_port(), echo)?;
    let fd = own.fileno();
    let mut child = std::process::Command::new(std::env::current_exe()?);
    // SAFETY: between fork and exec only dup2 and fcntl are called.
    unsafe {
        child.arg("activated").pre_exec(move || {
            match fd {
                3 => libc::fcntl(3, libc::F_SETFD, 0),
                fd => libc::dup2(fd, 3),
            };
            Ok(())
        });
    }
    child.status()?;
    Ok(())
}

/// Serves two servers until a signal, and prints their ports before and what became of their requests afterwards.
fn daemon(drain: Option<f64>) -> Outcome {
    let servers = [ThreadingTcpServer::new(any_port(), echo)?, ThreadingTcpServer::new(any_port(), echo)?];
    for server in &servers {
        println!("{}", server.server_address().port().ok_or("a port")?);
    }
    let report = serve_until_signal(&[&servers[0], &servers[1]], &[], drain.map(Duration::from_secs_f64))?;
    println!("finished {} cut {} left {}", report.finished, report.cut, report.left);
    Ok(())
}

/// Serves the sockets of a service manager until a signal.
fn activated_daemon() -> Outcome {
    let sockets = listen_fds()?.into_iter().map(|given| given.socket).collect();
    let server = ThreadingTcpServer::options().adopt(sockets, echo)?;
    serve_until_signal(&[&server], &[], None)?;
    Ok(())
}

/// Serves clients by echoing. For each line of standard input it prints what it uses; for `close` it closes
/// the server and its clients.
fn echo_server() -> Outcome {
    limit(libc::RLIMIT_NOFILE, u64::MAX);
    let server = ThreadingTcpServer::new(any_port(), echo)?;
    println!("port {}", server.server_address().port().ok_or("a port")?);
    while_serving(&server, || {
        for question in io::stdin().lines() {
            if question.unwrap() == "close" {
                let report = server.server_close(Some(Duration::ZERO));
                println!("{} {} {}", report.finished, report.cut, report.left);
                continue;
            }
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
            let memory = pages * 4096;
            let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count();
            let statistics = server.statistics();
            let (threads, accepted, active) = (statistics.threads, statistics.accepted, statistics.active);
            println!("{memory} {descriptors} {threads} {accepted} {active}");
        }
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    Ok(())
}

/// Serves clients with this number of threads: echoes what is there, and parks. For each line of standard input it
/// prints what it uses.
fn parking_server(threads: usize) -> Outcome {
    limit(libc::RLIMIT_NOFILE, u64::MAX);
    let echo_once = |request: &Request| -> HandlerResult<Next> {
        let mut buffer = [0; 64];
        let n = request.socket().recv_into(&mut buffer)?;
        request.socket().sendall(&buffer[..n])?;
        Ok(if n == 0 { Next::End } else { Next::Park })
    };
    let server = ThreadingTcpServer::options()
        .max_threads(threads)
        .wait_for_first_byte(true)
        .bind(("0.0.0.0", 0), echo_once)?;
    println!("port {}", server.server_address().port().ok_or("a port")?);
    while_serving(&server, || {
        for _question in io::stdin().lines() {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
            let statistics = server.statistics();
            println!("{} {} {} {}", pages * 4096, statistics.threads, statistics.parked, statistics.active);
        }
    });
    server.server_close(Some(HANG));
    Ok(())
}

/// Connects this number of clients, each of which is answered once, says so, and keeps them until standard input ends.
/// The clients have addresses of their own, because an address has fewer ports than there may be clients.
fn parked_crowd(port: u16, clients: u64, number: u8) -> Outcome {
    limit(libc::RLIMIT_NOFILE, u64::MAX);
    let mut connected = Vec::new();
    for _ in 0..clients {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
        client.settimeout(HANG)?;
        client.connect((format!("127.0.{number}.1").as_str(), port))?;
        client.sendall(b"x")?;
        assert_eq!(client.recv(1)?, b"x");
        connected.push(client);
    }
    println!("connected");
    let _ = io::stdin().read(&mut [0; 1]);
    Ok(())
}

/// Answers one message of each client, waits until the client ends the connection, and stops after this
/// number of clients.
fn short_connections(clients: usize) -> Outcome {
    let served = AtomicUsize::new(0);
    let server = ThreadingTcpServer::new(any_port(), move |request: &Request| -> tabi::Result<()> {
        let mut buffer = [0; 64];
        let n = request.socket().recv_into(&mut buffer)?;
        request.socket().sendall(&buffer[..n])?;
        while request.socket().recv_into(&mut buffer)? > 0 {}
        if served.fetch_add(1, Ordering::SeqCst) + 1 == clients {
            request.server().shutdown();
        }
        Ok(())
    })?;
    println!("port {}", server.server_address().port().ok_or("a port")?);
    server.serve_forever_every(None)?;
    server.server_close(None);
    Ok(())
}

/// Connects this number of clients at the same time, each of which is answered.
fn crowd(port: u16, clients: u64) -> Outcome {
    limit(libc::RLIMIT_NOFILE, 2 * clients);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let client = move || ask(&mut connect_to(address));
    let threads: Vec<_> =
        (0..clients).map(|_| thread::Builder::new().stack_size(64 * 1024).spawn(client)).collect();
    for thread in threads {
        thread?.join().map_err(|_| "a client was not answered")?;
    }
    Ok(())
}

/// Connects this number of clients, which send nothing until the test ends this process.
fn idle_crowd(port: u16, clients: u64) -> Outcome {
    limit(libc::RLIMIT_NOFILE, 2 * clients);
    let clients: Result<Vec<_>, _> = (0..clients).map(|_| TcpStream::connect(("127.0.0.1", port))).collect();
    let _connected = clients?;
    loop {
        thread::park();
    }
}
