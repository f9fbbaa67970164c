//! Sockets that other processes made, restarts under load, several loops, and handlers that use files instead
//! of sockets.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::helpers::helper;
use crate::support::serving::{any_port, connect, read_to_end, while_serving};
use crate::support::{HANG, ThreadId, wait_until};
use tabi::server::{
    DatagramRequestHandler, HandlerResult, Hooks, Request, Server, StreamRequestHandler, TcpServer,
    ThreadingTcpServer, UdpServer,
};
use tabi::{AF_INET, Error, Result, SOCK_DGRAM, SOCK_STREAM, Socket};

/// Answers with the number of this process, after the client has sent a byte.
fn who(request: &Request) -> Result<()> {
    request.socket().recv(1)?;
    request.reply(std::process::id().to_string().as_bytes())
}

fn answer_of(address: SocketAddr) -> std::io::Result<u32> {
    let mut client = TcpStream::connect(address)?;
    client.set_read_timeout(Some(HANG))?;
    client.write_all(b"x")?;
    let mut text = String::new();
    client.read_to_string(&mut text)?;
    Ok(text.parse().unwrap())
}

/// Waits until the successor runs. Returns the name that it was given, and the rest of its output.
fn started(successor: &mut Child) -> (String, impl Iterator + use<>) {
    let mut lines = BufReader::new(successor.stdout.take().unwrap()).lines();
    let name = lines.find_map(|line| line.unwrap().strip_prefix("name ").map(str::to_owned));
    (name.expect("the successor has started"), lines)
}

#[test]
fn a_restart_under_load_refuses_and_loses_nobody() {
    let server = ThreadingTcpServer::new(any_port(), who).unwrap();
    let address = SocketAddr::try_from(server.server_address()).unwrap();
    let stop = AtomicBool::new(false);
    let answers = Mutex::new(Vec::new());
    let asked = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let who = answer_of(address);
                    answers.lock().unwrap().push(who.map_err(|error| error.to_string()));
                }
            });
        }
        let serving = scope.spawn(|| server.serve_forever());
        wait_until("the first has answered", || answers.lock().unwrap().len() >= 100);
        let mut command = helper("server_helper");
        command.arg("successor").stdin(Stdio::piped()).stdout(Stdio::piped());
        server.pass_to(&mut command, "chat").unwrap();
        let mut successor = command.spawn().unwrap();
        let report = server.server_close(Some(HANG));
        assert_eq!((report.cut, report.left), (0, 0));
        serving.join().unwrap().unwrap();
        let (name, rest) = started(&mut successor);
        assert_eq!(name, "chat");
        let its = successor.id();
        let of_successor = || answers.lock().unwrap().iter().filter(|who| **who == Ok(its)).count();
        wait_until("the successor has answered", || of_successor() >= 100);
        stop.store(true, Ordering::SeqCst);
        wait_until("all have their answers", || {
            answers.lock().unwrap().len() == asked.load(Ordering::SeqCst)
        });
        drop(successor.stdin.take());
        rest.for_each(drop);
        assert!(successor.wait().unwrap().success());
        let answers = answers.lock().unwrap();
        for who in answers.iter() {
            assert!(who == &Ok(std::process::id()) || who == &Ok(its), "{who:?}");
        }
    });
}

/// Starts a program as a service manager does: descriptor 3 is a listening socket, and environment variables
/// describe it.
fn activated(variables: &[(&str, &str)]) -> String {
    let text = printed("activated", variables);
    text.lines().find_map(|line| line.strip_prefix("got ")).unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// Returns all that the program prints in this role.
fn printed(role: &str, variables: &[(&str, &str)]) -> String {
    let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    listener.bind(any_port()).unwrap();
    listener.listen(5).unwrap();
    let fd = listener.fileno();
    let mut command = helper("server_helper");
    command.arg(role).envs(variables.iter().copied());
    // SAFETY: between fork and exec only dup2 and fcntl are called. Descriptor 3 may be the listener itself.
    unsafe {
        command.pre_exec(move || {
            if fd == 3 {
                libc::fcntl(3, libc::F_SETFD, 0);
            } else {
                libc::dup2(fd, 3);
            }
            Ok(())
        });
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn sockets_of_a_service_manager_are_taken_with_their_names() {
    assert_eq!(activated(&[("LISTEN_FDS", "1")]), r#"["unknown"]"#);
    assert_eq!(activated(&[("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "web")]), r#"["web"]"#);
    assert_eq!(activated(&[]), "[]");
    assert_eq!(activated(&[("LISTEN_FDS", "0")]), "[]");
    let parent = std::process::id().to_string();
    assert_eq!(
        activated(&[("LISTEN_FDS", "1"), ("LISTEN_PID", &parent)]),
        "[]",
        "they are for another process"
    );
    assert_eq!(activated(&[("LISTEN_FDS", "many")]), r#"LISTEN_FDS must be a number, got "many""#);
    assert_eq!(
        activated(&[("LISTEN_FDS", "1"), ("LISTEN_PID", "me")]),
        r#"LISTEN_PID must be a number, got "me""#
    );
    assert!(activated(&[("LISTEN_FDS", "200")]).contains("errno"), "a descriptor that is not there");
}

#[test]
fn sockets_are_taken_once_also_after_they_were_closed() {
    let text = printed("activated-twice", &[("LISTEN_FDS", "1")]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], &lines[2..]), (r#"got ["unknown"]"#, &["got []", "at []"][..]), "{text}");
}

#[test]
fn a_socket_that_the_process_has_opened_itself_was_not_handed_over() {
    let text = printed("activated-late", &[("LISTEN_FDS", "1")]);
    let lines: Vec<_> = text.lines().collect();
    let error = "LISTEN_FDS says that descriptor 3 was handed over, but this process has opened it itself";
    assert_eq!(lines, [&format!("got {error}"), "own true"]);
}

#[test]
fn a_process_that_only_inherited_the_variables_takes_no_descriptor() {
    let server = TcpServer::new(any_port(), who).unwrap();
    let mut command = helper("server_helper");
    command.arg("activated-parent");
    server.pass_to(&mut command, "chat").unwrap();
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    // The successor takes the socket. Its child, whose descriptor 3 is another socket, takes none.
    assert_eq!(
        lines,
        [r#"got ["chat"]"#, &format!("at {:?}", [server.server_address().port()]), "got []", "at []"]
    );
}

#[test]
fn a_descriptor_that_is_not_a_socket_is_an_error_and_stays_open() {
    let mut command = helper("server_helper");
    let file = std::fs::File::open("/dev/null").unwrap();
    command.arg("activated-twice").env("LISTEN_FDS", "1");
    let fd = file.as_raw_fd();
    // SAFETY: between fork and exec only dup2 and fcntl are called.
    unsafe {
        command.pre_exec(move || {
            match fd {
                3 => libc::fcntl(3, libc::F_SETFD, 0),
                fd => libc::dup2(fd, 3),
            };
            Ok(())
        });
    }
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let error = format!("got {}", Error::Os(libc::ENOTSOCK));
    assert_eq!(text.lines().collect::<Vec<_>>(), [&error, &error], "the first try has not closed it");
}

#[test]
fn one_command_takes_the_sockets_of_several_servers() {
    let chat = TcpServer::options().loops(2).allow_reuse_port(true).bind(any_port(), who).unwrap();
    let admin = TcpServer::new(any_port(), who).unwrap();
    let mut command = helper("server_helper");
    command.arg("activated");
    chat.pass_to(&mut command, "chat").unwrap();
    admin.pass_to(&mut command, "admin").unwrap();
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains(r#"got ["chat", "chat", "admin"]"#), "{text}");
    let (chat, admin) = (chat.server_address().port(), admin.server_address().port());
    assert!(text.contains(&format!("at {:?}", [chat, chat, admin])), "{text}");
}

#[test]
fn sockets_that_a_program_passes_by_itself_are_not_overwritten() {
    let server = TcpServer::new(any_port(), who).unwrap();
    let mut command = helper("server_helper");
    command.arg("activated").env("LISTEN_FDS", "1");
    let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    listener.bind(any_port()).unwrap();
    let (own, fd) = (listener.getsockname().unwrap().port(), listener.fileno());
    // SAFETY: between fork and exec only dup2 and fcntl are called.
    unsafe {
        command.pre_exec(move || {
            match fd {
                3 => libc::fcntl(3, libc::F_SETFD, 0),
                fd => libc::dup2(fd, 3),
            };
            Ok(())
        });
    }
    server.pass_to(&mut command, "chat").unwrap();
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains(r#"got ["unknown", "chat"]"#), "{text}");
    assert!(text.contains(&format!("at {:?}", [own, server.server_address().port()])), "{text}");
    command.env("LISTEN_FDS", "some");
    let error = server.pass_to(&mut command, "chat").unwrap_err();
    assert_eq!(error, Error::Value(r#"LISTEN_FDS must be a number, got "some""#.into()));
}

#[test]
fn a_closed_server_has_nothing_to_pass_on() {
    let server = TcpServer::new(any_port(), who).unwrap();
    let mut command = Command::new("true");
    assert!(matches!(server.pass_to(&mut command, "a:b"), Err(Error::Value(_))));
    server.server_close(None);
    assert_eq!(server.pass_to(&mut command, "name"), Err(Error::Closed));
}

#[test]
fn several_loops_serve_one_port() {
    for own_sockets in [true, false] {
        let server = ThreadingTcpServer::options()
            .loops(3)
            .allow_reuse_port(own_sockets)
            .bind(any_port(), who)
            .unwrap();
        assert_eq!(server.sockets().len(), if own_sockets { 3 } else { 1 });
        while_serving(&server, || {
            let clients: Vec<_> = (0..100).map(|_| connect(&server)).collect();
            for mut client in clients {
                client.write_all(b"x").unwrap();
                let text = read_to_end(&mut client);
                assert_eq!(text, std::process::id().to_string());
            }
        });
        server.server_close(Some(HANG));
        assert_eq!(server.statistics().finished, 100);
    }
}

#[test]
fn two_servers_share_a_port_if_both_allow_it() {
    let first = TcpServer::options().allow_reuse_port(true).bind(any_port(), who).unwrap();
    let address = || first.server_address();
    let second = TcpServer::options().allow_reuse_port(true).bind(address(), who).unwrap();
    assert_eq!(second.server_address(), first.server_address());
    assert_eq!(TcpServer::new(address(), who).unwrap_err(), Error::Os(libc::EADDRINUSE));
}

struct Failing;

impl Hooks for Failing {
    fn service_actions(&self, _: &Server) -> Result<()> {
        Err(Error::Os(libc::EIO))
    }
}

#[test]
fn one_loop_that_fails_ends_the_others() {
    let server = TcpServer::options().hooks(Failing).loops(3).bind(any_port(), who).unwrap();
    assert_eq!(server.serve_forever_every(0.001), Err(Error::Os(libc::EIO)));
    assert_eq!(server.serve_forever_every(0.001), Err(Error::Os(libc::EIO)), "it can be served again");
}

struct Panicking;

impl Hooks for Panicking {
    fn service_actions(&self, _: &Server) -> Result<()> {
        panic!("on purpose")
    }
}

#[test]
fn one_loop_that_panics_ends_the_others_and_passes_it_on() {
    let server = TcpServer::options().hooks(Panicking).loops(3).bind(any_port(), who).unwrap();
    for _ in 0..2 {
        let serve = std::panic::AssertUnwindSafe(|| server.serve_forever_every(0.001));
        assert!(std::panic::catch_unwind(serve).is_err());
    }
}

#[test]
fn a_socket_that_was_closed_under_the_loop_ends_it() {
    let server = TcpServer::new(any_port(), who).unwrap();
    server.socket().close().unwrap();
    assert!(server.serve_forever().is_err());
}

#[test]
fn a_socket_that_another_thread_closes_ends_a_loop_that_waits_for_ever() {
    let adopted = |kind| {
        let socket = Socket::new(AF_INET, kind, 0).unwrap();
        socket.bind(any_port()).unwrap();
        TcpServer::options().adopt(vec![socket], who).unwrap()
    };
    let servers = [
        TcpServer::new(any_port(), who).unwrap().into(),
        UdpServer::new(any_port(), who).unwrap().into(),
        adopted(SOCK_STREAM),
        adopted(SOCK_DGRAM),
    ];
    for server in servers {
        let (begun, has_begun) = mpsc::channel();
        thread::scope(|scope| {
            let serving = scope.spawn(|| {
                begun.send(ThreadId::current()).unwrap();
                server.serve_forever_every(None)
            });
            let thread = has_begun.recv().unwrap();
            thread.wait_until_blocked();
            server.socket().close().unwrap();
            assert_eq!(serving.join().unwrap(), Err(Error::Closed));
        });
    }
}

#[test]
fn a_handler_that_closes_the_servers_socket_ends_the_loop() {
    let server = TcpServer::new(any_port(), |request: &Request| request.server().socket().close()).unwrap();
    let mut client = connect(&server);
    assert_eq!(server.serve_forever_every(None), Err(Error::Closed));
    assert_eq!(read_to_end(&mut client), "");
}

#[test]
fn a_stream_handler_reads_lines_and_writes() {
    let shout = StreamRequestHandler::new(|stream| {
        loop {
            let line = stream.rfile.readline(100)?;
            match line.as_slice() {
                b"" => return Ok(()),
                b"fail\n" => return Err(Error::Os(libc::EIO)),
                b"panic\n" => panic!("on purpose"),
                line => stream.wfile.write_all(&line.to_ascii_uppercase())?,
            }
        }
    });
    let shout = shout.wbufsize(1000).rbufsize(10).disable_nagle_algorithm(true).timeout(30.0).unwrap();
    let server = ThreadingTcpServer::new(any_port(), shout).unwrap();
    while_serving(&server, || {
        for end in ["", "fail\n", "panic\n"] {
            let mut client = connect(&server);
            write!(client, "one\ntwo and more\n{end}").unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
            let text = read_to_end(&mut client);
            assert_eq!(text, "ONE\nTWO AND MORE\n", "what was written is flushed, then {end:?}");
        }
    });
    server.server_close(Some(HANG));
    assert_eq!(server.statistics().failed, 2);
}

#[test]
fn a_datagram_handler_answers_with_what_it_wrote() {
    let reverse = DatagramRequestHandler::new(|datagram| -> HandlerResult {
        datagram.rfile.read_to_end(&mut datagram.wfile)?;
        datagram.wfile.reverse();
        Ok(())
    });
    let server = UdpServer::new(any_port(), reverse).unwrap();
    let client = UdpSocket::bind(any_port()).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    for (sent, answered) in [(&b"abc"[..], &b"cba"[..]), (b"", b"")] {
        client.send_to(sent, SocketAddr::try_from(server.server_address()).unwrap()).unwrap();
        server.handle_request().unwrap();
        let mut buffer = [9; 10];
        let n = client.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..n], answered);
    }
}

#[test]
fn handlers_of_the_wrong_kind_fail_and_say_so() {
    let stream = StreamRequestHandler::new(|_| -> HandlerResult { Ok(()) });
    let datagram = DatagramRequestHandler::new(|_| -> HandlerResult { Ok(()) });
    let failures = std::sync::Arc::new(Mutex::new(Vec::new()));
    let report = |failures: &std::sync::Arc<Mutex<Vec<String>>>| {
        let failures = std::sync::Arc::clone(failures);
        move |_: &Request, failure: &tabi::server::Failure| failures.lock().unwrap().push(failure.to_string())
    };
    let udp = UdpServer::options().on_error(report(&failures)).bind(any_port(), stream).unwrap();
    let tcp = TcpServer::options().on_error(report(&failures)).bind(any_port(), datagram).unwrap();
    let client = UdpSocket::bind(any_port()).unwrap();
    client.send_to(b"x", SocketAddr::try_from(udp.server_address()).unwrap()).unwrap();
    udp.handle_request().unwrap();
    let _client = connect(&tcp);
    tcp.handle_request().unwrap();
    assert_eq!(
        *failures.lock().unwrap(),
        [
            "a StreamRequestHandler cannot answer a datagram",
            "a DatagramRequestHandler cannot answer a stream"
        ]
    );
}

#[test]
fn a_client_that_was_not_read_sees_a_clean_end() {
    let server = TcpServer::new(any_port(), |request: &Request| request.reply(b"too much")).unwrap();
    let mut client = connect(&server);
    client.write_all(&[7; 1000]).unwrap();
    server.handle_request().unwrap();
    let text = read_to_end(&mut client);
    assert_eq!(text, "too much");
}

#[test]
fn a_timeout_of_handle_request_calls_its_hook() {
    struct Counting(std::sync::Arc<AtomicUsize>);
    impl Hooks for Counting {
        fn handle_timeout(&self, _: &Server) -> Result<()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let timeouts = std::sync::Arc::new(AtomicUsize::new(0));
    let server = TcpServer::options()
        .timeout(Duration::from_millis(1))
        .unwrap()
        .hooks(Counting(std::sync::Arc::clone(&timeouts)))
        .bind(any_port(), who)
        .unwrap();
    server.handle_request().unwrap();
    assert_eq!(timeouts.load(Ordering::SeqCst), 1);
}
