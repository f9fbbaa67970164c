//! The header of a message, for calls with several messages.

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
