//! Messages with scattered buffers and control data.
#![allow(unsafe_code)]

use tabi::{AF_UNIX, Limit, SOCK_DGRAM, Socket};

fn iovecs(buffers: &[&[u8]]) -> Vec<libc::iovec> {
    buffers
        .iter()
        .map(|buffer| libc::iovec { iov_base: buffer.as_ptr().cast_mut().cast(), iov_len: buffer.len() })
        .collect()
}

#[test]
fn raw_messages_gather_and_scatter() {
    let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    let buffers = iovecs(&[b"hello ", b"", b"world"]);
    // SAFETY: the buffers are static.
    let sent = unsafe { one.sendmsg_raw(&buffers, &[], 0, None, Limit::Timeout) }.unwrap();
    assert_eq!(sent, 11);
    let (mut head, mut tail) = ([0u8; 3], [0u8; 20]);
    let buffers = [
        libc::iovec { iov_base: head.as_mut_ptr().cast(), iov_len: head.len() },
        libc::iovec { iov_base: tail.as_mut_ptr().cast(), iov_len: tail.len() },
    ];
    // SAFETY: the buffers are writable for their lengths.
    let message = unsafe { other.recvmsg_raw(&buffers, std::ptr::null_mut(), 0, 0, Limit::Timeout) }.unwrap();
    assert_eq!((message.len, message.control_len, message.flags), (11, 0, 0));
    assert_eq!((&head, &tail[..8]), (b"hel", &b"lo world"[..]));
}
