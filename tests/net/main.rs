//! Sockets, addresses and names, through the Rust API. `.ci/windows` runs what does not need Unix under Wine.

#[path = "../support/mod.rs"]
mod support;

mod accept_races;
mod address_text;
mod addresses;
mod any_bytes;
mod bad_input;
mod cancel;
mod cancel_cases;
mod cancel_modes;
#[cfg(unix)]
mod cancel_process;
mod close;
// Another connect of a socket that is connecting means something else on other systems.
#[cfg(all(target_os = "linux", not(tabi_portable)))]
mod connect_on;
mod connections;
mod constants;
#[cfg(unix)]
mod control_messages;
mod datagrams;
#[cfg(target_os = "linux")]
mod datagrams_linux;
#[cfg(unix)]
mod descriptors;
mod errors;
#[cfg(target_os = "linux")]
mod eyeballs;
#[cfg(target_os = "linux")]
mod families;
#[cfg(unix)]
mod fork;
mod limits;
mod message;
#[cfg(target_os = "linux")]
mod message_linux;
mod multicast;
#[cfg(target_os = "linux")]
mod multicast_linux;
#[cfg(unix)]
mod names;
#[cfg(target_os = "linux")]
mod options;
#[cfg(unix)]
mod other_descriptors;
mod poll;
mod proxy;
// The numbers of system calls, and strace.
#[cfg(target_os = "linux")]
mod races;
mod resolve;
mod second_wait;
mod sendfile;
// A timer that sends signals to one thread.
#[cfg(target_os = "linux")]
mod signals;
#[cfg(unix)]
mod sigpipe;
mod stream;
#[cfg(target_os = "linux")]
mod stream_linux;
// strace.
#[cfg(target_os = "linux")]
mod system_calls;
mod try_calls;
#[cfg(unix)]
mod unix_addresses;
mod usual_options;
