//! Sockets among threads: what a close wakes, whatever moment it comes at (`held`); and calls of any order and of many threads
//! at once, on connections (`storm`), listeners and sockets that connect (`meeting`).
//!
//! The tests run under the shim of `tests/torture`, which delays system calls.
//!
//! They need Linux: the shim is preloaded into them, and knows the calls of glibc.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

#[path = "../support/mod.rs"]
mod support;

mod cancels;
mod handover;
mod held;
mod kinds;
mod meeting;
mod report;
mod scene;
mod storm;
