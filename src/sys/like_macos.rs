//! A backend for tests: Linux with what macOS has. With `--cfg tabi_portable` it takes the place of `linux/`, so that the
//! pieces for macOS and the BSDs run at every commit. `tests/like_macos`, which is preloaded into the tests, makes the
//! system itself behave like macOS. `.ci/like-macos` builds and runs both.
//!
//! What only Linux has at all, such as its families of addresses, stays. It has a kqueue.

#[path = "linux/control.rs"]
mod control;
#[cfg(feature = "capi")]
#[path = "portable/environment.rs"]
mod environment;
#[path = "linux/errno.rs"]
mod errno;
#[path = "portable/multicast.rs"]
mod multicast;
#[path = "portable/multicast_interface.rs"]
mod multicast_interface;
#[path = "portable/poll_of_kqueue.rs"]
mod poll_of_kqueue;
#[path = "portable/mod.rs"]
#[allow(dead_code, reason = "this file has its own of some items")]
mod portable;
#[path = "portable/sendfile_counted.rs"]
mod sendfile_counted;

use std::ffi::{CStr, c_void};
use std::io;
use std::os::fd::RawFd;

use libc::c_int;
use socket2::SockRef;

pub(crate) use control::{packet_info_v4, read_control};
#[cfg(feature = "capi")]
pub(crate) use environment::environment_list;
pub(crate) use errno::own_errno_name;
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4};
pub(crate) use multicast_interface::multicast_interface_v4;
pub(crate) use poll_of_kqueue::poll;
pub(crate) use portable::*;

/// There is no flag with which a send raises no SIGPIPE. An option of the socket does this.
pub(crate) const NO_SIGPIPE: c_int = 0;
/// The number that the option has on macOS.
pub(super) const SO_NOSIGPIPE: Option<c_int> = Some(0x1022);
/// The flags with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = libc::MSG_DONTWAIT | libc::MSG_OOB;
/// There is no flag with which received descriptors are close-on-exec. A second call makes them so.
pub(crate) const CMSG_CLOEXEC: c_int = 0;
/// The type of the control message with the hop limit of an IPv6 datagram.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// The flags that may be added to the type of a socket. They are those of Linux, because programs for Linux use them.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// The system regards a socket as connected only after a connect has returned 0, because it is Linux.
pub(crate) const CONFIRMS_CONNECT: bool = true;
/// The first byte of an address is a part of its family, because the system is Linux.
pub(crate) const LENGTH_IN_ADDRESS: bool = false;
/// The size in bytes of the space for the path of a unix socket, which includes a NUL.
pub(crate) const UNIX_PATH_SIZE: usize = 104;
/// The error numbers of the resolver that not every system has. They are those of Linux.
pub(crate) const EAI_ADDRFAMILY: c_int = -9;
pub(crate) const EAI_NODATA: c_int = -5;
/// The smallest stack that a thread may have, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Sets the name of the current thread, for debuggers.
pub(crate) fn name_current_thread(name: &CStr) {
    // SAFETY: the name is NUL-terminated and copied.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
}

/// Sends at most `count` bytes of a file, beginning at `offset`. Returns how many were sent, or -1 and sets `errno`.
pub(crate) fn sendfile(socket: RawFd, file: RawFd, offset: u64, count: usize) -> isize {
    #[link(name = "tabi_macos_rules")]
    unsafe extern "C" {
        fn macos_sendfile(
            file: c_int,
            socket: c_int,
            offset: i64,
            bytes: *mut i64,
            headers: *mut c_void,
            flags: c_int,
        ) -> c_int;
    }
    let mut bytes = i64::try_from(count).unwrap_or(i64::MAX);
    // SAFETY: `bytes` is writable during the call, and there are no headers.
    let result = unsafe { macos_sendfile(file, socket, offset as i64, &mut bytes, std::ptr::null_mut(), 0) };
    sendfile_counted::counted(result, bytes)
}

/// Returns the protocol with which a socket was made.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(socket.protocol()?.map_or(0, c_int::from))
}
