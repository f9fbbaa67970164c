//! What only Linux has for sockets.

mod interface;
mod multicast;
mod options;

pub use interface::*;
pub use multicast::*;
pub use options::*;
