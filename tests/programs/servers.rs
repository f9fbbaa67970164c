//! The example servers in C, Rust and Python on tabi, and in CPython on its own modules. All of them answer
//! the same clients.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::examples;
use crate::languages::Language;
use crate::process::Process;

const HANG: Duration = Duration::from_secs(60);

macro_rules! servers {
    ($languages:tt: $($name:ident)*) => {$( servers! { @one $name $languages } )*};
    (@one $name:ident [$($test:ident $language:ident)*]) => {
        mod $name {
            use crate::languages::Language;

            $(#[test]
            fn $test() {
                super::$name(Language::$language);
            })*
        }
    };
}

servers! { [in_c C in_rust Rust in_python Python in_cpython StockPython]:
chat_room web_server time_server control_server restart_server activated_server bad_arguments }

// Servers that need what only tabi has.
servers! { [in_c C in_rust Rust in_python Python]: keep_alive_server relay_server }

/// Starts a server. Returns it with the address on which it listens.
fn start(language: Language, program: &str, arguments: &[&Path]) -> Option<(Process, String)> {
    let mut command = examples::command(language, program)?;
    let mut server = Process::start(command.args(arguments)).unwrap();
    let place = server.wait_for_place().unwrap();
    Some((server, place.trim().to_owned()))
}

fn any_port() -> PathBuf {
    "0".into()
}

/// A client that sends and receives lines.
struct Lines(BufReader<TcpStream>);

impl Lines {
    fn connect(place: &str) -> Lines {
        let stream = TcpStream::connect(place).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        Lines(BufReader::new(stream))
    }

    fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

fn chat_room(language: Language) {
    let Some((_server, place)) = start(language, "chat_room", &[&any_port()]) else { return };
    let (mut ann, mut bob, mut other) =
        (Lines::connect(&place), Lines::connect(&place), Lines::connect(&place));
    ann.say("ann");
    assert_eq!(ann.hear(), "ann is here");
    bob.say("bob");
    assert_eq!((ann.hear(), bob.hear()), ("bob is here".into(), "bob is here".into()));
    other.say("ann");
    assert_eq!(other.hear(), "that name is taken");
    bob.say("hello");
    assert_eq!((ann.hear(), bob.hear()), ("bob: hello".into(), "bob: hello".into()));
    ann.say("");
    assert_eq!(bob.hear(), "ann has left");
    assert_eq!(ann.hear(), "");
    drop(bob);
}

fn web_server(language: Language) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("web-{language}"));
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("page.txt"), "a page\n").unwrap();
    fs::write(folder.join("inner/index.html"), "inner page\n").unwrap();
    let large = "0123456789".repeat(100_000);
    fs::write(folder.join("large"), &large).unwrap();
    let Some((_server, place)) = start(language, "web_server", &[&folder, &any_port()]) else { return };
    let ask = |request: &str| {
        let mut client = TcpStream::connect(&place).unwrap();
        client.set_read_timeout(Some(HANG)).unwrap();
        write!(client, "{request} HTTP/1.0\r\nHost: here\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), head.to_ascii_lowercase(), body.to_owned())
    };
    let (status, head, body) = ask("GET /page.txt");
    assert_eq!((status.as_str(), body.as_str()), ("200", "a page\n"));
    assert!(head.contains("content-length: 7"), "{head}");
    assert_eq!(ask("GET /inner/").2, "inner page\n");
    assert_eq!(ask("GET /large").2, large);
    assert_eq!(ask("HEAD /page.txt").2, "");
    assert_eq!(ask("GET /nothing").0, "404");
    assert_eq!(ask("GET /../Cargo.toml").0, "404");
    assert_eq!(ask("PUT /page.txt").0, "501");
}

/// More clients than the server has threads, each with one connection for all its requests.
fn keep_alive_server(language: Language) {
    let Some((_server, place)) = start(language, "keep_alive_server", &[&any_port()]) else { return };
    let mut clients: Vec<_> = (0..10).map(|_| Http(Lines::connect(&place))).collect();
    for number in 1..=3 {
        for client in clients.iter_mut().rev() {
            client.ask("GET /", "");
            assert_eq!(client.answer(), ("200".into(), format!("request {number} of this connection\n")));
        }
    }
    let client = &mut clients[0];
    // The second request is read together with the first.
    client.ask("GET /", "");
    client.ask("GET /", "Connection: close\r\n");
    assert_eq!(client.answer().1, "request 4 of this connection\n");
    assert_eq!(client.answer().1, "request 5 of this connection\n");
    assert_eq!(client.0.hear(), "", "the client has asked for the end");
    clients[1].ask("PUT /", "");
    assert_eq!(clients[1].answer().0, "501");
}

/// Clients and targets that send at the same time, and end their direction of the connection before the other has ended.
fn relay_server(language: Language) {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = target.local_addr().unwrap().port().to_string();
    let Some((_server, place)) = start(language, "relay_server", &[&any_port(), Path::new(&port)]) else {
        return;
    };
    let connect = || {
        let client = TcpStream::connect(&place).unwrap();
        let (server, _) = target.accept().unwrap();
        for end in [&client, &server] {
            end.set_read_timeout(Some(HANG)).unwrap();
            end.set_write_timeout(Some(HANG)).unwrap();
        }
        (client, server)
    };
    let _silent = connect();
    let (client, server) = connect();
    let there: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let back: Vec<u8> = there.iter().rev().copied().collect();
    let exchange = |end: TcpStream, send: &[u8]| {
        let mut received = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                (&end).write_all(send).unwrap();
                end.shutdown(Shutdown::Write).unwrap();
            });
            (&end).read_to_end(&mut received).unwrap();
        });
        received
    };
    std::thread::scope(|scope| {
        let arrived = scope.spawn(|| exchange(server, &back));
        assert!(exchange(client, &there) == back, "what the target has sent");
        assert!(arrived.join().unwrap() == there, "what the client has sent");
    });

    let (client, server) = connect();
    drop(server);
    assert_eq!((&client).read(&mut [0; 10]).unwrap(), 0, "the target has gone");
    drop(target);
    let refused = TcpStream::connect(&place).unwrap();
    refused.set_read_timeout(Some(HANG)).unwrap();
    let answer = (&refused).read(&mut [0; 10]);
    assert!(matches!(answer, Ok(0)) || answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}

struct Http(Lines);

impl Http {
    fn ask(&mut self, request: &str, headers: &str) {
        self.0.say(&format!("{request} HTTP/1.1\r\nHost: here\r\n{headers}\r"));
    }

    /// Returns the status and the body of the next answer.
    fn answer(&mut self) -> (String, String) {
        let status = self.0.hear().split(' ').nth(1).unwrap().to_owned();
        let mut size = 0;
        loop {
            let header = self.0.hear().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(number) = header.strip_prefix("content-length: ") {
                size = number.parse().unwrap();
            }
        }
        let mut body = vec![0; size];
        self.0.0.read_exact(&mut body).unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

fn time_server(language: Language) {
    let Some((_server, place)) = start(language, "time_server", &[&any_port()]) else { return };
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() + 2_208_988_800;
    let before = now();
    client.send_to(b"", &place).unwrap();
    let mut bytes = [0; 5];
    assert_eq!(client.recv(&mut bytes).unwrap(), 4);
    let told = u64::from(u32::from_be_bytes(bytes[..4].try_into().unwrap()));
    assert!(before <= told && told <= now(), "{before} <= {told}");
}

fn control_server(language: Language) {
    let path = std::env::temp_dir().join(format!("tabi-control-{language}-{}", std::process::id()));
    let Some((server, _)) = start(language, "control_server", &[&path]) else { return };
    let client = UnixStream::connect(&path).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    let mut client = BufReader::new(client);
    let mut ask = |command: &str| {
        client.get_mut().write_all(format!("{command}\n").as_bytes()).unwrap();
        let mut line = String::new();
        client.read_line(&mut line).unwrap();
        line
    };
    assert!(ask("who").starts_with(&format!("process {} of user ", std::process::id())));
    assert!(ask("statistics").contains("accepted: 1"));
    assert_eq!(ask("dance"), "unknown command: dance\n");
    assert_eq!(ask("stop"), "stopping\n");
    client.get_ref().shutdown(Shutdown::Both).unwrap();
    let (success, printed) = server.wait_for_end().unwrap();
    assert!(success, "{printed}");
    assert!(!path.exists());
}

fn restart_server(language: Language) {
    let Some((server, place)) = start(language, "restart_server", &[&any_port()]) else { return };
    let mut first = Lines::connect(&place);
    first.say("who");
    let before = first.hear();
    first.say("restart");
    let follows = first.hear();
    let after = follows.strip_suffix(" follows").unwrap_or_else(|| panic!("{follows}")).to_owned();
    assert_ne!(before, after);
    // A client that comes now may wait for the new server, but is not refused.
    let mut second = Lines::connect(&place);
    second.say("who");
    assert_eq!(second.hear(), after);
    drop(first);
    let successor: i32 = after.strip_prefix("process ").unwrap().parse().unwrap();
    end(successor);
    drop(second);
    let (success, printed) = server.wait_for_end().unwrap();
    assert!(success, "{printed}");
}

/// Starts a server as a service manager such as `systemd-socket-activate` does: descriptor 3 is the socket.
fn activated_server(language: Language) {
    let Some(server) = examples::command(language, "restart_server") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    // A client that connects before the server has started waits for it.
    let mut client = Lines::connect(&place);
    client.say("who");
    let mut shell = Command::new("sh");
    let script = "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0";
    shell.args(["-c", script]).arg(server.get_program()).args(server.get_args());
    shell.envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut server = shell.stdin(OwnedFd::from(listener)).stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(client.hear(), format!("process {}", server.id()));
    server.kill().unwrap();
    server.wait().unwrap();
}

/// An error is reported in one line, which names the program.
fn bad_arguments(language: Language) {
    for (program, arguments) in [
        ("chat_room", vec!["70000"]),
        ("web_server", vec![".", "70000"]),
        ("time_server", vec!["70000"]),
        ("control_server", vec!["/no such directory/socket"]),
        ("restart_server", vec!["70000"]),
    ] {
        let Some(mut command) = examples::command(language, program) else { return };
        let (success, printed) = Process::start(command.args(arguments)).unwrap().wait_for_end().unwrap();
        assert!(!success && printed.starts_with(&format!("{program}: ")), "{program}: {printed}");
        assert_eq!(printed.lines().count(), 1, "{printed}");
    }
}

/// Ends the new server, which the old server has started for this test.
fn end(process: i32) {
    let killed = std::process::Command::new("kill").arg(process.to_string()).status().unwrap();
    assert!(killed.success());
}
