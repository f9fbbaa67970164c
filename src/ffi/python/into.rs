//! The calls that receive into a buffer of the program's.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::addressed::{NO_ADDRESS, with_address};
use super::calls::{Arguments, Lock, called, misused, number, socket, without};
use super::interpreter::{Interpreter, Object};
use crate::ffi::socket::{tabi_recv, tabi_try_recv, tabi_try_recvfrom};
use crate::sys::libc::ssize_t;

/// CPython's `Py_buffer`. Python's stable interface has it since version 3.11, and it was the same before.
#[repr(C)]
pub(super) struct Buffer {
    start: *mut c_void,
    object: *mut Object,
    len: isize,
    item_size: isize,
    read_only: c_int,
    dimensions: c_int,
    format: *mut c_char,
    shape: *mut isize,
    strides: *mut isize,
    suboffsets: *mut isize,
    internal: *mut c_void,
}

/// `PyBUF_WRITABLE`: a buffer whose bytes follow each other, and may be changed.
const WRITABLE: c_int = 1;

/// `recv_into(handle, buffer)`: how many bytes tabi_recv() writes to the buffer, or its code.
pub(super) unsafe extern "C-unwind" fn recv_into(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [handle, buffer])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock, and Python keeps the arguments during the call. `filled` lends the buffer.
    unsafe {
        let sk = socket(python, handle);
        filled(python, buffer, |start, len| match len {
            // As in the built-in module.
            0 => 0,
            _ => without(python, Lock::Released, || tabi_recv(sk, start, len as usize, 0)),
        })
        .map_or(ptr::null_mut(), |n| number(python, n))
    }
}

/// `try_recv_into(handle, buffer, small)`: the same for tabi_try_recv(). The lock is kept for at most `small` bytes.
pub(super) unsafe extern "C-unwind" fn try_recv_into(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [handle, buffer, small])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock, and Python keeps the arguments during the call. `filled` lends the buffer.
    unsafe {
        let (sk, small) = (socket(python, handle), (python.PyLong_AsSsize_t)(small));
        if small < 0 {
            return misused(python);
        }
        filled(python, buffer, |start, len| match len {
            // As in the built-in module.
            0 => 0,
            _ => without(python, Lock::for_size(len, small), || tabi_try_recv(sk, start, len as usize)),
        })
        .map_or(ptr::null_mut(), |n| number(python, n))
    }
}

/// `try_recvfrom_into(handle, buffer, small)`: how many bytes tabi_try_recvfrom() writes to the buffer, or its code; with
/// the address of the sender, in a tuple, if there is one.
pub(super) unsafe extern "C-unwind" fn try_recvfrom_into(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [handle, buffer, small])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock, and Python keeps the arguments during the call. `filled` lends the buffer.
    unsafe {
        let (sk, small) = (socket(python, handle), (python.PyLong_AsSsize_t)(small));
        if small < 0 {
            return misused(python);
        }
        let mut sender = MaybeUninit::new(NO_ADDRESS);
        filled(python, buffer, |start, len| {
            without(python, Lock::for_size(len, small), || {
                tabi_try_recvfrom(sk, start, len as usize, Some(&mut sender))
            })
        })
        .map_or(ptr::null_mut(), |n| with_address(python, number(python, n), &sender.assume_init()))
    }
}

/// Lends the memory of an object, which cannot be resized meanwhile, to a call. Returns None, and has Python raise an
/// exception, if the object has no memory that may be written to.
///
/// # Safety
///
/// This thread holds the interpreter's lock, before `call` and after it, and somebody keeps the object. `call` writes at
/// most as many bytes as there are.
#[inline(always)]
pub(super) unsafe fn filled(
    python: &Interpreter,
    object: *mut Object,
    call: impl FnOnce(*mut c_void, isize) -> ssize_t,
) -> Option<ssize_t> {
    let mut buffer = MaybeUninit::<Buffer>::zeroed();
    // SAFETY: this thread holds the lock. All members may be 0 or NULL, and Python sets them unless it fails. The buffer
    // is given back once.
    unsafe {
        if (python.PyObject_GetBuffer)(object, buffer.as_mut_ptr(), WRITABLE) != 0 {
            return None;
        }
        let Buffer { start, len, .. } = *buffer.assume_init_ref();
        let n = call(start, len);
        (python.PyBuffer_Release)(buffer.as_mut_ptr());
        Some(n)
    }
}
