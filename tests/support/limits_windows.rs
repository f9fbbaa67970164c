//! The limits of a process, of which Windows has none. Tests that set one are not run there.

pub fn limit(_resource: std::ffi::c_int, _most: u64) -> u64 {
    panic!("a process has no such limit on Windows");
}

pub fn become_nobody() {
    panic!("a process has no superuser on Windows");
}
