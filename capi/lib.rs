//! The C library: the functions of the crate's `ffi`, under the names that `include/tabi.h` declares.

pub use tabi_rust::ffi::*;

/// Allocations that cannot return an error use a reserve when the system has no memory.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;
