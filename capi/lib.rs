//! The C library: the functions of the crate's `ffi`, under the names that `include/tabi.h` declares.

pub use tabi_rust::ffi::*;

/// Where the library takes memory in a way that cannot fail, there is some that is set aside.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;
