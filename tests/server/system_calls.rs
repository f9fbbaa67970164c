//! How many system calls a short connection costs a threaded server, counted by strace.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{HANG, temporary_path, tools};
use tabi::server::{HandlerResult, Request, ThreadingTcpServer};

/// Runs `server_in_a_process` under strace for so many clients, one after the other; returns the number of its calls.
fn calls_for(clients: usize) -> usize {
    let log = temporary_path();
    let mut server = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "system_calls::server_in_a_process", "--nocapture", "--test-threads=1"])
        .env("TABI_CLIENTS", clients.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let port: u16 = lines.find_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok()).unwrap();
    for _ in 0..clients {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.set_read_timeout(Some(HANG)).unwrap();
        client.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        client.read_exact(&mut answer).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(client.read(&mut answer).unwrap(), 0);
    }
    lines.for_each(drop);
    assert!(server.wait().unwrap().success());
    let trace = std::fs::read_to_string(log).unwrap();
    trace.lines().filter(|line| !line.contains("resumed>")).count()
}

#[test]
fn server_in_a_process() {
    let Ok(clients) = std::env::var("TABI_CLIENTS") else { return };
    let clients: usize = clients.parse().unwrap();
    let served = AtomicUsize::new(0);
    let server = ThreadingTcpServer::new(("127.0.0.1", 0), move |request: &Request| -> HandlerResult {
        let mut buffer = [0; 64];
        let n = request.socket().recv_into(&mut buffer)?;
        request.socket().sendall(&buffer[..n])?;
        while request.socket().recv_into(&mut buffer)? > 0 {}
        if served.fetch_add(1, Ordering::SeqCst) + 1 == clients {
            request.server().shutdown();
        }
        Ok(())
    })
    .unwrap();
    println!("\nport {}", server.server_address().port().unwrap());
    server.serve_forever_every(None).unwrap();
    server.server_close(None);
}

#[test]
fn a_short_connection_costs_eight_system_calls() {
    if !tools::have("strace", "the number of system calls") {
        return;
    }
    let (few, many) = (100, 600);
    let each = (calls_for(many) - calls_for(few)) as f64 / (many - few) as f64;
    // poll, accept, two to wake a thread, recv, send, recv of the end, close.
    assert!(each < 8.5, "{each} system calls for a connection with one message and its end");
}
