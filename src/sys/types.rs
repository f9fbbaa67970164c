//! The types that every backend uses.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use crate::sys::libc;

/// The work of a thread.
pub(crate) trait Run: Send + Sync + 'static {
    /// Does the work; the thread ends when this returns. It must not panic.
    fn run(self: Arc<Self>);
}

/// The result of a poll.
pub(crate) struct Polled {
    /// How many descriptors are ready. It is 0 when the time has passed.
    pub(crate) ready: usize,
    /// Whether the poll waited: false when a descriptor was ready at once.
    pub(crate) waited: bool,
}

/// A poll that waits takes longer than this, and one that does not wait takes less.
const AT_ONCE: Duration = Duration::from_micros(2);

impl Polled {
    /// Makes the result of a poll that took this long.
    pub(crate) fn after(time: Duration, ready: usize) -> Self {
        Polled { ready, waited: time > AT_ONCE }
    }
}

/// Moves each descriptor of the list to its front once. Returns how many they are. All must be polled for the same events.
pub(crate) fn poll_each_once(descriptors: &mut [libc::pollfd]) -> usize {
    descriptors.sort_unstable_by_key(|descriptor| descriptor.fd);
    let mut count = 0;
    for index in 0..descriptors.len() {
        if count == 0 || descriptors[index].fd != descriptors[count - 1].fd {
            descriptors[count] = descriptors[index];
            count += 1;
        }
    }
    count
}

/// A message's header, and how many of its bytes were sent or received (`struct mmsghdr`, where the system has it).
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct MessageHeader {
    pub(in crate::sys) message: libc::msghdr,
    pub(in crate::sys) len: libc::c_uint,
}

impl MessageHeader {
    pub(crate) fn new(message: libc::msghdr) -> Self {
        MessageHeader { message, len: 0 }
    }

    pub(crate) fn message(&self) -> &libc::msghdr {
        &self.message
    }

    /// Returns whether the kernel reported no bytes, no sender and no control messages.
    pub(crate) fn is_blank(&self) -> bool {
        self.len == 0 && self.message.msg_namelen == 0 && self.message.msg_controllen == 0
    }

    /// Returns how many bytes the kernel sent or received.
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }
}

/// A decoded control message, of a kind that only some systems have or that they have in different structures.
#[allow(dead_code, reason = "each system makes those that it has")]
pub(crate) enum ControlValue<'a> {
    Credentials {
        pid: i32,
        uid: u32,
        gid: u32,
    },
    PacketInfoV4 {
        interface: u32,
        local: Ipv4Addr,
        destination: Ipv4Addr,
    },
    Timestamp(Duration),
    /// The times of the system's clock and of the network card's clock. Zero means that there is none.
    Timestamps {
        software: Duration,
        hardware: Duration,
    },
    /// The members of `struct sock_extended_err`, and the address behind it.
    Error {
        errno: u32,
        origin: u8,
        kind: u8,
        code: u8,
        info: u32,
        data: u32,
        offender: &'a [u8],
    },
    SegmentSize(i32),
}

/// An interface for IPv4, also on systems where socket2 has no type for it.
pub(crate) enum InterfaceV4 {
    Index(u32),
    /// With 0.0.0.0, the system chooses the interface.
    Address(Ipv4Addr),
}

/// How many bytes a TCP connection has moved.
pub(crate) struct TcpBytes {
    /// The bytes that the peer has sent and the system has received, read or not.
    pub(crate) received: u64,
    /// The bytes of which the peer's system has said that it has received them.
    pub(crate) acknowledged: u64,
    /// The bytes that the program has written, sent or not.
    pub(crate) written: u64,
}

/// The names and addresses of a host: Python's `(hostname, aliaslist, ipaddrlist)`.
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Systems other than Linux with glibc report no aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostEntry {
    /// The host's main name.
    pub name: String,
    /// The other names of the host.
    pub aliases: Vec<String>,
    /// The addresses of the host, at least one.
    pub addresses: Vec<IpAddr>,
}
