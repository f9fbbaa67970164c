//! Control buffers of the C library: whatever is in one, walking through it stays within it, and what was added is found
//! again.

use std::ptr;

use arbitrary::{Arbitrary, Unstructured};
use tabi::ffi::*;
use tabi::{RawControlMessages, cmsg_len};

#[derive(Arbitrary, Debug)]
enum Input {
    /// A buffer whose content is anything, and where to begin.
    Read { bytes: Vec<u8>, offset: usize },
    /// Messages that are added to a buffer of a size.
    Write { size: u16, misalign: u8, messages: Vec<Message> },
}

#[derive(Arbitrary, Debug)]
struct Message {
    level: i32,
    kind: i32,
    data: Vec<u8>,
}

/// Reads a buffer of any content, or writes and reads one.
pub fn check(input: &[u8]) {
    match Input::arbitrary_take_rest(Unstructured::new(input)) {
        Ok(Input::Read { bytes, offset }) => read(bytes, offset),
        Ok(Input::Write { size, misalign, messages }) => write(size.into(), misalign.into(), &messages),
        Err(_) => {}
    }
}

fn empty() -> tabi_cmsg {
    tabi_cmsg { level: 0, r#type: 0, data: ptr::null_mut(), len: 0, next: 0 }
}

fn read(bytes: Vec<u8>, offset: usize) {
    let mut bytes = bytes.into_boxed_slice();
    let header = cmsg_len(0).expect("a header has a length");
    let in_rust = RawControlMessages::new(&bytes).count();
    assert!(RawControlMessages::from_offset(&bytes, offset).count() <= bytes.len() / header);
    let control = tabi_control { data: bytes.as_mut_ptr().cast(), size: bytes.len(), len: bytes.len() };
    let (mut message, mut in_c) = (empty(), 0);
    // SAFETY: the buffer is readable for its length.
    while unsafe { tabi_control_next(Some(&control), Some(&mut message)) } == 1 {
        in_c += 1;
        assert!(in_c * header <= bytes.len(), "more messages than the buffer can hold");
        values(&message);
        replace_all(&message);
    }
    assert_eq!(in_c, in_rust);
    // Descriptors would be closed by their numbers: only in a buffer where no message holds any.
    let mut control = tabi_control { data: bytes.as_mut_ptr().cast(), size: bytes.len(), len: bytes.len() };
    let rights = RawControlMessages::new(&bytes).any(|message| message.kind == libc::SCM_RIGHTS);
    // SAFETY: the buffer is writable, and no descriptor is in it.
    assert!(rights || unsafe { tabi_control_close_fds(Some(&mut control)) } == 0);
}

/// Every reader of a value takes any message, and says whether it is one of its own.
fn values(message: &tabi_cmsg) {
    let mut number = std::mem::MaybeUninit::uninit();
    // SAFETY: the message is in a buffer that lives.
    unsafe {
        tabi_cmsg_int(Some(message), Some(&mut number));
        tabi_cmsg_packet_info(Some(message), None, None, None);
        tabi_cmsg_credentials(Some(message), None, None, None);
        tabi_cmsg_error(Some(message), None, None, None, None, None);
    }
}

/// A message's data may be written to, as the buffer may.
fn replace_all(message: &tabi_cmsg) {
    let mut fds = [0; 4];
    // SAFETY: the array has space for that many numbers, and they are not used.
    while unsafe { tabi_cmsg_fds(Some(message), fds.as_mut_ptr(), fds.len()) } > 0 {}
    if !message.data.is_null() {
        // SAFETY: the message is within the program's own buffer, which is writable.
        unsafe { ptr::write_bytes(message.data.cast::<u8>(), 0xff, message.len) };
    }
}

fn write(size: usize, misalign: usize, messages: &[Message]) {
    let misalign = misalign % 8;
    let mut buffer = vec![0x55_u8; misalign + size].into_boxed_slice();
    let mut control = tabi_control { data: buffer[misalign..].as_mut_ptr().cast(), size, len: 0 };
    let mut added = Vec::new();
    for message in messages {
        let before = control.len;
        let space = tabi_cmsg_space(message.data.len());
        // SAFETY: the buffer is writable, the data readable.
        let code = unsafe {
            tabi_control_add(
                Some(&mut control),
                message.level,
                message.kind,
                message.data.as_ptr().cast(),
                message.data.len(),
            )
        };
        assert_eq!(code == 0, before + space as usize <= size, "a message is added when there is space");
        assert_eq!(control.len - before, if code == 0 { space as usize } else { 0 });
        added.extend((code == 0).then_some(message));
    }
    let mut found = empty();
    for message in added {
        // SAFETY: the buffer is readable.
        assert_eq!(unsafe { tabi_control_next(Some(&control), Some(&mut found)) }, 1);
        assert_eq!((found.level, found.r#type, found.len), (message.level, message.kind, message.data.len()));
        // SAFETY: the library says that so many bytes are there.
        let data = unsafe { std::slice::from_raw_parts(found.data.cast::<u8>(), found.len) };
        assert_eq!(data, message.data);
    }
    // SAFETY: the buffer is readable.
    assert_eq!(unsafe { tabi_control_next(Some(&control), Some(&mut found)) }, 0);
    let untouched = buffer[misalign + control.len..].iter().all(|&byte| byte == 0x55);
    assert!(untouched, "bytes behind the messages were changed");
}
