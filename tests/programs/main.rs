//! The example programs in C, Rust and Python, and those of the README.
//!
//! They need Linux: they are linked with the C library by GNU ld, and watched with strace.
#![cfg(target_os = "linux")]

#[path = "../../examples/demo/conversations.rs"]
mod conversations;
#[path = "../../examples/demo/languages.rs"]
mod languages;
#[path = "../../examples/demo/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod c_examples;
mod examples;
mod fetch;
mod pairs;
mod peers;
mod readme;
mod servers;
mod tls;
