//! Files in C: buffered files on a socket, and files that are sent.

mod getline;
mod makefile;
mod sendfile;

pub use getline::*;
pub use makefile::*;
pub use sendfile::*;
