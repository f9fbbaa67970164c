//! The last failure of each thread.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int};

use super::failure::Failure;
use crate::sys;

struct Last {
    failure: Option<Failure>,
    /// Whether the text of this failure has been made. It is made when the program asks for it.
    has_text: bool,
    /// Buffers for the text, each larger than the one before. The last one is in use. The others are kept, because
    /// the program may still have pointers to them.
    texts: Vec<Box<[u8]>>,
}

thread_local! {
    static LAST: RefCell<Last> =
        const { RefCell::new(Last { failure: None, has_text: false, texts: Vec::new() }) };

    /// How many failures of this thread were recorded. Beside the failure itself, as reading it costs nothing.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// A moment in the life of this thread: how many failures had been recorded.
#[derive(Clone, Copy)]
pub(crate) struct Moment(u64);

impl Moment {
    #[inline]
    pub(crate) fn now() -> Moment {
        Moment(COUNT.get())
    }
}

/// Records a failure as the last one of this thread, sets `errno`, and returns the code.
///
/// It cannot unwind, as an `extern "C"` function, because all functions of the header call it: they would need landing
/// pads.
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
pub(crate) extern "C" fn report(failure: Failure) -> c_int {
    let (code, errno) = (failure.code(), failure.errno());
    // A thread that is ending cannot keep the failure any more. The code still says what went wrong.
    let _ = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        (last.failure, last.has_text) = (Some(failure), false);
        COUNT.set(COUNT.get() + 1);
    });
    sys::set_errno(errno);
    code
}

/// Returns the text of this thread's last failure. It is valid as long as the thread lives, but the next call may
/// change it.
pub(crate) fn last_message() -> *const c_char {
    LAST.try_with(|last| last.borrow_mut().text()).unwrap_or(c"".as_ptr())
}

impl Last {
    fn text(&mut self) -> *const c_char {
        let Some(failure) = &self.failure else { return c"".as_ptr() };
        if !self.has_text {
            let mut text = failure.message().replace('\0', "\\0").into_bytes();
            text.push(0);
            if self.texts.last().is_none_or(|buffer| buffer.len() < text.len()) {
                self.texts.push(vec![0; text.len().next_power_of_two()].into());
            }
            if let Some(buffer) = self.texts.last_mut() {
                buffer[..text.len()].copy_from_slice(&text);
            }
            self.has_text = true;
        }
        self.texts.last().map_or(c"".as_ptr(), |buffer| buffer.as_ptr().cast())
    }
}

/// Returns the text of this thread's last failure, if it was recorded after that moment and had this code.
pub(crate) fn text_since(moment: Moment, code: c_int) -> Option<String> {
    if COUNT.get() == moment.0 {
        return None;
    }
    let text = |last: &RefCell<Last>| {
        let last = last.borrow();
        last.failure.as_ref().filter(|failure| failure.code() == code).map(Failure::message)
    };
    LAST.try_with(text).ok().flatten()
}
