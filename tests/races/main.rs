//! Sockets among threads: what a close wakes, whatever moment it comes at (`held`).
//!
//! The tests run under the shim of `tests/torture`, which delays system calls.
#![allow(unsafe_code)]

#[path = "../support/mod.rs"]
mod support;

mod held;
