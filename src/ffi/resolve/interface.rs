//! The C functions that list network interfaces.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use crate::sys::libc::ssize_t;

use crate::ffi::boundary::{boundary, copy_text, count, give, not_null, status, string, take_back};
use crate::memory;
use crate::resolve::{if_indextoname, if_nameindex, if_nametoindex};

/// One network interface of tabi_if_nameindex().
#[repr(C)]
pub struct tabi_interface {
    /// sizeof(tabi_interface) in the library. Later versions may add members at the end.
    pub struct_size: usize,
    /// The number of the interface, at least 1.
    pub index: u32,
    /// The name of the interface, such as "lo".
    pub name: *const c_char,
}

/// The network interfaces that tabi_if_nameindex() has found.
///
/// A list never changes. Any number of threads may read it.
pub struct tabi_interface_list {
    interfaces: Vec<tabi_interface>,
    /// What the interfaces point to.
    _names: Vec<CString>,
}

/// Lists the numbers and names of all network interfaces (if_nameindex(3), Python's `if_nameindex`).
///
/// Returns the number of interfaces, and the list, which tabi_interface_list_free() frees. Errors: -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_if_nameindex(list: Option<&mut MaybeUninit<*mut tabi_interface_list>>) -> c_int {
    boundary(|| {
        let list = not_null(list, "list")?;
        let mut made = tabi_interface_list { interfaces: Vec::new(), _names: Vec::new() };
        for (index, name) in if_nameindex()? {
            memory::reserve(&mut made.interfaces, 1)?;
            memory::reserve(&mut made._names, 1)?;
            let name = CString::new(name).unwrap_or_default();
            let struct_size = size_of::<tabi_interface>();
            made.interfaces.push(tabi_interface { struct_size, index, name: name.as_ptr() });
            made._names.push(name);
        }
        let count = made.interfaces.len();
        list.write(give(made)?);
        Ok(count as c_int)
    })
}

/// Returns one interface of a list, or NULL when `index` is too large or `list` is NULL.
///
/// `index` begins at 0. The interface is valid until tabi_interface_list_free().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_interface_at(
    list: Option<&tabi_interface_list>,
    index: usize,
) -> *const tabi_interface {
    list.and_then(|list| list.interfaces.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Frees a list and all its interfaces. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_interface_list_free(list: *mut tabi_interface_list) {
    // SAFETY: the caller passes a list of tabi_if_nameindex() for the last time.
    unsafe { take_back(list) }
}

/// Writes the number of the network interface with this name to `index` (if_nametoindex(3), Python's
/// `if_nametoindex`).
///
/// Returns 0. Errors: TABI_ERR_OS when there is no such interface; -errno, such as -EMFILE, when the system
/// cannot look.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_if_nametoindex(
    name: *const c_char,
    index: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let index = not_null(index, "index")?;
        // SAFETY: the caller passes a NUL-terminated string.
        index.write(if_nametoindex(unsafe { string(name, "name") }?)?);
        Ok(())
    })
}

/// Writes the name of the network interface with this number to `name`, with a NUL at the end
/// (if_indextoname(3), Python's `if_indextoname`).
///
/// `size` is the size of `name` in bytes; IF_NAMESIZE (16) are always enough. Returns the length without the
/// NUL. Errors: -ENXIO when there is no such interface; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_if_indextoname(index: u32, name: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes `size` writable bytes.
    count(|| unsafe { copy_text(&if_indextoname(index)?, name, size, "name") })
}
