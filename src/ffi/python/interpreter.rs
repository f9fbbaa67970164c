//! The functions of Python's C interface that are called here. The running Python has them, and no library is linked for
//! them.
#![allow(unsafe_code, non_snake_case)]

use std::ffi::{c_char, c_int, c_longlong, c_void};
use std::sync::OnceLock;

use super::into::Buffer;
use crate::ffi::boundary::Outcome;

/// An object of Python's (`PyObject`), of which only the address is known here.
#[repr(C)]
pub(super) struct Object {
    _opaque: c_int,
}

/// What frees the content of a capsule.
pub(super) type Destructor = unsafe extern "C-unwind" fn(*mut Object);

macro_rules! interpreter {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions by their names. Python has had all of them since version 3.2.
        pub(super) struct Interpreter {
            $(pub(super) $name: unsafe extern "C-unwind" fn($($argument),*) $(-> $result)?,)*
        }

        impl Interpreter {
            /// Fails with an error that names the function that is missing.
            ///
            /// # Safety
            ///
            /// `address_of` returns the addresses of the functions of CPython with these names, or an error.
            pub(super) unsafe fn found(
                address_of: &dyn Fn(&str) -> Outcome<*mut c_void>,
            ) -> Outcome<Interpreter> {
                Ok(Interpreter {
                    $($name: {
                        let address = address_of(stringify!($name))?;
                        // SAFETY: the address is that of the function with this name, which has this signature in every
                        // Python that has it.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C-unwind" fn($($argument),*) $(-> $result)?>(address) }
                    },)*
                })
            }
        }
    };
}

interpreter! {
    Py_DecRef: fn(*mut Object);
    Py_IncRef: fn(*mut Object);
    PyBuffer_Release: fn(*mut Buffer);
    PyBytes_AsString: fn(*mut Object) -> *mut c_char;
    PyBytes_FromStringAndSize: fn(*const c_char, isize) -> *mut Object;
    PyBytes_Size: fn(*mut Object) -> isize;
    PyCapsule_GetPointer: fn(*mut Object, *const c_char) -> *mut c_void;
    PyCapsule_New: fn(*mut c_void, *const c_char, Option<Destructor>) -> *mut Object;
    PyDict_New: fn() -> *mut Object;
    PyDict_SetItem: fn(*mut Object, *mut Object, *mut Object) -> c_int;
    PyErr_BadArgument: fn() -> c_int;
    PyErr_Clear: fn();
    PyErr_Occurred: fn() -> *mut Object;
    PyEval_RestoreThread: fn(*mut c_void);
    PyEval_SaveThread: fn() -> *mut c_void;
    PyLong_AsSsize_t: fn(*mut Object) -> isize;
    PyLong_AsVoidPtr: fn(*mut Object) -> *mut c_void;
    PyLong_FromLongLong: fn(c_longlong) -> *mut Object;
    PyLong_FromSsize_t: fn(isize) -> *mut Object;
    PyLong_FromVoidPtr: fn(*mut c_void) -> *mut Object;
    PyObject_Call: fn(*mut Object, *mut Object, *mut Object) -> *mut Object;
    PyObject_GetAttrString: fn(*mut Object, *const c_char) -> *mut Object;
    PyObject_GetBuffer: fn(*mut Object, *mut Buffer, c_int) -> c_int;
    PyObject_IsTrue: fn(*mut Object) -> c_int;
    PyObject_Type: fn(*mut Object) -> *mut Object;
    PyTuple_GetItem: fn(*mut Object, isize) -> *mut Object;
    PyTuple_New: fn(isize) -> *mut Object;
    PyTuple_SetItem: fn(*mut Object, isize, *mut Object) -> c_int;
    PyTuple_Size: fn(*mut Object) -> isize;
    _PyBytes_Resize: fn(*mut *mut Object, isize) -> c_int;
}

/// The interpreter of this process. Its subinterpreters have the same functions.
pub(super) static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
