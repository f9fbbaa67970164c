//! The settings of a server in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::hooks::CHooks;
use super::{check_size, tabi_server_hooks};
use crate::constants::{AF_INET, SOCK_STREAM};
use crate::error::Error;
use crate::ffi::boundary::{Failure, Outcome, status, string};
use crate::ffi::socket::{duration, seconds};
use crate::server::{Concurrency, Forks, ServerOptions, Threads, WhenFull};

/// Requests are handled one after the other, in the thread that serves.
pub const TABI_INLINE: c_int = 0;
/// Each request is handled in a thread of its own; threads are kept and reused.
pub const TABI_THREADS: c_int = 1;
/// Each request is handled in a process of its own: sound only in a program without other threads, or with
/// handlers that keep to what signal-safety(7) allows.
pub const TABI_FORKS: c_int = 2;

/// When all threads are busy, stop accepting: the kernel's queue holds the clients.
pub const TABI_WHEN_FULL_WAIT: c_int = 0;
/// When all threads are busy, accept and keep up to `queue_size` clients, then stop accepting.
pub const TABI_WHEN_FULL_QUEUE: c_int = 1;
/// When all threads are busy, accept clients and close them at once.
pub const TABI_WHEN_FULL_REFUSE: c_int = 2;

/// The settings of a server: fill it with tabi_server_options_init(), then change what is to be different.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_options {
    /// sizeof(tabi_server_options), set by tabi_server_options_init().
    pub struct_size: usize,
    /// AF_INET (at first), AF_INET6, AF_UNIX.
    pub address_family: c_int,
    /// SOCK_STREAM (at first), SOCK_SEQPACKET, SOCK_DGRAM.
    pub socket_type: c_int,
    /// TABI_INLINE (at first), TABI_THREADS, TABI_FORKS.
    pub concurrency: c_int,
    /// 1 binds and listens (at first); 0 leaves tabi_server_bind() and tabi_server_activate() to you.
    pub bind_and_activate: c_int,
    /// 1 sets SO_REUSEADDR, 0 does not, -1 (at first) does for TCP only.
    pub allow_reuse_address: c_int,
    /// 1 sets SO_REUSEPORT; at first 0.
    pub allow_reuse_port: c_int,
    /// 1 lets an AF_INET6 server take AF_INET clients too; at first 0, which leaves it to the system.
    pub dualstack_ipv6: c_int,
    /// How many clients the kernel holds before they are accepted; at first SOMAXCONN.
    pub request_queue_size: c_int,
    /// The longest datagram in bytes, 1 or more; at first 8192.
    pub max_packet_size: usize,
    /// Seconds that tabi_server_handle_request() waits; at first TABI_NO_TIMEOUT.
    pub timeout: f64,
    /// Timeout of each client's socket in seconds, above 0; at first TABI_NO_TIMEOUT.
    pub request_timeout: f64,
    /// The most requests at a time, further clients are closed at once; at first 0, no limit.
    pub max_connections: usize,
    /// The most requests at a time from one internet host; at first 0, no limit.
    pub max_connections_per_address: usize,
    /// How many threads accept clients; at first 1. With allow_reuse_port each has a socket of its own.
    pub loops: usize,
    /// TABI_THREADS: the most threads that take requests at a time (one that is ending may still clean up beside
    /// them); at first 0, no limit.
    pub max_threads: usize,
    /// TABI_THREADS: TABI_WHEN_FULL_WAIT (at first), TABI_WHEN_FULL_QUEUE, TABI_WHEN_FULL_REFUSE.
    pub when_full: c_int,
    /// TABI_WHEN_FULL_QUEUE: how many clients the queue holds; at first 0.
    pub queue_size: usize,
    /// TABI_THREADS: bytes of stack for each thread; at first 256 KiB.
    pub stack_size: usize,
    /// TABI_THREADS: seconds that a thread without work is kept; at first 10.
    pub thread_idle: f64,
    /// TABI_THREADS: what the threads' names begin with; at first NULL, for "tabi". Copied.
    pub thread_name: *const c_char,
    /// TABI_THREADS: 1 lets tabi_server_close() leave running requests alone; at first 0.
    pub daemon_threads: c_int,
    /// 0 lets tabi_server_close() not wait for running requests; at first 1.
    pub block_on_close: c_int,
    /// TABI_FORKS: the most children at a time; at first 40.
    pub max_children: usize,
    /// Steps of the server that are replaced; at first NULL. Copied.
    pub hooks: *const tabi_server_hooks,
}

impl tabi_server_options {
    fn defaults() -> tabi_server_options {
        let options = ServerOptions::new(AF_INET, SOCK_STREAM);
        let threads = Threads::default();
        tabi_server_options {
            struct_size: size_of::<tabi_server_options>(),
            address_family: options.address_family.as_raw(),
            socket_type: options.socket_type.as_raw(),
            concurrency: TABI_INLINE,
            bind_and_activate: 1,
            allow_reuse_address: -1,
            allow_reuse_port: 0,
            dualstack_ipv6: 0,
            request_queue_size: options.request_queue_size,
            max_packet_size: options.max_packet_size,
            timeout: seconds(None),
            request_timeout: seconds(None),
            max_connections: 0,
            max_connections_per_address: 0,
            loops: options.loops,
            max_threads: 0,
            when_full: TABI_WHEN_FULL_WAIT,
            queue_size: 0,
            stack_size: threads.stack_size,
            thread_idle: seconds(Some(threads.idle)),
            thread_name: ptr::null(),
            daemon_threads: 0,
            block_on_close: 1,
            max_children: Forks::default().max_children,
            hooks: ptr::null(),
        }
    }

    /// # Safety
    ///
    /// `options` is NULL or points to as many bytes as its `struct_size` says; strings in it are
    /// NUL-terminated.
    pub(super) unsafe fn read(options: *const tabi_server_options) -> Outcome<tabi_server_options> {
        if options.is_null() {
            return Err(Failure::Null("options").into());
        }
        let mut read = Self::defaults();
        // SAFETY: the first member is always there.
        let given = unsafe { (*options).struct_size };
        check_size("tabi_server_options", given, size_of::<tabi_server_options>())?;
        // SAFETY: the caller's structure has at least these bytes, and may have more that are not known here.
        unsafe { ptr::copy_nonoverlapping(options, &mut read, 1) };
        Ok(read)
    }

    /// # Safety
    ///
    /// The pointers in the options are NULL or valid.
    pub(super) unsafe fn to_core(self) -> Outcome<ServerOptions> {
        let limit = |most: usize| (most > 0).then_some(most);
        let mut options = ServerOptions::new(self.address_family.into(), self.socket_type.into());
        options.allow_reuse_address = match self.allow_reuse_address {
            -1 => None,
            allow => Some(allow != 0),
        };
        options.allow_reuse_port = self.allow_reuse_port != 0;
        options.dualstack_ipv6 = self.dualstack_ipv6 != 0;
        options.request_queue_size = self.request_queue_size;
        options.max_packet_size = self.max_packet_size;
        options.timeout = duration("timeout", self.timeout)?;
        options.request_timeout = duration("request_timeout", self.request_timeout)?;
        options.max_connections = limit(self.max_connections);
        options.max_connections_per_address = limit(self.max_connections_per_address);
        options.loops = self.loops;
        // SAFETY: the caller vouches for the pointers.
        options.concurrency = unsafe { self.concurrency() }?;
        if !self.hooks.is_null() {
            // SAFETY: as above.
            options.hooks = Arc::new(unsafe { CHooks::read(self.hooks) }?);
        }
        Ok(options)
    }

    /// # Safety
    ///
    /// The thread name is NULL or NUL-terminated.
    unsafe fn concurrency(&self) -> Outcome<Concurrency> {
        let block_on_close = self.block_on_close != 0;
        match self.concurrency {
            TABI_INLINE => Ok(Concurrency::Inline),
            TABI_FORKS => Ok(Concurrency::Forks(Forks { max_children: self.max_children, block_on_close })),
            TABI_THREADS => {
                let mut threads = Threads {
                    max_threads: (self.max_threads > 0).then_some(self.max_threads),
                    when_full: self.when_full()?,
                    stack_size: self.stack_size,
                    idle: duration("thread_idle", self.thread_idle)?.unwrap_or(Duration::MAX),
                    daemon_threads: self.daemon_threads != 0,
                    block_on_close,
                    ..Threads::default()
                };
                if !self.thread_name.is_null() {
                    // SAFETY: the caller vouches for the string.
                    let name = unsafe { string(self.thread_name, "thread_name") }?;
                    threads.name = String::from_utf8_lossy(name).into_owned();
                }
                Ok(Concurrency::Threads(threads))
            }
            other => Err(unknown("concurrency", "TABI_INLINE, TABI_THREADS or TABI_FORKS", other).into()),
        }
    }

    fn when_full(&self) -> Outcome<WhenFull> {
        match self.when_full {
            TABI_WHEN_FULL_WAIT => Ok(WhenFull::Wait),
            TABI_WHEN_FULL_QUEUE => Ok(WhenFull::Queue(self.queue_size)),
            TABI_WHEN_FULL_REFUSE => Ok(WhenFull::Refuse),
            other => Err(unknown("when_full", "a TABI_WHEN_FULL_ value", other).into()),
        }
    }
}

fn unknown(name: &str, expected: &str, value: c_int) -> Failure {
    Error::value(format!("{name} must be {expected}, got {value}")).into()
}

/// Fills the settings with what holds when nothing else is said.
///
/// `struct_size`: sizeof(tabi_server_options). Returns 0, or TABI_ERR_VALUE for a size that is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_options_init(
    options: *mut tabi_server_options,
    struct_size: usize,
) -> c_int {
    status(|| {
        if options.is_null() {
            return Err(Failure::Null("options").into());
        }
        check_size("tabi_server_options", struct_size, size_of::<tabi_server_options>())?;
        // SAFETY: not NULL, and the caller's structure has at least `struct_size` bytes.
        unsafe { options.write(tabi_server_options::defaults()) };
        Ok(())
    })
}
