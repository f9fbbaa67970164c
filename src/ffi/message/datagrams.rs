//! Several datagrams in one call, in C.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use libc::ssize_t;

use super::tabi_control;
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, check_buffer, count};
use crate::ffi::socket::{socket, tabi_sock};
use crate::socket::many;
use crate::sys::MessageHeader;

/// A datagram for tabi_sendmany() and tabi_recvmany(): zeroed before its members are set.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_datagram {
    /// The bytes, or the room for them.
    pub data: *mut c_void,
    /// Receiving: the bytes of the room; what does not fit is lost.
    pub size: usize,
    /// How many bytes to send, or how many were received.
    pub len: usize,
    /// Received: MSG_TRUNC when the datagram was cut, MSG_CTRUNC when its control messages were.
    pub flags: c_int,
    /// Where to, with `addr.len` 0 on a connected socket; or the sender.
    pub addr: tabi_addr,
    /// Control messages, as in tabi_sendmsg() and tabi_recvmsg(); all zero for none.
    pub control: tabi_control,
}

/// Sends several datagrams, with one system call where the system can (sendmmsg(2) on Linux).
///
/// `flags`: MSG_* or 0. Returns how many of them the kernel took, at least one; when it refuses a later one,
/// the next call meets the error. Else a code as tabi_send() does, and TABI_ERR_TYPE for an address of another
/// family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmany(
    sk: Option<&tabi_sock>,
    datagrams: *const tabi_datagram,
    datagram_count: usize,
    flags: c_int,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes that many datagrams.
        let datagrams = unsafe { slice(datagrams, datagram_count) }?;
        let mut parts = Vec::with_capacity(datagrams.len());
        for datagram in datagrams {
            check_buffer(datagram.data, datagram.len, "datagrams[].data")?;
            let address = datagram.addr.raw()?;
            // SAFETY: the caller's control buffer is readable for its `len`.
            let control = unsafe { datagram.control.messages() }?;
            let buffer = libc::iovec { iov_base: datagram.data, iov_len: datagram.len };
            parts.push((buffer, (!address.is_empty()).then_some(address), control));
        }
        let headers = parts.iter().map(|(buffer, address, control)| {
            sk.outgoing(buffer, address.as_ref(), control).map(MessageHeader::new)
        });
        let mut headers = headers.collect::<crate::Result<Vec<_>>>()?;
        // SAFETY: the caller vouches for the bytes; addresses and control messages outlive the call.
        Ok(unsafe { sk.send_headers(&mut headers, flags, Limit::Timeout) }?)
    })
}

/// Receives several datagrams, with one system call where the system can (recvmmsg(2) on Linux).
///
/// Waits for the first, and takes those that are there then. `flags`: MSG_* or 0.
/// Returns how many of `datagrams` were filled, from the first on, or a code as tabi_recv() does; then none is
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recvmany(
    sk: Option<&tabi_sock>,
    datagrams: *mut tabi_datagram,
    datagram_count: usize,
    flags: c_int,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes that many datagrams.
        let datagrams = unsafe { slice_mut(datagrams, datagram_count) }?;
        let mut parts = Vec::with_capacity(datagrams.len());
        for datagram in datagrams.iter() {
            check_buffer(datagram.data, datagram.size, "datagrams[].data")?;
            check_buffer(datagram.control.data, datagram.control.size, "datagrams[].control.data")?;
            let buffer = libc::iovec { iov_base: datagram.data, iov_len: datagram.size };
            parts.push((buffer, many::RawDatagram::empty()));
        }
        let headers = parts.iter_mut().zip(datagrams.iter()).map(|((buffer, received), datagram)| {
            let control = &datagram.control;
            many::incoming(buffer, &mut received.sender, control.data.cast(), control.size)
                .map(MessageHeader::new)
        });
        let mut headers = headers.collect::<crate::Result<Vec<_>>>()?;
        // SAFETY: the caller vouches for the rooms; the addresses outlive the call.
        let filled = unsafe { sk.receive_headers(&mut headers, flags, Limit::Timeout) }?;
        for ((datagram, (_, received)), header) in
            datagrams.iter_mut().zip(&mut parts).zip(&headers).take(filled)
        {
            // SAFETY: the kernel filled the header; the caller's control buffer lives.
            unsafe { many::finish(received, header, flags) };
            datagram.len = received.len;
            datagram.flags = received.flags;
            datagram.addr = received.sender.into();
            datagram.control.len = received.control_len;
        }
        Ok(filled)
    })
}

/// # Safety
///
/// `datagrams` is NULL or that many, which the result lends.
unsafe fn slice<'a>(datagrams: *const tabi_datagram, count: usize) -> Outcome<&'a [tabi_datagram]> {
    check_buffer(datagrams.cast(), count.saturating_mul(size_of::<tabi_datagram>()), "datagrams")?;
    if count == 0 {
        return Ok(&[]);
    }
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest.
    Ok(unsafe { std::slice::from_raw_parts(datagrams, count) })
}

/// # Safety
///
/// `datagrams` is NULL or that many, which the result lends.
unsafe fn slice_mut<'a>(datagrams: *mut tabi_datagram, count: usize) -> Outcome<&'a mut [tabi_datagram]> {
    check_buffer(datagrams.cast(), count.saturating_mul(size_of::<tabi_datagram>()), "datagrams")?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest.
    Ok(unsafe { std::slice::from_raw_parts_mut(datagrams, count) })
}
