//! Calls for the Python package, which cost Python what calls of its built-in modules cost it. A call through ctypes costs
//! ten times as much. Everything that is not called all the time goes through ctypes.
#![allow(unsafe_code)]

mod addressed;
mod calls;
mod interpreter;
mod into;
mod methods;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::slice;

use crate::error::Error;
use crate::ffi::boundary::{Outcome, check_buffer, not_null, status};
use interpreter::{INTERPRETER, Interpreter};

/// A function of Python's C interface, for tabi_python_methods(): its name, and its address, which may be NULL where this
/// Python has no such function.
#[repr(C)]
pub struct tabi_python_function {
    pub name: *const c_char,
    pub function: *mut c_void,
}

/// Gives the Python package functions for the calls that it makes most often. It is of no use to other programs.
///
/// `functions` has, in any order, `count` functions of Python's stable C interface, which they need. `methods` gets an
/// array of CPython's `PyMethodDef`, which ends with one without a name and is valid for ever. `PyCFunction_NewEx` makes
/// functions for Python of them, which belong to the interpreter in which they are made. Sockets are their arguments as
/// capsules.
///
/// Returns 0. Errors: TABI_ERR_VALUE when a function is missing that is needed; the message names it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_python_methods(
    functions: *const tabi_python_function,
    count: usize,
    methods: Option<&mut MaybeUninit<*const c_void>>,
) -> c_int {
    status(|| {
        let methods = not_null(methods, "methods")?;
        check_buffer(functions.cast(), count, "functions")?;
        if INTERPRETER.get().is_none() {
            // SAFETY: the caller passes `count` functions, and the pointer is not NULL unless there are none.
            let given = if count == 0 { &[] } else { unsafe { slice::from_raw_parts(functions, count) } };
            // SAFETY: the caller passes the functions of CPython, and their names end with NUL.
            let found = unsafe { Interpreter::found(&|name| address_of(given, name)) }?;
            // Another thread may have found the same.
            let _ = INTERPRETER.set(found);
        }
        methods.write(calls::METHODS.as_ptr().cast());
        Ok(())
    })
}

/// The address of the function of this name. Fails with an error that names the function if it is missing.
///
/// It is not inlined, because each name has a call of it.
///
/// # Safety
///
/// The names are NULL or end with NUL.
#[inline(never)]
unsafe fn address_of(given: &[tabi_python_function], wanted: &str) -> Outcome<*mut c_void> {
    let is_wanted = |name: *const c_char| {
        // SAFETY: the name is not NULL, and the caller promises that it ends.
        !name.is_null() && unsafe { CStr::from_ptr(name) }.to_bytes() == wanted.as_bytes()
    };
    match given.iter().find(|each| is_wanted(each.name)) {
        Some(found) if !found.function.is_null() => Ok(found.function),
        _ => Err(Error::value(format_args!("Python has no {wanted}")).into()),
    }
}
