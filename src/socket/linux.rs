//! Methods that only Linux has: its control messages, its ciphers, and the numbers of interfaces in the
//! network namespace of the socket.
#![allow(unsafe_code)]

use std::io::IoSlice;

use super::Socket;
use super::control::Credentials;
use super::control_buffer::ControlData;
use crate::constants;
use crate::error::{Error, Result};
use crate::sys::syscall;

impl ControlData<'_> {
    /// Adds the credentials of the sender (`SCM_CREDENTIALS`). Only a privileged process may give credentials
    /// other than its own; otherwise the send fails with `Os(EPERM)`.
    pub fn credentials(&mut self, credentials: Credentials) -> Result<&mut Self> {
        self.raw(libc::SOL_SOCKET, libc::SCM_CREDENTIALS, &ucred(credentials))
    }

    /// Sends the bytes of one message as several UDP datagrams (`UDP_SEGMENT`). `bytes` is the size of each
    /// datagram; the last one may be smaller.
    pub fn segment_size(&mut self, bytes: u16) -> Result<&mut Self> {
        self.raw(libc::IPPROTO_UDP, libc::UDP_SEGMENT, &bytes.to_ne_bytes())
    }

    /// Adds an order to a cipher. `op` is an `ALG_OP_*` constant (`ALG_SET_OP`), `iv` the initialisation
    /// vector (`ALG_SET_IV`), and `assoclen` the number of bytes that are authenticated but not encrypted
    /// (`ALG_SET_AEAD_ASSOCLEN`).
    ///
    /// Fails with [`Error::Overflow`] for an `iv` of 2^31 bytes or more, and with `Os(ENOMEM)`.
    pub fn afalg(&mut self, op: u32, iv: Option<&[u8]>, assoclen: Option<u32>) -> Result<&mut Self> {
        self.raw(constants::SOL_ALG, constants::ALG_SET_OP, &op.to_ne_bytes())?;
        if let Some(iv) = iv {
            let len = u32::try_from(iv.len())
                .map_err(|_| Error::overflow(format_args!("iv is too long: {} bytes", iv.len())))?;
            self.raw(constants::SOL_ALG, constants::ALG_SET_IV, &[&len.to_ne_bytes(), iv].concat())?;
        }
        if let Some(len) = assoclen {
            self.raw(constants::SOL_ALG, constants::ALG_SET_AEAD_ASSOCLEN, &len.to_ne_bytes())?;
        }
        Ok(self)
    }
}

impl Socket {
    /// Sends bytes to a cipher, with an order that says what to do with them (`socket.sendmsg_afalg`). For
    /// the order see [`ControlData::afalg`].
    ///
    /// Returns how many bytes the kernel took. Fails with [`Error::OsMessage`] on a socket that is not
    /// `AF_ALG`, and as [`Socket::sendmsg`] does.
    pub fn sendmsg_afalg(
        &self,
        buffers: &[IoSlice<'_>],
        op: u32,
        iv: Option<&[u8]>,
        assoclen: Option<u32>,
        flags: i32,
    ) -> Result<usize> {
        if self.family != constants::AF_ALG {
            let text =
                format!("algset is only supported for AF_ALG, the socket's family is {:?}", self.family);
            return Err(Error::OsMessage(text.into()));
        }
        let mut control = ControlData::new();
        control.afalg(op, iv, assoclen)?;
        self.sendmsg(buffers, &control, flags)
    }

    /// Returns the number of an interface (`SIOCGIFINDEX`), which `PacketAddress` and `CanAddress` need.
    ///
    /// The interface is looked up in the network namespace of the socket, as for Python's addresses;
    /// `if_nametoindex` uses the namespace of the process. Fails with [`Error::OsMessage`] for a name of more
    /// than 15 bytes, with `Os(ENODEV)` for an unknown name, and with [`Error::Closed`].
    pub fn interface_index(&self, name: impl AsRef<[u8]>) -> Result<u32> {
        let name = name.as_ref();
        let call = self.handle.enter()?;
        let mut request = request();
        if name.len() >= request.ifr_name.len() {
            let text = format!("interface name must be at most 15 bytes, got {}", name.len());
            return Err(Error::OsMessage(text.into()));
        }
        for (to, from) in request.ifr_name.iter_mut().zip(name) {
            *to = *from as libc::c_char;
        }
        // SAFETY: SIOCGIFINDEX reads and writes one `ifreq`, whose name ends with a NUL byte.
        unsafe { syscall!(ioctl(call.fd(), libc::SIOCGIFINDEX as _, &mut request)) }?;
        // SAFETY: SIOCGIFINDEX has filled this member of the union.
        Ok(unsafe { request.ifr_ifru.ifru_ifindex } as u32)
    }

    /// Returns the name of an interface (`SIOCGIFNAME`). As in Python's addresses, it is empty for 0 and for
    /// an unknown number.
    ///
    /// Fails with [`Error::Closed`].
    pub fn interface_name(&self, index: u32) -> Result<Vec<u8>> {
        let call = self.handle.enter()?;
        let mut request = request();
        request.ifr_ifru.ifru_ifindex = index as libc::c_int;
        // SAFETY: SIOCGIFNAME reads and writes one `ifreq`.
        if index == 0 || unsafe { syscall!(ioctl(call.fd(), libc::SIOCGIFNAME as _, &mut request)) }.is_err()
        {
            return Ok(Vec::new());
        }
        Ok(request.ifr_name.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0).collect())
    }
}

fn request() -> libc::ifreq {
    // SAFETY: an `ifreq` consists of integers, for which zero is a valid value.
    unsafe { std::mem::zeroed() }
}

/// Returns the bytes of a `struct ucred`.
pub(crate) fn ucred(credentials: Credentials) -> [u8; size_of::<libc::ucred>()] {
    let Credentials { pid, uid, gid } = credentials;
    let mut bytes = [0; size_of::<libc::ucred>()];
    bytes[..4].copy_from_slice(&pid.to_ne_bytes());
    bytes[4..8].copy_from_slice(&uid.to_ne_bytes());
    bytes[8..].copy_from_slice(&gid.to_ne_bytes());
    bytes
}
