//! The numbers of the system: those of the C library.

pub use ::libc::*;
