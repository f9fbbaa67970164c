//! The calls that take or give an address: as a `bytes` object that has the content of a `tabi_addr`.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of};
use std::ptr;

use super::calls::{Arguments, Lock, called, misused, number, received, socket, without};
use super::interpreter::{INTERPRETER, Interpreter, Object};
use crate::ffi::address::tabi_addr;
use crate::ffi::socket::{
    tabi_accept_fd, tabi_close_fd, tabi_recvfrom, tabi_sock, tabi_try_recvfrom, tabi_try_sendto_addr,
};
use crate::sys::libc::ssize_t;

/// What a place for an address has before a call fills it. A call that fails, or has no address, leaves it so.
pub(super) const NO_ADDRESS: tabi_addr = tabi_addr { data: [0; 16], len: 0 };

/// `recvfrom(handle, size)`: the bytes that tabi_recvfrom() receives, or its code; with the address of the sender, in a
/// tuple, if there is one.
pub(super) unsafe extern "C-unwind" fn recvfrom(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received_from` passes writable memory.
    unsafe {
        received_from(arguments, count, Lock::Released, |sk, buffer, len, sender| {
            tabi_recvfrom(sk, buffer, len, 0, Some(sender))
        })
    }
}

/// `try_recvfrom(handle, size)`: the same for tabi_try_recvfrom().
pub(super) unsafe extern "C-unwind" fn try_recvfrom(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received_from` passes writable memory.
    unsafe {
        received_from(arguments, count, Lock::Kept, |sk, buffer, len, sender| {
            tabi_try_recvfrom(sk, buffer, len, Some(sender))
        })
    }
}

/// `try_recvfrom_unlocked(handle, size)`: the same, while other threads run.
pub(super) unsafe extern "C-unwind" fn try_recvfrom_unlocked(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received_from` passes writable memory.
    unsafe {
        received_from(arguments, count, Lock::Released, |sk, buffer, len, sender| {
            tabi_try_recvfrom(sk, buffer, len, Some(sender))
        })
    }
}

/// `try_sendto(handle, data, address)`: the result of tabi_try_sendto_addr() for a `bytes` object.
pub(super) unsafe extern "C-unwind" fn try_sendto(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    unsafe { sent_to(arguments, count, Lock::Kept) }
}

/// `try_sendto_unlocked(handle, data, address)`: the same, while other threads run.
pub(super) unsafe extern "C-unwind" fn try_sendto_unlocked(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    unsafe { sent_to(arguments, count, Lock::Released) }
}

/// `accept(handle)`: the descriptor that tabi_accept_fd() returns and the address of the client, or its code.
pub(super) unsafe extern "C-unwind" fn accept(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [handle])) = (unsafe { called(arguments, count) }) else { return ptr::null_mut() };
    let mut peer = MaybeUninit::new(NO_ADDRESS);
    // SAFETY: this thread holds the lock, and Python keeps the handle during the call. The place had an address before it.
    // If there is no memory for the result, nobody else knows the descriptor.
    unsafe {
        let sk = socket(python, handle);
        let fd = without(python, Lock::Released, || tabi_accept_fd(sk, Some(&mut peer)) as ssize_t);
        if fd < 0 {
            return number(python, fd);
        }
        let accepted = pair(python, number(python, fd), address(python, &peer.assume_init()));
        if accepted.is_null() {
            tabi_close_fd(fd as _);
        }
        accepted
    }
}

/// Receives into a new `bytes` object, and adds the sender's address if there is one.
///
/// # Safety
///
/// As for [`called`]. `call` writes at most as many bytes as it is told, and returns their number or a code.
#[inline(always)]
unsafe fn received_from(
    arguments: Arguments,
    count: isize,
    lock: Lock,
    call: impl FnOnce(Option<&tabi_sock>, *mut c_void, usize, &mut MaybeUninit<tabi_addr>) -> ssize_t,
) -> *mut Object {
    let Some(python) = INTERPRETER.get() else { return ptr::null_mut() };
    let mut sender = MaybeUninit::new(NO_ADDRESS);
    // SAFETY: the caller promises it all. The place had an address before the call.
    unsafe {
        let data = received(arguments, count, lock, |sk, buffer, len| call(sk, buffer, len, &mut sender));
        with_address(python, data, &sender.assume_init())
    }
}

/// Sends the content of a `bytes` object to an address.
///
/// # Safety
///
/// As for [`called`].
unsafe fn sent_to(arguments: Arguments, count: isize, lock: Lock) -> *mut Object {
    // SAFETY: the caller promises it.
    let Some((python, [handle, data, address])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock. A `bytes` object never changes, and Python keeps the arguments during the call.
    // The address is copied from as many bytes as it has, and each number in them may have any value.
    unsafe {
        let (start, len) = ((python.PyBytes_AsString)(data), (python.PyBytes_Size)(data));
        if start.is_null() || len < 0 {
            return misused(python);
        }
        let (place, size) = ((python.PyBytes_AsString)(address), (python.PyBytes_Size)(address));
        if place.is_null() || size != size_of::<tabi_addr>() as isize {
            return misused(python);
        }
        let address = place.cast::<tabi_addr>().read_unaligned();
        let sk = socket(python, handle);
        let send = || tabi_try_sendto_addr(sk, start.cast(), len as usize, Some(&address));
        number(python, without(python, lock, send))
    }
}

/// The result of a call, with the address in a tuple if there is one.
///
/// # Safety
///
/// This thread holds the interpreter's lock. The result is NULL or a reference, which is used up.
#[inline(always)]
pub(super) unsafe fn with_address(
    python: &Interpreter,
    result: *mut Object,
    sender: &tabi_addr,
) -> *mut Object {
    if result.is_null() || sender.len == 0 {
        return result;
    }
    // SAFETY: this thread holds the lock, and the caller gives the reference away.
    unsafe { pair(python, result, address(python, sender)) }
}

/// A tuple of two objects; NULL if one of them is NULL or there is no memory.
///
/// # Safety
///
/// This thread holds the interpreter's lock. The objects are NULL or references, which are used up.
unsafe fn pair(python: &Interpreter, one: *mut Object, other: *mut Object) -> *mut Object {
    // SAFETY: this thread holds the lock. Nobody else knows the new tuple, which takes each reference once; Py_DecRef does
    // nothing for NULL.
    unsafe {
        let made = if one.is_null() || other.is_null() { ptr::null_mut() } else { (python.PyTuple_New)(2) };
        if made.is_null() {
            (python.Py_DecRef)(one);
            (python.Py_DecRef)(other);
            return made;
        }
        (python.PyTuple_SetItem)(made, 0, one);
        (python.PyTuple_SetItem)(made, 1, other);
        made
    }
}

/// An address as a `bytes` object; NULL without memory. The padding at its end is zeros, so equal addresses are equal.
///
/// # Safety
///
/// This thread holds the interpreter's lock.
unsafe fn address(python: &Interpreter, address: &tabi_addr) -> *mut Object {
    const SIZE: usize = size_of::<tabi_addr>();
    const LEN_AT: usize = offset_of!(tabi_addr, len);
    // SAFETY: this thread holds the lock. Nobody else knows the new object, and it has room for all members.
    unsafe {
        let made = (python.PyBytes_FromStringAndSize)(ptr::null(), SIZE as isize);
        if made.is_null() {
            return made;
        }
        let place = (python.PyBytes_AsString)(made).cast::<u8>();
        place.write_bytes(0, SIZE);
        place.copy_from((&raw const address.data).cast(), LEN_AT);
        place.add(LEN_AT).copy_from((&raw const address.len).cast(), size_of::<u32>());
        made
    }
}
