//! Structures that begin with `struct_size` and grow at their end. A program may know fewer members than the library
//! does, or more.
#![allow(unsafe_code)]

use std::ptr;

use crate::error::Error;
use crate::ffi::boundary::{Failure, Outcome};

/// A structure whose first member is `struct_size`.
///
/// # Safety
///
/// The type is `repr(C)`, its first member is a `usize`, and every pattern of bytes is a value of it.
pub(crate) unsafe trait Growing: Copy {
    /// The structure's name in C.
    const NAME: &'static str;
    /// Its size in version 0.1. A program may not know fewer members.
    const FIRST_SIZE: usize;
}

/// Checks a size that a program has set.
pub(crate) fn check_size<T: Growing>(given: usize) -> Outcome {
    if given < T::FIRST_SIZE {
        let (name, least) = (T::NAME, T::FIRST_SIZE);
        return Err(Error::value(format_args!(
            "struct_size of {name} must be {least} or more, got {given}: set it to sizeof({name})"
        ))
        .into());
    }
    Ok(())
}

/// Reads a program's structure. Members that the program does not know are taken from `defaults`.
///
/// # Safety
///
/// `given` is NULL, or points to as many bytes as its `struct_size` says.
pub(crate) unsafe fn read<T: Growing>(given: *const T, name: &'static str, defaults: T) -> Outcome<T> {
    if given.is_null() {
        return Err(Failure::Null(name).into());
    }
    // SAFETY: `given` is not NULL, and `struct_size` is the first member of every version of the structure.
    let size = unsafe { given.cast::<usize>().read_unaligned() };
    check_size::<T>(size)?;
    let mut read = defaults;
    // SAFETY: the program's structure has `size` bytes, `read` has those of a `T`, and any bytes are a value of a `T`.
    unsafe { copy(given.cast(), (&raw mut read).cast(), size.min(size_of::<T>())) };
    Ok(read)
}

/// Writes the members that the program knows, but `struct_size`, which stays what it is.
///
/// # Safety
///
/// `place` points to as many writable bytes as its `struct_size` says.
pub(crate) unsafe fn write<T: Growing>(place: *mut T, value: &T) -> Outcome {
    // SAFETY: `struct_size` is the first member of every version of the structure.
    let size = unsafe { place.cast::<usize>().read_unaligned() };
    check_size::<T>(size)?;
    let first = size_of::<usize>();
    let rest = size.min(size_of::<T>()) - first;
    // SAFETY: both structures have `rest` more bytes behind their first member.
    unsafe { copy(ptr::from_ref(value).cast::<u8>().add(first), place.cast::<u8>().add(first), rest) };
    Ok(())
}

/// # Safety
///
/// `from` is readable and `to` is writable for `len` bytes, which do not overlap.
unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller promises the two ranges.
    unsafe { ptr::copy_nonoverlapping(from, to, len) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a later version of the library knows it: `late` was added after the first.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Later {
        struct_size: usize,
        early: usize,
        late: usize,
    }

    // SAFETY: the structure is repr(C), begins with a usize, and holds numbers only.
    unsafe impl Growing for Later {
        const NAME: &'static str = "tabi_later";
        const FIRST_SIZE: usize = 2 * size_of::<usize>();
    }

    #[test]
    fn a_program_that_knows_fewer_members_gets_the_defaults_for_the_others() {
        let mut program = [Later::FIRST_SIZE, 5, 99];
        let defaults = Later { struct_size: 0, early: 1, late: 2 };
        // SAFETY: the array has more bytes than its first number says.
        let read = unsafe { read(program.as_ptr().cast::<Later>(), "later", defaults) };
        assert_eq!(read.ok(), Some(Later { struct_size: Later::FIRST_SIZE, early: 5, late: 2 }));

        let value = Later { early: 6, ..defaults };
        // SAFETY: the array has more bytes than its first number says.
        assert!(unsafe { write(program.as_mut_ptr().cast::<Later>(), &value) }.is_ok());
        assert_eq!(program, [Later::FIRST_SIZE, 6, 99], "what the program does not know is not written");
    }

    #[test]
    fn a_program_that_knows_more_members_keeps_them() {
        let mut program = [4 * size_of::<usize>(), 5, 6, 7];
        let value = Later { struct_size: 0, early: 1, late: 2 };
        // SAFETY: the array has as many bytes as its first number says.
        assert!(unsafe { write(program.as_mut_ptr().cast::<Later>(), &value) }.is_ok());
        assert_eq!(program, [4 * size_of::<usize>(), 1, 2, 7]);
    }

    #[test]
    fn a_structure_smaller_than_the_first_version_is_refused() {
        let program = [Later::FIRST_SIZE - 1, 0, 0];
        let defaults = Later { struct_size: 0, early: 1, late: 2 };
        // SAFETY: the array has more bytes than its first number says.
        assert!(unsafe { read(program.as_ptr().cast::<Later>(), "later", defaults) }.is_err());
    }
}
