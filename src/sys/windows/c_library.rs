//! Names of the C library that only the C face uses.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_INTERNAL_ERROR};
use windows_sys::Win32::Networking::WinSock as winsock;

pub type ssize_t = isize;

pub const EBUSY: c_int = winsock::WSAEINPROGRESS;
/// Errors that Winsock does not have: those of the system for them.
pub const EIO: c_int = ERROR_INTERNAL_ERROR as c_int;
pub const ERANGE: c_int = ERROR_INSUFFICIENT_BUFFER as c_int;

pub const EAI_AGAIN: c_int = winsock::WSATRY_AGAIN;
pub const EAI_BADFLAGS: c_int = winsock::WSAEINVAL;
pub const EAI_FAMILY: c_int = winsock::WSAEAFNOSUPPORT;
pub const EAI_MEMORY: c_int = winsock::WSA_NOT_ENOUGH_MEMORY;
pub const EAI_SERVICE: c_int = winsock::WSATYPE_NOT_FOUND;
pub const EAI_SOCKTYPE: c_int = winsock::WSAESOCKTNOSUPPORT;

unsafe extern "C" {
    pub fn realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    pub fn free(memory: *mut c_void);
}
