//! The C library's error texts, and its handles among threads: small enough to run under Miri.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::thread;

use tabi::ffi::*;

fn text(pointer: *const c_char) -> &'static CStr {
    assert!(!pointer.is_null());
    // SAFETY: the library's texts end with NUL; each is read before the next call.
    unsafe { CStr::from_ptr(pointer) }
}

#[test]
fn every_code_has_a_text() {
    for code in (-5300..=1).chain([i32::MIN, i32::MAX]).step_by(if cfg!(miri) { 7 } else { 1 }) {
        assert!(!text(tabi_strerror(code)).is_empty(), "{code}");
        let name = tabi_error_name(code);
        assert!(name.is_null() || !text(name).is_empty(), "{code}");
    }
}

#[test]
fn a_message_is_of_the_last_failure_of_its_thread() {
    assert!(tabi_close(None) < 0);
    let message = text(tabi_last_error_message()).to_owned();
    assert!(!message.is_empty());
    let other = thread::spawn(|| text(tabi_last_error_message()).is_empty()).join().expect("no panic");
    assert!(other, "a thread without failures has a message");
    assert!(tabi_listen(None, 0) < 0);
    assert_eq!(text(tabi_last_error_message()), message.as_c_str());
}

fn tcp_socket() -> *mut tabi_sock {
    let mut out = MaybeUninit::uninit();
    assert_eq!(tabi_socket(libc::AF_INET, libc::SOCK_STREAM, 0, Some(&mut out)), 0);
    // SAFETY: the call has written the handle, as it returned 0.
    unsafe { out.assume_init() }
}

/// Whatever the order is: each call succeeds or says that the socket is closed, and one thread gets the descriptor.
#[test]
fn a_handle_is_closed_and_given_up_among_calls() {
    for _ in 0..if cfg!(miri) { 5 } else { 2000 } {
        let pointer = tcp_socket();
        // SAFETY: the handle is freed after all threads have ended.
        let sock = unsafe { &*pointer };
        let given_up = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut addr = MaybeUninit::uninit();
                    while tabi_getsockname(Some(sock), Some(&mut addr)) == 0 {}
                });
            }
            let detach = scope.spawn(|| tabi_detach(Some(sock)));
            assert_eq!(tabi_close(Some(sock)), 0);
            detach.join().expect("no panic")
        });
        assert!(tabi_fileno(Some(sock)) < 0, "a closed socket has a descriptor");
        if given_up >= 0 {
            // SAFETY: the descriptor was given up to this test.
            assert_eq!(unsafe { tabi_close_fd(given_up) }, 0);
        }
        // SAFETY: this is the last use of the handle.
        unsafe { tabi_sock_free(pointer) };
    }
}
