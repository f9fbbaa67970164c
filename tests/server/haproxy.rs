//! HAProxy itself in front of servers: the headers that it sends, its health checks, and a restart of all servers under
//! load. `TABI_MANY=1` sends the full number of requests.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::helpers::helper;
use crate::support::is_emulated;
use crate::support::serving::{StopServing, any_port, connect_to, while_serving};
use crate::support::web::{answer, behind_proxy};
use crate::support::{HANG, library, tools, wait_until};
use tabi::server::{HandlerResult, Next, Request, Server};

/// HAProxy with a frontend that the test has bound and a server line for each server.
struct HaProxy {
    process: Child,
    address: SocketAddr,
}

impl HaProxy {
    /// Starts HAProxy in front of these servers, with these options for each of them. With `fall 1000`, a check that is
    /// late, as on a busy machine, takes no server out of use.
    fn start(name: &str, servers: &[&Server], options: &str) -> HaProxy {
        let listener = TcpListener::bind(any_port()).unwrap();
        let fd = listener.as_raw_fd();
        let mut settings = format!(
            "global\n    maxconn 200\n\
             defaults\n    mode http\n    timeout connect 10s\n    timeout client 60s\n    timeout server 60s\n\
             # A server may end a kept connection just when HAProxy uses it again.\n    retries 3\n    \
             retry-on conn-failure empty-response\n    option redispatch 1\n\
             frontend web\n    bind fd@{fd}\n    unique-id-format %ci:%cp-%rt\n    \
             unique-id-header X-Unique-ID\n    default_backend servers\n\
             backend servers\n    balance roundrobin\n    option httpchk GET /check\n"
        );
        for (number, server) in servers.iter().enumerate() {
            let _ = writeln!(settings, "    server s{number} {} {options}", server.server_address());
        }
        let file = library::scratch("haproxy").join(format!("{name}.cfg"));
        fs::write(&file, settings).unwrap();
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-q").arg("-f").arg(file).stdin(Stdio::null());
        // SAFETY: between fork and exec only fcntl is called, which lets HAProxy inherit the listening socket.
        unsafe {
            command.pre_exec(move || {
                libc::fcntl(fd, libc::F_SETFD, 0);
                Ok(())
            });
        }
        let address = listener.local_addr().unwrap();
        HaProxy { process: command.spawn().unwrap(), address }
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that keeps its connection to HAProxy.
struct Client {
    own: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(proxy: &HaProxy) -> Client {
        let stream = connect_to(proxy.address);
        Client { own: stream.local_addr().unwrap(), stream: BufReader::new(stream) }
    }

    /// Sends a request. Returns the lines of the answer, or what went wrong.
    fn get(&mut self) -> Result<Vec<String>, String> {
        self.try_to_get().map_err(|error| error.to_string())
    }

    fn try_to_get(&mut self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        self.stream.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")?;
        let (mut head, mut size) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            match line.to_ascii_lowercase().trim_end().split_once("content-length: ") {
                Some((_, number)) => size = number.parse()?,
                None if line == "\r\n" => break,
                None if line.is_empty() => return Err("the connection has ended".into()),
                None => {}
            }
            head.push(line);
        }
        let mut body = vec![0; size];
        self.stream.read_exact(&mut body)?;
        if !head[0].starts_with("HTTP/1.1 200 ") {
            return Err(head.concat().into());
        }
        Ok(String::from_utf8(body)?.lines().map(str::to_owned).collect())
    }
}

fn have_haproxy() -> bool {
    tools::have("haproxy", "a server behind HAProxy")
}

#[test]
fn haproxy_tells_the_client_and_what_it_knows_of_it() {
    if !have_haproxy() {
        return;
    }
    for options in ["send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id", "send-proxy"] {
        let server = behind_proxy().unwrap().bind(any_port(), answer).unwrap();
        while_serving(&server, || {
            let proxy = HaProxy::start("tells", &[&server], options);
            for _ in 0..3 {
                let mut client = Client::connect(&proxy);
                let lines = client.get().unwrap();
                assert_eq!(lines[1], client.own.to_string(), "{options}");
                assert_eq!(lines[2], if options.contains("unique-id") { lines[3].as_str() } else { "" });
                assert!(lines[3].starts_with(&client.own.to_string()), "HAProxy's own id: {lines:?}");
            }
        });
        assert_eq!(server.statistics().header_refused, 0);
    }
}

#[test]
fn health_checks_are_local_and_keep_the_address_of_haproxy() {
    if !have_haproxy() {
        return;
    }
    let checks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&checks);
    let check = move |request: &Request| -> HandlerResult<Next> {
        let is_local = request.proxy_header().is_some_and(|header| header.is_local());
        if is_local && request.socket().getpeername()? == *request.client_address() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        answer(request)
    };
    let server = behind_proxy().unwrap().bind(any_port(), check).unwrap();
    while_serving(&server, || {
        let proxy = HaProxy::start("checks", &[&server], "send-proxy-v2 check inter 50ms fall 1000");
        wait_until("HAProxy has checked the server some times", || checks.load(Ordering::SeqCst) >= 5);
        Client::connect(&proxy).get().unwrap();
    });
    assert_eq!(server.statistics().header_refused, 0);
}

#[test]
fn haproxy_is_refused_by_a_server_that_does_not_trust_it() {
    if !have_haproxy() {
        return;
    }
    let trusted = tabi::server::ProxyProtocol::trusting(["192.0.2.0/24"]).unwrap();
    let server = behind_proxy().unwrap().proxy_protocol(trusted).bind(any_port(), answer).unwrap();
    while_serving(&server, || {
        let proxy = HaProxy::start("refused", &[&server], "send-proxy-v2");
        let answer = Client::connect(&proxy).get().unwrap_err();
        assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
    });
    assert!(server.statistics().header_refused >= 1);
}

/// How many clients send requests at the same time.
const CLIENTS: usize = 8;

/// The answers that clients have got, by the process that has sent them, and the requests that have failed.
#[derive(Default)]
struct Answers {
    by_process: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Answers {
    fn count(&self) -> usize {
        self.by_process.values().sum()
    }
}

/// Sends one request after the other over kept connections, until it should stop.
fn keep_asking(proxy: &HaProxy, answers: &Mutex<Answers>, stop: &AtomicBool) {
    let mut client = Client::connect(proxy);
    while !stop.load(Ordering::SeqCst) {
        let lines = client.get();
        let mut answers = answers.lock().unwrap();
        match lines {
            Ok(lines) if lines[1] == client.own.to_string() => {
                *answers.by_process.entry(lines[0].clone()).or_default() += 1;
            }
            failed => {
                answers.failures.push(format!("{failed:?}"));
                drop(answers);
                client = Client::connect(proxy);
            }
        }
    }
}

#[test]
fn a_rolling_restart_behind_haproxy_fails_no_request() {
    if !have_haproxy() {
        return;
    }
    let requests = match std::env::var_os("TABI_MANY") {
        Some(_) => 20_000,
        // HAProxy itself is not emulated, and so it must not wait too long for the servers.
        None if is_emulated() => 400,
        None => 5_000,
    };
    let servers = [(); 2].map(|()| behind_proxy().unwrap().bind(any_port(), answer).unwrap());
    let mut commands = [(); 2].map(|()| helper("server_helper"));
    let proxy =
        HaProxy::start("restart", &[&servers[0], &servers[1]], "send-proxy-v2 check inter 100ms fall 1000");
    let (answers, stop) = (Mutex::new(Answers::default()), AtomicBool::new(false));
    let count = || answers.lock().unwrap().count();
    let mut successors = thread::scope(|scope| {
        let _stop = StopAll { clients: &stop, servers: servers.each_ref().map(StopServing) };
        for server in &servers {
            scope.spawn(move || server.serve_forever());
        }
        for _ in 0..CLIENTS {
            scope.spawn(|| keep_asking(&proxy, &answers, &stop));
        }
        let restart = |(number, command): (usize, &mut Command)| {
            wait_until("a part of the requests is answered", || count() >= requests * (number + 1) / 4);
            command.arg("web-successor").stdin(Stdio::piped());
            servers[number].pass_to(command, "web").unwrap();
            let successor = command.spawn().unwrap();
            let report = servers[number].server_close(Some(HANG));
            assert_eq!((report.cut, report.left), (0, 0), "{report:?}");
            successor
        };
        let successors: Vec<Child> = commands.iter_mut().enumerate().map(restart).collect();
        wait_until("all requests are answered, and each successor has answered some", || {
            let answers = answers.lock().unwrap();
            let has_answered =
                |successor: &Child| answers.by_process.contains_key(&successor.id().to_string());
            answers.count() >= requests && successors.iter().all(has_answered)
        });
        successors
    });
    for successor in &mut successors {
        drop(successor.stdin.take());
        assert!(successor.wait().unwrap().success());
    }
    let Answers { by_process, failures } = answers.into_inner().unwrap();
    println!("{} requests failed; answers of each process: {by_process:?}", failures.len());
    assert!(failures.is_empty(), "{:#?}", failures.first());
}

/// Stops the clients in any case, and the servers when the test fails.
struct StopAll<'a> {
    clients: &'a AtomicBool,
    #[allow(dead_code, reason = "it stops the servers when it is dropped")]
    servers: [StopServing<'a>; 2],
}

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        self.clients.store(true, Ordering::SeqCst);
    }
}
