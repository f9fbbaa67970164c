//! Many clients: idle ones at the same time, and short ones in a row. `TABI_MANY=1` runs the full numbers.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::support::helpers::helper;
use crate::support::limits::limit;
use crate::support::serving::{ask, connect_to};
use crate::support::{self, HANG, in_own_process};
use tabi::{AF_INET, SOCK_STREAM, Socket};

fn full_or(scaled: usize, full: usize) -> usize {
    if std::env::var_os("TABI_MANY").is_some() { full } else { scaled }
}

/// A server in a process of its own. It reports its memory and its descriptors when the test asks for them.
struct Server {
    process: Child,
    questions: ChildStdin,
    answers: std::io::Lines<BufReader<ChildStdout>>,
    port: u16,
}

/// What the process of the server uses.
#[derive(Debug, Clone, Copy)]
struct Takes {
    memory: usize,
    descriptors: usize,
    threads: usize,
    accepted: usize,
    active: usize,
}

impl Server {
    fn start() -> Server {
        let mut process =
            helper("server_helper").arg("echo").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let questions = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = answers.find_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok()).unwrap();
        Server { process, questions, answers, port }
    }

    fn takes(&mut self) -> Takes {
        self.questions.write_all(b"\n").unwrap();
        let line = self.answers.next().unwrap().unwrap();
        let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [memory, descriptors, threads, accepted, active] = numbers[..] else { panic!("{line}") };
        Takes { memory, descriptors, threads, accepted, active }
    }

    /// Closes the server and its clients. Returns how many requests finished, were cut off, and are left.
    fn close(&mut self) -> String {
        self.questions.write_all(b"close\n").unwrap();
        self.answers.next().unwrap().unwrap()
    }

    fn connect(&self) -> TcpStream {
        connect_to(([127, 0, 0, 1], self.port).into())
    }

    fn stop(mut self) {
        drop(self.questions);
        self.answers.for_each(drop);
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn many_idle_clients_are_held_and_answered() {
    in_own_process(|| {
        limit(libc::RLIMIT_NOFILE, u64::MAX);
        let count = full_or(1000, 5000);
        let mut server = Server::start();
        ask(&mut server.connect());
        let before = server.takes();
        let begin = std::time::Instant::now();
        let mut clients: Vec<_> = (0..count).map(|_| server.connect()).collect();
        clients.iter_mut().for_each(ask);
        let set_up = begin.elapsed();
        let after = server.takes();
        clients.iter_mut().rev().for_each(ask);
        let each = (after.memory - before.memory) / count;
        println!("{count} clients in {set_up:?}: {} threads, {each} bytes of memory each", after.threads);
        // Without optimisation, the stack frames are larger.
        let most = if cfg!(debug_assertions) { 24 } else { 9 };
        assert!(each <= most * 1024, "{each} bytes of memory for an idle client");
        assert_eq!(after.accepted, count + 1);
        let stays = clients.split_off(count / 10);
        drop(clients);
        support::wait_until("a tenth has left", || server.takes().active == stays.len());
        assert_eq!(server.close(), format!("0 {} 0", stays.len()));
        for mut client in stays {
            assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "a client that was cut sees the end");
        }
        server.stop();
    });
}

#[test]
fn short_connections_leave_nothing_behind() {
    let count = full_or(10_000, 200_000);
    let mut server = Server::start();
    let one = |server: &Server| {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.settimeout(HANG).unwrap();
        client.connect(("127.0.0.1", server.port)).unwrap();
        client.sendall(b"ping").unwrap();
        assert_eq!(client.recv(4).unwrap(), b"ping");
        // A reset leaves no port in TIME_WAIT. There are fewer ports than clients.
        let linger = libc::linger { l_onoff: 1, l_linger: 0 };
        let linger = [linger.l_onoff.to_ne_bytes(), linger.l_linger.to_ne_bytes()].concat();
        client.setsockopt_bytes(libc::SOL_SOCKET, libc::SO_LINGER, &linger).unwrap();
    };
    // Those are left who have their answer, but whose handlers have not yet seen the end.
    let nobody_is_left = |server: &mut Server| {
        support::wait_until("nobody is left", || server.takes().active == 0);
        server.takes()
    };
    (0..count / 10).for_each(|_| one(&server));
    let before = nobody_is_left(&mut server);
    (0..count - count / 10).for_each(|_| one(&server));
    let after = nobody_is_left(&mut server);
    println!("{before:?}\n{after:?}");
    assert_eq!(after.accepted, count);
    assert!(after.memory <= before.memory + 256 * 1024, "memory: {before:?}, then {after:?}");
    assert!(after.threads <= 16, "threads: {after:?}");
    assert!(after.descriptors <= before.descriptors + 4, "descriptors: {before:?}, then {after:?}");
    server.stop();
}
