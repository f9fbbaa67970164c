//! The C functions for sockets that only Linux has.

mod interface;
mod multicast;
mod options;

pub use interface::*;
pub use multicast::*;
pub use options::*;
