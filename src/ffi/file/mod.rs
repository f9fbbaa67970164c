//! Files in C: buffered ones on a socket, and those that are sent.

mod makefile;
mod sendfile;

pub use makefile::*;
pub use sendfile::*;
