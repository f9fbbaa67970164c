//! A forked child: sockets work in it, whatever the threads of the parent were doing, and closing them in the
//! child harms nobody.
#![allow(unsafe_code)]

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::serving::{any_port, echo, while_serving};
use crate::support::{self, HANG, ThreadId, in_own_process, stream_pair};
use tabi::server::ThreadingTcpServer;
use tabi::{
    AF_INET, AF_UNIX, Error, Poll, PollEvents, SOCK_DGRAM, SOCK_STREAM, Socket, create_connection, poll,
};

/// Runs `body` in a child process, and fails if it fails.
fn in_child(body: impl FnOnce() -> tabi::Result<()>) {
    // SAFETY: the child makes socket calls and ends with _exit. These tests check what such a child may do in
    // a process with several threads.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            let error = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("in the child: {error:?}\n")),
                Err(_) => Some("the child panicked\n".to_owned()),
            };
            if let Some(text) = &error {
                // SAFETY: the text is readable for its length.
                unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
            }
            // SAFETY: _exit does not return.
            unsafe { libc::_exit(i32::from(error.is_some())) }
        }
        child => {
            let mut status = -1;
            // SAFETY: waitpid writes one int.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "wait status {status:#x}");
        }
    }
}

/// Starts a thread that is blocked in `call` on the socket. Returns the thread, which returns the result of
/// the call.
fn blocked<T: Send + 'static>(
    socket: &Arc<Socket>,
    call: impl FnOnce(&Socket) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (socket, (tell, told), (end, ended)) = (Arc::clone(socket), mpsc::channel(), mpsc::channel());
    thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        let _ = end.send(call(&socket));
    });
    told.recv().unwrap().wait_until_blocked();
    ended
}

fn talk(family: tabi::AddressFamily) -> tabi::Result<()> {
    let (one, other) = stream_pair(family);
    one.settimeout(10.0)?;
    one.sendall(b"hello")?;
    assert_eq!(other.recv(10)?, b"hello");
    other.close()?;
    assert_eq!(one.recv(10)?, b"");
    if family == AF_UNIX {
        assert_eq!(one.sendall(b"x").unwrap_err().error, Error::Os(libc::EPIPE));
    }
    let silent = Socket::new(family, SOCK_DGRAM, 0)?;
    silent.settimeout(0.01)?;
    assert_eq!(silent.recv(1), Err(Error::Timeout));
    Ok(())
}

#[test]
fn plain_sockets_work_while_the_parent_serves() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
        let address = server.server_address();
        while_serving(&server, || {
            let busy: Vec<_> = (0..4).map(|_| Arc::new(create_connection_to(&address))).collect();
            let answers: Vec<_> = busy.iter().map(|socket| blocked(socket, |s| s.recv(1))).collect();
            for _ in 0..20 {
                in_child(|| {
                    talk(AF_INET)?;
                    talk(AF_UNIX)?;
                    let client = create_connection_to(&address);
                    client.sendall(b"from the child")?;
                    assert_eq!(client.recv(100)?, b"from the child");
                    client.close()
                });
            }
            for (socket, answer) in busy.iter().zip(answers) {
                socket.sendall(b"x").unwrap();
                assert_eq!(
                    answer.recv_timeout(HANG).unwrap().unwrap(),
                    b"x",
                    "the parent's connections are whole"
                );
            }
        });
        server.server_close(Some(Duration::ZERO));
    });
}

fn create_connection_to(address: &tabi::Address) -> Socket {
    create_connection(("127.0.0.1", address.port().unwrap())).unwrap()
}

#[test]
fn a_child_that_closes_a_busy_socket_leaves_the_parent_its_connection() {
    in_own_process(|| {
        for family in [AF_INET, AF_UNIX] {
            for timeout in [None, Some(Duration::from_secs(60))] {
                for shared in [false, true] {
                    let (socket, peer) = stream_pair(family);
                    socket.settimeout(timeout).unwrap();
                    if shared {
                        socket.set_shared();
                    }
                    let socket = Arc::new(socket);
                    let received = blocked(&socket, |s| s.recv(10));
                    in_child(|| {
                        socket.close()?;
                        assert_eq!(socket.recv(1), Err(Error::Closed));
                        Ok(())
                    });
                    peer.sendall(b"hello").unwrap();
                    let result = received.recv_timeout(HANG).unwrap();
                    assert_eq!(result.as_deref(), Ok(&b"hello"[..]), "{family} {timeout:?} {shared}");
                }
            }
        }
    });
}

/// The close of a socket whose descriptor is lent ends the connection, because the descriptor itself stays open. In a
/// child, the connection is not the child's to end.
#[test]
fn a_child_that_closes_a_lent_socket_leaves_the_parent_its_connection() {
    in_own_process(|| {
        for family in [AF_INET, AF_UNIX] {
            let (socket, peer) = stream_pair(family);
            socket.settimeout(HANG).unwrap();
            socket.try_as_fd().unwrap();
            in_child(|| socket.close());
            peer.sendall(b"to the parent").unwrap();
            assert_eq!(socket.recv(100).as_deref(), Ok(&b"to the parent"[..]), "{family}");
            socket.sendall(b"from the parent").unwrap();
            assert_eq!(peer.recv(100).as_deref(), Ok(&b"from the parent"[..]), "{family}");
        }
    });
}

#[test]
fn a_listener_that_a_child_closes_goes_on_in_the_parent() {
    in_own_process(|| {
        for family in [AF_INET, AF_UNIX] {
            let listener = Socket::new(family, SOCK_STREAM, 0).unwrap();
            match family {
                AF_UNIX => listener.bind(support::temporary_path().as_path()).unwrap(),
                _ => listener.bind(("127.0.0.1", 0)).unwrap(),
            }
            listener.listen(5).unwrap();
            let address = listener.getsockname().unwrap();
            let listener = Arc::new(listener);
            let accepted = blocked(&listener, |s| s.accept().map(drop));
            in_child(|| listener.close());
            let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
            client.connect(&address).unwrap();
            assert_eq!(accepted.recv_timeout(HANG).unwrap(), Ok(()));
        }
    });
}

#[test]
fn an_idle_socket_that_a_child_closes_is_given_back_at_once() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(AF_UNIX);
        let number = socket.fileno();
        in_child(|| {
            socket.close()?;
            assert_eq!(support::dup(number).map(drop), Err(Error::Os(libc::EBADF)));
            Ok(())
        });
        socket.sendall(b"x").unwrap();
        assert_eq!(peer.recv(1).unwrap(), b"x");
    });
}

/// The calls of the parent's threads are counted in the child, too, but no thread of the child is in them.
#[test]
#[cfg(all(target_os = "linux", not(tabi_portable)))]
fn a_busy_socket_that_a_child_closes_is_given_back_at_once() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(AF_UNIX);
        let number = socket.fileno();
        let socket = Arc::new(socket);
        let received = blocked(&socket, |s| s.recv(10));
        in_child(|| {
            socket.close()?;
            assert_eq!(support::dup(number).map(drop), Err(Error::Os(libc::EBADF)));
            // Another close does not close a file that has got the number.
            let other = Socket::new(AF_UNIX, SOCK_STREAM, 0)?;
            assert_eq!(other.fileno(), number);
            socket.close()?;
            support::dup(number).map(drop)
        });
        peer.sendall(b"hello").unwrap();
        assert_eq!(received.recv_timeout(HANG).unwrap().as_deref(), Ok(&b"hello"[..]));
    });
}

#[test]
fn a_child_polls_the_sockets_of_its_parent_and_ends_no_poll_there() {
    in_own_process(|| {
        for shared in [false, true] {
            let (socket, peer) = stream_pair(AF_UNIX);
            if shared {
                socket.set_shared();
            }
            let socket = Arc::new(socket);
            let found = |socket: &Socket, timeout: Duration| {
                let mut entries = [Poll::socket(socket, PollEvents::IN)];
                poll(&mut entries, timeout).map(|_| entries[0].revents())
            };
            let polled = blocked(&socket, move |socket| found(socket, HANG));
            in_child(|| {
                assert_eq!(found(&socket, Duration::ZERO)?, PollEvents::default());
                assert_eq!(found(&socket, Duration::from_millis(1))?, PollEvents::default());
                socket.close()?;
                assert_eq!(found(&socket, HANG)?, PollEvents::CLOSED);
                let (own, other) = stream_pair(AF_UNIX);
                other.sendall(b"x")?;
                assert_eq!(found(&own, HANG)?, PollEvents::IN);
                Ok(())
            });
            peer.sendall(b"x").unwrap();
            assert_eq!(polled.recv_timeout(HANG).unwrap(), Ok(PollEvents::IN), "shared: {shared}");
        }
    });
}
