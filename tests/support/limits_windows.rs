//! The limits of a process, of which Windows has none. Tests that set one are not run there.

pub fn limit(_resource: std::ffi::c_int, _most: u64) -> u64 {
    panic!("a process has no such limit on Windows");
}

/// Does nothing: a process may have as many sockets as there is memory for.
pub fn allow_descriptors(_most: u64) -> usize {
    usize::MAX
}

pub fn become_nobody() {
    panic!("a process has no superuser on Windows");
}
