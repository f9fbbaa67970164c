//! Servers, through the Rust API. `.ci/windows` runs what does not need Unix under Wine.

#[path = "../support/mod.rs"]
mod support;

mod basics;
mod bombs;
mod cancel;
mod close_in_hooks;
#[cfg(unix)]
mod daemon;
#[cfg(target_os = "linux")]
mod exhaustion;
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
mod limits;
#[cfg(unix)]
mod many_clients;
#[cfg(unix)]
mod many_parked;
mod operators;
mod park;
mod parked;
#[cfg(unix)]
mod parked_in_child;
mod phases;
mod proxy;
mod proxy_refusals;
mod requests;
#[cfg(unix)]
mod system_calls;
mod threads;
mod transports;
#[cfg(target_os = "linux")]
mod transports_unix;
mod trouble;
#[cfg(target_os = "linux")]
mod trouble_unix;
#[cfg(unix)]
mod unix_path;
