//! A connection and what must be true of it: the bytes that are under way, and who has shut down or closed what.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use libc::{SHUT_RD, SHUT_WR, SOCK_DGRAM, SOCK_STREAM};
use tabi::ffi::*;

use crate::sock::Sock;

/// A macro in C.
const TABI_ERR_TIMEOUT: isize = -5201;

/// One end. Its file is freed before its socket.
#[derive(Default)]
struct End {
    sock: Option<Sock>,
    file: Option<*mut tabi_file>,
    /// What was written to the file and not sent yet.
    unsent: Vec<u8>,
    /// What was sent to this end and not received yet: messages, or all bytes of a stream in one.
    inbox: VecDeque<Vec<u8>>,
    shut_for_reading: bool,
    shut_for_writing: bool,
    closed: bool,
}

pub(crate) struct Connection {
    kind: i32,
    ends: [End; 2],
    /// A file was freed with unsent bytes: nobody knows how many of them went.
    uncertain: bool,
}

impl Connection {
    pub(crate) fn new(kind: i32) -> Connection {
        let ends = Sock::pair(kind).map(|sock| End { sock: Some(sock), ..End::default() });
        Connection { kind, ends, uncertain: false }
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.kind == SOCK_STREAM
    }

    /// Both ends are gone, or nothing more can be said of it.
    pub(crate) fn is_over(&self) -> bool {
        self.uncertain || self.ends.iter().all(|end| end.sock.is_none())
    }

    pub(crate) fn sock(&self, end: usize) -> Option<&Sock> {
        self.ends[end].sock.as_ref()
    }

    pub(crate) fn has_file(&self, end: usize) -> bool {
        self.ends[end].file.is_some()
    }

    /// Frees the handle of an end and goes on with another; a file would still use the first.
    pub(crate) fn replace(&mut self, end: usize, sock: Sock) {
        self.file_free(end);
        self.ends[end].sock = Some(sock);
        let open = tabi_settimeout(self.sock(end).and_then(Sock::get), 0.0) == 0;
        assert!(open, "a duplicate is open");
    }

    pub(crate) fn free(&mut self, end: usize) {
        self.file_free(end);
        self.was_closed(end);
        self.ends[end].sock = None;
    }

    pub(crate) fn was_closed(&mut self, end: usize) {
        self.ends[end].closed = true;
        self.ends[end].inbox.clear();
    }

    pub(crate) fn was_shut_down(&mut self, end: usize, how: i32) {
        self.ends[end].shut_for_reading |= how != SHUT_WR;
        self.ends[end].shut_for_writing |= how != SHUT_RD;
    }

    pub(crate) fn was_sent(&mut self, end: usize, data: &[u8], whole: bool) {
        assert!(self.is_stream() || whole, "a message was cut when it was sent");
        let stream = self.is_stream();
        let peer = &mut self.ends[1 - end];
        assert!(!peer.closed || data.is_empty() || !stream, "bytes were sent to a closed end");
        if peer.closed {
            return;
        }
        match peer.inbox.back_mut().filter(|_| stream) {
            Some(bytes) => bytes.extend(data),
            None => peer.inbox.push_back(data.to_vec()),
        }
    }

    /// Linux forgets what waits for a datagram socket when it finds, while sending, that the sender is gone.
    pub(crate) fn was_not_sent(&mut self, end: usize, code: isize) {
        if self.kind == SOCK_DGRAM && code == -libc::ECONNREFUSED as isize {
            self.ends[end].inbox.clear();
        }
    }

    /// Compares what a call for up to `len` bytes received with what was sent.
    pub(crate) fn arrived(&mut self, end: usize, data: &[u8], len: usize, result: isize, peeked: bool) {
        let stream = self.is_stream();
        let nothing_more = self.nothing_more(end);
        let this = &mut self.ends[end];
        if result < 0 {
            let nothing = result == -libc::EAGAIN as isize || result == TABI_ERR_TIMEOUT;
            let waiting = this.inbox.iter().any(|message| !stream || !message.is_empty());
            assert!(!nothing || !waiting || len == 0 || !data.is_empty(), "bytes were overlooked");
        }
        if result < 0 && data.is_empty() {
            return;
        }
        if stream {
            let mut empty = Vec::new();
            let sent = this.inbox.front_mut().unwrap_or(&mut empty);
            assert_eq!(data, &sent[..data.len()]);
            assert!(
                !data.is_empty() || len == 0 || (sent.is_empty() && nothing_more),
                "the stream has not ended"
            );
            if !peeked {
                sent.drain(..data.len());
            }
            return;
        }
        let Some(sent) = this.inbox.front() else {
            assert!(data.is_empty() && nothing_more, "a message arrived that nobody has sent");
            return;
        };
        assert_eq!(data, &sent[..sent.len().min(len)]);
        if !peeked {
            this.inbox.pop_front();
        }
    }

    /// Whether this end may be told that no more bytes come.
    fn nothing_more(&self, end: usize) -> bool {
        let peer = &self.ends[1 - end];
        self.ends[end].shut_for_reading || self.kind != SOCK_DGRAM && (peer.closed || peer.shut_for_writing)
    }

    pub(crate) fn make_file(&mut self, end: usize, buffering: isize) {
        if !self.is_stream() || self.has_file(end) {
            return;
        }
        let mut out = MaybeUninit::uninit();
        // SAFETY: the file is freed before its socket.
        let code = unsafe { tabi_makefile(self.sock(end).and_then(Sock::get), buffering, Some(&mut out)) };
        assert!(code == 0 || buffering < -1);
        if code == 0 {
            // SAFETY: the call has written the file, as it returned 0.
            self.ends[end].file = Some(unsafe { out.assume_init() });
        }
    }

    pub(crate) fn file_write(&mut self, end: usize, data: &[u8]) {
        let Some(file) = self.ends[end].file else { return };
        // SAFETY: the file is not freed, and the data is readable.
        let taken = unsafe { tabi_file_write(file, data.as_ptr().cast(), data.len()) };
        if let Ok(taken) = usize::try_from(taken) {
            assert!(taken <= data.len());
            self.ends[end].unsent.extend(&data[..taken]);
        }
        self.file_sent(end);
    }

    pub(crate) fn file_flush(&mut self, end: usize) {
        let Some(file) = self.ends[end].file else { return };
        // SAFETY: the file is not freed.
        let code = unsafe { tabi_file_flush(file) };
        self.file_sent(end);
        assert!(code != 0 || self.ends[end].unsent.is_empty(), "a flush left bytes behind");
    }

    /// Moves what the file has sent meanwhile to the other end.
    fn file_sent(&mut self, end: usize) {
        let Some(file) = self.ends[end].file else { return };
        // SAFETY: the file is not freed.
        let left = usize::try_from(unsafe { tabi_file_unsent(file) }).expect("a number of bytes");
        let unsent = &mut self.ends[end].unsent;
        let sent: Vec<u8> = unsent.drain(..unsent.len() - left).collect();
        self.was_sent(end, &sent, true);
    }

    pub(crate) fn file_read(&mut self, end: usize, how: u8, len: usize) {
        let Some(file) = self.ends[end].file else { return };
        let mut buffer = vec![0x55_u8; len].into_boxed_slice();
        let place = buffer.as_mut_ptr();
        // SAFETY: the file is not freed, and the buffer is writable for its length, in each of the calls.
        let got = unsafe {
            match how % 3 {
                0 => tabi_file_read(file, place.cast(), len),
                1 => tabi_file_read1(file, place.cast(), len),
                _ => tabi_file_readline(file, place.cast(), len),
            }
        };
        let line = how % 3 == 2;
        let Ok(arrived) = usize::try_from(got) else { return };
        // A line ends with NUL, for which there is a byte more.
        let len = if line { len - 1 } else { len };
        let data = &buffer[..arrived];
        assert!(arrived <= len && (!line || buffer[arrived] == 0));
        let newlines = data.iter().filter(|&&byte| byte == b'\n').count();
        assert!(!line || newlines == usize::from(newlines > 0) && (newlines == 0 || data.ends_with(b"\n")));
        self.arrived(end, data, len, got, false);
    }

    /// Frees the file of an end: what it has read ahead is lost.
    pub(crate) fn file_free(&mut self, end: usize) {
        self.file_flush(end);
        let Some(file) = self.ends[end].file.take() else { return };
        let this = &mut self.ends[end];
        // SAFETY: the file is not freed.
        let ahead = usize::try_from(unsafe { tabi_file_buffered(file) }).expect("a number of bytes");
        if let Some(bytes) = this.inbox.front_mut() {
            bytes.drain(..ahead);
        }
        self.uncertain |= !this.unsent.is_empty();
        this.unsent.clear();
        // SAFETY: this is the last use of the file, and its socket is not freed.
        unsafe { tabi_file_free(file) };
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for end in 0..self.ends.len() {
            self.file_free(end);
        }
    }
}
