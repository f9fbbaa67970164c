//! Servers, through the Rust API. `.ci/windows` runs what does not need Unix under Wine.

#[path = "../support/mod.rs"]
mod support;

mod basics;
#[cfg(unix)]
mod cancel;
#[cfg(unix)]
mod daemon;
mod failures;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod handover;
mod handshake;
#[cfg(unix)]
mod haproxy;
mod hosts;
mod incomplete;
mod jobs;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod many_clients;
#[cfg(unix)]
mod many_parked;
#[cfg(unix)]
mod operators;
mod park;
#[cfg(unix)]
mod parked;
#[cfg(unix)]
mod parked_in_child;
#[cfg(unix)]
mod phases;
#[cfg(unix)]
mod proxy;
#[cfg(unix)]
mod proxy_refusals;
mod requests;
#[cfg(unix)]
mod system_calls;
mod threads;
#[cfg(unix)]
mod transports;
#[cfg(unix)]
mod trouble;
#[cfg(unix)]
mod unix_path;
