//! The backend of Linux, with glibc and with musl.

mod control;
mod datagrams;
#[cfg(feature = "capi")]
#[path = "../portable/environment.rs"]
mod environment;
mod errno;
#[cfg_attr(not(target_env = "gnu"), path = "../portable/hosts.rs")]
/// cbindgen:ignore
mod hosts;
#[path = "../portable/multicast.rs"]
mod multicast;
#[path = "../portable/multicast_interface.rs"]
mod multicast_interface;
// On 32-bit systems the kernel's `timespec` is not that of the C library.
#[cfg_attr(not(target_pointer_width = "64"), path = "../portable/poll.rs")]
mod poll;
#[cfg_attr(
    any(not(any(target_arch = "x86_64", target_arch = "aarch64")), miri),
    path = "../portable/probe.rs"
)]
pub(crate) mod probe;
mod sendfile;
mod tcp_bytes;
mod wake;
mod watch;

/// The look-ups for musl, compiled with glibc too so that they are tested.
#[cfg(all(test, target_env = "gnu"))]
#[path = "../portable/hosts.rs"]
mod hosts_of_musl;

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net;

use libc::c_int;
use socket2::{SockAddr, SockRef};

use crate::error::Result;
use crate::sys::{syscall, unix};
pub(crate) use control::{packet_info_v4, read_control};
pub(crate) use datagrams::{recvmmsg, sendmmsg};
#[cfg(feature = "capi")]
pub(crate) use environment::environment_list;
pub(crate) use errno::own_errno_name;
pub(crate) use hosts::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4};
pub(crate) use multicast_interface::multicast_interface_v4;
pub(crate) use poll::poll;
pub(crate) use sendfile::sendfile;
pub(crate) use tcp_bytes::{counts_tcp_bytes, tcp_bytes};
pub(crate) use wake::Wake;
pub(crate) use watch::Watch;

/// Whether this process has no other thread. If the system does not say so (without `/proc`), the answer is no.
///
/// It allocates no memory, because a forked child asks this, in which another thread may have held the allocator's lock.
pub(crate) fn is_only_thread() -> bool {
    let mut text = [0; 512];
    let read = File::open("/proc/self/stat").and_then(|mut file| file.read(&mut text));
    // Behind the name of the program, which may have any characters, the number of threads is the 18th field.
    let fields = text.rsplit(|&byte| byte == b')').next().unwrap_or_default();
    let threads = fields.split(|&byte| byte == b' ').filter(|field| !field.is_empty()).nth(17);
    read.is_ok() && threads == Some(b"1")
}

/// The flag with which a send raises no SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// There is no option of a socket with which sends raise no SIGPIPE, because the flag does it.
pub(super) const SO_NOSIGPIPE: Option<c_int> = None;
/// Whether a shutdown wakes every call that is blocked on an internet or unix socket, also an accept, and a receive on a
/// datagram socket that is not connected.
pub(crate) const SHUTDOWN_WAKES: bool = true;
/// Whether the limits of a socket in the system (`SO_RCVTIMEO`, `SO_SNDTIMEO`) hold for accepts and connects too.
pub(crate) const OWN_TIMEOUT_OF_CONNECTIONS: bool = true;
/// Whether the system regards a socket as connected only after a connect has returned 0.
pub(crate) const CONFIRMS_CONNECT: bool = true;
/// Whether another connect on a TCP socket whose connection was begun says what has come of it: EALREADY, 0, or its error.
pub(crate) const SECOND_CONNECT_TELLS: bool = true;
/// Whether the system closes received descriptors that do not fit into the control buffer.
pub(crate) const CLOSES_CUT_FDS: bool = true;
/// Whether the first byte of an address is its length.
pub(crate) const LENGTH_IN_ADDRESS: bool = false;
/// The size in bytes of the space for the name of a unix socket, which includes a NUL.
pub(crate) const UNIX_PATH_SIZE: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);
/// The flags with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE | libc::MSG_OOB;
/// The flag with which received descriptors are close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The flag with which a receive reports the whole length of a datagram that was cut off.
pub(crate) const TRUE_LENGTH: c_int = libc::MSG_TRUNC;
/// Whether the system can report a socket only when it has more bytes than before (`SO_RCVLOWAT`).
pub(crate) const LOW_WATER: bool = true;
/// The type of the control message with the hop limit of an IPv6 datagram.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// The flags that may be added to the type of a socket.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in the type of a socket that makes the socket non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// Whether unix sockets can have names that are not paths.
pub(crate) const ABSTRACT_NAMES: bool = true;
/// The error numbers of the resolver that not every system has, from netdb.h.
pub(crate) const EAI_ADDRFAMILY: c_int = -9;
pub(crate) const EAI_NODATA: c_int = -5;
/// The smallest stack that a thread may have, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// Returns the abstract name of a unix socket without its leading NUL, and `None` when the address is a path.
pub(crate) fn abstract_name(address: &net::SocketAddr) -> Option<&[u8]> {
    address.as_abstract_name()
}

/// Accepts a client on a socket of this family. The new descriptor is close-on-exec. The address is `None` when the
/// family has no addresses of clients.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept(fd: RawFd, family: c_int) -> Result<(OwnedFd, Option<SockAddr>)> {
    if family != libc::AF_ALG {
        // SAFETY: the caller guarantees that the descriptor is open.
        return unsafe { unix::accept_named(fd) }.map(|(client, address)| (client, Some(address)));
    }
    let (address, len) = (std::ptr::null_mut(), std::ptr::null_mut());
    // socket2 always asks for the address of the client, and for a cipher the call would then fail.
    // SAFETY: both pointers are NULL, so that the call writes no address.
    let client = unsafe { syscall!(accept4(fd, address, len, libc::SOCK_CLOEXEC)) }?;
    // SAFETY: the descriptor is new and has no other owner.
    Ok((unsafe { OwnedFd::from_raw_fd(client) }, None))
}

/// Returns the family of a socket's addresses. Sockets of `AF_RDS` (reliable datagrams) have addresses of `AF_INET`.
pub(crate) fn address_family(family: c_int) -> c_int {
    if family == libc::AF_RDS { libc::AF_INET } else { family }
}

/// Returns the unit in bytes of an option's length. The length of the filter is a number of instructions of 8 bytes.
pub(crate) fn option_unit(level: c_int, option: c_int) -> usize {
    let filter = (level, option) == (libc::SOL_SOCKET, libc::SO_GET_FILTER);
    if filter { size_of::<libc::sock_filter>() } else { 1 }
}

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Sets the name of the current thread, for debuggers and `ps`. The system keeps 15 bytes.
pub(crate) fn name_current_thread(name: &CStr) {
    // SAFETY: the name is NUL-terminated, and the kernel copies it.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Returns a descriptor that becomes readable when the child has ended, or `None` on kernels before 5.3.
pub(crate) fn process_descriptor(pid: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: pidfd_open accesses no memory. Its descriptors are close-on-exec.
    let fd = unsafe { syscall!(syscall(libc::SYS_pidfd_open, pid, 0)) }.ok()?;
    // SAFETY: the descriptor is new and has no other owner.
    Some(unsafe { OwnedFd::from_raw_fd(RawFd::try_from(fd).ok()?) })
}

/// Collects the child of a descriptor if it has ended. Returns whether it ended with the status 0, or `None` if
/// it has not ended.
///
/// Fails with `Os(ECHILD)` if other code has collected it, and with `Os(EINVAL)` on kernels before 5.4.
pub(crate) fn collect_process(process: BorrowedFd<'_>) -> Result<Option<bool>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let (fd, flags) = (process.as_raw_fd() as libc::id_t, libc::WEXITED | libc::WNOHANG);
    // SAFETY: waitid writes one siginfo_t.
    unsafe { syscall!(waitid(libc::P_PIDFD, fd, info.as_mut_ptr(), flags)) }?;
    // SAFETY: zeros are a valid siginfo_t, and so is what waitid has written.
    let info = unsafe { info.assume_init() };
    // SAFETY: waitid leaves the zeros, or writes the members that belong to SIGCHLD.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then_some(info.si_code == libc::CLD_EXITED && status == 0))
}

/// Sends a signal to the process of a descriptor, and to no other that has its number later.
///
/// Fails with `Os(ESRCH)` if it has ended and was collected.
pub(crate) fn signal_process(process: BorrowedFd<'_>, signal: c_int) -> Result<()> {
    let (fd, no_info) = (process.as_raw_fd(), std::ptr::null::<libc::siginfo_t>());
    // SAFETY: without a siginfo_t, pidfd_send_signal accesses no memory.
    unsafe { syscall!(syscall(libc::SYS_pidfd_send_signal, fd, signal, no_info, 0)) }.map(drop)
}

/// Makes a pipe that does not block: the end to read and the end to write.
pub(crate) fn new_pipe() -> Result<[OwnedFd; 2]> {
    let mut ends = [0; 2];
    // SAFETY: pipe2 writes two descriptors.
    unsafe { syscall!(pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK)) }?;
    // SAFETY: both descriptors are new and have no other owner.
    Ok(ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }))
}

/// Lets a number that is in use mean the file of another descriptor. The number is close-on-exec.
pub(crate) fn replace(fd: RawFd, number: RawFd) -> Result<()> {
    // SAFETY: dup3 touches no memory.
    unsafe { syscall!(dup3(fd, number, libc::O_CLOEXEC)) }.map(drop)
}

/// Returns the protocol with which a socket was made.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(socket.protocol()?.map_or(0, c_int::from))
}
