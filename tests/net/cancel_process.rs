//! Tokens and what belongs to a whole process: descriptors, their limit, signals, and forked children.
#![allow(unsafe_code)]

use std::process::exit;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::support::limits::{become_nobody, limit};
use crate::support::{
    DESCRIPTORS_TO_WAKE, HANG, ThreadId, in_own_process, open_descriptors, stream_pair, wait_until,
};
use tabi::{AF_UNIX, Cancel, Deadline, Error, Poll, PollEvents, Socket};

/// Calls that wait until the token is triggered, each in a thread of its own.
fn wait_in_threads(token: &Cancel, pairs: &[(Socket, Socket)], meanwhile: impl FnOnce()) {
    thread::scope(|threads| {
        let (tell, told) = std::sync::mpsc::channel();
        let calls: Vec<_> = pairs
            .iter()
            .map(|(socket, _)| {
                let tell = tell.clone();
                threads.spawn(move || {
                    let _scope = token.scope().unwrap();
                    tell.send(ThreadId::current()).unwrap();
                    socket.recv(10)
                })
            })
            .collect();
        told.iter().take(pairs.len()).for_each(|thread| thread.wait_until_blocked());
        meanwhile();
        token.cancel();
        for call in calls {
            assert_eq!(call.join().unwrap(), Err(Error::Cancelled));
        }
    });
}

#[test]
fn a_token_has_no_descriptor_before_a_wait_and_one_for_all_that_wait() {
    in_own_process(|| {
        let pairs: Vec<_> = (0..8).map(|_| stream_pair(AF_UNIX)).collect();
        let before = open_descriptors();
        let token = Cancel::new().unwrap();
        let scope = token.scope().unwrap();
        pairs[0].1.sendall(b"x").unwrap();
        assert_eq!(pairs[0].0.recv(10).unwrap(), b"x");
        assert_eq!(open_descriptors(), before, "nobody has waited yet");
        drop(scope);
        wait_in_threads(&token, &pairs, || assert_eq!(open_descriptors(), before + DESCRIPTORS_TO_WAKE));
        drop(token);
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn without_a_descriptor_a_call_fails_and_never_waits_without_its_token() {
    in_own_process(|| {
        become_nobody();
        let (socket, peer) = stream_pair(AF_UNIX);
        let listener = tabi::create_server(("127.0.0.1", 0)).unwrap();
        let mut kept = Vec::new();
        limit(libc::RLIMIT_NOFILE, 64);
        while let Ok(descriptor) = crate::support::dup(0) {
            kept.push(descriptor);
        }
        let token = Cancel::new().unwrap();
        let scope = token.scope().unwrap();
        assert_eq!(socket.recv(10), Err(Error::Os(libc::EMFILE)));
        assert_eq!(listener.accept().map(drop), Err(Error::Os(libc::EMFILE)));
        let mut entries = [Poll::socket(&socket, PollEvents::IN)];
        assert_eq!(tabi::poll(&mut entries, None::<Duration>), Err(Error::Os(libc::EMFILE)));
        let looked_up = tabi::getaddrinfo("localhost", 0, AF_UNIX, tabi::SOCK_STREAM, 0, 0).map(drop);
        assert!(looked_up.is_err(), "{looked_up:?}");
        // What need not wait needs no descriptor.
        peer.sendall(b"x").unwrap();
        assert_eq!(socket.recv(10).unwrap(), b"x");
        // With one descriptor, or one pipe, all calls can wait.
        kept.truncate(kept.len() - DESCRIPTORS_TO_WAKE);
        socket.settimeout(0.001).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        assert_eq!(tabi::poll(&mut entries, 0.001), Ok(0));
        token.cancel();
        assert_eq!(socket.recv(10), Err(Error::Cancelled));
        drop(scope);
    });
}

static TOKEN: OnceLock<Cancel> = OnceLock::new();

extern "C" fn trigger(_: libc::c_int) {
    if let Some(token) = TOKEN.get() {
        token.cancel();
    }
}

#[test]
fn a_signal_handler_triggers_a_token() {
    in_own_process(|| {
        TOKEN.set(Cancel::new().unwrap()).unwrap();
        // SAFETY: the handler only triggers the token, which may be done in a signal handler.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = trigger as *const () as usize;
            assert_eq!(libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()), 0);
        }
        let (socket, _peer) = stream_pair(AF_UNIX);
        let _scope = TOKEN.get().unwrap().scope().unwrap();
        let caller = ThreadId::current();
        // A number, because a thread is a pointer in some C libraries, which would not go to another thread.
        // SAFETY: pthread_self and pthread_kill touch no memory; this thread lives until the other one has ended.
        let own = unsafe { libc::pthread_self() } as usize;
        thread::scope(|threads| {
            threads.spawn(move || {
                caller.wait_until_blocked();
                // SAFETY: the thread is inside the scope and so it exists.
                assert_eq!(unsafe { libc::pthread_kill(own as libc::pthread_t, libc::SIGUSR1) }, 0);
            });
            assert_eq!(socket.recv(10), Err(Error::Cancelled));
        });
    });
}

/// Forks, and runs the body in the child. Returns the child's process number.
fn fork(body: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child runs only the body, which allocates nothing that other threads of the parent may hold locked; the
    // test runs in a process of its own without other threads.
    match unsafe { libc::fork() } {
        0 => {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            exit(i32::from(ended.is_err()));
        }
        child => child,
    }
}

fn ended_well(child: libc::pid_t) -> bool {
    let mut status = 0;
    // SAFETY: waitpid writes the status.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    status == 0
}

#[test]
fn a_forked_child_and_its_parent_have_tokens_of_their_own() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(AF_UNIX);
        socket.set_shared();
        let token = Cancel::new().unwrap();
        let mut scope = Some(token.scope().unwrap());
        // The token has a descriptor by now, which the child inherits.
        socket.settimeout(0.001).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        socket.settimeout(HANG).unwrap();
        let child = fork(|| {
            // The parent's trigger does not reach the child, whose calls are under the same scope.
            assert_eq!(socket.recv(10).unwrap(), b"parent");
            let copy = token.clone();
            let caller = ThreadId::current();
            let trigger = thread::spawn(move || {
                caller.wait_until_blocked();
                copy.cancel();
            });
            assert_eq!(socket.recv(10), Err(Error::Cancelled));
            trigger.join().unwrap();
            drop(scope.take());
            socket.sendall(b"child").unwrap();
        });
        peer.sendall(b"parent").unwrap();
        peer.settimeout(HANG).unwrap();
        assert_eq!(peer.recv(10).unwrap(), b"child");
        assert!(ended_well(child));
        assert!(!token.is_cancelled(), "the child's trigger does not reach the parent");
        socket.settimeout(0.001).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));

        token.cancel();
        let child = fork(|| assert_eq!(socket.recv(10), Err(Error::Cancelled)));
        assert!(ended_well(child), "what was triggered before stays triggered");
        drop(scope);
    });
}

#[test]
fn a_forked_child_waits_under_a_token_whose_descriptor_is_the_parents() {
    in_own_process(|| {
        let (socket, _peer) = stream_pair(AF_UNIX);
        socket.set_shared();
        let token = Cancel::until(Deadline::after(HANG)).unwrap();
        socket.set_cancel(Some(&token));
        socket.settimeout(0.001).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        let child = fork(|| {
            let before = open_descriptors();
            assert_eq!(socket.recv(10), Err(Error::Timeout));
            assert_eq!(open_descriptors(), before + DESCRIPTORS_TO_WAKE, "the child has made one of its own");
            assert_eq!(socket.recv(10), Err(Error::Timeout));
            assert_eq!(open_descriptors(), before + DESCRIPTORS_TO_WAKE);
        });
        assert!(ended_well(child));
    });
}

#[test]
fn threads_that_end_in_a_scope_leave_nothing_behind() {
    in_own_process(|| {
        let before = open_descriptors();
        for _ in 0..100 {
            let token = Cancel::new().unwrap();
            let (socket, _peer) = stream_pair(AF_UNIX);
            thread::spawn(move || {
                let _scope = token.scope().unwrap();
                socket.settimeout(0.0001).unwrap();
                assert_eq!(socket.recv(10), Err(Error::Timeout));
            })
            .join()
            .unwrap();
        }
        wait_until("all descriptors are closed", || open_descriptors() == before);
    });
}
