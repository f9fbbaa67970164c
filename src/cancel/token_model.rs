//! Loom runs every order in which threads can wait under a token and trigger it:
//! `RUSTFLAGS="--cfg loom" cargo test --release --package tabi --lib token_model`.
//!
//! It runs `token` itself, on a model of the wake-up descriptor. A wake-up that is lost shows as a deadlock.

use std::os::fd::RawFd;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::token::Token;
use crate::deadline::Deadline;
use crate::error::Result;

loom::lazy_static! {
    /// Which of the descriptors that were made are readable.
    static ref READABLE: (Mutex<Vec<bool>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());
}

/// A wake-up descriptor, whose number is its place in the list.
pub(super) struct Wake(usize);

impl Wake {
    pub(super) fn new() -> Result<Wake> {
        let mut readable = READABLE.0.lock().unwrap();
        readable.push(false);
        Ok(Wake(readable.len() - 1))
    }

    pub(super) fn raise(&self) {
        READABLE.0.lock().unwrap()[self.0] = true;
        READABLE.1.notify_all();
    }

    pub(super) fn fd(&self) -> RawFd {
        self.0 as RawFd
    }
}

pub(super) fn forks() -> u32 {
    0
}

/// Waits under the token as a call does. Returns the descriptor that it has polled.
fn wait(token: &Token) -> RawFd {
    let fd = token.wake_fd().unwrap();
    if !token.is_triggered() {
        let mut readable = READABLE.0.lock().unwrap();
        while !readable[fd as usize] {
            readable = READABLE.1.wait(readable).unwrap();
        }
    }
    assert!(token.is_triggered(), "woken by nothing");
    fd
}

/// Lets threads wait while others trigger the token.
fn in_every_order(waiting: usize, triggering: usize) {
    let mut model = loom::model::Builder::new();
    // More switches in the middle of a thread's steps take minutes.
    model.preemption_bound = Some(3);
    model.check(move || {
        let token = Arc::new(Token::new(Deadline::NEVER));
        let waiters: Vec<_> = (0..waiting)
            .map(|_| {
                let token = Arc::clone(&token);
                thread::spawn(move || wait(&token))
            })
            .collect();
        let triggers: Vec<_> = (1..triggering)
            .map(|_| {
                let token = Arc::clone(&token);
                thread::spawn(move || token.trigger())
            })
            .collect();
        token.trigger();
        triggers.into_iter().for_each(|thread| thread.join().unwrap());
        let polled: Vec<RawFd> = waiters.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(polled.iter().all(|fd| *fd == polled[0]), "all calls wait for one descriptor");
    });
}

#[test]
fn a_call_that_waits_is_woken() {
    in_every_order(1, 1);
}

#[test]
fn two_calls_are_woken_by_one_descriptor() {
    in_every_order(2, 1);
}

#[test]
fn a_second_trigger_takes_nothing_away() {
    in_every_order(1, 2);
}
