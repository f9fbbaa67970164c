//! Host names with addresses that a test chooses.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::fs;
use std::ptr;

use super::temporary_path;

/// Gives a host name these addresses, which only the calling thread and its children see. Returns false if the user may
/// not do this.
pub(crate) fn give_addresses(name: &str, addresses: &[&str]) -> bool {
    let path = temporary_path();
    let lines: Vec<String> = addresses.iter().map(|address| format!("{address} {name}\n")).collect();
    fs::write(&path, lines.concat()).unwrap();
    let hosts = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    let bind = |from: &CStr, onto: &CStr, flags| {
        // SAFETY: the paths end with NUL; these flags need neither a type nor data.
        unsafe { libc::mount(from.as_ptr(), onto.as_ptr(), ptr::null(), flags, ptr::null()) == 0 }
    };
    // SAFETY: unshare touches no memory.
    let own_mounts = unsafe { libc::unshare(libc::CLONE_NEWNS) } == 0;
    let given = own_mounts
        && bind(c"none", c"/", libc::MS_REC | libc::MS_PRIVATE)
        && bind(&hosts, c"/etc/hosts", libc::MS_BIND);
    fs::remove_file(path).unwrap();
    given
}
