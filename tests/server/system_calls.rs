//! The number of system calls that a short connection costs a threaded server, counted by strace.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::support::helpers::helper;
use crate::support::{HANG, temporary_path, tools};

/// Runs `server_helper` under strace, which serves this number of clients one after the other. Returns the
/// number of its system calls.
fn calls_for(clients: usize) -> usize {
    let log = temporary_path();
    let mut server = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .arg(helper("server_helper").get_program())
        .args(["short-connections", &clients.to_string()])
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
fn a_short_connection_costs_eight_system_calls() {
    if !tools::have("strace", "the number of system calls") {
        return;
    }
    let (few, many) = (100, 600);
    let each = (calls_for(many) - calls_for(few)) as f64 / (many - few) as f64;
    // The calls are poll, accept, two to wake a thread, recv, send, recv of the end, and close.
    assert!(each < 8.5, "{each} system calls for a connection with one message and its end");
}
