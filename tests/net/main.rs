//! Sockets, addresses and names, through the Rust API.

#[path = "../support/mod.rs"]
mod support;

mod address_text;
mod addresses;
mod any_bytes;
mod bad_input;
mod cancel;
mod cancel_cases;
mod cancel_modes;
mod cancel_process;
mod close;
mod connections;
mod constants;
mod datagrams;
mod descriptors;
mod errors;
#[cfg(target_os = "linux")]
mod eyeballs;
mod families;
mod fork;
mod limits;
mod message;
mod multicast;
mod names;
mod options;
mod poll;
mod proxy;
mod races;
mod resolve;
mod sendfile;
mod signals;
mod stream;
mod system_calls;
mod try_calls;
