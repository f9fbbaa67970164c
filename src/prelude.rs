//! What most programs use, for `use tabi::prelude::*`.
//!
//! It holds the types and functions that make sockets, the trait behind address arguments, and the dozen constants that
//! also stand at the root of the crate. [`Error`](crate::Error) and [`Result`](crate::Result) are not in it, because
//! programs have their own. All other constants are in [`constants`](crate::constants), servers in
//! [`server`](crate::server).
//!
//! ```
//! use tabi::prelude::*;
//!
//! let server = create_server(("127.0.0.1", 0))?;
//! let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
//! client.connect(server.getsockname()?)?;
//! # Ok::<(), tabi::Error>(())
//! ```

pub use crate::address::Address;
pub use crate::constants::{
    AF_INET, AF_INET6, AF_UNIX, AddressFamily, IPPROTO_TCP, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_REUSEADDR,
    SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SocketKind, TCP_NODELAY,
};
pub use crate::resolve::ToAddress;
pub use crate::socket::{Socket, create_connection, create_server};
