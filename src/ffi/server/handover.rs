//! Listening sockets handed from process to process, in C.
#![allow(unsafe_code)]

use std::ffi::{CString, OsStr, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::ptr;

use super::{server, tabi_server};
use crate::error::Error;
use crate::ffi::boundary::{give, not_null, status, string, take_back};
use crate::ffi::socket::tabi_sock;
use crate::server::listen_fds;

/// One socket that was handed over to this process.
#[repr(C)]
pub struct tabi_listen_socket {
    /// Its name, "unknown" when none was given.
    pub name: *const c_char,
    /// The socket. Set it to NULL when you keep it (tabi_server_from_sockets() takes it over).
    pub sk: *mut tabi_sock,
}

/// The sockets that a service manager (sd_listen_fds(3)) or a predecessor handed over to this process by
/// `LISTEN_FDS`, `LISTEN_FDNAMES` and, unless it is absent, `LISTEN_PID`.
///
/// Returns 0, an array of `count` sockets (0 when there are none, or when they were taken before) that
/// tabi_listen_fds_free() frees; TABI_ERR_VALUE when the variables make no sense; -EBADF, -ENOTSOCK.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_listen_fds(
    list: Option<&mut MaybeUninit<*mut tabi_listen_socket>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> c_int {
    status(|| {
        let (list, count) = (not_null(list, "list")?, not_null(count, "count")?);
        let sockets: Box<[tabi_listen_socket]> = listen_fds()?
            .into_iter()
            .map(|socket| tabi_listen_socket {
                name: CString::new(socket.name).unwrap_or_default().into_raw(),
                sk: give(tabi_sock(socket.socket)),
            })
            .collect();
        count.write(sockets.len());
        list.write(Box::into_raw(sockets).cast());
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

/// Starts a program that inherits the server's sockets, so that a restart refuses nobody.
///
/// The successor takes them with tabi_listen_fds() and tabi_server_from_sockets(); this server goes on until
/// tabi_server_close(), and clients that come in between wait in the sockets' common queue. `path`: of the
/// program;
/// `argv`: its arguments without its name, ended by NULL; `name`: what the sockets are called, without ':'.
/// Returns 0 and the process's number in `pid` (which may be NULL; waitpid(2) for it); TABI_ERR_CLOSED,
/// TABI_ERR_VALUE, -ENOENT, -EMFILE ...
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
        let (path, name) = unsafe { (string(path, "path")?, string(name, "name")?) };
        let name = std::str::from_utf8(name).map_err(|_| Error::value("name must be UTF-8"))?;
        let mut command = Command::new(OsStr::from_bytes(path));
        let mut argument = argv;
        // SAFETY: the caller passes NULL or an array of strings that NULL ends.
        while let Some(text) = unsafe { argument.as_ref() }.filter(|text| !text.is_null()) {
            // SAFETY: as above.
            command.arg(OsStr::from_bytes(unsafe { string(*text, "argv") }?));
            // SAFETY: the array goes on, as NULL has not come yet.
            argument = unsafe { argument.add(1) };
        }
        server.pass_to(&mut command, name)?;
        let child = command.spawn()?;
        if let Some(pid) = pid {
            pid.write(child.id() as libc::pid_t);
        }
        Ok(())
    })
}
