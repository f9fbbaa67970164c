//! The failure that each thread saw last.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int};

use super::failure::Failure;
use crate::sys;

/// The last failure of a thread; its text is made only when somebody asks.
struct Last {
    code: c_int,
    failure: Option<Failure>,
    text: Option<CString>,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { code: 0, failure: None, text: None }) };
}

pub(crate) fn report(failure: Failure) -> c_int {
    let (code, errno) = (failure.code(), failure.errno());
    // A thread that is ending has no place for the message any more; the code is the truth.
    let _ = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        (last.code, last.failure) = (code, Some(failure));
    });
    sys::set_errno(errno);
    code
}

/// The text of this thread's last failure, valid until its next one.
pub(crate) fn last_message() -> *const c_char {
    LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        let Some(failure) = last.failure.take() else {
            return last.text.as_ref().map_or(c"".as_ptr(), |text| text.as_ptr());
        };
        let text = failure.message().replace('\0', "\\0");
        last.text.insert(CString::new(text).unwrap_or_default()).as_ptr()
    })
    .unwrap_or(c"".as_ptr())
}

/// The text of this thread's last failure when that had this code.
pub(crate) fn last_text(code: c_int) -> Option<String> {
    if LAST.try_with(|last| last.borrow().code != code).unwrap_or(true) {
        return None;
    }
    // SAFETY: the text is the thread's and stays as it is until its next failure.
    Some(unsafe { CStr::from_ptr(last_message()) }.to_string_lossy().into_owned())
}
