//! Control data in C: the buffer, and the functions that add messages to it.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};

use crate::sys::libc::{self, ssize_t};

use crate::address::Address;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Failure, Outcome, Reported, bytes, check_buffer, count, not_null, status};
use crate::socket::{bytes_of, cmsg_len, cmsg_space, control_buffer, encode};

/// Control data (also called ancillary data) in a buffer of the caller's. It is a value, and need not be
/// freed.
///
/// To send: set `data` and `size`, set `len` to 0, and add messages with the tabi_control_add functions. To
/// receive: set `data` and `size`, call tabi_recvmsg(), which sets `len`, and read the messages with
/// tabi_control_next(). The buffer may have any alignment. tabi_cmsg_space() tells how many bytes of it a
/// message needs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_control {
    /// The buffer of the caller's.
    pub data: *mut c_void,
    /// The size of the buffer in bytes, at most 2147483647.
    pub size: usize,
    /// The number of bytes that control messages use.
    pub len: usize,
}

impl tabi_control {
    /// The control messages that the buffer holds.
    ///
    /// # Safety
    ///
    /// `data` is readable for `len` bytes while the result is in use.
    #[inline]
    pub(crate) unsafe fn messages<'a>(&self) -> Outcome<&'a [u8]> {
        // Most datagrams have none.
        if self.len == 0 {
            return Ok(&[]);
        }
        if self.len > self.size {
            return Err(self.too_long());
        }
        // SAFETY: `data` is readable for `len` bytes.
        unsafe { bytes(self.data, self.len, "control->data") }
    }

    #[cold]
    fn too_long(&self) -> Reported {
        let text = format!("control->len must be at most control->size, got {} of {}", self.len, self.size);
        Error::value(text).into()
    }
}

/// Returns the length of a control message with `len` bytes of data, without the padding at its end
/// (CMSG_LEN, Python's `CMSG_LEN`).
///
/// Errors: TABI_ERR_OVERFLOW when the result would be more than 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_len(len: usize) -> ssize_t {
    count(|| Ok(cmsg_len(len)?))
}

/// Returns the number of bytes of a buffer that a control message with `len` bytes of data needs, with
/// padding (CMSG_SPACE, Python's `CMSG_SPACE`).
///
/// Errors: TABI_ERR_OVERFLOW when the result would be more than 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_space(len: usize) -> ssize_t {
    count(|| Ok(cmsg_space(len)?))
}

/// Adds a control message of any level and type to the buffer.
///
/// `data` has `len` bytes. Returns 0. Errors: TABI_ERR_TOO_SMALL when fewer than tabi_cmsg_space(len) bytes
/// are free; TABI_ERR_OVERFLOW when `len` is 2147483648 or more. When the call fails, the buffer is not
/// changed.
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

/// Adds a control message whose data is an int, such as IP_TTL or IP_TOS (level IPPROTO_IP), or IPV6_HOPLIMIT
/// or IPV6_TCLASS (level IPPROTO_IPV6).
///
/// The results are those of tabi_control_add(). The system checks the value when the message is sent.
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

/// Sets the source address and the interface of a datagram (IP_PKTINFO or IPV6_PKTINFO).
///
/// `source` is an AF_INET or AF_INET6 address of this machine; 0.0.0.0 or :: lets the system choose. Its port
/// has no effect. `interface_index` is the number of the interface, or 0 for any. The results are those of
/// tabi_control_add(). Errors: also TABI_ERR_TYPE for an address of another family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_packet_info(
    control: Option<&mut tabi_control>,
    source: Option<&tabi_addr>,
    interface_index: c_uint,
) -> c_int {
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe {
        let control = not_null(control, "control")?;
        match not_null(source, "source")?.raw()?.decode() {
            Address::Inet(v4) => {
                let (kind, info) = control_buffer::in_pktinfo(*v4.ip(), interface_index)?;
                add(control, libc::IPPROTO_IP, kind, info.as_ref())
            }
            Address::Inet6(v6) => {
                let info = control_buffer::in6_pktinfo(*v6.ip(), interface_index);
                add(control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, bytes_of(&info))
            }
            other => {
                Err(Error::type_error(format_args!("{} is not an internet address", other.repr())).into())
            }
        }
    })
}

/// Adds a message to the buffer.
///
/// # Safety
///
/// `control->data` is writable for `control->size` bytes.
pub(super) unsafe fn add(control: &mut tabi_control, level: c_int, kind: c_int, data: &[u8]) -> Outcome {
    // SAFETY: `control->data` is writable for `control->size` bytes.
    let free = unsafe { free_bytes(control) }?;
    let space = cmsg_space(data.len())?;
    match encode(free, level, kind, data)? {
        Some(space) => control.len += space,
        None => return Err(Failure::TooSmall("control->data", control.len + space).into()),
    }
    Ok(())
}

/// The bytes of the buffer behind its messages.
///
/// # Safety
///
/// `control->data` is writable for `control->size` bytes while the result is in use.
unsafe fn free_bytes<'a>(control: &tabi_control) -> Outcome<&'a mut [u8]> {
    check_buffer(control.data, control.size, "control->data")?;
    let free = control.size.checked_sub(control.len).ok_or_else(|| control.too_long())?;
    if free == 0 {
        return Ok(&mut []);
    }
    // SAFETY: `len` is within the caller's buffer, which is not NULL.
    Ok(unsafe { std::slice::from_raw_parts_mut(control.data.cast::<u8>().add(control.len), free) })
}
