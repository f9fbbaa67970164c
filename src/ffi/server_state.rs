//! What a server counts, sockets that were handed over, and requests that C makes itself.
#![allow(unsafe_code)]

use std::ffi::{CString, OsStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::address::tabi_addr;
use super::boundary::{bytes, give, some, status, string, take_back};
use super::request::tabi_request;
use super::server::{check_size, server, tabi_server};
use super::server_hooks::socket_of;
use super::socket::tabi_sock;
use crate::error::Error;
use crate::server::{Request, listen_fds};

/// What a server has done so far. Set `struct_size` before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_statistics {
    /// sizeof(tabi_server_statistics), set by the caller.
    pub struct_size: usize,
    /// Requests taken: clients accepted, datagrams received.
    pub accepted: u64,
    /// Requests that have begun and not ended.
    pub active: u64,
    /// Requests ended without being handled: over a limit, refused by verify_request, or no thread for them.
    pub rejected: u64,
    /// Requests whose handler failed.
    pub failed: u64,
    /// Requests that have ended, for whatever reason.
    pub finished: u64,
    /// Threads that handle requests or wait for them.
    pub threads: u64,
    /// Those of them that wait.
    pub idle_threads: u64,
    /// Child processes that handle requests.
    pub children: u64,
}

/// Reads what the server has counted. Returns 0, or TABI_ERR_VALUE for a `struct_size` that is too small.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_get_statistics(
    sv: Option<&tabi_server>,
    statistics: Option<&mut tabi_server_statistics>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, some(statistics, "statistics")?);
        check_size("tabi_server_statistics", out.struct_size, size_of::<tabi_server_statistics>())?;
        let now = server.statistics();
        *out = tabi_server_statistics {
            struct_size: out.struct_size,
            accepted: now.accepted,
            active: now.active,
            rejected: now.rejected,
            failed: now.failed,
            finished: now.finished,
            threads: now.threads,
            idle_threads: now.idle_threads,
            children: now.children,
        };
        Ok(())
    })
}

/// Collects the child processes that have ended, without waiting (Python's `collect_children`); the serve loop
/// does it by itself. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_collect_children(sv: Option<&tabi_server>) -> c_int {
    status(|| {
        server(sv)?.collect_children();
        Ok(())
    })
}

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
        let (list, count) = (some(list, "list")?, some(count, "count")?);
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

/// Makes a request of a client that get_request has accepted itself.
///
/// `sk`: the client's socket; when the call succeeds it is the request's, which frees it.
/// Returns 0 and a request that get_request hands on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_from_sock(
    sv: Option<&tabi_server>,
    sk: *mut tabi_sock,
    client_address: Option<&tabi_addr>,
    out: Option<&mut MaybeUninit<*mut tabi_request>>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, some(out, "out")?);
        let address = some(client_address, "client_address")?.raw()?.decode();
        if sk.is_null() {
            return Err(super::codes::Failure::Null("sk").into());
        }
        // SAFETY: the caller gives the handle up.
        let socket = unsafe { Box::from_raw(sk) }.0;
        out.write(give(tabi_request(Request::from_socket(server, socket, address))));
        Ok(())
    })
}

/// Makes a request of a datagram, or of anything that has no socket of its own.
///
/// `sk`: the server's socket that get_request was given; answers go out by it. `data`: `len` bytes, copied.
/// Returns 0 and a request that get_request hands on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_from_packet(
    sv: Option<&tabi_server>,
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    client_address: Option<&tabi_addr>,
    out: Option<&mut MaybeUninit<*mut tabi_request>>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, some(out, "out")?);
        let socket = socket_of(server, sk)?;
        let address = some(client_address, "client_address")?.raw()?.decode();
        // SAFETY: the caller passes `len` readable bytes.
        let packet = unsafe { bytes(data, len, "data") }?.to_vec();
        out.write(give(tabi_request(Request::from_packet(server, socket, packet, len, address))));
        Ok(())
    })
}

/// A pointer of C's that a request carries.
struct Carried(AtomicPtr<c_void>);

/// Lets a request carry a pointer, from one hook to the next or from setup to handler. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_set_data(request: Option<&tabi_request>, data: *mut c_void) -> c_int {
    status(|| {
        let request = &some(request, "request")?.0;
        let carried = request.data_or_insert(|| Carried(AtomicPtr::new(ptr::null_mut())));
        carried.0.store(data, Ordering::SeqCst);
        Ok(())
    })
}

/// The pointer that the request carries; NULL at first, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_data(request: Option<&tabi_request>) -> *mut c_void {
    let carried = request.and_then(|request| request.0.data::<Carried>());
    carried.map_or(ptr::null_mut(), |carried| carried.0.load(Ordering::SeqCst))
}
