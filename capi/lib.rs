//! The C library: the functions of the crate's `ffi`, under the names that `include/tabi.h` declares.

pub use tabi_rust::ffi::*;
