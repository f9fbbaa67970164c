//! Several threads accept from one listener, with deadlines and without.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::{HANG, ThreadId};
use tabi::{AF_INET, Error, Limit, SOCK_STREAM, Socket};

/// How long a test lets a call wait for an event that does not come.
const SHORT: Duration = Duration::from_millis(1);

fn listener() -> Socket {
    let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    listener.bind(("127.0.0.1", 0)).unwrap();
    listener.listen(100).unwrap();
    listener
}

fn connect_to(listener: &Socket) -> Socket {
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    client
}

/// Several threads accept while only one client comes, again and again. All but one of them find that the
/// client is gone.
fn accept_at_once(listener: &Arc<Socket>) {
    const THREADS: usize = 8;
    let rounds = if cfg!(windows) { 30 } else { 2000 };
    let (end, ended) = mpsc::channel();
    let start = Arc::new(Barrier::new(THREADS + 1));
    for _ in 0..THREADS {
        let (listener, end, start) = (Arc::clone(listener), end.clone(), Arc::clone(&start));
        thread::spawn(move || {
            for _ in 0..rounds {
                start.wait();
                end.send(listener.accept_fd(Limit::after(SHORT)).map(drop)).unwrap();
            }
        });
    }
    for round in 0..rounds {
        start.wait();
        let _client = connect_to(listener);
        let result = || ended.recv_timeout(HANG).unwrap_or_else(|_| panic!("round {round}: an accept hangs"));
        let results: Vec<_> = (0..THREADS).map(|_| result()).collect();
        let accepted = results.iter().filter(|result| result.is_ok()).count();
        let late = results.iter().filter(|result| **result == Err(Error::Timeout)).count();
        assert_eq!(accepted + late, THREADS, "round {round}: {results:?}");
        // On a slow machine the client may come after all threads have given up.
        while listener.accept_fd(Limit::Now).is_ok() {}
    }
}

#[test]
fn an_accept_keeps_its_deadline_when_another_thread_takes_the_client() {
    let listener = Arc::new(listener());
    accept_at_once(&listener);
    assert_eq!(listener.gettimeout(), None);
    #[cfg(target_os = "linux")]
    assert!(!crate::races::is_nonblocking(&listener), "the listener blocks as before");
}

#[test]
fn an_accept_on_a_duplicate_keeps_its_deadline_when_another_thread_takes_the_client() {
    let listener = listener();
    let duplicate = Arc::new(listener.dup().unwrap());
    accept_at_once(&duplicate);
}

#[test]
fn a_blocking_accept_goes_on_while_others_have_a_deadline() {
    let listener = Arc::new(listener());
    let (tell, told) = mpsc::channel();
    let waiting = Arc::clone(&listener);
    let blocked = thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        waiting.accept().map(drop)
    });
    told.recv().unwrap().wait_until_blocked();
    for _ in 0..20 {
        let result = listener.accept_fd(Limit::after(Duration::from_millis(1)));
        assert_eq!(result.map(drop), Err(Error::Timeout));
    }
    let _client = connect_to(&listener);
    assert_eq!(blocked.join().unwrap(), Ok(()));
}

/// One thread accepts without a limit. Other threads come and go with deadlines, for which the descriptor
/// must not block.
#[test]
fn an_accept_without_a_deadline_never_finds_eagain() {
    let listener = Arc::new(listener());
    let forever = Arc::clone(&listener);
    let acceptor = thread::spawn(move || {
        let mut accepted = 0;
        loop {
            match forever.accept() {
                Ok(_) => accepted += 1,
                Err(error) => return (accepted, error),
            }
        }
    });
    for round in 0..300 {
        match listener.accept_fd(Limit::after(Duration::from_micros(200))) {
            Ok(_) | Err(Error::Timeout) => {}
            Err(error) => panic!("round {round}: {error:?}"),
        }
        drop(connect_to(&listener));
    }
    listener.close().unwrap();
    assert_eq!(acceptor.join().unwrap().1, Error::Closed);
}
