//! A server of Windows hands its listening socket over to a successor.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tabi::server::{ListenSocket, Request, ServerOptions, ThreadingTcpServer};

use super::HANG;

/// The variable that tells a process that it is the successor.
const SUCCESSOR: &str = "TABI_TEST_SUCCESSOR";

/// Answers with the number of this process.
fn who(request: &Request) -> tabi::Result<()> {
    request.socket().recv(1)?;
    request.reply(std::process::id().to_string().as_bytes())
}

fn ask(port: u16) -> std::io::Result<u32> {
    let mut client = TcpStream::connect(("127.0.0.1", port))?;
    client.set_read_timeout(Some(Duration::from_secs_f64(HANG)))?;
    client.write_all(b"?")?;
    let mut answer = String::new();
    client.read_to_string(&mut answer)?;
    answer.parse().map_err(std::io::Error::other)
}

/// Takes the sockets from its standard input, and serves until nobody asks any more.
fn be_successor() {
    let mut input = std::io::stdin().lock();
    let mut len = [0; 4];
    input.read_exact(&mut len).unwrap();
    let mut shared = vec![0; u32::from_le_bytes(len) as usize];
    input.read_exact(&mut shared).unwrap();
    let mut sockets = ListenSocket::from_shared(&shared).unwrap();
    let listen = sockets.remove(0);
    assert_eq!((listen.name.as_str(), sockets.len()), ("chat", 0));
    assert!(!listen.socket.get_inheritable().unwrap());
    let options: ServerOptions = ThreadingTcpServer::options();
    let server = options.adopt(vec![listen.socket], who).unwrap();
    println!("\nready");
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        // The end of the input is the end of the test.
        let _ = input.read(&mut [0]);
        server.shutdown();
    });
}

fn start() -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let test = "handover::a_successor_goes_on_with_the_socket_and_no_client_is_refused";
    command.args([test, "--exact", "--nocapture"]).env(SUCCESSOR, "yes");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_successor_goes_on_with_the_socket_and_no_client_is_refused() {
    if std::env::var_os(SUCCESSOR).is_some() {
        return be_successor();
    }
    let server = ThreadingTcpServer::new(("127.0.0.1", 0), who).unwrap();
    let port = server.server_address().port().unwrap();
    let (stop, asked, answers) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let wait_until = |holds: &dyn Fn() -> bool| {
        while !holds() {
            thread::sleep(Duration::from_millis(5));
        }
    };
    let answers_of = |process| answers.lock().unwrap().iter().filter(|who| **who == process).count();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                asked.fetch_add(1, Ordering::SeqCst);
                answers.lock().unwrap().push(ask(port).unwrap());
            }
        });
        let serving = scope.spawn(|| server.serve_forever());
        let own = std::process::id();
        wait_until(&|| answers_of(own) >= 20);
        let mut successor = start();
        let shared = server.share(successor.id(), "chat").unwrap();
        let mut input = successor.stdin.take().unwrap();
        input.write_all(&u32::try_from(shared.len()).unwrap().to_le_bytes()).unwrap();
        input.write_all(&shared).unwrap();
        let mut output = BufReader::new(successor.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim_end() != "ready" {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the successor has ended");
        }
        let report = server.server_close(Some(Duration::from_secs_f64(HANG)));
        assert_eq!((report.cut, report.left), (0, 0));
        serving.join().unwrap().unwrap();
        wait_until(&|| answers_of(successor.id()) >= 20);
        stop.store(true, Ordering::SeqCst);
        drop(input);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert!(successor.wait().unwrap().success(), "{rest}");
    });
    assert_eq!(answers.into_inner().unwrap().len(), asked.into_inner(), "every client was answered");
}
