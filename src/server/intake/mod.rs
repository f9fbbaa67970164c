//! How requests come in: the sockets, the loop that waits for clients, and the requests that it takes from
//! the sockets.

#[cfg(unix)]
mod activation;
mod addresses;
mod admit;
mod listen_socket;
mod own_path;
mod serve_loop;
#[cfg(windows)]
mod sharing;
mod transport;
mod wakers;

crate::sys::unix_only! {
    pub use activation::listen_fds;
}
pub use listen_socket::ListenSocket;
pub(crate) use own_path::OwnPath;
pub(crate) use serve_loop::{Loop, Round};
pub(crate) use transport::{is_datagram, is_inet};
pub(crate) use wakers::LoopWakers;
