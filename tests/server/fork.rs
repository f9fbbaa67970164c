//! A forked child reaches nobody but itself: its parent's server goes on, and so do the other children.
#![allow(unsafe_code)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::support::limits::limit;
use crate::support::serving::{
    any_port, ask, connect, connect_to, echo, forking, forks, read_to_end, stop_is_requested, while_serving,
};
use crate::support::{HANG, in_own_process, own_host, wait_until};
use tabi::Result;
use tabi::server::{Request, Server, TcpServer, ThreadingTcpServer};

/// A child process that runs `body`. It is killed by SIGALRM if it hangs.
pub fn child(body: impl FnOnce() -> Result<()>) -> libc::pid_t {
    // SAFETY: the child ends with _exit. What it may not do in a process of many threads is what is tested here.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            // SAFETY: alarm touches no memory.
            unsafe { libc::alarm(HANG.as_secs() as u32) };
            let result = std::panic::catch_unwind(AssertUnwindSafe(body));
            // SAFETY: _exit does not return.
            unsafe { libc::_exit(i32::from(!matches!(result, Ok(Ok(()))))) }
        }
        pid => pid,
    }
}

pub fn ended_well(child: libc::pid_t) {
    let mut status = -1;
    // SAFETY: waitpid writes one int.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "wait status {status:#x}");
}

/// Answers with its process's number, and stops the server when the client sends an `s`.
fn who(request: &Request) -> Result<()> {
    if request.socket().recv(1)? == b"s" {
        request.server().shutdown();
    }
    request.reply(std::process::id().to_string().as_bytes())
}

fn answer_of(address: SocketAddr, question: &[u8]) -> u32 {
    let mut client = connect_to(address);
    client.write_all(question).unwrap();
    read_to_end(&mut client).parse().unwrap()
}

fn address_of(server: &Server) -> SocketAddr {
    SocketAddr::try_from(server.server_address()).unwrap()
}

#[test]
fn a_child_that_stops_closes_or_drops_a_server_leaves_it_to_the_parent() {
    in_own_process(|| {
        let uses: [fn(Server); 4] = [
            |server| server.shutdown(),
            |server| assert_eq!(server.server_close(None).left, 0),
            |server| assert_eq!(server.server_close(Some(Duration::ZERO)).cut, 0),
            drop,
        ];
        for end in uses {
            let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
            while_serving(&server, || {
                let mut client = connect(&server);
                ask(&mut client);
                ended_well(child(|| {
                    end(Server::clone(&server));
                    Ok(())
                }));
                ask(&mut client);
                ask(&mut connect(&server));
            });
            server.server_close(Some(Duration::ZERO));
        }
    });
}

#[test]
fn a_server_that_a_child_has_closed_does_not_serve_there() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        while_serving(&server, || {
            ask(&mut connect(&server));
            ended_well(child(|| {
                server.server_close(None);
                assert_eq!(server.fileno(), -1);
                assert_eq!(server.serve_forever(), Err(tabi::Error::Closed));
                Ok(())
            }));
            ask(&mut connect(&server));
        });
    });
}

#[test]
fn workers_that_share_a_socket_are_stopped_one_by_one() {
    in_own_process(|| {
        for _ in 0..10 {
            let server = TcpServer::new(any_port(), who).unwrap();
            let address = address_of(&server);
            let worker = || {
                let (stop, mut stopped) = UnixStream::pair().unwrap();
                let pid = child(|| {
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            let _ = stopped.read(&mut [0; 1]);
                            server.shutdown();
                        });
                        server.serve_forever()
                    })
                });
                (pid, stop)
            };
            let mut workers = [worker(), worker()];
            let [(first, stop_first), (second, stop_second)] = &mut workers;
            wait_until("the first serves", || answer_of(address, b"x") == *first as u32);
            wait_until("the second serves", || answer_of(address, b"x") == *second as u32);
            stop_first.write_all(b"x").unwrap();
            ended_well(*first);
            for _ in 0..3 {
                assert_eq!(answer_of(address, b"x"), *second as u32);
            }
            stop_second.write_all(b"x").unwrap();
            ended_well(*second);
        }
    });
}

#[test]
fn a_child_serves_with_threads_of_its_own() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), who).unwrap();
        let address = address_of(&server);
        while_serving(&server, || {
            for _ in 0..5 {
                assert_eq!(answer_of(address, b"x"), std::process::id());
            }
            assert!(server.statistics().threads > 0);
            // A client sees the end of its connection a moment before its request has ended.
            wait_until("no request is active", || server.statistics().active == 0);
            let busy = connect_to(address);
            wait_until("the client is accepted", || server.statistics().active == 1);
            // The child could not take a lock that a thread of the parent holds during the fork.
            server.shutdown();
            wait_until("one thread is blocked and the others are idle", || {
                let now = server.statistics();
                now.active == 1 && now.threads == now.idle_threads + 1
            });
            let pid = child(|| {
                server.serve_forever()?;
                let report = server.server_close(Some(HANG));
                assert_eq!((report.cut, report.left), (0, 0), "the parent's requests are not its own");
                Ok(())
            });
            for _ in 0..5 {
                assert_eq!(answer_of(address, b"x"), pid as u32);
            }
            drop(busy);
            assert_eq!(answer_of(address, b"s"), pid as u32);
            ended_well(pid);
        });
    });
}

#[test]
fn a_handler_in_a_child_does_not_stop_the_server() {
    in_own_process(|| {
        let server = forking(who).unwrap();
        let address = address_of(&server);
        while_serving(&server, || {
            for _ in 0..2 {
                assert_ne!(answer_of(address, b"s"), std::process::id(), "a child answers");
            }
        });
        server.server_close(Some(HANG));
        assert_eq!(server.statistics().failed, 0);
    });
}

#[test]
fn a_child_that_outlives_its_server_does_not_keep_the_port() {
    in_own_process(|| {
        let forks = forks().block_on_close(false);
        let server = TcpServer::options().concurrency(forks).bind((own_host(), 0), echo).unwrap();
        let address = address_of(&server);
        let mut client = connect_to(address);
        while_serving(&server, || ask(&mut client));
        assert_eq!(server.server_close(None).left, 1);
        let late_client = TcpStream::connect(address).map_err(|error| error.kind());
        ask(&mut client);
        // The child has the client's descriptor too, because it is a child of this process.
        client.shutdown(Shutdown::Write).unwrap();
        wait_until("the child has ended", || {
            server.collect_children();
            server.statistics().children == 0
        });
        assert_eq!(late_client.map(drop), Err(ErrorKind::ConnectionRefused), "nobody listens any more");
    });
}

#[test]
fn a_child_of_a_handler_goes_on_with_the_loop_alone() {
    static CHILD: OnceLock<libc::pid_t> = OnceLock::new();
    in_own_process(|| {
        // The client's first byte makes the handler fork, and both sides go on.
        let server = TcpServer::new(any_port(), |request: &Request| -> Result<()> {
            if request.socket().recv(1)? == b"f" {
                // SAFETY: the child goes on as the parent does; the test's other thread does not exist there.
                let pid = unsafe { libc::fork() };
                if pid == 0 {
                    // SAFETY: alarm touches no memory.
                    unsafe { libc::alarm(HANG.as_secs() as u32) };
                }
                let _ = CHILD.set(pid);
                return if pid == 0 { Ok(()) } else { request.reply(b"forked") };
            }
            request.reply(std::process::id().to_string().as_bytes())
        })
        .unwrap();
        let address = address_of(&server);
        while_serving(&server, || {
            let mut client = connect_to(address);
            client.write_all(b"f").unwrap();
            assert_eq!(read_to_end(&mut client), "forked");
            let pid = *CHILD.get().unwrap();
            server.shutdown();
            for _ in 0..3 {
                assert_eq!(answer_of(address, b"x"), pid as u32, "the child was not stopped");
            }
            // SAFETY: kill touches no memory, and nobody has collected the child.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            let mut status = 0;
            // SAFETY: waitpid writes one int.
            assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
        });
    });
}

/// Starts a process that waits, with this number. None if the system does not let the test choose it.
#[cfg(target_os = "linux")]
fn waiting_child_with_number(number: libc::pid_t) -> Option<libc::pid_t> {
    for _ in 0..50 {
        std::fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).ok()?;
        let pid = child(|| {
            thread::sleep(HANG);
            Ok(())
        });
        if pid == number {
            return Some(pid);
        }
        end(pid);
    }
    None
}

#[cfg(target_os = "linux")]
fn end(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: kill accesses no memory, waitpid writes one int, and nobody has collected the child.
    let collected = unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, &mut status, 0)
    };
    assert_eq!(collected, child);
}

#[test]
#[cfg(target_os = "linux")]
fn a_child_that_the_program_has_collected_is_not_confused_with_the_next_of_its_number() {
    in_own_process(|| {
        let server = forking(|request: &Request| -> Result<()> {
            request.reply(std::process::id().to_string().as_bytes())?;
            request.socket().shutdown(tabi::SHUT_WR)?;
            request.socket().recv(1).map(drop)
        })
        .unwrap();
        let mut client = connect(&server);
        server.handle_request().unwrap();
        let first: libc::pid_t = read_to_end(&mut client).parse().unwrap();
        end(first);
        let Some(next) = waiting_child_with_number(first) else {
            return eprintln!("skipped: the numbers of processes cannot be chosen here");
        };
        assert_eq!(server.statistics().children, 1, "the server does not know of the end");
        let report = server.server_close(Some(Duration::ZERO));
        assert_eq!(report.left, 0);
        let mut status = 0;
        // SAFETY: waitpid writes one int.
        let ended = unsafe { libc::waitpid(next, &mut status, libc::WNOHANG) };
        assert_eq!(ended, 0, "the other child still runs");
        end(next);
    });
}

#[test]
fn what_a_child_writes_to_the_wake_descriptor_stops_only_the_child() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), who).unwrap();
        let address = address_of(&server);
        let wake = server.wake_fd();
        let write = || {
            // SAFETY: the string has one readable byte.
            assert_eq!(unsafe { libc::write(wake, c"x".as_ptr().cast(), 1) }, 1);
        };
        while_serving(&server, || {
            // A worker whose signal handler runs before it serves: its next loop ends at once.
            ended_well(child(|| {
                write();
                server.serve_forever()?;
                assert!(!stop_is_requested(&server));
                Ok(())
            }));
            assert!(!stop_is_requested(&server));
            assert_eq!(answer_of(address, b"x"), std::process::id());
            // A child that has no descriptors left cannot write at all.
            ended_well(child(|| {
                limit(libc::RLIMIT_NOFILE, 100);
                // SAFETY: dup touches no memory.
                while unsafe { libc::dup(wake) } >= 0 {}
                ended_well(child(|| {
                    // SAFETY: the string has one readable byte.
                    assert_eq!(unsafe { libc::write(wake, c"x".as_ptr().cast(), 1) }, -1);
                    Ok(())
                }));
                assert!(!stop_is_requested(&server));
                Ok(())
            }));
            assert_eq!(answer_of(address, b"x"), std::process::id());
        });
    });
}
