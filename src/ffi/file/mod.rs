//! Files in C: buffered files on a socket, and files that are sent.

mod makefile;
mod sendfile;

pub use makefile::*;
pub use sendfile::*;
