//! Control messages in C: built in and read from the caller's own buffer, without allocation.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

use super::address::tabi_addr;
use super::boundary::{Outcome, boundary, bytes, check_buffer, count, some, status};
use super::codes::Failure;
use super::message::tabi_control;
use crate::address::Address;
use crate::error::Error;
use crate::socket::{RawControlMessage, RawControlMessages, bytes_of, cmsg_space, control_buffer, encode};
use libc::ssize_t;

/// A control message in a tabi_control's buffer: zeroed before the first tabi_control_next().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_cmsg {
    /// SOL_SOCKET, IPPROTO_IP ...
    pub level: c_int,
    /// The type within the level, such as SCM_RIGHTS.
    pub r#type: c_int,
    /// The data, of no particular alignment; valid as long as the buffer is.
    pub data: *mut c_void,
    /// The bytes of the data, never more than the buffer holds.
    pub len: usize,
    /// Where the next message begins.
    pub next: usize,
}

impl tabi_cmsg {
    /// # Safety
    ///
    /// `data` is readable for `len` bytes while the result is in use.
    pub(super) unsafe fn raw<'a>(&self) -> Outcome<RawControlMessage<'a>> {
        // SAFETY: the same contract.
        let data = unsafe { bytes(self.data, self.len, "cmsg->data") }?;
        Ok(RawControlMessage { level: self.level, kind: self.r#type, data })
    }
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
    status(|| unsafe { add(some(control, "control")?, level, r#type, bytes(data, len, "data")?) })
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
        let control = some(control, "control")?;
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
    status(|| unsafe { add(some(control, "control")?, level, r#type, &value.to_ne_bytes()) })
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
        let control = some(control, "control")?;
        match some(source, "source")?.raw()?.decode() {
            #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
            Address::Inet(v4) => {
                let info = control_buffer::in_pktinfo(*v4.ip(), interface);
                add(control, libc::IPPROTO_IP, libc::IP_PKTINFO, bytes_of(&info))
            }
            Address::Inet6(v6) => {
                let info = control_buffer::in6_pktinfo(*v6.ip(), interface);
                add(control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, bytes_of(&info))
            }
            other => Err(Error::type_error(format!("{other} is not an internet address")).into()),
        }
    })
}

/// Adds the sender's credentials (SCM_CREDENTIALS); only a privileged process may name others than its own.
///
/// Returns as tabi_control_add().
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_credentials(
    control: Option<&mut tabi_control>,
    pid: i32,
    uid: u32,
    gid: u32,
) -> c_int {
    let ucred = control_buffer::ucred(crate::Credentials { pid, uid, gid });
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe {
        add(some(control, "control")?, libc::SOL_SOCKET, libc::SCM_CREDENTIALS, bytes_of(&ucred))
    })
}

/// Sends the bytes of one message as UDP datagrams of `bytes` bytes, the last perhaps smaller (UDP_SEGMENT).
///
/// Returns as tabi_control_add().
#[cfg(any(target_os = "linux", target_os = "android"))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_segment_size(
    control: Option<&mut tabi_control>,
    bytes: u16,
) -> c_int {
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe {
        add(some(control, "control")?, libc::IPPROTO_UDP, libc::UDP_SEGMENT, &bytes.to_ne_bytes())
    })
}

/// Finds the next control message in the buffer; `cmsg` is zeroed before the first.
///
/// Returns 1, or 0 when there is none, and `cmsg` is unchanged. A buffer of any content is safe to walk.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_next(
    control: Option<&tabi_control>,
    cmsg: Option<&mut tabi_cmsg>,
) -> c_int {
    boundary(|| {
        let (control, cmsg) = (some(control, "control")?, some(cmsg, "cmsg")?);
        // SAFETY: the caller's buffer is readable for its `len`.
        let mut messages = RawControlMessages::from_offset(unsafe { control.messages() }?, cmsg.next);
        let Some(message) = messages.next() else { return Ok(0) };
        *cmsg = tabi_cmsg {
            level: message.level,
            r#type: message.kind,
            data: message.data.as_ptr().cast_mut().cast(),
            len: message.data.len(),
            next: messages.offset(),
        };
        Ok(1)
    })
}

/// Closes the descriptors in the buffer that nobody has taken with tabi_cmsg_fds(). Again: nothing is left.
///
/// Only for a buffer that tabi_recvmsg() or tabi_recvmany() has filled. Returns how many were closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_close_fds(control: Option<&mut tabi_control>) -> ssize_t {
    count(|| {
        let control = some(control, "control")?;
        let mut closed = 0;
        // SAFETY: the caller's buffer is readable for its `len`.
        for message in RawControlMessages::new(unsafe { control.messages() }?) {
            if message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS {
                let data = message.data.as_ptr().cast_mut();
                for index in 0..message.data.len() / size_of::<c_int>() {
                    // SAFETY: the number is within the caller's own buffer, which is writable.
                    let fd = unsafe { take_fd(data.cast(), index) };
                    if fd >= 0 {
                        // SAFETY: it was received, and taken by nobody else.
                        let _ = unsafe { crate::socket::close(fd) };
                        closed += 1;
                    }
                }
            }
        }
        Ok(closed)
    })
}

/// Takes the descriptors out of an SCM_RIGHTS message: they are the caller's, to be closed with
/// tabi_close_fd().
///
/// `size`: how many fit in `fds`; the rest is left for another call. Those that are taken are -1 in the buffer
/// from then on.
/// Returns how many were taken, 0 when none is left; TABI_ERR_TYPE for another kind of message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_fds(cmsg: Option<&tabi_cmsg>, fds: *mut c_int, size: usize) -> ssize_t {
    count(|| {
        let cmsg = some(cmsg, "cmsg")?;
        check_buffer(fds.cast(), size.saturating_mul(size_of::<c_int>()), "fds")?;
        if cmsg.level != libc::SOL_SOCKET || cmsg.r#type != libc::SCM_RIGHTS {
            let text = format!(
                "a control message of level {} and type {} holds no descriptors",
                cmsg.level, cmsg.r#type
            );
            return Err(Error::type_error(text).into());
        }
        check_buffer(cmsg.data, cmsg.len, "cmsg->data")?;
        let mut taken = 0;
        for index in 0..cmsg.len / size_of::<c_int>() {
            if taken == size {
                break;
            }
            // SAFETY: the number is within the caller's own buffer, which is writable.
            let fd = unsafe { take_fd(cmsg.data.cast(), index) };
            if fd >= 0 {
                // SAFETY: `fds` has room for `size` of them.
                unsafe { fds.add(taken).write(fd) };
                taken += 1;
            }
        }
        Ok(taken)
    })
}

/// Reads a descriptor's number and puts -1 in its place.
///
/// # Safety
///
/// `fds` is readable and writable for more than `index` numbers, of any alignment.
unsafe fn take_fd(fds: *mut c_int, index: usize) -> c_int {
    // SAFETY: the same contract.
    unsafe { ptr::replace(fds.add(index).cast::<Unaligned>(), Unaligned(-1)).0 }
}

#[repr(C, packed)]
struct Unaligned(c_int);

/// # Safety
///
/// `control->data` is writable for `control->size` bytes.
unsafe fn add(control: &mut tabi_control, level: c_int, kind: c_int, data: &[u8]) -> Outcome {
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
