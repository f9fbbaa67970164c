//! The C examples that do not exist in other languages, with clients and servers of the test and with each
//! other.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::process::Process;
use crate::support::{library, tools};

const PROGRAMS: [&str; 8] = [
    "tcp_client",
    "dual_stack_server",
    "poll_echo_server",
    "file_server",
    "pass_descriptor",
    "multicast_sender",
    "multicast_receiver",
    "packet_info",
];

/// Builds the programs with their own Makefile, once. Returns `None` if a tool is missing.
fn programs() -> Option<&'static Path> {
    static OUT: OnceLock<Option<PathBuf>> = OnceLock::new();
    OUT.get_or_init(|| make("c-examples", &PROGRAMS)).as_deref()
}

/// Builds programs in a directory of their own, which it returns, or `None` if a tool is missing.
pub(crate) fn make(directory: &str, programs: &[&str]) -> Option<PathBuf> {
    if !tools::have("make", "the C examples") || !tools::have("cc", "the C examples") {
        return None;
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(directory);
    let mut make = Command::new("make");
    make.arg("-C").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("c-examples"));
    make.arg(format!("LIBRARY={}", library::library().directory().display()))
        .arg(format!("OUT={}", out.display()));
    make.args(programs.iter().map(|program| out.join(program)));
    let made = make.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(out)
}

fn start(program: &str, arguments: &[&str]) -> Option<Process> {
    Some(Process::start(Command::new(programs()?.join(program)).args(arguments)).unwrap())
}

/// Starts a server on a port of its own.
fn serve(program: &str, arguments: &[&str]) -> Option<(Process, u16)> {
    let mut server = start(program, arguments)?;
    let place = server.wait_for_place().unwrap();
    Some((server, place.rsplit(':').next().unwrap().parse().unwrap()))
}

fn read_all(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

#[test]
fn tcp_client_prints_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Some(client) = start("tcp_client", &["localhost", &port, "question"]) else { return };
    let (mut peer, _) = listener.accept().unwrap();
    let mut question = Vec::new();
    peer.read_to_end(&mut question).unwrap();
    assert_eq!(question, b"question");
    peer.write_all(b"answer").unwrap();
    drop(peer);
    assert_eq!(client.wait_for_end().unwrap(), (true, "answer\n".to_owned()));
}

#[test]
fn tcp_client_prints_why_each_address_failed() {
    let unused = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port().to_string();
    let Some(client) = start("tcp_client", &["127.0.0.1", &port]) else { return };
    let (success, printed) = client.wait_for_end().unwrap();
    assert!(!success && printed.contains("Connection refused"), "{printed}");
}

#[test]
fn dual_stack_server_greets_clients_of_both_versions() {
    let Some((_server, port)) = serve("dual_stack_server", &["0"]) else { return };
    let greeting =
        |host: &str| String::from_utf8(read_all(TcpStream::connect((host, port)).unwrap())).unwrap();
    let v4 = greeting("127.0.0.1");
    assert!(v4.starts_with("you are ('") && v4.contains("127.0.0.1'"), "{v4}");
    if tabi::has_dualstack_ipv6() {
        assert!(greeting("::1").starts_with("you are ('::1'"));
    }
}

#[test]
fn poll_echo_server_serves_many_clients_in_one_thread() {
    let Some((_server, port)) = serve("poll_echo_server", &["0"]) else { return };
    let mut clients: Vec<_> = (0..50).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    for (i, client) in clients.iter_mut().enumerate().rev() {
        client.write_all(format!("client {i}").as_bytes()).unwrap();
    }
    for (i, client) in clients.into_iter().enumerate() {
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(client), format!("client {i}").as_bytes());
    }
    // More bytes than the buffers of the sockets hold, from a client that reads only when it cannot write.
    let bytes: Vec<u8> = (0..10_000_000u32).map(|i| (i % 251) as u8).collect();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let reader = client.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            client.write_all(&bytes).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
        });
        assert!(read_all(reader) == bytes);
    });
}

#[test]
fn file_server_sends_the_file_to_every_client() {
    let Some((_server, port)) = serve("file_server", &["Cargo.lock", "0"]) else { return };
    let file = std::fs::read("Cargo.lock").unwrap();
    for _ in 0..3 {
        assert!(read_all(TcpStream::connect(("127.0.0.1", port)).unwrap()) == file);
    }
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    assert!(
        read_all(TcpStream::connect(("127.0.0.1", port)).unwrap()) == file,
        "it outlives one that vanished"
    );
    let missing = start("file_server", &["no such file", "0"]).unwrap();
    assert!(matches!(missing.wait_for_end().unwrap(), (false, printed) if printed.contains("no such file")));
}

#[test]
fn pass_descriptor_prints_the_file_in_the_child() {
    let Some(program) = start("pass_descriptor", &["rustfmt.toml"]) else { return };
    let (success, printed) = program.wait_for_end().unwrap();
    assert!(success, "{printed}");
    let (head, body) = printed.split_once('\n').unwrap();
    assert!(head.starts_with("descriptor ") && head.ends_with(" is rustfmt.toml:"), "{head}");
    assert_eq!(body, std::fs::read_to_string("rustfmt.toml").unwrap());
}

#[test]
fn multicast_reaches_every_receiver() {
    let group = "239.255.77.1";
    let Some(mut one) = start("multicast_receiver", &[group, "0", "127.0.0.1"]) else { return };
    one.wait_for("port ").unwrap();
    let port = one.wait_for("\n").unwrap();
    let mut other = start("multicast_receiver", &[group, &port, "127.0.0.1"]).unwrap();
    other.wait_for("joined").unwrap();
    other.wait_for("\n").unwrap();
    let sender = start("multicast_sender", &[group, &port, "to all of you", "127.0.0.1"]).unwrap();
    assert_eq!(sender.wait_for_end().unwrap(), (true, String::new()));
    one.wait_for(": to all of you\n").unwrap();
    other.wait_for(": to all of you\n").unwrap();
}

#[test]
fn packet_info_answers_from_the_address_that_was_asked() {
    let Some((mut server, port)) = serve("packet_info", &["0"]) else { return };
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    for host in ["127.0.0.1", "127.0.0.2"] {
        client.send_to(b"who?", (host, port)).unwrap();
        let (n, sender) = client.recv_from(&mut [0; 10]).unwrap();
        assert_eq!((n, sender.ip().to_string().as_str()), (4, host));
        server.wait_for(&format!(" to {host} by interface ")).unwrap();
    }
}
