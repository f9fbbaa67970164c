//! The queue of a listener.

use std::fs;
use std::os::unix::fs::MetadataExt;

use tabi::{AF_INET, Socket};

/// Whether there are clients in the queue of a listening TCP socket, which fill it when it has the length 0. In Linux's table
/// of sockets, the bytes that have come are the clients of a listener. (The option TCP_INFO says it too, but not to programs
/// that qemu emulates.)
pub fn is_full(listener: &Socket) -> bool {
    let table = if listener.family() == AF_INET { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let inode = fs::metadata(format!("/proc/self/fd/{}", listener.fileno())).unwrap().ino().to_string();
    let is_waiting = |line: &str| {
        let columns: Vec<_> = line.split_whitespace().collect();
        columns.get(9) == Some(&inode.as_str()) && !columns[4].ends_with(":00000000")
    };
    fs::read_to_string(table).unwrap().lines().any(is_waiting)
}
