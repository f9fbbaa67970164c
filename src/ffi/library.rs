//! What only the C library in `capi/` has: an allocator, and its own end of a panic. Its build script asks for them.
#![allow(unsafe_code)]

#[cfg(tabi_panics)]
use core::panic::PanicInfo;

use crate::memory::Allocator;

/// Allocations that cannot return an error use a reserve when the system has no memory.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Unwinds to the boundary, which reports the panic to the program.
///
/// The linker puts it in the place of the panic handler of the standard library, which also prints the panic, and brings
/// a fifth of the library's code for printing backtraces.
#[cfg(tabi_panics)]
#[unsafe(no_mangle)]
fn tabi_panic_handler(info: &PanicInfo<'_>) -> ! {
    // As in the standard library: a second panic while the first one unwinds ends the process.
    if std::thread::panicking() {
        std::process::abort();
    }
    let place = info.location().map(|place| format!(" ({place})")).unwrap_or_default();
    std::panic::resume_unwind(Box::new(format!("{}{place}", info.message())))
}

/// Ends the process, as the standard library does after it has printed that there is no memory.
#[cfg(tabi_panics)]
#[unsafe(no_mangle)]
fn tabi_alloc_error_handler(_size: usize, _align: usize) -> ! {
    std::process::abort()
}
