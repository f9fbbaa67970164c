//! Servers as daemons: a service manager is told their state, and a signal ends them.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::SocketAddr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixName, UnixDatagram, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::helpers::helper;
use crate::support::serving::{any_port, ask, connect, connect_to, echo, while_serving};
use crate::support::{HANG, in_own_process, temporary_path, wait_until};
use tabi::Error;
use tabi::server::{TcpServer, ThreadingTcpServer, notify, serve_until_signal};

fn manager(socket: UnixDatagram) -> impl Fn() -> String {
    socket.set_read_timeout(Some(HANG)).unwrap();
    move || {
        let mut bytes = [0; 100];
        let n = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..n].to_vec()).unwrap()
    }
}

fn set_notify_socket(name: &str) {
    // SAFETY: this process has no other thread that reads the environment.
    unsafe { std::env::set_var("NOTIFY_SOCKET", name) };
}

#[test]
fn a_service_manager_is_told_through_a_path_or_an_abstract_name() {
    in_own_process(|| {
        assert_eq!(notify("READY=1"), Ok(false), "nobody wants to know");
        let path = temporary_path();
        let told = manager(UnixDatagram::bind(&*path).unwrap());
        set_notify_socket(path.to_str().unwrap());
        assert_eq!(notify("READY=1\nSTATUS=Waiting"), Ok(true));
        assert_eq!(told(), "READY=1\nSTATUS=Waiting");

        let name = format!("tabi-test-{}", std::process::id());
        let address = UnixName::from_abstract_name(&name).unwrap();
        let told = manager(UnixDatagram::bind_addr(&address).unwrap());
        set_notify_socket(&format!("@{name}"));
        assert_eq!(notify("STOPPING=1"), Ok(true));
        assert_eq!(told(), "STOPPING=1");

        drop(told);
        assert_eq!(notify("READY=1"), Err(Error::Os(libc::ECONNREFUSED)));
        set_notify_socket("vsock:2:1");
        assert!(matches!(notify("READY=1"), Err(Error::Value(text)) if text.contains("vsock:2:1")));
        assert!(matches!(notify(""), Err(Error::Value(_))));
    });
}

/// A program that serves two echo servers until a signal.
struct Daemon {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    addresses: [SocketAddr; 2],
}

impl Daemon {
    fn start(drain: &str, prepare: impl FnOnce(&mut Command)) -> Daemon {
        let mut command = helper("server_helper");
        command.args(["daemon", drain]).stdout(Stdio::piped());
        prepare(&mut command);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address =
            || SocketAddr::from(([127, 0, 0, 1], lines.next().unwrap().unwrap().parse().unwrap()));
        let addresses = [address(), address()];
        Daemon { process, lines, addresses }
    }

    fn signal(&self, signal: i32) {
        // SAFETY: kill accesses no memory.
        assert_eq!(unsafe { libc::kill(self.process.id() as i32, signal) }, 0);
    }

    /// Returns what it prints about its end, and how it ended.
    fn end(mut self) -> (Option<String>, ExitStatus) {
        (self.lines.next().map(Result::unwrap), self.process.wait().unwrap())
    }
}

#[test]
fn a_signal_stops_all_servers_and_lets_requests_end() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let path = temporary_path();
        let told = manager(UnixDatagram::bind(&*path).unwrap());
        let daemon = Daemon::start("none", |command| {
            command.env("NOTIFY_SOCKET", &*path);
        });
        assert_eq!(told(), "READY=1");
        let mut clients = daemon.addresses.map(connect_to);
        clients.iter_mut().for_each(ask);
        daemon.signal(signal);
        assert_eq!(told(), "STOPPING=1");
        clients.iter_mut().for_each(ask);
        drop(clients);
        let (report, status) = daemon.end();
        assert!(report.as_ref().is_some_and(|report| report.ends_with("cut 0 left 0")), "{report:?}");
        assert!(status.success());
    }
}

/// A wait of such a server ends by itself after a while, so that its caller can look at signals.
#[test]
fn an_interruptible_server_drains_to_the_end() {
    in_own_process(|| {
        let [server, other] = [(); 2].map(|()| ThreadingTcpServer::new(any_port(), echo).unwrap());
        let mut clients = Vec::new();
        while_serving(&other, || {
            clients.push(connect(&other));
            ask(&mut clients[0]);
        });
        server.set_interruptible(true);
        other.set_interruptible(true);
        thread::scope(|scope| {
            let daemon = scope.spawn(|| serve_until_signal(&[&server], &[], None::<Duration>));
            clients.push(connect(&server));
            ask(&mut clients[1]);
            server.shutdown();
            for _ in 0..3 {
                assert!(other.server_close(Some(HANG)).interrupted, "although no signal has come");
            }
            assert!(!daemon.is_finished(), "a client is still there");
            drop(clients);
            let report = daemon.join().unwrap().unwrap();
            assert_eq!((report.cut, report.left, report.interrupted), (0, 0, false));
        });
    });
}

#[test]
fn a_second_signal_cuts_the_requests_off() {
    let path = temporary_path();
    let told = manager(UnixDatagram::bind(&*path).unwrap());
    let daemon = Daemon::start("none", |command| {
        command.env("NOTIFY_SOCKET", &*path);
    });
    assert_eq!(told(), "READY=1");
    let mut clients = daemon.addresses.map(connect_to);
    clients.iter_mut().for_each(ask);
    daemon.signal(libc::SIGTERM);
    assert_eq!(told(), "STOPPING=1");
    daemon.signal(libc::SIGTERM);
    let (report, status) = daemon.end();
    assert_eq!(report.as_deref(), Some("finished 0 cut 2 left 0"));
    assert!(status.success());
}

#[test]
fn the_time_to_drain_ends_without_a_second_signal() {
    let daemon = Daemon::start("0.01", |_| {});
    let mut clients = daemon.addresses.map(connect_to);
    clients.iter_mut().for_each(ask);
    daemon.signal(libc::SIGTERM);
    let (report, _) = daemon.end();
    assert_eq!(report.as_deref(), Some("finished 0 cut 2 left 0"));
}

const SA_RESTORER: i32 = 0x0400_0000;

fn action_of(signal: i32) -> (usize, i32) {
    // SAFETY: zeros are an action, and the call writes one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(signal, std::ptr::null(), &mut action), 0);
        // The C library adds a flag of its own when an action is set.
        (action.sa_sigaction, action.sa_flags & !SA_RESTORER)
    }
}

extern "C" fn nothing(_: i32) {}

#[test]
fn signals_mean_afterwards_what_they_meant_before() {
    in_own_process(|| {
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGUSR1, nothing as extern "C" fn(i32) as usize) };
        let signals = [libc::SIGUSR1, libc::SIGTERM, libc::SIGUSR1];
        let before = signals.map(action_of);
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        thread::scope(|scope| {
            let serving = scope.spawn(|| serve_until_signal(&[&server], &signals, Duration::ZERO));
            ask(&mut connect(&server));
            assert_ne!(signals.map(action_of), before);
            let other = TcpServer::new(any_port(), echo).unwrap();
            let second = serve_until_signal(&[&other], &[], None);
            assert_eq!(second, Err(Error::Value("this process waits for signals already".into())));
            // SAFETY: kill accesses no memory.
            unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
            serving.join().unwrap().unwrap();
        });
        assert_eq!(signals.map(action_of), before);
        assert_eq!(server.serve_forever(), Err(Error::Closed));
    });
}

#[test]
fn signals_that_cannot_be_handled_change_nothing() {
    in_own_process(|| {
        let before = action_of(libc::SIGTERM);
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        let of_faults = [libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV];
        for signal in [libc::SIGKILL, 0, -1, 1000].into_iter().chain(of_faults) {
            let result = serve_until_signal(&[&server], &[libc::SIGTERM, signal], None);
            assert_eq!(result, Err(Error::Os(libc::EINVAL)), "signal {signal}");
            assert_eq!(action_of(libc::SIGTERM), before);
        }
        assert!(matches!(serve_until_signal(&[], &[], None), Err(Error::Value(_))));
    });
}

#[test]
fn a_server_that_ends_in_another_way_ends_the_others() {
    in_own_process(|| {
        let [first, second] = [(), ()].map(|()| ThreadingTcpServer::new(any_port(), echo).unwrap());
        thread::scope(|scope| {
            let serving = scope.spawn(|| serve_until_signal(&[&first, &second], &[], None));
            ask(&mut connect(&first));
            ask(&mut connect(&second));
            second.shutdown();
            assert_eq!(serving.join().unwrap().unwrap().left, 0);
        });
        assert_eq!(first.serve_forever(), Err(Error::Closed));

        let [first, second] = [(), ()].map(|()| ThreadingTcpServer::new(any_port(), echo).unwrap());
        second.socket().shutdown(tabi::SHUT_RDWR).unwrap();
        assert_eq!(serve_until_signal(&[&first, &second], &[], None), Err(Error::Os(libc::EINVAL)));
    });
}

#[test]
fn in_a_forked_child_a_signal_does_what_it_did_before() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        thread::scope(|scope| {
            let serving = scope.spawn(|| serve_until_signal(&[&server], &[], None));
            ask(&mut connect(&server));
            // SAFETY: the child makes system calls only.
            let child = unsafe {
                match libc::fork() {
                    0 => {
                        libc::kill(libc::getpid(), libc::SIGTERM);
                        libc::_exit(0)
                    }
                    child => child,
                }
            };
            let mut status = 0;
            // SAFETY: waitpid writes one int.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(ExitStatus::from_raw(status).signal(), Some(libc::SIGTERM));
            ask(&mut connect(&server));
            server.shutdown();
            wait_until("the server has ended", || serving.is_finished());
        });
    });
}

#[test]
fn a_service_manager_starts_the_server_and_hears_of_it() {
    if Command::new("systemd-socket-activate").arg("--version").output().is_err() {
        eprintln!("skipped: systemd-socket-activate is not installed");
        return;
    }
    let path = temporary_path();
    let told = manager(UnixDatagram::bind(&*path).unwrap());
    let listening = temporary_path();
    let mut process = Command::new("systemd-socket-activate")
        .args(["--listen", listening.to_str().unwrap(), "--setenv=NOTIFY_SOCKET"])
        .env("NOTIFY_SOCKET", &*path)
        .arg(helper("server_helper").get_program())
        .arg("activated-daemon")
        .spawn()
        .unwrap();
    let mut client = None;
    wait_until("the manager listens", || {
        client = UnixStream::connect(&*listening).ok();
        client.is_some()
    });
    // The program starts when the first client has come.
    let mut client = client.unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client.write_all(b"hello").unwrap();
    client.read_exact(&mut [0; 5]).unwrap();
    assert_eq!(told(), "READY=1");
    // SAFETY: kill accesses no memory. The manager has become the server.
    assert_eq!(unsafe { libc::kill(process.id() as i32, libc::SIGTERM) }, 0);
    assert_eq!(told(), "STOPPING=1");
    drop(client);
    assert!(process.wait().unwrap().success());
}
