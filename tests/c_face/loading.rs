//! The shared library is loaded and unloaded at run time, as a program with plugins does it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::ptr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{in_own_process, library};
use libc::ssize_t;

/// A library that was loaded by path.
struct Loaded(*mut c_void);

// SAFETY: a loaded library belongs to the process and not to a thread.
unsafe impl Send for Loaded {}

impl Loaded {
    fn open(flags: c_int) -> Option<Loaded> {
        let path =
            CString::new(library::library().shared_object.clone().into_os_string().into_encoded_bytes())
                .unwrap();
        // SAFETY: the path ends with NUL, and the library runs no code when it is loaded.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL | flags) };
        (!handle.is_null()).then_some(Loaded(handle))
    }

    /// Looks up a function of the library.
    ///
    /// # Safety
    ///
    /// `F` must be the type of the function.
    unsafe fn get<F: Copy>(&self, name: &CStr) -> F {
        // SAFETY: the library is loaded, and the name ends with NUL.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null(), "{name:?} is not exported");
        assert_eq!(size_of::<F>(), size_of::<*mut c_void>());
        // SAFETY: the caller promises that `F` is the type of this function pointer.
        unsafe { ptr::read((&raw const function).cast()) }
    }

    fn close(self) {
        // SAFETY: the library was loaded, and is unloaded once.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}

type Handler = extern "C" fn(*mut c_void, *mut c_void) -> c_int;
type MakeServer = unsafe extern "C" fn(*const c_char, c_int, Handler, *mut c_void, *mut *mut c_void) -> c_int;
type OnServer = unsafe extern "C" fn(*mut c_void) -> c_int;
type Serve = unsafe extern "C" fn(*mut c_void, f64) -> c_int;
type Free = unsafe extern "C" fn(*mut c_void);
type Message = unsafe extern "C" fn() -> *const c_char;
type Receive = unsafe extern "C" fn(*mut c_void, *mut c_void, usize, c_int) -> ssize_t;

/// Makes a call that fails, which leaves a message in memory of this thread.
fn fail(loaded: &Loaded) {
    // SAFETY: these are the types of the header.
    let (receive, message): (Receive, Message) =
        unsafe { (loaded.get(c"tabi_recv"), loaded.get(c"tabi_last_error_message")) };
    // SAFETY: NULL is allowed; the function returns an error code.
    assert!(unsafe { receive(ptr::null_mut(), ptr::null_mut(), 0, 0) } < 0);
    // SAFETY: the text ends with NUL and is valid until the next failure in this thread.
    assert!(!unsafe { CStr::from_ptr(message()) }.is_empty());
}

#[test]
fn a_thread_that_used_the_library_ends_after_it_was_unloaded() {
    in_own_process(|| {
        for _ in 0..20 {
            let loaded = Loaded::open(0).expect("it can be loaded");
            let ((used, was_used), (end, may_end)) = (mpsc::channel(), mpsc::channel::<()>());
            let user = thread::spawn(move || {
                fail(&loaded);
                used.send(loaded).unwrap();
                may_end.recv().unwrap();
            });
            was_used.recv().unwrap().close();
            end.send(()).unwrap();
            user.join().unwrap();
        }
    });
}

extern "C" fn handle(_: *mut c_void, _: *mut c_void) -> c_int {
    0
}

/// Serves one client, stops, and frees the server.
fn serve_one(loaded: &Loaded) {
    // SAFETY: these are the types of the header.
    let (make, serve, descriptor, shutdown, free): (MakeServer, Serve, OnServer, OnServer, Free) = unsafe {
        (
            loaded.get(c"tabi_threading_tcp_server"),
            loaded.get(c"tabi_server_serve_forever"),
            loaded.get(c"tabi_server_fileno"),
            loaded.get(c"tabi_server_shutdown"),
            loaded.get(c"tabi_server_free"),
        )
    };
    let mut server = ptr::null_mut();
    // SAFETY: the handler has the type of the header, and the output is writable.
    assert_eq!(unsafe { make(c"127.0.0.1".as_ptr(), 0, handle, ptr::null_mut(), &mut server) }, 0);
    let server = server as usize;
    // SAFETY: the server exists until `free`, and several threads may use it.
    let serving = thread::spawn(move || unsafe { serve(server as *mut c_void, 0.5) });
    // SAFETY: the server exists until `free`.
    let port = port_of(unsafe { descriptor(server as *mut c_void) });
    let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0, "the handler has returned");
    // SAFETY: the server exists until `free`, and several threads may use it.
    assert_eq!(unsafe { shutdown(server as *mut c_void) }, 0);
    assert_eq!(serving.join().unwrap(), 0);
    // SAFETY: this is the last use of the server, and its thread has ended.
    unsafe { free(server as *mut c_void) };
}

fn port_of(fd: c_int) -> u16 {
    // SAFETY: the descriptor is open during the call.
    let copy = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) }.try_clone_to_owned().unwrap();
    std::net::TcpListener::from(copy).local_addr().unwrap().port()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// The threads of a server are kept for some time, so they may still exist when the library is unloaded.
#[test]
fn a_library_is_unloaded_after_a_server_has_run() {
    in_own_process(|| {
        for _ in 0..5 {
            let loaded = Loaded::open(0).expect("it can be loaded");
            serve_one(&loaded);
            fail(&loaded);
            loaded.close();
        }
        let begin = Instant::now();
        while threads() > 4 {
            assert!(begin.elapsed() < Duration::from_secs(60), "{} threads are left", threads());
            thread::yield_now();
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_stays_in_memory_after_dlclose() {
    in_own_process(|| {
        let loaded = Loaded::open(0).expect("it can be loaded");
        loaded.close();
        let still = Loaded::open(libc::RTLD_NOLOAD).expect("it is still loaded");
        still.close();
    });
}
