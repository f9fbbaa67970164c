//! Orders to the kernel's ciphers.
#![cfg(target_os = "linux")]

use std::io::IoSlice;

use super::Socket;
use super::control_buffer::ControlData;
use crate::constants;
use crate::error::{Error, Result};

impl ControlData<'_> {
    /// Adds an order to a cipher: `op` is `ALG_OP_*` (`ALG_SET_OP`), `iv` the initialisation vector (`ALG_SET_IV`),
    /// `assoclen` how many bytes are authenticated and not encrypted (`ALG_SET_AEAD_ASSOCLEN`).
    ///
    /// Fails with [`Error::Overflow`] for an `iv` of 2^31 bytes and more, and `Os(ENOMEM)`.
    pub fn afalg(&mut self, op: u32, iv: Option<&[u8]>, assoclen: Option<u32>) -> Result<&mut Self> {
        self.raw(constants::SOL_ALG, constants::ALG_SET_OP, &op.to_ne_bytes())?;
        if let Some(iv) = iv {
            let len = u32::try_from(iv.len())
                .map_err(|_| Error::overflow(format!("iv is too long: {} bytes", iv.len())))?;
            self.raw(constants::SOL_ALG, constants::ALG_SET_IV, &[&len.to_ne_bytes(), iv].concat())?;
        }
        if let Some(len) = assoclen {
            self.raw(constants::SOL_ALG, constants::ALG_SET_AEAD_ASSOCLEN, &len.to_ne_bytes())?;
        }
        Ok(self)
    }
}

impl Socket {
    /// Sends bytes to a cipher with an order what to do with them (`socket.sendmsg_afalg`); see [`ControlData::afalg`].
    ///
    /// Fails with [`Error::OsMessage`] on a socket that is not `AF_ALG`, and as [`Socket::sendmsg`] does.
    pub fn sendmsg_afalg(
        &self,
        buffers: &[IoSlice<'_>],
        op: u32,
        iv: Option<&[u8]>,
        assoclen: Option<u32>,
        flags: i32,
    ) -> Result<usize> {
        if self.family != crate::constants::AF_ALG {
            let text =
                format!("algset is only supported for AF_ALG, the socket's family is {:?}", self.family);
            return Err(Error::OsMessage(text.into()));
        }
        let mut control = ControlData::new();
        control.afalg(op, iv, assoclen)?;
        self.sendmsg(buffers, &control, flags)
    }
}
