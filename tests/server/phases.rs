//! The time that each phase of a connection's life may take.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use tabi::server::{
    HandlerResult, Job, Next, Phase, Request, RequestHandler, Server, ServerOptions, TcpServer,
    ThreadingTcpServer, Trouble, UdpServer,
};
use tabi::{Error, SOCK_STREAM, Socket};

use crate::support::fd::BorrowedFd;
use crate::support::serving::{
    any_port, connect, forking_options, read_to_end, refusal_of_forks, while_serving,
};
use crate::support::{AFTER_SHUTDOWN, HANG, in_own_process, limits, pair, wait_until};

/// A time that passes soon. Nothing is expected to happen within it.
const SOON: f64 = 0.05;

/// Reads a line, sends it back and parks.
fn lines(request: &Request) -> HandlerResult<Next> {
    let line = request.rfile()?.readline(1000)?;
    if line.is_empty() {
        return Ok(Next::End);
    }
    request.reply(&line)?;
    Ok(Next::Park)
}

fn ask_line(client: &mut TcpStream) {
    client.write_all(b"hello\n").unwrap();
    let mut answer = [0; 6];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello\n");
}

/// Connects a client that is answered before its time is over, which a slow machine may not manage at once.
fn answered(server: &Server) -> TcpStream {
    loop {
        let mut client = connect(server);
        let mut answer = [0; 6];
        if client.write_all(b"hello\n").and_then(|()| client.read_exact(&mut answer)).is_ok() {
            return client;
        }
    }
}

fn threads(most: usize) -> ServerOptions {
    ThreadingTcpServer::options().max_threads(most)
}

/// Sends a byte again and again, until the connection ends.
fn trickle(mut client: TcpStream) {
    while client.write_all(b"x").is_ok() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether the connection has ended, be it by a reset.
fn has_ended(client: &mut TcpStream) -> bool {
    matches!(client.read(&mut [0; 1]), Ok(0)) || client.write_all(b"x").and(client.write_all(b"x")).is_err()
}

#[test]
fn an_idle_connection_is_closed_and_its_handler_finishes() {
    struct Finishes(Sender<()>);
    impl RequestHandler for Finishes {
        fn handle(&self, request: &Request) -> HandlerResult<Next> {
            lines(request)
        }
        fn finish(&self, _: &Request) -> HandlerResult {
            Ok(self.0.send(())?)
        }
    }
    let ((finish, finished), (trouble, troubles)) = (mpsc::channel(), mpsc::channel());
    let trouble = Mutex::new(trouble);
    let server = threads(2)
        .idle_timeout(SOON)
        .unwrap()
        .wait_for_first_byte(true)
        .on_trouble(move |_, what| trouble.lock().unwrap().send(what.clone()).unwrap())
        .bind(any_port(), Finishes(finish))
        .unwrap();
    while_serving(&server, || {
        let mut silent = connect(&server);
        assert_eq!(read_to_end(&mut silent), "", "a client that never speaks");
        wait_until("it has ended", || server.statistics().finished == 1);
        assert_eq!(server.statistics().failed, 0, "the end of an idle connection is no failure");
        let mut client = answered(&server);
        assert_eq!(read_to_end(&mut client), "", "a client that speaks no more");
        for _ in 0..2 {
            finished.recv_timeout(HANG).unwrap();
        }
    });
    assert!(server.statistics().idle_cut >= 2);
    assert_eq!(troubles.recv_timeout(HANG).unwrap(), Trouble::Late { phase: Phase::Idle, clients: 1 });
    server.server_close(Some(HANG));
}

#[test]
fn a_client_that_has_not_spoken_takes_no_thread() {
    let server = threads(2).wait_for_first_byte(true).bind(any_port(), lines).unwrap();
    while_serving(&server, || {
        let _silent: Vec<_> = (0..5).map(|_| connect(&server)).collect();
        wait_until("they are parked", || server.statistics().parked == 5);
        assert_eq!(server.statistics().threads, 0);
        ask_line(&mut connect(&server));
    });
    server.server_close(Some(HANG));
}

#[test]
fn trickling_bytes_do_not_prolong_a_request() {
    let server = threads(2).request_deadline(SOON).unwrap().bind(any_port(), lines).unwrap();
    while_serving(&server, || {
        trickle(connect(&server));
        wait_until("it is counted", || server.statistics().request_cut == 1);
        wait_until("it has ended", || server.statistics().active == 0);
    });
    server.server_close(Some(HANG));
}

#[test]
fn a_request_that_cannot_be_answered_is_cut_off() {
    let endless = |request: &Request| -> HandlerResult {
        loop {
            request.reply(&[0; 65536])?;
        }
    };
    let server = threads(2).request_deadline(SOON).unwrap().bind(any_port(), endless).unwrap();
    while_serving(&server, || {
        let _reads_nothing = connect(&server);
        wait_until("it has ended", || server.statistics().finished == 1);
    });
    assert_eq!((server.statistics().request_cut, server.statistics().failed), (1, 1));
    server.server_close(Some(HANG));
}

#[test]
fn the_deadline_of_a_request_is_not_that_of_a_parked_connection() {
    let server = threads(2).request_deadline(2.0).unwrap().bind(any_port(), lines).unwrap();
    while_serving(&server, || {
        let mut client = answered(&server);
        wait_until("it is parked", || server.statistics().parked == 1);
        let before = server.statistics().request_cut;
        // This one begins later and is cut off before.
        let _silent = connect(&server);
        wait_until("it is counted", || server.statistics().request_cut > before);
        ask_line(&mut client);
    });
    server.server_close(Some(HANG));
}

#[test]
fn the_cut_of_a_job_is_called_when_its_time_is_over() {
    struct Stuck(Socket);
    impl Job for Stuck {
        fn run(&self, _: &Request) -> HandlerResult<Next> {
            match self.0.recv(1) {
                Err(Error::Os(AFTER_SHUTDOWN)) => {}
                received => assert!(received?.is_empty(), "the connection was ended"),
            }
            Ok(Next::End)
        }
        fn cut(&self) {
            self.0.shutdown(tabi::SHUT_RDWR).unwrap();
        }
        fn fd(&self) -> Option<BorrowedFd<'_>> {
            self.0.try_as_fd().ok()
        }
    }
    let server = threads(2).request_deadline(SOON).unwrap().bind(any_port(), lines).unwrap();
    let (own, _peer) = pair(SOCK_STREAM);
    while_serving(&server, || {
        assert!(server.run_job(Stuck(own)));
        wait_until("it has ended", || server.statistics().finished == 1);
    });
    assert_eq!((server.statistics().request_cut, server.statistics().failed), (1, 0));
    server.server_close(Some(HANG));
}

#[cfg(target_os = "linux")]
#[test]
fn a_request_that_is_too_slow_is_cut_off_but_not_a_handler_that_computes() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let handler = move |request: &Request| -> HandlerResult<Next> {
        let line = request.rfile()?.readline(1_000_000)?;
        if line == b"compute\n" {
            held.lock().unwrap().recv_timeout(HANG)?;
            request.reply(b"done")?;
        }
        Ok(Next::End)
    };
    let server = threads(3).min_rate(1_000_000, Duration::from_millis(1)).bind(any_port(), handler).unwrap();
    while_serving(&server, || {
        let mut computes = connect(&server);
        computes.write_all(b"compute\n").unwrap();
        wait_until("it computes", || server.statistics().active == 1);
        trickle(connect(&server));
        wait_until("it is counted", || server.statistics().rate_cut == 1);
        release.send(()).unwrap();
        assert_eq!(read_to_end(&mut computes), "done");
    });
    server.server_close(Some(HANG));
}

/// The kernel says how much it knows about a connection by the length of its answer: 216 bytes or more where it counts the
/// bytes.
#[cfg(target_os = "linux")]
#[test]
fn a_rate_that_nobody_can_measure_is_refused() {
    let socket = Socket::new(tabi::AF_INET, SOCK_STREAM, 0).unwrap();
    let answer = socket.getsockopt_bytes(libc::IPPROTO_TCP, libc::TCP_INFO, 512).unwrap();
    let counted = answer.len() >= 216 && !cfg!(tabi_portable);
    let settings: [(&str, ServerOptions); 2] = [
        ("min_rate", threads(2).min_rate(1, Duration::from_secs(1))),
        ("count_bytes", threads(2).count_bytes(true)),
    ];
    for (name, options) in settings {
        match options.prepare(any_port(), lines) {
            Ok(_) => assert!(counted, "{name}"),
            Err(Error::Value(message)) => {
                assert_eq!(
                    *message,
                    format!("{name} needs a system that counts the bytes of TCP connections")
                );
                assert!(!counted);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    // It asks for a rate only where there can be one.
    ServerOptions::new(tabi::AF_INET, SOCK_STREAM).internet_facing().prepare(any_port(), lines).unwrap();
}

#[test]
fn above_max_parked_the_longest_parked_is_closed() {
    let server = threads(2).max_parked(2).bind(any_port(), lines).unwrap();
    while_serving(&server, || {
        let mut clients: Vec<_> = (1..=3)
            .map(|number: u64| {
                let mut client = connect(&server);
                ask_line(&mut client);
                wait_until("it is parked", || {
                    server.statistics().parked + server.statistics().shed == number
                });
                client
            })
            .collect();
        assert!(has_ended(&mut clients[0]), "the first one was closed");
        clients[1..].iter_mut().for_each(ask_line);
        assert_eq!(server.statistics().shed, 1);
    });
    server.server_close(Some(HANG));
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_full_table_of_descriptors_the_longest_parked_is_closed() {
    in_own_process(|| {
        let server = threads(2).bind(any_port(), lines).unwrap();
        while_serving(&server, || {
            let mut first = connect(&server);
            ask_line(&mut first);
            wait_until("it is parked", || server.statistics().parked == 1);
            let next = Socket::new(tabi::AF_INET, SOCK_STREAM, 0).unwrap();
            next.settimeout(HANG).unwrap();
            limits::limit(libc::RLIMIT_NOFILE, 64);
            let mut files = Vec::new();
            while let Ok(file) = std::fs::File::open("/dev/null") {
                files.push(file);
            }
            next.connect(server.server_address()).unwrap();
            next.sendall(b"hello\n").unwrap();
            assert_eq!(next.recv(6).unwrap(), b"hello\n");
            assert!(has_ended(&mut first));
            assert_eq!(server.statistics().shed, 1);
        });
        server.server_close(Some(HANG));
    });
}

/// Says how many bytes it gets at once.
fn counts(request: &Request) -> HandlerResult<Next> {
    let n = request.socket().recv(100)?.len();
    request.reply(format!("{n};").as_bytes())?;
    Ok(if n == 0 { Next::End } else { Next::Park })
}

#[test]
fn a_request_gets_a_thread_when_it_is_complete() {
    let server = threads(1).request_end(b"\r\n\r\n").bind(any_port(), counts).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        client.set_nodelay(true).unwrap();
        for _ in 0..2 {
            wait_until("it waits for a request", || server.statistics().parked == 1);
            let woken = server.statistics().woken;
            client.write_all(b"G").unwrap();
            wait_until("the first byte was seen", || server.statistics().woken > woken);
            for byte in b"ET\r\n\r\n" {
                client.write_all(&[*byte]).unwrap();
            }
            let mut answer = [0; 2];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"7;", "the handler gets all of it at once");
        }
    });
    server.server_close(Some(HANG));
}

#[test]
fn the_end_of_a_connection_completes_its_request() {
    let server = threads(1).request_end(b"\r\n\r\n").bind(any_port(), counts).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"half").unwrap();
        wait_until("its bytes were seen", || server.statistics().woken == 1);
        client.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut client), "4;0;");
    });
    server.server_close(Some(HANG));
}

/// No look at the bytes of a connection goes beyond urgent data, so nobody could know when the request is complete.
#[cfg(target_os = "linux")]
#[test]
fn a_client_whose_urgent_data_hides_the_end_of_its_request_holds_no_thread() {
    let echo = |request: &Request| -> HandlerResult<Next> {
        let line = request.rfile()?.readline(100)?;
        request.reply(&line)?;
        Ok(if line.is_empty() { Next::End } else { Next::Park })
    };
    let server = threads(1).request_end(b"\n").bind(any_port(), echo).unwrap();
    while_serving(&server, || {
        let slow = Socket::new(tabi::AF_INET, SOCK_STREAM, 0).unwrap();
        slow.connect(server.server_address()).unwrap();
        wait_until("it waits for a request", || server.statistics().parked == 1);
        slow.sendall(b"a").unwrap();
        wait_until("the first byte was seen", || server.statistics().woken == 1);
        assert_eq!(slow.send_with_flags(b"bc", tabi::constants::MSG_OOB).unwrap(), 2);
        ask_line(&mut connect(&server));
        wait_until("it is counted", || server.statistics().shed == 1);
    });
    server.server_close(Some(HANG));
}

#[test]
fn a_request_that_is_never_complete_is_cut_off_without_a_thread() {
    let server = threads(1)
        .request_end(b"\n")
        .request_deadline(SOON)
        .unwrap()
        .bind(any_port(), |_: &Request| -> HandlerResult { panic!("it has no turn but the last one") });
    let server = server.unwrap();
    while_serving(&server, || {
        trickle(connect(&server));
        wait_until("it is counted", || server.statistics().request_cut == 1);
        wait_until("it has ended", || server.statistics().active == 0);
    });
    server.server_close(Some(HANG));
}

/// Slow clients, who send a byte now and then and never a whole line, and others, who are served as if they were alone.
/// `TABI_MANY=1` has 2,000 slow ones.
#[test]
fn slow_clients_keep_nobody_else_from_being_served() {
    in_own_process(|| {
        limits::allow_descriptors(u64::MAX);
        let full = std::env::var_os("TABI_MANY").is_some();
        let slow = if full { 2000 } else { 200 };
        let server = ServerOptions::new(tabi::AF_INET, SOCK_STREAM)
            .internet_facing()
            // All connect before the server serves. SOMAXCONN is 128 on some systems.
            .request_queue_size(4096)
            .request_end(b"\n")
            .max_threads(16)
            .max_connections_per_address(slow + 10)
            .bind(any_port(), lines)
            .unwrap();
        let mut crowd: Vec<_> = (0..slow).map(|_| connect(&server)).collect();
        while_serving(&server, || {
            for _second in 0..if full { 5 } else { 1 } {
                crowd.iter_mut().for_each(|client| client.write_all(b"x").unwrap());
                for _ in 0..20 {
                    let mut other = connect(&server);
                    ask_line(&mut other);
                    ask_line(&mut other);
                }
                if full {
                    thread::sleep(Duration::from_secs(1));
                }
            }
            let statistics = server.statistics();
            if full {
                assert!(statistics.longest_wait < Duration::from_secs(1), "{statistics:?}");
            }
            assert_eq!(statistics.rejected, 0);
            println!("{slow} slow clients: {statistics:?}");
        });
        assert!(server.server_close(Some(HANG)).parked >= slow);
    });
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |options: ServerOptions| match options.prepare(any_port(), lines) {
        Err(Error::Value(message)) => message.to_string(),
        other => panic!("{other:?}"),
    };
    let tcp = || threads(2);
    assert_eq!(refused(tcp().max_parked(0)), "max_parked must be 1 or more, got 0");
    assert_eq!(refused(tcp().idle_timeout(0.0).unwrap()), "idle_timeout must be above 0 seconds, got 0");
    assert_eq!(
        refused(tcp().request_deadline(0.0).unwrap()),
        "request_deadline must be above 0 seconds, got 0"
    );
    assert_eq!(refused(tcp().request_end(b"")), "request_end must have 1 to 64 bytes, got 0");
    assert!(tcp().idle_timeout(-1.0).is_err() && tcp().request_deadline(f64::NAN).is_err());
    assert_eq!(
        refused(tcp().min_rate(0, Duration::from_secs(1))),
        "the bytes per second of min_rate must be 1 or more, got 0"
    );
    assert_eq!(
        refused(tcp().min_rate(1, Duration::ZERO)),
        "the grace of min_rate must be above 0 seconds, got 0"
    );
    assert_eq!(
        refused(TcpServer::options().request_deadline(1.0).unwrap()),
        "request_deadline needs a server with threads"
    );
    assert_eq!(
        refused(forking_options().wait_for_first_byte(true)),
        refusal_of_forks("wait_for_first_byte is not for forking servers, which cannot park a connection")
    );
    assert_eq!(
        refused(UdpServer::options().idle_timeout(1.0).unwrap()),
        "idle_timeout is for stream sockets, and the server has none"
    );
}

#[cfg(unix)]
#[test]
fn unix_sockets_have_no_end_of_a_request() {
    let unix = tabi::server::UnixStreamServer::options().max_threads(1).request_end(b"\n");
    let Err(Error::Value(message)) = unix.prepare(&*crate::support::temporary_path(), lines) else {
        panic!("it was not refused")
    };
    assert_eq!(message.to_string(), "request_end is for TCP sockets, and the server has others");
}
