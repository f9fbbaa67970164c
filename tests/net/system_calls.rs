//! How many system calls a call costs, counted by strace.

use std::io::IoSlice;
use std::process::Command;

use crate::support::{stream_pair, temporary_path, tools};
use tabi::{
    AF_INET, AF_UNIX, ControlData, IncomingDatagram, OutgoingDatagram, SOCK_DGRAM, SOCK_STREAM, Socket,
};

const ROUNDS: usize = 200;

/// Runs one of the `child_` tests below under strace and counts its system calls by name.
fn traced(child: &str) -> Option<impl Fn(&str) -> usize> {
    if !tools::have("strace", "the number of system calls") {
        return None;
    }
    let log = temporary_path();
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .args([
            "-e",
            "trace=accept4,sendto,recvfrom,poll,ppoll,recvmsg,sendmsg,recvmmsg,sendmmsg,select,clock_gettime",
        ])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("system_calls::{child}"), "--include-ignored", "--test-threads=1"])
        .env("TABI_TRACED", "1")
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let trace = std::fs::read_to_string(log).unwrap();
    // One line a call: its thread, the name, the arguments. The test's own calls speak of sockets, the harness's do not.
    Some(move |call: &str| {
        let begin = format!(" {call}(");
        let ours = |line: &&str| ["\"tick", "POLLIN", "AF_INET"].iter().any(|mark| line.contains(mark));
        trace.lines().filter(|line| line.contains(&begin)).filter(ours).count()
    })
}

fn is_child() -> bool {
    std::env::var_os("TABI_TRACED").is_some()
}

/// Everything is sent before it is received: each call finds what it wants.
fn ready(family: tabi::AddressFamily, timeout: Option<f64>) {
    let (one, other) = stream_pair(family);
    if let Some(seconds) = timeout {
        one.settimeout(seconds).unwrap();
        other.settimeout(seconds).unwrap();
    }
    let mut buffer = [0; 4];
    for _ in 0..ROUNDS {
        assert_eq!(one.send(b"tick").unwrap(), 4);
        assert_eq!(other.recv_into(&mut buffer).unwrap(), 4);
    }
}

/// The receiver always comes before the bytes.
fn not_ready(timeout: f64) {
    use crate::support::ThreadId;
    use std::sync::mpsc;
    let (one, other) = stream_pair(AF_UNIX);
    other.settimeout(timeout).unwrap();
    let (tell, told) = mpsc::channel();
    let receiver = std::thread::spawn(move || {
        let mut buffer = [0; 4];
        for _ in 0..ROUNDS {
            tell.send(ThreadId::current()).unwrap();
            assert_eq!(other.recv_into(&mut buffer).unwrap(), 4);
        }
    });
    for thread in told {
        thread.wait_until_blocked();
        one.send(b"tick").unwrap();
    }
    receiver.join().unwrap();
}

/// Clients connect before the server looks.
fn accept_ready() {
    let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    listener.bind(("127.0.0.1", 0)).unwrap();
    listener.listen(ROUNDS as i32).unwrap();
    listener.settimeout(5.0).unwrap();
    let connect = |_| {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.connect(listener.getsockname().unwrap()).unwrap();
        client
    };
    let clients: Vec<Socket> = (0..ROUNDS / 4).map(connect).collect();
    clients.iter().for_each(|_| drop(listener.accept().unwrap()));
}

#[test]
fn child_accept_ready() {
    if is_child() {
        accept_ready();
    }
}

#[test]
fn with_a_timeout_an_accept_that_finds_a_client_is_one_system_call() {
    let Some(calls) = traced("child_accept_ready") else { return };
    assert_eq!((calls("accept4"), calls("ppoll")), (ROUNDS / 4, 0));
}

#[test]
fn child_blocking() {
    if is_child() {
        ready(AF_UNIX, None);
    }
}

#[test]
fn child_timeout_ready() {
    if is_child() {
        ready(AF_INET, Some(5.0));
    }
}

#[test]
fn child_timeout_not_ready() {
    if is_child() {
        not_ready(60.0);
    }
}

#[test]
fn a_blocking_call_is_one_system_call() {
    let Some(calls) = traced("child_blocking") else { return };
    assert_eq!((calls("sendto"), calls("recvfrom"), calls("ppoll")), (ROUNDS, ROUNDS, 0));
}

#[test]
fn with_a_timeout_a_call_that_finds_what_it_wants_is_one_system_call() {
    let Some(calls) = traced("child_timeout_ready") else { return };
    assert_eq!((calls("sendto"), calls("recvfrom"), calls("ppoll")), (ROUNDS, ROUNDS, 0));
}

#[test]
fn with_a_timeout_a_call_that_has_to_wait_is_two_system_calls() {
    let Some(calls) = traced("child_timeout_not_ready") else { return };
    // Only the first call had to find out that there was nothing: its failed try shows no bytes.
    assert_eq!((calls("recvfrom"), calls("ppoll")), (ROUNDS, ROUNDS));
}

#[test]
fn child_messages() {
    if !is_child() {
        return;
    }
    let (one, other) = tabi::socketpair(AF_INET, SOCK_DGRAM, 0).unwrap();
    other.settimeout(5.0).unwrap();
    let (mut rooms, outgoing) = ([[0; 4]; 8], [OutgoingDatagram::new(b"tick"); 8]);
    let mut incoming: Vec<_> = rooms.iter_mut().map(|room| IncomingDatagram::new(room)).collect();
    for _ in 0..ROUNDS {
        one.sendmsg(&[IoSlice::new(b"tick")], &ControlData::new(), 0).unwrap();
        assert_eq!(other.recvmsg(4, 100, 0).unwrap().data, b"tick");
        assert_eq!(one.sendmany(&outgoing, 0).unwrap(), 8);
        assert_eq!(other.recvmany(&mut incoming, 0).unwrap(), 8);
    }
}

#[test]
fn a_message_and_many_datagrams_are_one_system_call() {
    let Some(calls) = traced("child_messages") else { return };
    assert_eq!((calls("sendmsg"), calls("recvmsg")), (ROUNDS, ROUNDS));
    assert_eq!((calls("sendmmsg"), calls("recvmmsg"), calls("ppoll")), (ROUNDS, ROUNDS, 0));
}
