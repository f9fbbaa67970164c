//! Servers, through the Rust API.

#[path = "../support/mod.rs"]
mod support;

mod basics;
mod cancel;
mod daemon;
mod failures;
mod fork;
mod handover;
mod handshake;
mod haproxy;
mod hosts;
mod incomplete;
mod jobs;
mod limits;
mod many_clients;
mod many_parked;
mod operators;
mod park;
mod parked;
mod parked_in_child;
mod phases;
mod proxy;
mod proxy_refusals;
mod requests;
mod system_calls;
mod threads;
mod transports;
mod trouble;
mod unix_path;
