//! The calls. Python makes them with its lock, and with references to all arguments. Only the Python package makes calls, so
//! arguments that are not as documented are its mistake. They raise a TypeError.
//!
//! When the program exits, Python ends a thread that wants the lock back (`PyEval_RestoreThread`), by unwinding its stack.
//! No frame here has anything to drop then.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use super::interpreter::{INTERPRETER, Interpreter, Object};
use super::{addressed, into, methods};
use crate::ffi::socket::{
    tabi_close, tabi_recv, tabi_set_interruptible, tabi_sock, tabi_sock_free, tabi_try_recv, tabi_try_send,
};
use crate::sys::libc::ssize_t;

/// What a capsule holds, for Python and for who looks at one.
const SOCKET: &CStr = c"tabi_sock";

pub(super) type Arguments = *const *mut Object;
type Call = unsafe extern "C-unwind" fn(*mut Object, Arguments, isize) -> *mut Object;
type CallWithKeywords =
    unsafe extern "C-unwind" fn(*mut Object, Arguments, isize, *mut Object) -> *mut Object;

/// CPython's `PyMethodDef`.
#[repr(C)]
pub(super) struct Method {
    name: *const c_char,
    /// A function whose form the flags tell.
    call: *const c_void,
    flags: c_int,
    doc: *const c_char,
}

// SAFETY: the pointers are to constants.
unsafe impl Sync for Method {}

/// `METH_FASTCALL`: the call gets its arguments as an array.
const FAST_CALL: c_int = 0x80;

/// `METH_KEYWORDS`: the names of the last arguments follow.
const KEYWORDS: c_int = 2;

pub(super) const fn method(name: &'static CStr, call: Call) -> Method {
    Method { name: name.as_ptr(), call: call as *const c_void, flags: FAST_CALL, doc: ptr::null() }
}

pub(super) const fn method_with_keywords(name: &'static CStr, call: CallWithKeywords) -> Method {
    Method { name: name.as_ptr(), call: call as *const c_void, flags: FAST_CALL | KEYWORDS, doc: ptr::null() }
}

/// The end of an array of methods.
pub(super) const END: Method = Method { name: ptr::null(), call: ptr::null(), flags: 0, doc: ptr::null() };

/// All calls, and the end of the array.
pub(super) static METHODS: [Method; 19] = [
    method(c"accept", addressed::accept),
    method(c"adopt", adopt),
    method(c"close", close),
    method(c"methods_of_sockets", methods::methods_of_sockets),
    method(c"never_try", methods::never_try),
    method(c"recv", recv),
    method(c"recv_into", into::recv_into),
    method(c"recvfrom", addressed::recvfrom),
    method(c"try_recv", try_recv),
    method(c"try_recv_into", into::try_recv_into),
    method(c"try_recv_unlocked", try_recv_unlocked),
    method(c"try_recvfrom", addressed::try_recvfrom),
    method(c"try_recvfrom_into", into::try_recvfrom_into),
    method(c"try_recvfrom_unlocked", addressed::try_recvfrom_unlocked),
    method(c"try_send", try_send),
    method(c"try_send_unlocked", try_send_unlocked),
    method(c"try_sendto", addressed::try_sendto),
    method(c"try_sendto_unlocked", addressed::try_sendto_unlocked),
    END,
];

/// Whether other threads run Python code during a system call.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lock {
    Kept,
    Released,
}

impl Lock {
    /// A call that copies more bytes than this takes so long that others should run.
    pub(super) fn for_size(size: isize, small: isize) -> Lock {
        if size <= small { Lock::Kept } else { Lock::Released }
    }
}

/// `adopt(address)`: a capsule that owns the `tabi_sock` at this address and frees it. Signals interrupt its calls.
unsafe extern "C-unwind" fn adopt(_: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [address])) = (unsafe { called(arguments, count) }) else { return ptr::null_mut() };
    // SAFETY: the argument is an object, and this thread holds the lock.
    let sk = unsafe { (python.PyLong_AsVoidPtr)(address) }.cast::<tabi_sock>();
    // SAFETY: the address is that of a handle, which belongs to the capsule from now on. NULL stands for no address.
    unsafe {
        if sk.is_null() {
            return misused(python);
        }
        tabi_set_interruptible(sk.as_ref(), 1);
        let capsule = (python.PyCapsule_New)(sk.cast(), SOCKET.as_ptr(), Some(free));
        if capsule.is_null() {
            tabi_sock_free(sk);
        }
        capsule
    }
}

unsafe extern "C-unwind" fn free(capsule: *mut Object) {
    if let Some(python) = INTERPRETER.get() {
        // SAFETY: the capsule is one of `adopt`, nobody has a reference to it any more, and so nobody uses the socket.
        unsafe { tabi_sock_free((python.PyCapsule_GetPointer)(capsule, SOCKET.as_ptr()).cast()) }
    }
}

/// `close(handle)`: the result of tabi_close().
unsafe extern "C-unwind" fn close(_: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [handle])) = (unsafe { called(arguments, count) }) else { return ptr::null_mut() };
    // SAFETY: `called` promises the lock, and Python keeps the handle during the call.
    unsafe {
        let sk = socket(python, handle);
        number(python, without(python, Lock::Released, || tabi_close(sk) as ssize_t))
    }
}

/// `recv(handle, size)`: the bytes that tabi_recv() receives, or its code.
unsafe extern "C-unwind" fn recv(_: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received` passes writable memory.
    unsafe { received(arguments, count, Lock::Released, |sk, buffer, len| tabi_recv(sk, buffer, len, 0)) }
}

/// `try_recv(handle, size)`: the bytes that tabi_try_recv() receives, or its code.
unsafe extern "C-unwind" fn try_recv(_: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received` passes writable memory.
    unsafe { received(arguments, count, Lock::Kept, |sk, buffer, len| tabi_try_recv(sk, buffer, len)) }
}

/// `try_recv_unlocked(handle, size)`: the same, while other threads run.
unsafe extern "C-unwind" fn try_recv_unlocked(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock. `received` passes writable memory.
    unsafe { received(arguments, count, Lock::Released, |sk, buffer, len| tabi_try_recv(sk, buffer, len)) }
}

/// `try_send(handle, data)`: the result of tabi_try_send() for a `bytes` object.
unsafe extern "C-unwind" fn try_send(_: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    unsafe { sent(arguments, count, Lock::Kept) }
}

/// `try_send_unlocked(handle, data)`: the same, while other threads run.
unsafe extern "C-unwind" fn try_send_unlocked(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    unsafe { sent(arguments, count, Lock::Released) }
}

/// The interpreter and the arguments of a call; None, and an exception, for another number of them.
///
/// # Safety
///
/// There are `count` arguments, and this thread holds the interpreter's lock.
#[inline(always)]
pub(super) unsafe fn called<const N: usize>(
    arguments: Arguments,
    count: isize,
) -> Option<(&'static Interpreter, [*mut Object; N])> {
    let python = INTERPRETER.get()?;
    if count != N as isize {
        // SAFETY: the caller promises that this thread holds the lock.
        unsafe { misused(python) };
        return None;
    }
    // SAFETY: the array has as many arguments as are read.
    Some((python, unsafe { *arguments.cast::<[*mut Object; N]>() }))
}

/// What a call returns for arguments that are not as documented: no object, and a TypeError in the place of what Python may
/// have said of them.
///
/// # Safety
///
/// This thread holds the interpreter's lock.
#[cold]
pub(super) unsafe fn misused(python: &Interpreter) -> *mut Object {
    // SAFETY: the caller promises the lock.
    unsafe { (python.PyErr_BadArgument)() };
    ptr::null_mut()
}

/// The socket of a capsule; None for every other object, which stands for a socket that is closed or was never opened.
///
/// # Safety
///
/// This thread holds the interpreter's lock, and somebody keeps the object as long as the result is used.
#[inline(always)]
pub(super) unsafe fn socket<'a>(python: &Interpreter, handle: *mut Object) -> Option<&'a tabi_sock> {
    // SAFETY: the object is valid, and a capsule of this name is one of `adopt`, which owns a socket. For all else Python makes
    // an error, which is taken away.
    unsafe {
        let sk = (python.PyCapsule_GetPointer)(handle, SOCKET.as_ptr()).cast::<tabi_sock>().as_ref();
        if sk.is_none() {
            (python.PyErr_Clear)();
        }
        sk
    }
}

/// Makes a system call with or without the interpreter's lock.
///
/// # Safety
///
/// This thread holds the lock.
#[inline(always)]
pub(super) unsafe fn without(python: &Interpreter, lock: Lock, call: impl FnOnce() -> ssize_t) -> ssize_t {
    if lock == Lock::Kept {
        return call();
    }
    // SAFETY: this thread holds the lock.
    let thread = unsafe { (python.PyEval_SaveThread)() };
    let result = call();
    // SAFETY: this thread has given the lock up just before.
    unsafe { (python.PyEval_RestoreThread)(thread) };
    result
}

/// Python's object for a result.
///
/// # Safety
///
/// This thread holds the interpreter's lock.
#[inline(always)]
pub(super) unsafe fn number(python: &Interpreter, result: ssize_t) -> *mut Object {
    // SAFETY: this thread holds the lock.
    unsafe { (python.PyLong_FromSsize_t)(result) }
}

/// Receives into a new `bytes` object.
///
/// # Safety
///
/// As for [`called`]. `call` writes at most as many bytes as it is told, and returns their number or a code.
#[inline(always)]
pub(super) unsafe fn received(
    arguments: Arguments,
    count: isize,
    lock: Lock,
    call: impl FnOnce(Option<&tabi_sock>, *mut c_void, usize) -> ssize_t,
) -> *mut Object {
    // SAFETY: the caller promises it.
    let Some((python, [handle, size])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock, and Python keeps the arguments during the call.
    unsafe {
        let size = (python.PyLong_AsSsize_t)(size);
        // Also what is no size.
        if size < 0 {
            return misused(python);
        }
        let sk = socket(python, handle);
        let received = received_bytes(python, size, lock, |buffer, len| call(sk, buffer, len));
        received.unwrap_or_else(|code| number(python, code))
    }
}

/// Receives up to `size` bytes into a new `bytes` object: that object, or NULL without memory. If the call fails, its code.
///
/// # Safety
///
/// This thread holds the interpreter's lock. `call` writes at most as many bytes as it is told, and returns their number or
/// a code.
#[inline(always)]
pub(super) unsafe fn received_bytes(
    python: &Interpreter,
    size: isize,
    lock: Lock,
    call: impl FnOnce(*mut c_void, usize) -> ssize_t,
) -> Result<*mut Object, ssize_t> {
    // SAFETY: this thread holds the lock. Nobody else knows the new object, so its content may be written until it is
    // returned.
    unsafe {
        let mut data = (python.PyBytes_FromStringAndSize)(ptr::null(), size);
        if data.is_null() {
            return Ok(data);
        }
        let buffer = (python.PyBytes_AsString)(data);
        let n = without(python, lock, || call(buffer.cast(), size as usize));
        if n < 0 {
            (python.Py_DecRef)(data);
            return Err(n);
        }
        if n as isize != size {
            // Without memory this makes NULL of the object.
            (python._PyBytes_Resize)(&raw mut data, n as isize);
        }
        Ok(data)
    }
}

/// Sends the content of a `bytes` object.
///
/// # Safety
///
/// As for [`called`].
#[inline(always)]
unsafe fn sent(arguments: Arguments, count: isize, lock: Lock) -> *mut Object {
    // SAFETY: the caller promises it.
    let Some((python, [handle, data])) = (unsafe { called(arguments, count) }) else {
        return ptr::null_mut();
    };
    // SAFETY: this thread holds the lock. A `bytes` object never changes, and Python keeps the arguments during the call.
    unsafe {
        let (start, len) = ((python.PyBytes_AsString)(data), (python.PyBytes_Size)(data));
        if start.is_null() || len < 0 {
            return misused(python);
        }
        let sk = socket(python, handle);
        number(python, without(python, lock, || tabi_try_send(sk, start.cast(), len as usize)))
    }
}
