//! What a program can do with a request, and with a server after it has dropped the server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::support::serving::{any_port, connect, read_to_end};
use crate::support::{own_host, wait_until};
use tabi::server::{Failure, HandlerResult, Hooks, Next, Request, TcpServer, ThreadingTcpServer};
use tabi::{Error, Result};

fn hello(request: &Request) -> Result<()> {
    request.reply(b"hello")
}

/// Sends requests to the test.
struct Elsewhere(Mutex<Sender<Request>>);

impl Hooks for Elsewhere {
    fn process_request(&self, request: Request) {
        self.0.lock().unwrap().send(request).unwrap();
    }
}

#[test]
fn a_request_can_be_handled_elsewhere() {
    let (sender, requests) = mpsc::channel();
    let server = TcpServer::options().hooks(Elsewhere(Mutex::new(sender))).bind(any_port(), hello).unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(server.statistics().active, 1);
    let request = requests.recv().unwrap();
    thread::spawn(move || request.process()).join().unwrap();
    assert_eq!(read_to_end(&mut client), "hello");
    assert_eq!((server.statistics().active, server.statistics().finished), (0, 1));
}

#[test]
fn a_request_that_is_dropped_ends_its_connection() {
    let (sender, requests) = mpsc::channel();
    let server = TcpServer::options().hooks(Elsewhere(Mutex::new(sender))).bind(any_port(), hello).unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    drop(requests.recv().unwrap());
    assert_eq!(read_to_end(&mut client), "");
    assert_eq!(server.statistics().active, 0);
}

#[test]
fn a_socket_can_be_taken_out_of_the_servers_hands() {
    let (sender, requests) = mpsc::channel();
    let server = TcpServer::options().hooks(Elsewhere(Mutex::new(sender))).bind(any_port(), hello).unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    let socket = requests.recv().unwrap().into_socket().unwrap();
    assert_eq!(server.statistics().active, 0);
    server.server_close(None);
    socket.sendall(b"still here").unwrap();
    socket.close().unwrap();
    assert_eq!(read_to_end(&mut client), "still here");
}

#[test]
fn a_shared_socket_is_closed_when_its_request_ends() {
    let (sender, sockets) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = TcpServer::new(any_port(), move |request: &Request| -> HandlerResult {
        sender.lock().unwrap().send(request.shared_socket().clone()).unwrap();
        Ok(())
    })
    .unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(sockets.recv().unwrap().sendall(b"late").unwrap_err().error, Error::Closed);
    assert_eq!(read_to_end(&mut client), "");
}

struct Numbers;

impl Hooks for Numbers {
    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        assert_eq!(request.data::<u64>(), None);
        assert_eq!(*request.data_or_insert(|| 7_u64), 7);
        Ok(true)
    }

    fn finish_request(&self, request: &Request) -> Result<Next, Failure> {
        let number = *request.data_or_insert(|| 8_u64);
        assert_eq!(request.data::<String>(), None);
        request.reply(number.to_string().as_bytes())?;
        Ok(Next::End)
    }
}

#[test]
fn a_request_carries_data_from_one_hook_to_the_next() {
    let server = TcpServer::options().hooks(Numbers).bind(any_port(), hello).unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(read_to_end(&mut client), "7");
}

#[test]
fn a_server_is_closed_when_its_last_clone_is_dropped() {
    let server = ThreadingTcpServer::new((own_host(), 0), |request: &Request| {
        request.reply(b"first ")?;
        request.socket().recv(1)?;
        request.reply(b"last")
    })
    .unwrap();
    let address = SocketAddr::try_from(server.server_address()).unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    client.read_exact(&mut [0; 6]).unwrap();
    drop(server);
    // The request that has begun goes on, and keeps the server alive.
    client.write_all(b"x").unwrap();
    assert_eq!(read_to_end(&mut client), "last");
    wait_until("nobody listens", || TcpStream::connect(address).is_err());
}
