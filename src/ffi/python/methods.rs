//! The methods that Python's sockets have here: those that a program calls for each message. As functions in Python they
//! would cost more than the system calls.
//!
//! Each does what is common, and gives everything else to functions in Python, which are attributes of the class: `_tabi_recv`
//! is `recv` as it is without this; `_tabi_recv_tried` goes on after a try that has not succeeded, and `_tabi_recv_waited`
//! after a call that was allowed to wait.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::calls::{
    Arguments, END, Lock, Method, called, method, method_with_keywords, number, received_bytes, socket,
    without,
};
use super::interpreter::{INTERPRETER, Interpreter, Object};
use super::into::filled;
use crate::ffi::socket::{tabi_recv, tabi_sock, tabi_try_recv, tabi_try_send};
use crate::sys;
use crate::sys::libc::ssize_t;

static METHODS: [Method; 5] = [
    method(c"recv", recv),
    method_with_keywords(c"recv_into", recv_into),
    method(c"send", send),
    method(c"sendall", sendall),
    END,
];

/// What a method has to know of this Python. Objects are known by their addresses, which all interpreters of a process share.
#[derive(PartialEq)]
struct Layout {
    none: usize,
    int: usize,
    bytes: usize,
    bytearray: usize,
    memoryview: usize,
    /// Where a socket object keeps its capsule, its patience and its timeout: bytes from its beginning.
    capsule_at: isize,
    patience_at: isize,
    timeout_at: isize,
    /// A call that moves at most so many bytes keeps the interpreter's lock.
    small: isize,
    /// The patience of a socket after a try that has found nothing.
    most_patience: isize,
}

/// The patience of a socket that tries again, but has had to wait before. 0 is that of one that did not have to.
const TIME_TO_TRY: isize = 1;

const EAGAIN: ssize_t = -(sys::libc::EAGAIN as ssize_t);

static LAYOUT: OnceLock<Layout> = OnceLock::new();

/// Whether some socket waits for more than one byte, so that a try would return with fewer.
static NEVER_TRY: AtomicBool = AtomicBool::new(false);

/// `methods_of_sockets(None, int, bytes, bytearray, memoryview, capsule_at, patience_at, timeout_at, small,
/// most_patience)`: the address of the methods, as tabi_python_methods() has those of the calls. 0 if a socket was said to
/// be otherwise before.
pub(super) unsafe extern "C-unwind" fn methods_of_sockets(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [none, int, bytes, bytearray, memoryview, rest @ ..])) =
        (unsafe { called::<10>(arguments, count) })
    else {
        return ptr::null_mut();
    };
    // SAFETY: the arguments are objects, and this thread holds the lock.
    let [capsule_at, patience_at, timeout_at, small, most_patience] =
        rest.map(|each| unsafe { (python.PyLong_AsSsize_t)(each) });
    let layout = Layout {
        none: none.expose_provenance(),
        int: int.addr(),
        bytes: bytes.addr(),
        bytearray: bytearray.addr(),
        memoryview: memoryview.addr(),
        capsule_at,
        patience_at,
        timeout_at,
        small,
        most_patience,
    };
    // SAFETY: this thread holds the lock.
    if unsafe { !(python.PyErr_Occurred)().is_null() } {
        return ptr::null_mut();
    }
    let same = *LAYOUT.get_or_init(|| Layout { ..layout }) == layout;
    let methods = if same { METHODS.as_ptr() } else { ptr::null() };
    // SAFETY: this thread holds the lock.
    unsafe { (python.PyLong_FromVoidPtr)(methods.cast_mut().cast()) }
}

/// `never_try()`: from now on no method tries to receive.
pub(super) unsafe extern "C-unwind" fn never_try(
    _: *mut Object,
    arguments: Arguments,
    count: isize,
) -> *mut Object {
    // SAFETY: Python passes `count` arguments, and holds its lock.
    let Some((python, [])) = (unsafe { called(arguments, count) }) else { return ptr::null_mut() };
    NEVER_TRY.store(true, Ordering::Relaxed);
    // SAFETY: this thread holds the lock.
    unsafe { number(python, 0) }
}

/// `recv(bufsize)`
unsafe extern "C-unwind" fn recv(object: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes a socket and `count` arguments, and holds its lock. Each call writes at most as many bytes as it is
    // told.
    unsafe {
        let Some(this) = This::new(object) else { return ptr::null_mut() };
        let size = if count == 1 { this.size(*arguments) } else { None };
        let call = |sk: Option<&tabi_sock>, way: Way| {
            let (size, lock) = (size.unwrap_or(0), way.lock(size.unwrap_or(0), this.layout.small));
            received_bytes(this.python, size, lock, |buffer, len| match way {
                Way::Try => tabi_try_recv(sk, buffer, len),
                Way::Wait => tabi_recv(sk, buffer, len, 0),
            })
        };
        match if size.is_some() { this.received(call) } else { None } {
            Some(Ok(data)) => data,
            Some(Err(Failed { way: Way::Try, code, began })) => {
                this.go_on(c"_tabi_recv_tried", code, began, *arguments)
            }
            Some(Err(Failed { way: Way::Wait, code, began })) => {
                this.go_on(c"_tabi_recv_waited", code, began, *arguments)
            }
            None => this.in_python(c"_tabi_recv", arguments, count, ptr::null_mut()),
        }
    }
}

/// `recv_into(buffer)`
unsafe extern "C-unwind" fn recv_into(
    object: *mut Object,
    arguments: Arguments,
    count: isize,
    names: *mut Object,
) -> *mut Object {
    // SAFETY: Python passes a socket and `count` arguments, or more with names, and holds its lock. `filled` lends the buffer to
    // calls that write at most as many bytes as it has.
    unsafe {
        let Some(this) = This::new(object) else { return ptr::null_mut() };
        let call = |sk: Option<&tabi_sock>, way: Way| {
            let filled = filled(this.python, *arguments, |start, len| match len {
                // As in the built-in module.
                0 => 0,
                _ => without(this.python, way.lock(len, this.layout.small), || match way {
                    Way::Try => tabi_try_recv(sk, start, len as usize),
                    Way::Wait => tabi_recv(sk, start, len as usize, 0),
                }),
            });
            match filled {
                Some(code) if code < 0 => Err(code),
                filled => Ok(filled),
            }
        };
        let is_common = count == 1 && names.is_null() && this.is_buffer(*arguments);
        match if is_common { this.received(call) } else { None } {
            Some(Ok(Some(n))) => number(this.python, n),
            Some(Err(Failed { way: Way::Try, code, began })) => {
                this.go_on(c"_tabi_recv_into_tried", code, began, *arguments)
            }
            Some(Err(Failed { way: Way::Wait, code, began })) => {
                this.go_on(c"_tabi_recv_into_waited", code, began, *arguments)
            }
            // The function in Python has an error for each buffer that was released, or may not be written to.
            Some(Ok(None)) | None => {
                (this.python.PyErr_Clear)();
                this.in_python(c"_tabi_recv_into", arguments, count, names)
            }
        }
    }
}

/// `send(data)`
unsafe extern "C-unwind" fn send(object: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes a socket and `count` arguments, and holds its lock.
    unsafe {
        let Some(this) = This::new(object) else { return ptr::null_mut() };
        match this.sent(arguments, count) {
            None => this.in_python(c"_tabi_send", arguments, count, ptr::null_mut()),
            // With a timeout, a part is a result.
            Some((n, size)) if n == size || n > 0 && !this.blocks() => number(this.python, n),
            Some((n, _)) => this.go_on(c"_tabi_send_tried", n, 0, *arguments),
        }
    }
}

/// `sendall(data)`
unsafe extern "C-unwind" fn sendall(object: *mut Object, arguments: Arguments, count: isize) -> *mut Object {
    // SAFETY: Python passes a socket and `count` arguments, and holds its lock.
    unsafe {
        let Some(this) = This::new(object) else { return ptr::null_mut() };
        match this.sent(arguments, count) {
            None => this.in_python(c"_tabi_sendall", arguments, count, ptr::null_mut()),
            Some((n, size)) if n == size => this.none(),
            Some((n, _)) => this.go_on(c"_tabi_sendall_tried", n, 0, *arguments),
        }
    }
}

/// How a receiving call is made.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Try,
    Wait,
}

impl Way {
    fn lock(self, size: isize, small: isize) -> Lock {
        match self {
            Way::Try => Lock::for_size(size, small),
            Way::Wait => Lock::Released,
        }
    }
}

/// A receiving call that returned a code, and when it began, in nanoseconds, if it waited with a timeout.
struct Failed {
    code: ssize_t,
    way: Way,
    began: i64,
}

/// A socket object, while Python's lock is held.
struct This {
    python: &'static Interpreter,
    layout: &'static Layout,
    object: *mut Object,
}

impl This {
    /// # Safety
    ///
    /// The object is a socket, which the caller keeps, and this thread holds the interpreter's lock, now and for each call of a
    /// function of this one.
    unsafe fn new(object: *mut Object) -> Option<This> {
        Some(This { python: INTERPRETER.get()?, layout: LAYOUT.get()?, object })
    }

    /// Where the object keeps a value.
    fn place(&self, at: isize) -> *mut *mut Object {
        self.object.wrapping_byte_offset(at).cast()
    }

    /// The object at a place, which is NULL if it has none.
    unsafe fn value(&self, at: isize) -> *mut Object {
        // SAFETY: sockets have a reference at each place of the layout, which nobody changes while this thread has the lock.
        unsafe { *self.place(at) }
    }

    /// Makes a call for the library's socket, which lives until the call has ended, even if another thread closes and drops
    /// the object. None for an object that is closed or was never opened.
    ///
    /// There is no guard with a destructor: Python may end the thread during the call, and it has no lock then.
    #[inline(always)]
    unsafe fn open<R>(&self, call: impl FnOnce(Option<&tabi_sock>) -> R) -> Option<R> {
        // SAFETY: this thread holds the lock before `call` and after it, so nobody takes the capsule away before it has one more
        // reference. The capsule owns the socket and never changes.
        unsafe {
            let capsule = self.value(self.layout.capsule_at);
            if capsule.is_null() {
                return None;
            }
            let sk = socket(self.python, capsule)?;
            (self.python.Py_IncRef)(capsule);
            let result = call(Some(sk));
            (self.python.Py_DecRef)(capsule);
            Some(result)
        }
    }

    /// Receives by calls that are told how: by a try if it is time for one, and if that finds nothing, by a call that waits.
    /// None for what is not common.
    #[inline(always)]
    unsafe fn received<T>(
        &self,
        call: impl Fn(Option<&tabi_sock>, Way) -> Result<T, ssize_t>,
    ) -> Option<Result<T, Failed>> {
        // SAFETY: this thread holds the lock before and after each call.
        unsafe {
            let patience = self.patience()?;
            if patience <= TIME_TO_TRY {
                if NEVER_TRY.load(Ordering::Relaxed) {
                    return None;
                }
                match self.open(|sk| call(sk, Way::Try))? {
                    Err(EAGAIN) if self.may_wait() => self.set_patience(self.layout.most_patience),
                    Err(code) => return Some(Err(Failed { code, way: Way::Try, began: 0 })),
                    Ok(received) => {
                        if patience != 0 {
                            self.set_patience(0);
                        }
                        return Some(Ok(received));
                    }
                }
            } else {
                self.set_patience(patience - 1);
            }
            let began = if self.blocks() { 0 } else { sys::monotonic_nanoseconds() };
            let received = self.open(|sk| call(sk, Way::Wait))?;
            Some(received.map_err(|code| Failed { code, way: Way::Wait, began }))
        }
    }

    /// The number by which `transfer` in Python decides when to try; None if the object has not begun to live.
    unsafe fn patience(&self) -> Option<isize> {
        // SAFETY: this thread holds the lock, and the value is an `int`.
        unsafe {
            let value = self.value(self.layout.patience_at);
            (!value.is_null()).then(|| (self.python.PyLong_AsSsize_t)(value))
        }
    }

    unsafe fn set_patience(&self, patience: isize) {
        // SAFETY: this thread holds the lock. The object gets the new reference and gives its old one up, which is to an `int`
        // and so runs no code.
        unsafe {
            let value = number(self.python, patience as ssize_t);
            if value.is_null() {
                return (self.python.PyErr_Clear)();
            }
            let before = self.place(self.layout.patience_at).replace(value);
            (self.python.Py_DecRef)(before);
        }
    }

    /// Whether the socket has no timeout.
    unsafe fn blocks(&self) -> bool {
        // SAFETY: this thread holds the lock.
        unsafe { self.value(self.layout.timeout_at).addr() == self.layout.none }
    }

    unsafe fn may_wait(&self) -> bool {
        // SAFETY: this thread holds the lock, and the value is `None` or a `float`, which is false when it is 0.
        unsafe { self.blocks() || (self.python.PyObject_IsTrue)(self.value(self.layout.timeout_at)) == 1 }
    }

    unsafe fn is_of(&self, object: *mut Object, kinds: &[usize]) -> bool {
        // SAFETY: this thread holds the lock, and the object keeps its class.
        unsafe {
            let kind = (self.python.PyObject_Type)(object);
            (self.python.Py_DecRef)(kind);
            kinds.contains(&kind.addr())
        }
    }

    /// A number of bytes that a call can receive: an `int`, and no subclass, that fits into a C int and is not 0.
    unsafe fn size(&self, object: *mut Object) -> Option<isize> {
        // SAFETY: this thread holds the lock. For a number that is too large, Python makes an error, which is taken away.
        unsafe {
            if !self.is_of(object, &[self.layout.int]) {
                return None;
            }
            let size = (self.python.PyLong_AsSsize_t)(object);
            if size == -1 {
                (self.python.PyErr_Clear)();
            }
            (1..=c_int::MAX as isize).contains(&size).then_some(size)
        }
    }

    unsafe fn is_buffer(&self, object: *mut Object) -> bool {
        // SAFETY: this thread holds the lock.
        unsafe { self.is_of(object, &[self.layout.bytearray, self.layout.memoryview]) }
    }

    /// Tries to send the content of the only argument: the result, and the number of bytes. None for what is not common.
    unsafe fn sent(&self, arguments: Arguments, count: isize) -> Option<(ssize_t, ssize_t)> {
        // SAFETY: this thread holds the lock. A `bytes` object never changes, Python keeps the arguments during the call, and
        // `open` the socket.
        unsafe {
            if count != 1 || !self.is_of(*arguments, &[self.layout.bytes]) {
                return None;
            }
            let (start, size) =
                ((self.python.PyBytes_AsString)(*arguments), (self.python.PyBytes_Size)(*arguments));
            if size > c_int::MAX as isize {
                return None;
            }
            // What a socket sends that waits for its peer wakes the peer, which may take the processor at once.
            let lock =
                if self.patience()? == 0 { Lock::for_size(size, self.layout.small) } else { Lock::Released };
            let send = |sk: Option<&tabi_sock>| {
                without(self.python, lock, || tabi_try_send(sk, start.cast(), size as usize))
            };
            Some((self.open(send)?, size as ssize_t))
        }
    }

    unsafe fn none(&self) -> *mut Object {
        let none = ptr::with_exposed_provenance_mut::<Object>(self.layout.none);
        // SAFETY: this thread holds the lock, and `None` lives as long as the process.
        unsafe { (self.python.Py_IncRef)(none) };
        none
    }

    /// What the function in Python of this name returns, with the result of a call, when it began, and what it was called with.
    #[cold]
    unsafe fn go_on(&self, name: &CStr, result: ssize_t, began: i64, argument: *mut Object) -> *mut Object {
        // SAFETY: this thread holds the lock, and Python keeps the argument during the call.
        unsafe {
            let (result, began) = (number(self.python, result), (self.python.PyLong_FromLongLong)(began));
            let returned = if result.is_null() || began.is_null() {
                ptr::null_mut()
            } else {
                self.in_python(name, [result, began, argument].as_ptr(), 3, ptr::null_mut())
            };
            (self.python.Py_DecRef)(result);
            (self.python.Py_DecRef)(began);
            returned
        }
    }

    /// What the function in Python of this name returns, called as this one was.
    #[cold]
    unsafe fn in_python(
        &self,
        name: &CStr,
        arguments: Arguments,
        count: isize,
        names: *mut Object,
    ) -> *mut Object {
        let python = self.python;
        // SAFETY: this thread holds the lock. There are `count` arguments and one more for each name, which Python keeps during
        // the call. A tuple takes the references that it is given, and Py_DecRef does nothing for NULL.
        unsafe {
            let function = (python.PyObject_GetAttrString)(self.object, name.as_ptr());
            let given = (python.PyTuple_New)(count);
            let named = if names.is_null() { ptr::null_mut() } else { (python.PyDict_New)() };
            let mut complete =
                !function.is_null() && !given.is_null() && (names.is_null() || !named.is_null());
            if complete {
                for index in 0..count {
                    let argument = *arguments.offset(index);
                    (python.Py_IncRef)(argument);
                    (python.PyTuple_SetItem)(given, index, argument);
                }
                let more = if names.is_null() { 0 } else { (python.PyTuple_Size)(names) };
                for index in 0..more {
                    let argument = *arguments.offset(count + index);
                    let name = (python.PyTuple_GetItem)(names, index);
                    complete &= (python.PyDict_SetItem)(named, name, argument) == 0;
                }
            }
            let returned =
                if complete { (python.PyObject_Call)(function, given, named) } else { ptr::null_mut() };
            (python.Py_DecRef)(function);
            (python.Py_DecRef)(given);
            (python.Py_DecRef)(named);
            returned
        }
    }
}
