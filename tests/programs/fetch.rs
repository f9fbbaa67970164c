//! `fetch`: several servers at the same time, with one deadline for all of them and a Ctrl-C that ends everything.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::examples;
use crate::languages::Language;
use crate::process::Process;

/// The arguments of a server, and what it accepts.
struct Server(TcpListener);

impl Server {
    fn new() -> Server {
        Server(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn place(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits for a client and its question.
    fn asked(&self) -> TcpStream {
        let mut client = self.0.accept().unwrap().0;
        let mut question = [0; 18];
        client.read_exact(&mut question).unwrap();
        assert_eq!(&question, b"GET / HTTP/1.0\r\n\r\n");
        client
    }
}

fn fetch(language: Language, seconds: &str, servers: &[&Server]) -> Process {
    let mut command = examples::command(language, "fetch").expect("the language is ready");
    command.arg(seconds).args(servers.iter().map(|server| server.place()));
    Process::start(&mut command).unwrap()
}

/// What is left of the output, line by line in order.
fn lines(printed: &str) -> Vec<String> {
    let mut lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn all_answers_are_collected() {
    for language in examples::languages() {
        let servers = [Server::new(), Server::new()];
        let program = fetch(language, "60", &[&servers[0], &servers[1]]);
        // Both are asked before one of them answers.
        let mut clients = servers.each_ref().map(Server::asked);
        clients[0].write_all(b"hello").unwrap();
        clients[1].write_all(b"good evening").unwrap();
        drop(clients);
        let (success, printed) = program.wait_for_end().unwrap();
        let expected = sorted(vec![
            format!("{}: 5 bytes", servers[0].place()),
            format!("{}: 12 bytes", servers[1].place()),
        ]);
        assert_eq!((success, lines(&printed)), (true, expected), "{language}");
    }
}

#[test]
fn ctrl_c_ends_whatever_has_not_ended() {
    for language in examples::languages() {
        let (quick, silent, halting) = (Server::new(), Server::new(), Server::new());
        let mut program = fetch(language, "3600", &[&quick, &silent, &halting]);
        let mut answered = quick.asked();
        let (_waits, mut has_begun) = (silent.asked(), halting.asked());
        has_begun.write_all(b"begin").unwrap();
        answered.write_all(b"hello").unwrap();
        drop(answered);
        program.wait_for(&format!("{}: 5 bytes\n", quick.place())).unwrap();
        program.interrupt().unwrap();
        let (success, printed) = program.wait_for_end().unwrap();
        let printed = lines(&printed);
        assert!(!success, "{language}");
        assert!(printed.contains(&format!("{}: cancelled after 0 bytes", silent.place())), "{printed:?}");
        // The 5 bytes may have arrived a moment too late.
        assert!(
            printed.iter().any(|line| line.starts_with(&format!("{}: cancelled after ", halting.place()))),
            "{printed:?}"
        );
        assert_eq!(printed.len(), 2, "{language}: {printed:?}");
    }
}

#[test]
fn one_deadline_is_for_all() {
    for language in examples::languages() {
        let servers = [Server::new(), Server::new()];
        let program = fetch(language, "0.1", &[&servers[0], &servers[1]]);
        let (success, printed) = program.wait_for_end().unwrap();
        let expected = sorted(
            servers.iter().map(|server| format!("{}: cancelled after 0 bytes", server.place())).collect(),
        );
        assert_eq!((success, lines(&printed)), (false, expected), "{language}");
    }
}

#[test]
fn a_server_that_is_not_there_fails_alone() {
    for language in examples::languages() {
        let server = Server::new();
        // Bound, but not listening.
        let gone = tabi::Socket::new(tabi::AF_INET, tabi::SOCK_STREAM, 0).unwrap();
        gone.bind(("127.0.0.1", 0)).unwrap();
        let gone = gone.getsockname().unwrap().to_string();
        let mut command = examples::command(language, "fetch").expect("the language is ready");
        let program = Process::start(command.args(["60", &server.place(), &gone])).unwrap();
        server.asked().write_all(b"hello").unwrap();
        let (success, printed) = program.wait_for_end().unwrap();
        assert!(
            !success && printed.contains(&format!("{}: 5 bytes\n", server.place())),
            "{language}: {printed}"
        );
        assert!(printed.contains(&format!("{gone}: Connection refused")), "{language}: {printed}");
    }
}

#[test]
fn bad_arguments_are_one_clear_line() {
    for language in examples::languages() {
        for arguments in [&["1"][..], &["soon", "127.0.0.1:1"], &["1", "127.0.0.1"]] {
            let mut command = examples::command(language, "fetch").expect("the language is ready");
            let (success, printed) = Process::start(command.args(arguments)).unwrap().wait_for_end().unwrap();
            assert_eq!(
                (success, printed.as_str()),
                (false, "usage: fetch SECONDS HOST:PORT...\n"),
                "{language}"
            );
        }
    }
}
