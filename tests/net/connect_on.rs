//! A connect without a timeout waits for a connection that was begun before, as `connect(2)` does on Linux.

use std::thread;

use crate::support::{HANG, full_listener, libc, once_blocked};
use tabi::{AF_INET, Address, Cancel, Error, SOCK_STREAM, Socket};

/// A client, and a listener whose queue has no place for it.
struct Scene {
    client: Socket,
    listener: Socket,
    queue: Vec<Socket>,
    address: Address,
}

impl Scene {
    fn new() -> Self {
        let (listener, queue, address) = full_listener(AF_INET);
        Scene { client: Socket::new(AF_INET, SOCK_STREAM, 0).unwrap(), listener, queue, address }
    }

    fn connect(&self) -> tabi::Result<()> {
        self.client.connect(&self.address)
    }

    /// Takes the other clients from the queue. The system of this client tries again after a second.
    fn make_room(&self) {
        self.queue.iter().for_each(|_| drop(self.listener.accept().unwrap()));
    }

    fn check_that_it_is_connected(&self) {
        self.client.sendall(b"hello").unwrap();
        self.listener.settimeout(HANG).unwrap();
        assert_eq!(self.listener.accept().unwrap().0.recv(5).unwrap(), b"hello");
        assert_eq!(self.connect(), Err(Error::Os(libc::EISCONN)));
    }
}

#[test]
fn two_threads_wait_for_the_same_connection_and_both_get_it() {
    let scene = Scene::new();
    thread::scope(|threads| {
        let first = threads.spawn(|| scene.connect());
        let second = threads.spawn(|| once_blocked(|| scene.make_room(), || scene.connect()));
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (Ok(()), Ok(())));
    });
    scene.check_that_it_is_connected();
}

#[test]
fn a_connection_that_was_begun_without_waiting_is_waited_for() {
    let scene = Scene::new();
    scene.client.settimeout(0.0).unwrap();
    assert_eq!(scene.connect(), Err(Error::Os(libc::EINPROGRESS)));
    assert_eq!(scene.connect(), Err(Error::Os(libc::EALREADY)), "a call that does not wait says so");
    scene.client.settimeout(None).unwrap();
    assert_eq!(once_blocked(|| scene.make_room(), || scene.connect()), Ok(()));
    scene.check_that_it_is_connected();
}

#[test]
fn a_connection_whose_wait_was_cancelled_is_waited_for() {
    let scene = Scene::new();
    let token = Cancel::new().unwrap();
    scene.client.set_cancel(Some(&token));
    assert_eq!(once_blocked(|| token.cancel(), || scene.connect()), Err(Error::Cancelled));
    scene.client.set_cancel(None);
    assert_eq!(once_blocked(|| scene.make_room(), || scene.connect()), Ok(()));
    scene.check_that_it_is_connected();
}
