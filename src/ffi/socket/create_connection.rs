//! The C function `tabi_create_connection`.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use super::{at_host, duration, tabi_sock};
use crate::address::{Address, RawAddress};
use crate::c_string::quoted;
use crate::error::{Error, Result};
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::growing::{Growing, check_size, read};
use crate::ffi::boundary::{Failure, Outcome, give, not_null, outside, status, string};
use crate::resolve::check_port;
use crate::socket as core;
use crate::socket::{CreateConnectionError, CreateConnectionOptions};

/// Connects to a TCP server (Python's `create_connection`). The addresses of the host are tried as Happy Eyeballs
/// (RFC 8305) says: IPv6 and IPv4 addresses take turns, and while one does not answer, the next one is tried beside it
/// after 250 milliseconds, or at once when it fails.
///
/// `host` and `port` are those of the server. `timeout` is the limit in seconds for the look-up and all addresses
/// together, and becomes the timeout of the new socket. It may be TABI_NO_TIMEOUT. When it passes during the look-up,
/// the look-up goes on in a thread of the library; see tabi_getaddrinfo_until(). 0 means that the call does not wait
/// for the connection: it returns -EINPROGRESS.
///
/// `source_host` and `source_port` are the address to connect from. NULL and 0 let the system choose; "" is
/// any address of this machine.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors:
/// - The error of the last address, such as -ECONNREFUSED or TABI_ERR_TIMEOUT. tabi_last_error_message()
///   lists the errors of all addresses.
/// - TABI_GAI_*: the host was not found.
/// - TABI_ERR_OVERFLOW: a port is not 0 to 65535.
/// - TABI_ERR_VALUE: the timeout is negative or NaN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_create_connection(
    host: *const c_char,
    port: c_int,
    timeout: f64,
    source_host: *const c_char,
    source_port: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    let options =
        tabi_connection_options { timeout, source_host, source_port, ..tabi_connection_options::DEFAULTS };
    // SAFETY: the caller passes NUL-terminated strings, or NULL for the second one.
    unsafe { tabi_create_connection_with(host, port, &options, out) }
}

/// A function that tabi_create_connection_with() calls for each address that could not be connected to, when all have
/// failed. `addr` is NULL when the host was not found. `code` is the error, and `message` its details; both
/// pointers are valid during the call. `userdata` is that of the settings.
pub type tabi_attempt_failed = Option<
    unsafe extern "C-unwind" fn(
        addr: *const tabi_addr,
        code: c_int,
        message: *const c_char,
        userdata: *mut c_void,
    ),
>;

/// A function that tabi_create_connection_with() calls when a signal handler has run in the thread while the call
/// waits, and every half second, because a signal may have come just before the wait. When it returns another number
/// than 0, the call ends with -EINTR. `userdata` is that of the settings.
pub type tabi_interrupted = Option<unsafe extern "C-unwind" fn(userdata: *mut c_void) -> c_int>;

/// The settings of tabi_create_connection_with(). Fill it with tabi_connection_options_init(), then change what should
/// be different.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_connection_options {
    /// sizeof(tabi_connection_options). tabi_connection_options_init() sets it.
    pub struct_size: usize,
    /// The limit in seconds for the look-up and all addresses together, and the timeout of the new socket. The default
    /// is TABI_NO_TIMEOUT.
    pub timeout: f64,
    /// The host to connect from. NULL (the default) lets the system choose; "" is any address of this machine.
    pub source_host: *const c_char,
    /// The port to connect from. 0 (the default) lets the system choose.
    pub source_port: c_int,
    /// The time in seconds that an attempt may take before the next address is tried beside it, 0.01 or more. The
    /// default is 0.25.
    pub attempt_delay: f64,
    /// The time in seconds that known IPv4 addresses wait for the look-up of the IPv6 addresses. The default is 0.05.
    pub resolution_delay: f64,
    /// The number of addresses of the preferred family that are tried before the families take turns, 1 or more. The
    /// default is 1.
    pub first_family_count: usize,
    /// A function that is told about each address that has failed, or NULL (the default).
    pub attempt_failed: tabi_attempt_failed,
    /// A function that decides whether a signal ends the call, or NULL (the default): no signal does. A look-up without
    /// a timeout is not interrupted.
    pub interrupted: tabi_interrupted,
    /// What both functions get.
    pub userdata: *mut c_void,
}

// SAFETY: the structure is repr(C) and begins with a usize; its members are numbers and pointers.
unsafe impl Growing for tabi_connection_options {
    const NAME: &'static str = "tabi_connection_options";
    const FIRST_SIZE: usize = size_of::<tabi_connection_options>();
}

impl tabi_connection_options {
    const DEFAULTS: tabi_connection_options = tabi_connection_options {
        struct_size: size_of::<tabi_connection_options>(),
        timeout: f64::INFINITY,
        source_host: ptr::null(),
        source_port: 0,
        attempt_delay: 0.25,
        resolution_delay: 0.05,
        first_family_count: 1,
        attempt_failed: None,
        interrupted: None,
        userdata: ptr::null_mut(),
    };
}

/// Fills the settings with their default values.
///
/// `struct_size`: sizeof(tabi_connection_options). Returns 0, or TABI_ERR_VALUE when the size is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connection_options_init(
    options: *mut tabi_connection_options,
    struct_size: usize,
) -> c_int {
    status(|| {
        if options.is_null() {
            return Err(Failure::Null("options").into());
        }
        check_size::<tabi_connection_options>(struct_size)?;
        // SAFETY: the caller's structure has `struct_size` bytes, which are enough.
        unsafe { options.write_unaligned(tabi_connection_options::DEFAULTS) };
        Ok(())
    })
}

/// Does what tabi_create_connection() does, with more settings.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: those of tabi_create_connection(), TABI_ERR_VALUE for
/// a setting that is out of its range, and -EINTR when `interrupted` says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_create_connection_with(
    host: *const c_char,
    port: c_int,
    options: *const tabi_connection_options,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let port = inet_port(port)?;
        // SAFETY: the caller passes settings, which have as many bytes as their first member says.
        let given = unsafe { read(options, "options", tabi_connection_options::DEFAULTS) }?;
        let interrupted = given.interrupted.map(|ask| {
            // SAFETY: the function is one of the program for which it has given this userdata.
            move || outside(|| unsafe { ask(given.userdata) }) != 0
        });
        // SAFETY: the name in the settings is NULL or NUL-terminated.
        let source = unsafe { source_address(&given) }?;
        let mut settings = CreateConnectionOptions::new()
            .timeout(duration("timeout", given.timeout)?)?
            .attempt_delay(delay("attempt_delay", given.attempt_delay)?)?
            .resolution_delay(delay("resolution_delay", given.resolution_delay)?)
            .first_family_count(given.first_family_count)?;
        if let Some(source) = source {
            settings = settings.source_address(source);
        }
        let socket = core::create_connection_unless(
            (host.into(), port.into()),
            &settings,
            interrupted.as_ref().map(|ask| ask as _),
        )
        .map_err(|all| {
            tell_each_error(&given, &all);
            let text = each_error((host, port), source, &all);
            Failure::Detailed(all.into(), text)
        })?;
        out.write(give(tabi_sock(socket))?);
        Ok(())
    })
}

/// # Safety
///
/// The source host of the settings is NULL or NUL-terminated.
unsafe fn source_address<'a>(settings: &tabi_connection_options) -> Outcome<Option<(&'a str, u16)>> {
    let port = inet_port(settings.source_port)?;
    match settings.source_host.is_null() {
        true if port != 0 => Ok(Some(("", port))),
        true => Ok(None),
        // SAFETY: the caller promises that the name is NULL or NUL-terminated.
        false => Ok(Some((utf8(unsafe { string(settings.source_host, "source_host") }?)?, port))),
    }
}

/// A time of the settings, for which no limit is not a value of its own.
fn delay(name: &'static str, seconds: f64) -> Outcome<Duration> {
    Ok(duration(name, seconds)?.unwrap_or(Duration::MAX))
}

fn tell_each_error(settings: &tabi_connection_options, all: &CreateConnectionError) {
    let Some(tell) = settings.attempt_failed else { return };
    for (address, error) in &all.errors {
        let failure = Failure::Core(error.clone());
        let message = CString::new(failure.message()).unwrap_or_default();
        let address = match address {
            Address::None => None,
            address => RawAddress::try_from(address).ok().map(tabi_addr::from),
        };
        let address = address.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the function is one of the program for which it has given this userdata. The pointers are valid
        // during the call.
        outside(|| unsafe { tell(address, failure.code(), message.as_ptr(), settings.userdata) });
    }
}

/// The text of the errors of all addresses.
fn each_error(host: (&[u8], u16), source: Option<(&str, u16)>, all: &CreateConnectionError) -> String {
    let texts = all.errors.iter().map(|(address, error)| match (address, error, source) {
        (Address::None, ..) => at_host(host, error.clone()).message(),
        // The address is known, so that only the host to connect from can have been looked up.
        (_, Error::Gai(_), Some((name, port))) => at_host((name.as_bytes(), port), error.clone()).message(),
        _ => format!("{}: {error}", address.repr()),
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn inet_port(port: c_int) -> Result<u16> {
    check_port(port.into())
}

fn utf8(host: &[u8]) -> Result<&str> {
    std::str::from_utf8(host)
        .map_err(|_| Error::value(format_args!("source_host must be UTF-8, got {}", quoted(host))))
}
