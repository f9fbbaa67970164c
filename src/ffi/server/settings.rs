//! The settings of a server in the forms of C and of the core.
//!
//! To add a setting, write a member at the end of `tabi_server_options`, and its name in the list below. The default
//! is the core's. A setting that the core has under another name, or in another form, is listed as "by hand" and
//! converted in `defaults` and `to_core`. A member that is in no list does not compile.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use super::hooks::CHooks;
use super::options::{
    TABI_FORKS, TABI_INLINE, TABI_THREADS, TABI_WHEN_FULL_QUEUE, TABI_WHEN_FULL_REFUSE, TABI_WHEN_FULL_WAIT,
    tabi_server_options,
};
use crate::constants::{AF_INET, AddressFamily, SOCK_STREAM, SocketKind};
use crate::error::Error;
use crate::ffi::boundary::{Outcome, Reported, optional_string, string};
use crate::ffi::cancel::tabi_cancel;
use crate::ffi::proxy::proxy_version;
use crate::ffi::socket::{duration, seconds};
use crate::server::{Concurrency, Forks, ProxyProtocol, ServerOptions, Threads, WhenFull};

/// For how long a request may be slower than `min_rate`, if the program does not say it.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);

macro_rules! settings {
    (
        $(impl $core:ty { fn $from_core:ident, fn $to_core:ident, $($name:ident),+ })+
        by hand: $($other:ident),+
    ) => {
        impl tabi_server_options {
            $(
                fn $from_core(&mut self, core: &$core) {
                    $(self.$name = core.$name.to_c();)+
                }

                fn $to_core(&self, core: &mut $core) -> Outcome {
                    $(core.$name = Setting::from_c(stringify!($name), self.$name)?;)+
                    Ok(())
                }
            )+
        }

        /// A pattern with every member, so that none is forgotten here.
        const _: fn(tabi_server_options) = |all| {
            let tabi_server_options { struct_size: _, $($($name: _,)+)+ $($other: _),+ } = all;
        };
    };
}

settings! {
    impl ServerOptions {
        fn copy_from_options, fn copy_to_options,
        address_family, socket_type, allow_reuse_address, allow_reuse_port, dualstack_ipv6, request_queue_size,
        max_packet_size, timeout, request_timeout, wait_for_first_byte, max_parked, idle_timeout, request_deadline,
        handshake_timeout, header_timeout, max_connections, max_connections_per_address, loops, unlink_path,
        count_bytes
    }
    impl Threads {
        fn copy_from_threads, fn copy_to_threads,
        max_threads, stack_size, daemon_threads, block_on_close
    }
    by hand:
    concurrency, bind_and_activate, when_full, queue_size, thread_idle, thread_name, max_children, hooks,
    min_rate, min_rate_grace, request_end, proxy_protocol, proxy_version, cancel
}

/// A type of the core's, and the type that its values have in C.
trait Setting: Sized {
    type InC;
    fn to_c(&self) -> Self::InC;
    fn from_c(name: &str, value: Self::InC) -> Outcome<Self>;
}

macro_rules! setting {
    ($core:ty, $in_c:ty, |$value:ident| $to_c:expr, |$name:ident, $given:ident| $from_c:expr) => {
        impl Setting for $core {
            type InC = $in_c;

            fn to_c(&self) -> $in_c {
                let $value = self;
                $to_c
            }

            fn from_c($name: &str, $given: $in_c) -> Outcome<$core> {
                $from_c
            }
        }
    };
}

setting!(usize, usize, |number| *number, |_name, number| Ok(number));
setting!(i32, c_int, |number| *number, |_name, number| Ok(number));
setting!(bool, c_int, |yes| (*yes).into(), |_name, number| Ok(number != 0));
setting!(AddressFamily, c_int, |family| family.as_raw(), |_name, raw| Ok(AddressFamily::from_raw(raw)));
setting!(SocketKind, c_int, |kind| kind.as_raw(), |_name, raw| Ok(SocketKind::from_raw(raw)));
// In C, 0 means that there is no limit.
setting!(Option<usize>, usize, |most| most.unwrap_or(0), |_name, most| Ok((most > 0).then_some(most)));
// In C, -1 lets the library choose.
setting!(Option<bool>, c_int, |choice| choice.map_or(-1, c_int::from), |_name, number| Ok(
    (number != -1).then_some(number != 0)
));
// In C, TABI_NO_TIMEOUT means that there is no limit.
setting!(Option<Duration>, f64, |limit| seconds(*limit), |name, limit| Ok(duration(name, limit)?));

impl tabi_server_options {
    pub(super) fn defaults() -> tabi_server_options {
        Self::from_core(&ServerOptions::new(AF_INET, SOCK_STREAM))
    }

    pub(super) fn internet_facing() -> tabi_server_options {
        Self::from_core(&ServerOptions::new(AF_INET, SOCK_STREAM).internet_facing())
    }

    /// Settings without a thread name and hooks.
    fn from_core(core: &ServerOptions) -> tabi_server_options {
        // SAFETY: the members are numbers and raw pointers, for which zeroes are values.
        let mut options: tabi_server_options = unsafe { std::mem::zeroed() };
        options.struct_size = size_of::<tabi_server_options>();
        options.bind_and_activate = 1;
        options.copy_from_options(core);
        let slowest = core.min_rate;
        options.min_rate = slowest.map_or(0, |rate| rate.bytes_per_second as usize);
        options.min_rate_grace = slowest.map_or(DEFAULT_GRACE, |rate| rate.grace).as_secs_f64();
        let (mut threads, mut max_children) = (Threads::default(), Forks::MAX_CHILDREN);
        options.concurrency = match core.concurrency.clone() {
            Concurrency::Inline => TABI_INLINE,
            Concurrency::Threads(own) => {
                threads = own;
                TABI_THREADS
            }
            Concurrency::Forks(own) => {
                max_children = own.max_children;
                TABI_FORKS
            }
        };
        options.copy_from_threads(&threads);
        (options.when_full, options.queue_size) = match threads.when_full {
            WhenFull::Wait => (TABI_WHEN_FULL_WAIT, 0),
            WhenFull::Queue(size) => (TABI_WHEN_FULL_QUEUE, size),
            WhenFull::Refuse => (TABI_WHEN_FULL_REFUSE, 0),
        };
        options.thread_idle = seconds(Some(threads.idle));
        options.max_children = max_children;
        options
    }

    /// # Safety
    ///
    /// `thread_name`, `request_end` and `proxy_protocol` are NULL or NUL-terminated; `hooks` is NULL or points to as many
    /// bytes as its `struct_size` says; `cancel` is NULL or a token of which the caller has a reference.
    pub(super) unsafe fn to_core(self) -> Outcome<ServerOptions> {
        let mut options = ServerOptions::new(AF_INET, SOCK_STREAM);
        self.copy_to_options(&mut options)?;
        let grace = duration("min_rate_grace", self.min_rate_grace)?.unwrap_or(Duration::MAX);
        if self.min_rate > 0 {
            options = options.min_rate(self.min_rate as u64, grace);
        }
        // SAFETY: the caller promises that the token is one, or NULL.
        options.cancel = unsafe { self.cancel.as_ref() }.map(tabi_cancel::core);
        if !self.request_end.is_null() {
            // SAFETY: `request_end` is not NULL, and the caller promises its end.
            options = options.request_end(unsafe { string(self.request_end, "request_end") }?);
        }
        // SAFETY: the caller promises the string.
        options.proxy_protocol = unsafe { self.proxy_protocol() }?;
        // SAFETY: the caller promises the string.
        options.concurrency = unsafe { self.concurrency() }?;
        if !self.hooks.is_null() {
            // SAFETY: `hooks` is not NULL, and the caller promises the structure.
            options.hooks = Arc::new(unsafe { CHooks::read(self.hooks) }?);
        }
        Ok(options)
    }

    /// # Safety
    ///
    /// `proxy_protocol` is NULL or NUL-terminated.
    unsafe fn proxy_protocol(&self) -> Outcome<Option<ProxyProtocol>> {
        let version = match self.proxy_version {
            0 => None,
            number => Some(proxy_version("proxy_version", number)?),
        };
        // SAFETY: the caller promises its end.
        let Some(text) = (unsafe { optional_string(self.proxy_protocol) }) else { return Ok(None) };
        let text = String::from_utf8_lossy(text);
        let networks = text.split([' ', ',']).filter(|network| !network.is_empty());
        let settings = ProxyProtocol::trusting(networks)?;
        Ok(Some(match version {
            None => settings,
            Some(version) => settings.version(version),
        }))
    }

    /// # Safety
    ///
    /// `thread_name` is NULL or NUL-terminated.
    unsafe fn concurrency(&self) -> Outcome<Concurrency> {
        // Other servers do not use these settings, but each must be a value that can be.
        let mut threads = Threads::default();
        self.copy_to_threads(&mut threads)?;
        threads.when_full = self.when_full()?;
        threads.idle = duration("thread_idle", self.thread_idle)?.unwrap_or(Duration::MAX);
        match self.concurrency {
            TABI_INLINE => Ok(Concurrency::Inline),
            TABI_FORKS => {
                let block_on_close = self.block_on_close != 0;
                Ok(Concurrency::Forks(Forks { max_children: self.max_children, block_on_close }))
            }
            TABI_THREADS => {
                if !self.thread_name.is_null() {
                    // SAFETY: `thread_name` is not NULL, and the caller promises its end.
                    let name = unsafe { string(self.thread_name, "thread_name") }?;
                    threads.name = String::from_utf8_lossy(name).into_owned();
                }
                Ok(Concurrency::Threads(threads))
            }
            other => Err(unknown("concurrency", "TABI_INLINE, TABI_THREADS or TABI_FORKS", other)),
        }
    }

    fn when_full(&self) -> Outcome<WhenFull> {
        match self.when_full {
            TABI_WHEN_FULL_WAIT => Ok(WhenFull::Wait),
            TABI_WHEN_FULL_QUEUE => Ok(WhenFull::Queue(self.queue_size)),
            TABI_WHEN_FULL_REFUSE => Ok(WhenFull::Refuse),
            other => Err(unknown("when_full", "a TABI_WHEN_FULL_ value", other)),
        }
    }
}

fn unknown(name: &str, expected: &str, value: c_int) -> Reported {
    Error::value(format_args!("{name} must be {expected}, got {value}")).into()
}
