//! The shared library, loaded and unloaded at run time, as a plugin's host does it.
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

// SAFETY: a loaded library belongs to the process, not to a thread.
unsafe impl Send for Loaded {}

impl Loaded {
    fn open(flags: c_int) -> Option<Loaded> {
        let path =
            CString::new(library::library().shared_object.clone().into_os_string().into_encoded_bytes())
                .unwrap();
        // SAFETY: the path is NUL-terminated; the library's initialisers do nothing.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL | flags) };
        (!handle.is_null()).then_some(Loaded(handle))
    }

    /// A function of the library.
    ///
    /// # Safety
    ///
    /// `F` is its type.
    unsafe fn get<F: Copy>(&self, name: &CStr) -> F {
        // SAFETY: the library is open, and the name NUL-terminated.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null(), "{name:?} is not exported");
        assert_eq!(size_of::<F>(), size_of::<*mut c_void>());
        // SAFETY: a pointer to a function of this type.
        unsafe { ptr::read((&raw const function).cast()) }
    }

    fn close(self) {
        // SAFETY: it was opened, and is closed once.
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

/// Fails a call, which leaves a message in this thread's own memory.
fn fail(loaded: &Loaded) {
    // SAFETY: the header's types.
    let (receive, message): (Receive, Message) =
        unsafe { (loaded.get(c"tabi_recv"), loaded.get(c"tabi_last_error_message")) };
    // SAFETY: NULL is an error code.
    assert!(unsafe { receive(ptr::null_mut(), ptr::null_mut(), 0, 0) } < 0);
    // SAFETY: the text is NUL-terminated and valid until this thread's next failure.
    assert!(!unsafe { CStr::from_ptr(message()) }.is_empty());
}

#[test]
fn a_thread_that_used_the_library_ends_after_it_was_closed() {
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
    // SAFETY: the header's types.
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
    // SAFETY: the handler is a function, the output is writable.
    assert_eq!(unsafe { make(c"127.0.0.1".as_ptr(), 0, handle, ptr::null_mut(), &mut server) }, 0);
    let server = server as usize;
    // SAFETY: the server lives until `free`, and may be used by several threads.
    let serving = thread::spawn(move || unsafe { serve(server as *mut c_void, 0.5) });
    // SAFETY: the descriptor is the listener's.
    let port = port_of(unsafe { descriptor(server as *mut c_void) });
    let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0, "the handler has returned");
    // SAFETY: as above.
    assert_eq!(unsafe { shutdown(server as *mut c_void) }, 0);
    assert_eq!(serving.join().unwrap(), 0);
    // SAFETY: the last use.
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

/// A server's threads are kept for a while: they may be about when the library is closed.
#[test]
fn a_server_may_have_run_in_a_library_that_is_closed() {
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
fn a_library_that_is_closed_stays() {
    in_own_process(|| {
        let loaded = Loaded::open(0).expect("it can be loaded");
        loaded.close();
        let still = Loaded::open(libc::RTLD_NOLOAD).expect("it is still loaded");
        still.close();
    });
}
