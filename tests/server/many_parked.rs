//! Many parked connections in one process. `TABI_MANY=1` parks 100,000, or as many as the process may have descriptors.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::support::helpers::helper;
use crate::support::limits::limit;
use crate::support::serving::{ask, connect_to};
use crate::support::{in_own_process, wait_until};

/// A process that answers each line of its standard input with one of its standard output.
struct Process {
    process: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(arguments: &[&str]) -> Process {
        let mut process = helper("server_helper")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Process { process, questions, answers }
    }

    fn line(&mut self) -> String {
        self.answers.next().unwrap().unwrap()
    }

    fn stop(mut self) {
        drop(self.questions.take());
        self.answers.by_ref().for_each(drop);
        assert!(self.process.wait().unwrap().success());
    }
}

struct Server {
    process: Process,
    port: u16,
}

/// What the process of the server uses and has.
#[derive(Debug, Clone, Copy)]
struct Takes {
    memory: usize,
    threads: usize,
    parked: usize,
    active: usize,
}

impl Server {
    fn start(threads: usize) -> Server {
        let mut process = Process::start(&["parking", &threads.to_string()]);
        let port = process.line().strip_prefix("port ").unwrap().parse().unwrap();
        Server { process, port }
    }

    fn takes(&mut self) -> Takes {
        self.process.questions.as_mut().unwrap().write_all(b"\n").unwrap();
        let line = self.process.line();
        let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [memory, threads, parked, active] = numbers[..] else { panic!("{line}") };
        Takes { memory, threads, parked, active }
    }

    /// Waits until this number of clients are parked.
    fn has_parked(&mut self, clients: usize) -> Takes {
        wait_until("all are parked", || self.takes().parked == clients);
        self.takes()
    }

    fn connect(&self) -> TcpStream {
        connect_to(([127, 0, 0, 1], self.port).into())
    }

    /// Returns how long a parked client waits for its answer: the best median of several rounds, because this machine may
    /// have other work.
    fn wait_for_an_answer(&mut self, client: &mut TcpStream, parked: usize) -> Duration {
        let median = |_| {
            let mut waits: Vec<_> = (0..301)
                .map(|_| {
                    self.has_parked(parked);
                    let begin = Instant::now();
                    ask(client);
                    begin.elapsed()
                })
                .collect();
            waits.sort();
            waits[waits.len() / 2]
        };
        (0..9).map(median).min().unwrap()
    }
}

#[test]
fn many_connections_are_parked_without_a_thread_and_with_little_memory() {
    in_own_process(|| {
        limit(libc::RLIMIT_NOFILE, u64::MAX);
        let most = limit(libc::RLIMIT_NOFILE, u64::MAX) as usize;
        let full = std::env::var_os("TABI_MANY").is_some();
        let count = if full { 100_000.min(most - 100) } else { 1000 };
        let mut server = Server::start(16);
        let mut client = server.connect();
        let few: Vec<_> =
            (0..9).map(|_| Process::start(&["parked-crowd", &server.port.to_string(), "1", "1"])).collect();
        ask(&mut client);
        let before = server.has_parked(10);
        let of_few = full.then(|| server.wait_for_an_answer(&mut client, 10));

        let crowds: Vec<_> = (2..)
            .zip((0..count).step_by(10_000))
            .map(|(number, from): (u8, usize)| {
                let clients = (count - from).min(10_000).to_string();
                Process::start(&["parked-crowd", &server.port.to_string(), &clients, &number.to_string()])
            })
            .collect();
        let crowds: Vec<_> = crowds
            .into_iter()
            .map(|mut crowd| {
                assert_eq!(crowd.line(), "connected");
                crowd
            })
            .collect();
        let after = server.has_parked(count + 10);
        let each = (after.memory - before.memory) / count;
        println!("{count} parked: {} threads, {each} bytes of memory each", after.threads);
        assert!(after.threads <= 16, "{after:?}");
        // With few clients, what all of them share counts too.
        let most = if full { 1024 } else { 2048 };
        assert!(each <= most, "{each} bytes of memory for a parked client");
        if let Some(of_few) = of_few {
            let of_many = server.wait_for_an_answer(&mut client, count + 10);
            println!("an answer takes {of_few:?} with 10 parked, {of_many:?} with {count}");
            assert!(of_many.as_secs_f64() <= 1.3 * of_few.as_secs_f64());
        }
        drop(client);
        few.into_iter().chain(crowds).for_each(Process::stop);
        wait_until("nobody is left", || server.takes().active == 0);
        server.process.stop();
    });
}
