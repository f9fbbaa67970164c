//! Sockets, addresses and names, through the Rust API.

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod any_bytes;
mod at_once;
mod bad_input;
mod close;
mod constants;
mod descriptors;
mod errors;
mod families;
mod fork;
mod helpers;
mod limits;
mod many;
mod message;
mod multicast;
mod options;
mod races;
mod resolve;
mod sendfile;
mod signals;
mod stream;
mod system_calls;
