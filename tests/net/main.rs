//! Sockets, addresses and names, through the Rust API. `.ci/windows` runs what does not need Unix under Wine.

#[path = "../support/mod.rs"]
mod support;

mod address_text;
#[cfg(unix)]
mod addresses;
#[cfg(unix)]
mod any_bytes;
#[cfg(unix)]
mod bad_input;
mod cancel;
mod cancel_cases;
mod cancel_modes;
#[cfg(unix)]
mod cancel_process;
mod close;
#[cfg(unix)]
mod connections;
#[cfg(unix)]
mod constants;
#[cfg(unix)]
mod datagrams;
#[cfg(unix)]
mod descriptors;
mod errors;
#[cfg(target_os = "linux")]
mod eyeballs;
#[cfg(unix)]
mod families;
#[cfg(unix)]
mod fork;
mod limits;
#[cfg(unix)]
mod message;
#[cfg(target_os = "linux")]
mod message_linux;
#[cfg(unix)]
mod multicast;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod options;
#[cfg(unix)]
mod poll;
mod proxy;
// The numbers of system calls, and strace.
#[cfg(target_os = "linux")]
mod races;
#[cfg(unix)]
mod resolve;
#[cfg(unix)]
mod second_wait;
#[cfg(unix)]
mod sendfile;
// A timer that sends signals to one thread.
#[cfg(target_os = "linux")]
mod signals;
mod stream;
// strace.
#[cfg(target_os = "linux")]
mod system_calls;
mod try_calls;
