//! Options of `AF_UNIX`, which say who is at the other end.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::memory;
use crate::socket::{Credentials, Socket};
use crate::sys::syscall;

options! {
    /// Whether received messages carry their sender's credentials (`SO_PASSCRED`).
    passcred, set_passcred: bool;
    /// Whether received messages carry their sender's security label (`SO_PASSSEC`).
    passsec, set_passsec: bool = libc::SOL_SOCKET, libc::SO_PASSSEC;
}

/// The number of groups that the first request has space for.
const GROUPS: usize = 64;

impl Socket {
    /// Returns the process that made the other end of a unix connection, as it was at that time
    /// (`SO_PEERCRED`).
    ///
    /// Fails with `Os(ENOTCONN)` when there is no other end or when the socket is of another family, and with
    /// [`Error::Closed`].
    pub fn peer_credentials(&self) -> Result<Credentials> {
        let mut ucred = libc::ucred { pid: 0, uid: 0, gid: 0 };
        let mut len = size_of_val(&ucred) as libc::socklen_t;
        let place = (&raw mut ucred).cast();
        let call = self.handle.enter()?;
        // SAFETY: `place` is writable for `len` bytes, and any bytes are a valid ucred.
        unsafe { syscall!(getsockopt(call.fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, place, &mut len)) }?;
        // Linux reports these numbers when no peer is connected. No process has the uid -1.
        if ucred.uid == u32::MAX && ucred.gid == u32::MAX {
            return Err(Error::Os(libc::ENOTCONN));
        }
        Ok(Credentials { pid: ucred.pid, uid: ucred.uid, gid: ucred.gid })
    }

    /// Returns the supplementary groups of the process that made the other end of a unix connection
    /// (`SO_PEERGROUPS`).
    ///
    /// Fails with `Os(ENODATA)` when there is no other end or when the socket is of another family, and with
    /// [`Error::Closed`].
    pub fn peer_groups(&self) -> Result<Vec<u32>> {
        let mut groups = memory::zeroed::<u32>(GROUPS)?;
        loop {
            let mut len = size_of_val(groups.as_slice()) as libc::socklen_t;
            let call = self.handle.enter()?;
            let place = groups.as_mut_ptr().cast();
            // SAFETY: `place` is writable for `len` bytes.
            let asked = unsafe {
                syscall!(getsockopt(call.fd(), libc::SOL_SOCKET, libc::SO_PEERGROUPS, place, &mut len))
            };
            let count = len as usize / size_of::<u32>();
            match asked {
                Ok(_) => {
                    groups.truncate(count);
                    return Ok(groups);
                }
                // There was not enough space. `count` is now the number of groups.
                Err(Error::Os(libc::ERANGE)) if count > groups.len() => groups = memory::zeroed(count)?,
                Err(error) => return Err(error),
            }
        }
    }
}
