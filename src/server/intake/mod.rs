//! How requests come in: sockets, the loop that waits for clients, and what it takes from them.

mod activation;
mod serve_loop;
mod transport;
mod wakers;

pub use activation::{ListenSocket, listen_fds};
pub(crate) use serve_loop::{Loop, Round};
pub(crate) use transport::is_datagram;
pub(crate) use wakers::LoopWakers;
