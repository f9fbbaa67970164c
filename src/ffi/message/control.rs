//! Control data in C: the buffer, and messages added to it.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};

use libc::ssize_t;

use crate::address::Address;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Failure, Outcome, bytes, check_buffer, count, not_null, status};
use crate::socket::{bytes_of, cmsg_len, cmsg_space, control_buffer, encode};

/// Control data (ancillary data) in the caller's buffer: a value that needs no free.
///
/// To send: set `data` and `size`, `len` to 0, and add messages with tabi_control_add() and its sisters. To
/// receive: set `data` and `size`; tabi_recvmsg() sets `len`; read them with tabi_control_next(). The buffer
/// needs no alignment; tabi_cmsg_space() tells the bytes that a message takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_control {
    /// The caller's buffer.
    pub data: *mut c_void,
    /// The bytes of the buffer, at most 2147483647.
    pub size: usize,
    /// How many of them hold control messages.
    pub len: usize,
}

impl tabi_control {
    /// The control messages that the buffer holds.
    ///
    /// # Safety
    ///
    /// `data` is readable for `len` bytes while the result is in use.
    pub(crate) unsafe fn messages<'a>(&self) -> Outcome<&'a [u8]> {
        // SAFETY: the same contract.
        unsafe { bytes(self.data, self.len, "control->data") }
    }
}

/// The length of a control message with `len` bytes of data, without trailing padding (CMSG_LEN).
///
/// Returns the length, or TABI_ERR_OVERFLOW when it would exceed 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_len(len: usize) -> ssize_t {
    count(|| Ok(cmsg_len(len)?))
}

/// The bytes that a control message with `len` bytes of data takes in a buffer, padding included (CMSG_SPACE).
///
/// Returns the bytes, or TABI_ERR_OVERFLOW when they would exceed 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_space(len: usize) -> ssize_t {
    count(|| Ok(cmsg_space(len)?))
}

/// Adds a control message of any level and type behind those that the buffer holds.
///
/// Returns 0; TABI_ERR_TOO_SMALL when there is no room for tabi_cmsg_space(len) bytes more; TABI_ERR_OVERFLOW
/// for 2^31 bytes and more. When it fails the buffer is as before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add(
    control: Option<&mut tabi_control>,
    level: c_int,
    r#type: c_int,
    data: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: the caller passes `len` readable bytes.
    status(|| unsafe { add(not_null(control, "control")?, level, r#type, bytes(data, len, "data")?) })
}

/// Adds descriptors (SCM_RIGHTS), at most 253 on Linux; the receiver gets duplicates. Returns as
/// tabi_control_add().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_fds(
    control: Option<&mut tabi_control>,
    fds: *const c_int,
    fd_count: usize,
) -> c_int {
    status(|| {
        let control = not_null(control, "control")?;
        // SAFETY: the caller passes that many readable descriptors.
        let fds = unsafe { bytes(fds.cast(), fd_count.saturating_mul(size_of::<c_int>()), "fds") }?;
        // SAFETY: the caller's buffer is writable for its size.
        unsafe { add(control, libc::SOL_SOCKET, libc::SCM_RIGHTS, fds) }
    })
}

/// Adds a message whose data is an int: IP_TTL, IP_TOS (level IPPROTO_IP), IPV6_HOPLIMIT, IPV6_TCLASS
/// (IPPROTO_IPV6) ...
///
/// Returns as tabi_control_add(); the system checks the value when the message is sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_int(
    control: Option<&mut tabi_control>,
    level: c_int,
    r#type: c_int,
    value: c_int,
) -> c_int {
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe { add(not_null(control, "control")?, level, r#type, &value.to_ne_bytes()) })
}

/// Chooses the source address and the interface of a datagram (IP_PKTINFO or IPV6_PKTINFO).
///
/// `source`: an AF_INET or AF_INET6 address of this machine, 0.0.0.0 or :: for the system's choice; its port
/// does not matter.
/// `interface`: its number, 0 for any. Returns as tabi_control_add(); TABI_ERR_TYPE for an address of another
/// family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_packet_info(
    control: Option<&mut tabi_control>,
    source: Option<&tabi_addr>,
    interface: c_uint,
) -> c_int {
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe {
        let control = not_null(control, "control")?;
        match not_null(source, "source")?.raw()?.decode() {
            Address::Inet(v4) => {
                let (kind, info) = control_buffer::in_pktinfo(*v4.ip(), interface)?;
                add(control, libc::IPPROTO_IP, kind, &info)
            }
            Address::Inet6(v6) => {
                let info = control_buffer::in6_pktinfo(*v6.ip(), interface);
                add(control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, bytes_of(&info))
            }
            other => Err(Error::type_error(format!("{} is not an internet address", other.repr())).into()),
        }
    })
}

/// Adds a message to the buffer.
///
/// # Safety
///
/// `control->data` is writable for `control->size` bytes.
pub(super) unsafe fn add(control: &mut tabi_control, level: c_int, kind: c_int, data: &[u8]) -> Outcome {
    // SAFETY: the same contract.
    let room = unsafe { room(control) }?;
    let space = cmsg_space(data.len())?;
    match encode(room, level, kind, data)? {
        Some(space) => control.len += space,
        None => return Err(Failure::TooSmall(control.len + space).into()),
    }
    Ok(())
}

/// What is free of the buffer.
///
/// # Safety
///
/// `control->data` is writable for `control->size` bytes while the result is in use.
unsafe fn room<'a>(control: &tabi_control) -> Outcome<&'a mut [u8]> {
    check_buffer(control.data, control.size, "control->data")?;
    let free = control.size.checked_sub(control.len).ok_or_else(|| {
        Error::value(format!(
            "control->len must be at most control->size, got {} of {}",
            control.len, control.size
        ))
    })?;
    if free == 0 {
        return Ok(&mut []);
    }
    // SAFETY: `len` is within the caller's buffer, which is not NULL.
    Ok(unsafe { std::slice::from_raw_parts_mut(control.data.cast::<u8>().add(control.len), free) })
}
