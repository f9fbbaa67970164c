//! The C functions that hand listening sockets from process to process.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use super::{server, tabi_server};
use crate::error::Error;
use crate::ffi::boundary::{give, not_null, status, string, take_back};
use crate::ffi::socket::tabi_sock;
use crate::memory;
use crate::server::listen_fds;
use crate::sys::libc;

/// One socket that was handed over to this process.
#[repr(C)]
pub struct tabi_listen_socket {
    /// The name of the socket, or "unknown" when it was given none.
    pub name: *const c_char,
    /// The socket. Set it to NULL when you keep it. tabi_server_from_sockets() takes it over.
    pub sk: *mut tabi_sock,
}

/// Returns the sockets that were handed over to this process by a service manager (sd_listen_fds(3)) or by
/// tabi_server_pass_to() in another process.
///
/// They are described by the environment variables LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID. LISTEN_PID may
/// be absent. tabi_server_pass_to() sets TABI_LISTEN_SOCKETS instead, so that a program that has only inherited the
/// variables takes none of its own descriptors for these sockets.
///
/// Returns 0 and an array of `count` sockets, which tabi_listen_fds_free() frees. `count` is 0 when there are
/// none, when they are for another process, and when they were taken before. Errors: TABI_ERR_VALUE when the variables
/// are wrong, or when this process has opened one of the descriptors itself; -EBADF or -ENOTSOCK when one is not a
/// socket. Then none is taken.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_listen_fds(
    list: Option<&mut MaybeUninit<*mut tabi_listen_socket>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> c_int {
    status(|| {
        let (list, count) = (not_null(list, "list")?, not_null(count, "count")?);
        let mut sockets = Vec::new();
        let found = listen_fds()?;
        memory::reserve(&mut sockets, found.len())?;
        for socket in found {
            sockets.push(tabi_listen_socket {
                name: CString::new(socket.name).unwrap_or_default().into_raw(),
                sk: give(tabi_sock(socket.socket))?,
            });
        }
        count.write(sockets.len());
        list.write(Box::into_raw(sockets.into_boxed_slice()).cast());
        Ok(())
    })
}

/// Frees a list of tabi_listen_fds() with its `count`, and those of its sockets that are not NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_listen_fds_free(list: *mut tabi_listen_socket, count: usize) {
    if list.is_null() {
        return;
    }
    // SAFETY: the caller passes what tabi_listen_fds gave.
    let sockets = unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(list, count)) };
    for socket in sockets {
        // SAFETY: the name is the list's own, the socket is so unless it is NULL.
        unsafe {
            drop(CString::from_raw(socket.name.cast_mut()));
            take_back(socket.sk);
        }
    }
}

/// Starts a program that gets the server's sockets, so that a server can be restarted without refusing a
/// client.
///
/// The new program takes the sockets with tabi_listen_fds() and tabi_server_from_sockets(). This server goes
/// on until tabi_server_close(). Both share one queue of clients, so that none is lost between them.
///
/// `path` is the path of the program. `argv` holds its arguments, without its name, and ends with NULL.
/// `name` is a name for the sockets and has no ':' in it. `pid` gets the number of the process, for
/// waitpid(2). It may be NULL.
///
/// Returns 0. Errors: TABI_ERR_VALUE for a bad `name`; -errno, such as -ENOENT or -EMFILE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_pass_to(
    sv: Option<&tabi_server>,
    path: *const c_char,
    argv: *const *const c_char,
    name: *const c_char,
    pid: Option<&mut MaybeUninit<libc::pid_t>>,
) -> c_int {
    status(|| {
        let server = server(sv)?;
        // SAFETY: the caller passes NUL-terminated strings.
        let (_, name) = unsafe { (string(path, "path")?, string(name, "name")?) };
        // SAFETY: `string` has found that the path is not NULL, and the caller promises that it ends.
        let path = unsafe { CStr::from_ptr(path) };
        let name = std::str::from_utf8(name).map_err(|_| Error::value("name must be UTF-8"))?;
        let mut arguments = Vec::new();
        memory::reserve(&mut arguments, 1)?;
        arguments.push(path.as_ptr().cast_mut());
        let mut argument = argv;
        // SAFETY: the caller passes NULL or an array of strings that NULL ends.
        while let Some(text) = unsafe { argument.as_ref() }.filter(|text| !text.is_null()) {
            memory::reserve(&mut arguments, 1)?;
            arguments.push(text.cast_mut());
            argument = argument.wrapping_add(1);
        }
        memory::reserve(&mut arguments, 1)?;
        arguments.push(ptr::null_mut());
        // SAFETY: the arguments are the caller's strings, and no thread of a program may change its environment while
        // others use it.
        let started = unsafe { server.spawn_successor(path, &arguments, name) }?;
        if let Some(pid) = pid {
            pid.write(started);
        }
        Ok(())
    })
}
