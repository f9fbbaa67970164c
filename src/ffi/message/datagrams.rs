//! The C functions that send and receive several datagrams in one call.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use crate::sys::libc::ssize_t;

use super::tabi_control;
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, array, check_buffer, count};
use crate::ffi::socket::{socket, tabi_sock};
use crate::socket::{datagrams, reserve};
use crate::sys::{MessageHeader, iovec};

/// A datagram for tabi_sendmany() and tabi_recvmany(). Set it to zero before you set its members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_datagram {
    /// The bytes to send, or the buffer to receive into.
    pub data: *mut c_void,
    /// Receiving: the size of the buffer in bytes. The part of a datagram that does not fit is lost.
    pub size: usize,
    /// The number of bytes to send, or the number of bytes that were received.
    pub len: usize,
    /// Received: MSG_TRUNC when the datagram was cut, MSG_CTRUNC when its control messages were cut.
    pub flags: c_int,
    /// The address to send to, with an `addr.len` of 0 when the socket is connected; or the address of the
    /// sender.
    pub addr: tabi_addr,
    /// Control messages, as in tabi_sendmsg() and tabi_recvmsg(). All zero means that there are none.
    pub control: tabi_control,
}

/// Sends several datagrams, with one system call where the system has one for that (sendmmsg(2) on Linux).
///
/// `flags` is 0 or a combination of MSG_* constants. Returns the number of datagrams that the system
/// accepted, at least one if there are any; Linux accepts 1024 in one call. When it refuses a later one, the next call
/// returns the error. Errors: those of
/// tabi_send(); TABI_ERR_TYPE for an address of another family.
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
        let datagrams = unsafe { array(datagrams, datagram_count, "datagrams") }?;
        let mut buffers = reserve(datagrams.len())?;
        let mut headers = reserve(datagrams.len())?;
        for datagram in datagrams {
            check_buffer(datagram.data, datagram.len, "datagrams[].data")?;
            buffers.push(iovec(datagram.data.cast(), datagram.len));
        }
        for (buffer, datagram) in buffers.iter().zip(datagrams) {
            let address = datagram.addr.borrow_raw()?;
            // SAFETY: the caller's control buffer is readable for its `len`.
            let control = unsafe { datagram.control.messages() }?;
            let address = (!address.is_empty()).then_some(address);
            headers.push(MessageHeader::new(sk.outgoing(buffer, address, control)?));
        }
        // SAFETY: the caller passes readable bytes; the addresses and control messages that the headers point to
        // outlive the call.
        Ok(unsafe { sk.send_headers(&mut headers, flags, Limit::Timeout) }?)
    })
}

/// Receives several datagrams, with one system call where the system has one for that (recvmmsg(2) on Linux).
///
/// The call waits for the first datagram, and takes those that have arrived by then. `flags` is 0 or a
/// combination of MSG_* constants.
///
/// Returns the number of datagrams received, which fill `datagrams` from its beginning. The errors are those
/// of tabi_recv(); no datagram is changed then.
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
        let mut buffers = reserve(datagrams.len())?;
        let mut headers = reserve(datagrams.len())?;
        for datagram in datagrams.iter() {
            check_buffer(datagram.data, datagram.size, "datagrams[].data")?;
            // The core refuses a size of 2^31 or more, whatever the size of pointers.
            let size = datagram.control.size.min(i32::MAX as usize);
            check_buffer(datagram.control.data, size, "datagrams[].control.data")?;
            buffers.push(iovec(datagram.data.cast(), datagram.size));
        }
        for (buffer, datagram) in buffers.iter().zip(datagrams.iter_mut()) {
            let tabi_control { data, size, .. } = datagram.control;
            let sender = datagram.addr.place();
            headers.push(MessageHeader::new(datagrams::incoming(buffer, sender, data.cast(), size)?));
        }
        // SAFETY: the caller passes writable buffers; the addresses that the headers point to are those of the caller's.
        let filled = unsafe { sk.receive_headers(&mut headers, flags, Limit::Timeout) }?;
        for (datagram, header) in datagrams.iter_mut().zip(&headers).take(filled) {
            // SAFETY: the kernel filled the header and the address; the caller's control buffer lives.
            let received = unsafe { datagrams::finish(header, flags, datagram.addr.place()) };
            datagram.len = received.len;
            datagram.flags = received.flags;
            datagram.control.len = received.control_len;
        }
        Ok(filled)
    })
}

/// # Safety
///
/// `datagrams` is NULL or that many, which the result lends.
unsafe fn slice_mut<'a>(datagrams: *mut tabi_datagram, count: usize) -> Outcome<&'a mut [tabi_datagram]> {
    check_buffer(datagrams.cast(), count.saturating_mul(size_of::<tabi_datagram>()), "datagrams")?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: `datagrams` is not NULL, `count` is possible, and the caller promises that many to write to.
    Ok(unsafe { std::slice::from_raw_parts_mut(datagrams, count) })
}
