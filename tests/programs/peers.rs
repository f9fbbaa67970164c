//! The example programs with peers that do not use this library, and in cases of trouble: the end of the
//! input, peers that close the connection, ports that are in use or closed, bad arguments. Each program ends
//! with one clear line.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use crate::conversations;
use crate::examples;
use crate::languages::Language;
use crate::process::Process;
use crate::support::{full_listener, library, nobody, temporary_path, tools};

#[test]
fn hello_servers_greet_a_plain_client() {
    for language in examples::languages() {
        let (server, port) = start(language, "hello_server");
        let mut greeting = String::new();
        TcpStream::connect(("127.0.0.1", port)).unwrap().read_to_string(&mut greeting).unwrap();
        assert_eq!(greeting, "hello world", "{language}");
        assert_eq!(server.wait_for_end().unwrap(), (true, String::new()), "{language}");
    }
}

#[test]
fn hello_clients_are_greeted_by_a_plain_server() {
    for language in examples::languages() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = client_of(&listener, language, "hello_client");
        listener.accept().unwrap().0.write_all(b"good evening").unwrap();
        assert_eq!(client.wait_for_end().unwrap(), (true, "good evening\n".to_owned()), "{language}");
    }
}

#[test]
fn hello_clients_report_a_server_that_sends_nothing() {
    for language in examples::languages() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = client_of(&listener, language, "hello_client");
        drop(listener.accept().unwrap());
        complains(language, client, "the server said nothing");
    }
}

#[test]
fn chat_servers_talk_with_many_plain_clients_at_once() {
    for language in examples::languages() {
        let (mut server, port) = start(language, "chat_server");
        let mut clients: Vec<_> = (0..5).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
        for (number, client) in clients.iter_mut().enumerate().rev() {
            client.write_all(format!("this is {number}").as_bytes()).unwrap();
            server.wait_for(&format!(": this is {number}\n>>>")).unwrap();
            server.say(&format!("welcome {number}")).unwrap();
            assert_eq!(read_line(client), format!("welcome {number}\n"), "{language}");
        }
    }
}

#[test]
fn chat_servers_outlive_clients_that_vanish() {
    for language in examples::languages() {
        let (mut server, port) = start(language, "chat_server");
        drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
        server.wait_for(": left\n").unwrap();
        reset(TcpStream::connect(("127.0.0.1", port)).unwrap());
        server.wait_for("Connection reset by peer").unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(b"exit\n").unwrap();
        server.wait_for(": exit\n").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "{language}");
    }
}

#[test]
fn chat_servers_end_with_their_input_whoever_is_connected() {
    for language in examples::languages() {
        let (mut server, port) = start(language, "chat_server");
        let _quiet = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(b"is anybody there?\n").unwrap();
        server.wait_for(">>>").unwrap();
        server.end_input();
        assert_eq!(server.wait_for_end().unwrap(), (true, "\nend of input\n".to_owned()), "{language}");
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "{language}");
    }
}

#[test]
fn chat_clients_talk_with_a_plain_server() {
    for language in examples::languages() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = client_of(&listener, language, "chat_client");
        let mut peer = listener.accept().unwrap().0;
        client.wait_for(">>>").unwrap();
        client.say("how are you?").unwrap();
        assert_eq!(read_line(&mut peer), "how are you?\n", "{language}");
        peer.write_all(b"fine").unwrap();
        assert_eq!(client.wait_for("\n>>>").unwrap(), "fine", "{language}");
        client.say("exit").unwrap();
        assert_eq!(read_line(&mut peer), "exit\n", "{language}");
        assert_eq!(client.wait_for_end().unwrap(), (true, String::new()), "{language}");
    }
}

#[test]
fn chat_clients_end_with_their_input() {
    for language in examples::languages() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = client_of(&listener, language, "chat_client");
        client.wait_for(">>>").unwrap();
        client.end_input();
        assert_eq!(client.wait_for_end().unwrap(), (true, "\nend of input\n".to_owned()), "{language}");
    }
}

#[test]
fn chat_clients_report_a_server_that_is_gone() {
    for language in examples::languages() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = client_of(&listener, language, "chat_client");
        let mut peer = listener.accept().unwrap().0;
        client.wait_for(">>>").unwrap();
        client.say("are you there?").unwrap();
        read_line(&mut peer);
        drop(peer);
        complains(language, client, "the server closed the connection");
    }
}

#[test]
fn udp_echo_programs_know_a_plain_peer() {
    for language in examples::languages() {
        let (_server, port) = start(language, "udp_echo_server");
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut buffer = [0; 2000];
        for datagram in [&b"x"[..], &[7; 1400], b""] {
            peer.send_to(datagram, ("127.0.0.1", port)).unwrap();
            let (n, _) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], datagram, "{language}");
        }
        let port = peer.local_addr().unwrap().port().to_string();
        let client = Process::start(command(language, "udp_echo_client").args([&port, "ping"])).unwrap();
        let (n, client_address) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..n], b"ping", "{language}");
        peer.send_to(b"pong", client_address).unwrap();
        assert_eq!(client.wait_for_end().unwrap(), (true, "pong\n".to_owned()), "{language}");
    }
}

#[test]
fn unix_echo_programs_know_a_plain_peer() {
    for language in examples::languages() {
        let path = temporary_path();
        let mut server = Process::start(command(language, "unix_echo_server").arg(&path)).unwrap();
        server.wait_for_place().unwrap();
        let mut peer = UnixStream::connect(&path).unwrap();
        peer.write_all(&[9; 3000]).unwrap();
        let mut echo = [0; 3000];
        peer.read_exact(&mut echo).unwrap();
        assert_eq!(echo, [9; 3000], "{language}");
        drop((peer, server));
        fs::remove_file(&path).unwrap();
        let listener = UnixListener::bind(&path).unwrap();
        let client = Process::start(command(language, "unix_echo_client").arg(&path).arg("ping")).unwrap();
        let mut peer = listener.accept().unwrap().0;
        let mut request = String::new();
        peer.read_to_string(&mut request).unwrap();
        assert_eq!(request, "ping", "{language}");
        peer.write_all(b"pong").unwrap();
        drop(peer);
        assert_eq!(client.wait_for_end().unwrap(), (true, "pong\n".to_owned()), "{language}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn unix_echo_servers_replace_only_the_socket_of_a_dead_server() {
    for language in examples::languages() {
        let path = temporary_path();
        drop(UnixListener::bind(&path).unwrap());
        let mut server = Process::start(command(language, "unix_echo_server").arg(&path)).unwrap();
        server.wait_for_place().unwrap();
        let second = Process::start(command(language, "unix_echo_server").arg(&path)).unwrap();
        complains(language, second, "Address already in use");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_busy_port_is_one_clear_line() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp_port = tcp.local_addr().unwrap().port().to_string();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let udp_port = udp.local_addr().unwrap().port().to_string();
    for language in examples::languages() {
        for (program, port) in
            [("hello_server", &tcp_port), ("chat_server", &tcp_port), ("udp_echo_server", &udp_port)]
        {
            let server = Process::start(command(language, program).arg(port)).unwrap();
            complains(language, server, "Address already in use");
        }
    }
}

#[test]
fn a_closed_port_and_a_missing_path_are_one_clear_line() {
    let (closed_tcp, tcp_port) = closed_port();
    let (closed_udp, address) = nobody();
    let udp_port = address.port().unwrap().to_string();
    for language in examples::languages() {
        for (program, port) in
            [("hello_client", &tcp_port), ("chat_client", &tcp_port), ("udp_echo_client", &udp_port)]
        {
            let client = Process::start(command(language, program).arg(port)).unwrap();
            complains(language, client, "Connection refused");
        }
        let client = Process::start(command(language, "unix_echo_client").arg(temporary_path())).unwrap();
        complains(language, client, "No such file or directory");
    }
    drop((closed_tcp, closed_udp));
}

#[test]
fn bad_arguments_are_one_clear_line() {
    for language in examples::languages() {
        for program in ["hello_server", "hello_client", "chat_server", "chat_client", "udp_echo_server"] {
            complains(language, Process::start(command(language, program).arg("70000")).unwrap(), "70000");
        }
        for port in ["-1", "65536", "http"] {
            complains(language, Process::start(command(language, "hello_server").arg(port)).unwrap(), port);
        }
        for program in ["unix_echo_server", "unix_echo_client"] {
            let path = "p".repeat(108);
            let process = Process::start(command(language, program).arg(path)).unwrap();
            complains(language, process, "AF_UNIX path too long");
        }
    }
}

#[test]
fn connect_check_prints_the_code_and_its_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port().to_string();
    let (_closed, closed) = closed_port();
    let (_full, _queued, full) = full_port();
    for language in examples::languages() {
        let check = |port: &str, seconds: &str| {
            let mut command = command(language, "connect_check");
            Process::start(command.args(["127.0.0.1", port, seconds])).unwrap().wait_for_end().unwrap()
        };
        assert_eq!(check(&open, "60"), (true, "0 connected\n".to_owned()), "{language}");
        assert_eq!(check(&closed, "60"), (false, "111 ECONNREFUSED\n".to_owned()), "{language}");
        assert_eq!(check(&full, "0.05"), (false, "11 EAGAIN\n".to_owned()), "{language}");
        assert_eq!(check(&full, "0"), (false, "115 EINPROGRESS\n".to_owned()), "{language}");
    }
}

#[test]
fn connect_check_reports_wrong_arguments() {
    for language in examples::languages() {
        // A name server cannot be asked for a name with more than 63 bytes between two dots.
        let nowhere = "a".repeat(100);
        for (arguments, complaint) in [
            (&["127.0.0.1", "1"][..], "usage: connect_check HOST PORT SECONDS"),
            (&["127.0.0.1", "1", "soon"], "usage: connect_check HOST PORT SECONDS"),
            (&["127.0.0.1", "70000", "1"], "port must be 0-65535"),
            (&[&nowhere, "1", "1"], &nowhere),
        ] {
            let check = Process::start(command(language, "connect_check").args(arguments)).unwrap();
            complains(language, check, complaint);
        }
    }
}

#[test]
fn the_makefile_builds_the_c_programs_with_either_library() {
    if !tools::have("make", "c-examples/Makefile") || !examples::languages().contains(&Language::C) {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("makefile");
    let mut make = Command::new("make");
    make.arg("-C").arg(root.join("c-examples")).arg("all").arg("static");
    make.arg(format!("LIBRARY={}", library::library().directory().display()))
        .arg(format!("OUT={}", out.display()));
    let made = make.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for directory in [out.clone(), out.join("static")] {
        let mut server = Command::new(directory.join("hello_server"));
        let mut client = Command::new(directory.join("hello_client"));
        assert_eq!(conversations::hello(&mut server, &mut client).as_deref(), Ok("hello world"));
    }
}

fn command(language: Language, program: &str) -> Command {
    examples::command(language, program).expect("the language is ready")
}

/// A server on a port of its own.
fn start(language: Language, program: &str) -> (Process, u16) {
    let mut server = Process::start(command(language, program).arg("0")).unwrap();
    let port = conversations::port_of(&server.wait_for_place().unwrap()).unwrap();
    (server, port)
}

/// A client that connects to a server of this test.
fn client_of(listener: &TcpListener, language: Language, program: &str) -> Process {
    let port = listener.local_addr().unwrap().port().to_string();
    Process::start(command(language, program).arg(port)).unwrap()
}

/// The program must fail, and the last line that it prints must be the only one about the failure.
#[track_caller]
fn complains(language: Language, program: Process, complaint: &str) {
    let (success, printed) = program.wait_for_end().unwrap();
    assert!(!success, "{language} succeeded: {printed:?}");
    assert!(printed.contains(complaint), "{language}: {complaint:?} is not in {printed:?}");
    assert!(printed.ends_with('\n') && printed.lines().count() == 1, "{language}: not one line: {printed:?}");
}

fn read_line(peer: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        peer.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// Ends a connection in such a way that the peer sees a reset.
fn reset(stream: TcpStream) {
    let socket = tabi::Socket::from(stream);
    let linger = [1i32, 0].map(i32::to_ne_bytes).concat();
    socket.setsockopt_bytes(tabi::SOL_SOCKET, tabi::constants::SO_LINGER, &linger).unwrap();
    socket.close().unwrap();
}

/// A port that is in use, but refuses all clients.
fn closed_port() -> (tabi::Socket, String) {
    let socket = tabi::Socket::new(tabi::AF_INET, tabi::SOCK_STREAM, 0).unwrap();
    socket.bind(("127.0.0.1", 0)).unwrap();
    let port = conversations::port_of(&address_of(&socket)).unwrap().to_string();
    (socket, port)
}

/// A port whose queue is full: a further connect is neither accepted nor refused.
fn full_port() -> (tabi::Socket, Vec<tabi::Socket>, String) {
    let (listener, queued, address) = full_listener(tabi::AF_INET);
    (listener, queued, address.port().unwrap().to_string())
}

fn address_of(socket: &tabi::Socket) -> String {
    std::net::SocketAddr::try_from(socket.getsockname().unwrap()).unwrap().to_string()
}
