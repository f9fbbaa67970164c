//! Messages of any sizes over a pair of unix sockets: what arrives is what was sent, cut where a buffer was too small, and
//! nothing is written behind what arrived.

use std::collections::VecDeque;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::ptr;

use arbitrary::{Arbitrary, Unstructured};
use libc::{MSG_CMSG_CLOEXEC, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
use tabi::ffi::*;

use crate::sock::Sock;

#[derive(Arbitrary, Debug)]
enum Call {
    Send {
        parts: Vec<u16>,
        descriptors: u8,
        seed: u8,
    },
    Receive {
        parts: Vec<u16>,
        control: u8,
        flags: u8,
    },
    SendMany {
        sizes: Vec<u16>,
        seed: u8,
    },
    ReceiveMany {
        sizes: Vec<u16>,
        control: u8,
    },
    /// More buffers than the system takes.
    TooMany {
        more: u8,
    },
}

#[derive(Arbitrary, Debug)]
struct Input {
    kind: u8,
    calls: Vec<Call>,
}

/// What the sender has sent and the receiver has not received.
struct Pair {
    ends: [Sock; 2],
    stream: bool,
    messages: VecDeque<Vec<u8>>,
}

/// Sends over a pair and receives.
pub fn check(input: &[u8]) {
    let Ok(Input { kind, calls }) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let kind = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET][usize::from(kind) % 3];
    crate::leaves_no_descriptor(|| {
        let mut pair =
            Pair { ends: Sock::pair(kind), stream: kind == SOCK_STREAM, messages: VecDeque::new() };
        for call in calls.iter().take(32) {
            pair.act(call);
        }
    });
}

fn bytes(len: usize, seed: u8) -> Box<[u8]> {
    (0..len).map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

/// Places to receive into, each of exactly its size.
fn places(sizes: &[u16]) -> Vec<Box<[u8]>> {
    sizes.iter().take(20).map(|&size| vec![0x55; size.into()].into_boxed_slice()).collect()
}

fn vectors(parts: &mut [Box<[u8]>]) -> Vec<libc::iovec> {
    parts
        .iter_mut()
        .map(|part| libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() })
        .collect()
}

fn no_control() -> tabi_control {
    tabi_control { data: ptr::null_mut(), size: 0, len: 0 }
}

impl Pair {
    fn act(&mut self, call: &Call) {
        match call {
            Call::Send { parts, descriptors, seed } => self.send(parts, (descriptors % 4).into(), *seed),
            Call::Receive { parts, control, flags } => self.receive(parts, (*control).into(), *flags),
            Call::SendMany { sizes, seed } => self.send_many(sizes, *seed),
            Call::ReceiveMany { sizes, control } => self.receive_many(sizes, (*control).into()),
            Call::TooMany { more } => {
                let vectors =
                    vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; 1025 + usize::from(*more)];
                let sk = self.ends[0].get();
                // SAFETY: the vectors are empty.
                let sent = unsafe { tabi_sendmsg(sk, vectors.as_ptr(), vectors.len(), None, 0, None) };
                assert_eq!(sent, -libc::EMSGSIZE as isize);
            }
        }
    }

    fn send(&mut self, parts: &[u16], descriptors: usize, seed: u8) {
        let mut parts: Vec<Box<[u8]>> = parts.iter().take(20).map(|&len| bytes(len.into(), seed)).collect();
        let vectors = vectors(&mut parts);
        let file = File::open("/dev/null").expect("a descriptor is free");
        let fds = [file.as_raw_fd(); 3];
        let mut space = [0_u8; 64];
        let mut control = tabi_control { data: space.as_mut_ptr().cast(), size: space.len(), len: 0 };
        if descriptors > 0 {
            // SAFETY: the array has that many, and the buffer is writable.
            assert_eq!(unsafe { tabi_control_add_fds(Some(&mut control), fds.as_ptr(), descriptors) }, 0);
        }
        let sk = self.ends[0].get();
        // SAFETY: the vectors and the control buffer are readable.
        let sent = unsafe { tabi_sendmsg(sk, vectors.as_ptr(), vectors.len(), Some(&control), 0, None) };
        let Ok(sent) = usize::try_from(sent) else { return };
        let whole = parts.concat();
        assert!(sent == whole.len() || (self.stream && sent < whole.len()));
        self.messages.push_back(whole[..sent].to_vec());
    }

    fn receive(&mut self, sizes: &[u16], control: usize, flags: u8) {
        let peek = if flags & 1 != 0 { MSG_PEEK } else { 0 };
        // On a stream it throws bytes away.
        let truncate = if flags & 2 != 0 && !self.stream { MSG_TRUNC } else { 0 };
        let close_on_exec = if flags & 4 != 0 { MSG_CMSG_CLOEXEC } else { 0 };
        let mut parts = places(sizes);
        let vectors = vectors(&mut parts);
        let mut space = vec![0_u8; control].into_boxed_slice();
        let mut control = tabi_control { data: space.as_mut_ptr().cast(), size: space.len(), len: 0 };
        let (mut got_flags, mut sender) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: the vectors and the control buffer are writable.
        let got = unsafe {
            tabi_recvmsg(
                self.ends[1].get(),
                vectors.as_ptr(),
                vectors.len(),
                Some(&mut control),
                peek | truncate | close_on_exec,
                Some(&mut got_flags),
                Some(&mut sender),
            )
        };
        let Ok(got) = usize::try_from(got) else {
            assert!(self.messages.iter().all(|message| self.stream && message.is_empty()), "error {got}");
            return;
        };
        assert!(control.len <= control.size);
        // SAFETY: the buffer has just been filled, and nobody has taken the descriptors.
        assert!(unsafe { tabi_control_close_fds(Some(&mut control)) } >= 0);
        // SAFETY: the call has written them, as it succeeded.
        let got_flags = unsafe { got_flags.assume_init() };
        self.arrived(&parts.concat(), got, truncate != 0, got_flags, peek != 0);
    }

    fn send_many(&mut self, sizes: &[u16], seed: u8) {
        // A stream takes a part of one, and says not of which.
        if self.stream {
            return;
        }
        let mut data: Vec<Box<[u8]>> = sizes.iter().take(20).map(|&len| bytes(len.into(), seed)).collect();
        let datagrams: Vec<tabi_datagram> =
            data.iter_mut().map(|data| datagram(data, no_control())).collect();
        // SAFETY: the datagrams point to bytes that are readable.
        let sent = unsafe { tabi_sendmany(self.ends[0].get(), datagrams.as_ptr(), datagrams.len(), 0) };
        assert!(sent <= datagrams.len() as isize);
        self.messages.extend(data.iter().take(usize::try_from(sent).unwrap_or(0)).map(|data| data.to_vec()));
    }

    fn receive_many(&mut self, sizes: &[u16], control: usize) {
        let mut data = places(sizes);
        let mut spaces: Vec<Box<[u8]>> = data.iter().map(|_| vec![0; control].into_boxed_slice()).collect();
        let controls = spaces.iter_mut().map(|space| tabi_control {
            data: space.as_mut_ptr().cast(),
            size: space.len(),
            len: 0,
        });
        let mut datagrams: Vec<tabi_datagram> =
            data.iter_mut().zip(controls).map(|(data, control)| datagram(data, control)).collect();
        // SAFETY: the datagrams point to bytes that are writable.
        let got = unsafe { tabi_recvmany(self.ends[1].get(), datagrams.as_mut_ptr(), datagrams.len(), 0) };
        for (datagram, data) in datagrams.iter_mut().zip(&data).take(usize::try_from(got).unwrap_or(0)) {
            // SAFETY: the buffer has just been filled, and nobody has taken the descriptors.
            assert!(unsafe { tabi_control_close_fds(Some(&mut datagram.control)) } >= 0);
            self.arrived(data, datagram.len, false, datagram.flags, false);
        }
    }

    /// Compares what arrived with what was sent, and takes it out unless it was only looked at.
    fn arrived(&mut self, place: &[u8], got: usize, whole_length: bool, flags: i32, peeked: bool) {
        if self.stream {
            let sent: Vec<u8> = self.messages.iter().flatten().copied().collect();
            assert_eq!(place[..got], sent[..got]);
            assert!(got > 0 || place.is_empty(), "the end of a stream that goes on");
            untouched(&place[got..]);
            if !peeked {
                self.messages = VecDeque::from([sent[got..].to_vec()]);
            }
            return;
        }
        let sent = self.messages.front().expect("a message arrived that nobody has sent");
        let kept = sent.len().min(place.len());
        assert_eq!(got, if whole_length { sent.len() } else { kept });
        assert_eq!(place[..kept], sent[..kept]);
        assert_eq!(flags & MSG_TRUNC != 0, kept < sent.len(), "MSG_TRUNC says that a message was cut");
        untouched(&place[kept..]);
        if !peeked {
            self.messages.pop_front();
        }
    }
}

fn datagram(data: &mut [u8], control: tabi_control) -> tabi_datagram {
    let addr = tabi_addr { data: [0; 16], len: 0 };
    tabi_datagram {
        data: data.as_mut_ptr().cast(),
        size: data.len(),
        len: data.len(),
        flags: 0,
        addr,
        control,
    }
}

fn untouched(rest: &[u8]) {
    assert!(rest.iter().all(|&byte| byte == 0x55), "bytes were written behind what arrived");
}
