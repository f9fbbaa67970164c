//! The settings of a server in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::offset_of;
use std::ptr;

use super::tabi_server_hooks;
use crate::ffi::boundary::growing::{Growing, check_size, read};
use crate::ffi::boundary::{Failure, Outcome, status};
use crate::ffi::cancel::tabi_cancel;

/// The thread that serves handles the requests, one after the other.
pub const TABI_INLINE: c_int = 0;
/// Each request is handled in a thread of its own. Threads are kept and used again.
pub const TABI_THREADS: c_int = 1;
/// Each request is handled in a process of its own. This is safe only in a program that has no other threads,
/// or with a handler that calls nothing but the functions in signal-safety(7).
pub const TABI_FORKS: c_int = 2;

/// When all threads are busy, the server stops accepting. New clients wait in the kernel's queue.
pub const TABI_WHEN_FULL_WAIT: c_int = 0;
/// When all threads are busy, the server accepts up to `queue_size` more clients, which wait for a thread.
/// Then it stops accepting.
pub const TABI_WHEN_FULL_QUEUE: c_int = 1;
/// When all threads are busy, the server accepts new clients and closes them at once.
pub const TABI_WHEN_FULL_REFUSE: c_int = 2;

/// The settings of a server. Fill it with tabi_server_options_init(), then change what should be different.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_options {
    /// sizeof(tabi_server_options). tabi_server_options_init() sets it.
    pub struct_size: usize,
    /// AF_INET (the default), AF_INET6, AF_UNIX, or AF_UNSPEC for both versions of IP: see tabi_server_from_host().
    pub address_family: c_int,
    /// SOCK_STREAM (the default), SOCK_SEQPACKET or SOCK_DGRAM.
    pub socket_type: c_int,
    /// Where requests are handled: TABI_INLINE (the default), TABI_THREADS or TABI_FORKS.
    pub concurrency: c_int,
    /// 1 (the default): tabi_server_new() binds the socket and starts to listen. 0: the program calls
    /// tabi_server_bind() and tabi_server_activate() itself.
    pub bind_and_activate: c_int,
    /// 1 sets SO_REUSEADDR, 0 does not set it. -1 (the default) sets it for TCP only, and not on Windows.
    pub allow_reuse_address: c_int,
    /// 1 sets SO_REUSEPORT of internet sockets. The default is 0.
    pub allow_reuse_port: c_int,
    /// 1: a server with AF_INET6 accepts IPv4 clients too. 0: it accepts IPv6 clients only. -1 (the default): the
    /// system decides.
    pub dualstack_ipv6: c_int,
    /// The number of clients that may wait in the kernel's queue. The default is SOMAXCONN.
    pub request_queue_size: c_int,
    /// The length of the longest datagram in bytes, at least 1. The default is 8192.
    pub max_packet_size: usize,
    /// The time in seconds that tabi_server_handle_request() waits for a request. The default is
    /// TABI_NO_TIMEOUT.
    pub timeout: f64,
    /// The timeout of each client's socket in seconds, more than 0. With TABI_NO_TIMEOUT, the default, it is that of new
    /// sockets (tabi_getdefaulttimeout()).
    pub request_timeout: f64,
    /// 1: a new client waits without a thread until it has sent its first bytes. This is for protocols in which
    /// the client speaks first, such as HTTP. 0 (the default): its handler runs at once.
    pub wait_for_first_byte: c_int,
    /// The bytes with which a request ends, or the part of it for which a handler waits, as a string of 1 to 64 bytes:
    /// "\r\n\r\n" for HTTP, "\n" for protocols of lines. A client gets a thread only when they have come, or 16 KiB
    /// without them, so that one that sends a byte now and then holds none. It contains wait_for_first_byte, is for
    /// TCP, and does not fit TLS. A client whose urgent data (MSG_OOB) hides the end of its request is cut off, and
    /// counted as `shed`. NULL (the default): a client gets a thread with its first byte. The string is copied.
    pub request_end: *const c_char,
    /// The largest number of parked requests. If there are more, the one that has been parked longest is closed.
    /// The default is 0: no limit.
    pub max_parked: usize,
    /// The time in seconds, more than 0, for which a connection may be parked, and with wait_for_first_byte also
    /// the time for which a new client may say nothing. Then it is closed. The default is TABI_NO_TIMEOUT.
    pub idle_timeout: f64,
    /// The time in seconds, more than 0, that a request may take: from its first byte, or from the accept if the
    /// handler runs at once, to the end of the handler, over all its calls together. Then its connection is shut
    /// down, which ends the handler's calls. The job of a request that has a `fd` is cut. It is for TABI_THREADS.
    /// The default is TABI_NO_TIMEOUT.
    pub request_deadline: f64,
    /// The bytes per second that a request must move at least, in both directions together. A connection that is
    /// slower is shut down. Seconds in which the handler is not inside a call of its socket do not count. It is
    /// for TABI_THREADS, TCP, and Linux 4.19 or later; elsewhere the server is refused. The default is 0: no limit.
    pub min_rate: usize,
    /// The time in seconds, more than 0, for which a request may be slower than min_rate. The default is 5.
    pub min_rate_grace: f64,
    /// The time in seconds, more than 0, that the hook handshake may take for a client, over all its calls together.
    /// Then the connection is shut down, which ends the hook's calls. With wait_for_first_byte the time begins with
    /// the client's first byte. It is for TABI_THREADS. The default is TABI_NO_TIMEOUT.
    pub handshake_timeout: f64,
    /// Not NULL: each connection must begin with a header of the PROXY protocol, which only these peers may send. They
    /// are networks (10.0.0.0/8, 2001:db8::/32), hosts (192.0.2.1, ::1) and "unix:" for the peers of unix sockets,
    /// with spaces or commas between them. IPv4 networks hold for dual-stack sockets too.
    ///
    /// The server never guesses whether there is a header. It reads the header before anything else, and waits for it
    /// without a thread. The connection of a peer that is not trusted is ended, whatever it sends, and so is one whose
    /// header is not valid. tabi_request_client_address() returns what the header says, also in the hook
    /// verify_request, and max_connections_per_address counts it; if the header says nothing, it is the real address.
    /// tabi_request_proxy_header() returns the header.
    ///
    /// It is for stream sockets, and not for TABI_FORKS. The default is NULL.
    pub proxy_protocol: *const c_char,
    /// The version of the PROXY protocol that is allowed, 1 or 2. The default is 0: both.
    pub proxy_version: c_int,
    /// The time in seconds, more than 0, for which a connection may wait for its PROXY header. Then it is closed. The
    /// default is 5. TABI_NO_TIMEOUT means no limit.
    pub header_timeout: f64,
    /// The largest number of requests at the same time. Further clients are closed at once. The default is 0:
    /// no limit.
    pub max_connections: usize,
    /// The largest number of requests at the same time from one internet host. Further clients from there are
    /// closed at once. The default is 0: no limit.
    pub max_connections_per_address: usize,
    /// The number of threads that accept clients. The default is 1. With allow_reuse_port, each thread has a
    /// socket of its own.
    pub loops: usize,
    /// For TABI_THREADS: the largest number of threads that handle requests at the same time. A thread that
    /// is ending is not counted. The default is 0: no limit.
    pub max_threads: usize,
    /// For TABI_THREADS: what happens when all threads are busy. TABI_WHEN_FULL_WAIT (the default),
    /// TABI_WHEN_FULL_QUEUE or TABI_WHEN_FULL_REFUSE.
    pub when_full: c_int,
    /// For TABI_WHEN_FULL_QUEUE: the number of clients that may wait in the queue. The default is 0.
    pub queue_size: usize,
    /// For TABI_THREADS: the size of each thread's stack in bytes. The default is 1048576 (1 MiB).
    pub stack_size: usize,
    /// For TABI_THREADS: the time in seconds after which a thread without work ends. The default is 10.
    pub thread_idle: f64,
    /// For TABI_THREADS: the beginning of the threads' names. NULL (the default) stands for "tabi". The
    /// string is copied.
    pub thread_name: *const c_char,
    /// For TABI_THREADS: 1 lets requests go on when the server is closed. The default is 0.
    pub daemon_threads: c_int,
    /// 1 (the default): tabi_server_close() waits for requests that have begun. 0: it does not wait.
    pub block_on_close: c_int,
    /// For TABI_FORKS: the largest number of child processes at the same time. The default is 40.
    pub max_children: usize,
    /// Functions that replace steps of the server, or NULL (the default). The structure is copied.
    pub hooks: *const tabi_server_hooks,
    /// For AF_UNIX: 1 removes the server's path when the server is closed or freed. The path is left alone if another
    /// socket is there by then, in a forked child, and after tabi_server_pass_to(). The default is 0.
    pub unlink_path: c_int,
    /// 1: tabi_server_get_statistics() has the bytes of connections that have ended. The system counts them, so that the
    /// calls of sockets cost nothing more. It is for TCP, not for TABI_FORKS, and for Linux 4.19 or later; elsewhere the
    /// server is refused. The default is 0.
    pub count_bytes: c_int,
    /// A token for every handler and every job, with their handshakes, setup and finish, or NULL (the default). When it is
    /// triggered, their calls end with TABI_ERR_CANCELLED. The server itself goes on. It keeps a reference to the token.
    pub cancel: *mut tabi_cancel,
}

// SAFETY: the structure is repr(C) and begins with a usize; its members are numbers and raw pointers.
unsafe impl Growing for tabi_server_options {
    const NAME: &'static str = "tabi_server_options";
    const FIRST_SIZE: usize = offset_of!(tabi_server_options, hooks) + size_of::<*const tabi_server_hooks>();
}

impl tabi_server_options {
    /// # Safety
    ///
    /// `options` is NULL or points to as many bytes as its `struct_size` says.
    pub(super) unsafe fn read(options: *const tabi_server_options) -> Outcome<tabi_server_options> {
        // SAFETY: the caller promises the bytes.
        unsafe { read(options, "options", Self::defaults()) }
    }
}

/// Fills the settings with their default values.
///
/// `struct_size`: sizeof(tabi_server_options). Returns 0, or TABI_ERR_VALUE when the size is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_options_init(
    options: *mut tabi_server_options,
    struct_size: usize,
) -> c_int {
    // SAFETY: the caller passes NULL, or a structure of `struct_size` bytes.
    status(|| unsafe { fill(options, struct_size, tabi_server_options::defaults()) })
}

/// Fills the settings with what a TCP server on the open internet needs, so that slow and silent clients keep
/// nobody else from being served. It is for protocols in which the client speaks first, such as HTTP. Change
/// what should be different afterwards.
///
/// - concurrency: TABI_THREADS, with max_threads 64, TABI_WHEN_FULL_QUEUE and queue_size 1024
/// - wait_for_first_byte: 1
/// - idle_timeout: 60 seconds
/// - request_deadline: 30 seconds
/// - handshake_timeout: 10 seconds
/// - min_rate: 128 bytes per second after a min_rate_grace of 5 seconds, where the system counts the bytes
/// - max_connections: 10,000
/// - max_connections_per_address: 100
///
/// Set request_end too if the protocol has such an end: then slow clients hold no threads at all.
/// The others are those of tabi_server_options_init(), and so are `struct_size` and the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_options_internet(
    options: *mut tabi_server_options,
    struct_size: usize,
) -> c_int {
    // SAFETY: the caller passes NULL, or a structure of `struct_size` bytes.
    status(|| unsafe { fill(options, struct_size, tabi_server_options::internet_facing()) })
}

/// # Safety
///
/// `options` is NULL or writable for `struct_size` bytes.
unsafe fn fill(options: *mut tabi_server_options, struct_size: usize, with: tabi_server_options) -> Outcome {
    if options.is_null() {
        return Err(Failure::Null("options").into());
    }
    check_size::<tabi_server_options>(struct_size)?;
    let known = struct_size.min(size_of::<tabi_server_options>());
    let with = tabi_server_options { struct_size: known, ..with };
    // SAFETY: the caller's structure has `struct_size` bytes, and `with` has at least `known` of them.
    unsafe { ptr::copy_nonoverlapping((&raw const with).cast::<u8>(), options.cast(), known) };
    Ok(())
}
