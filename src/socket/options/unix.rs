//! Options of `AF_UNIX`: who is at the other end.
#![cfg(any(target_os = "linux", target_os = "android"))]
#![allow(unsafe_code)]

use super::Plain;
use crate::error::{Error, Result};
use crate::socket::Socket;

options! { libc::SOL_SOCKET;
    /// Whether received messages carry their sender's credentials (`SO_PASSCRED`).
    passcred, set_passcred: bool = libc::SO_PASSCRED;
    /// Whether received messages carry their sender's security label (`SO_PASSSEC`).
    passsec, set_passsec: bool = libc::SO_PASSSEC;
}

/// A process and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The process, 0 for one that this process cannot see.
    pub pid: i32,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

// SAFETY: a structure of integers.
unsafe impl Plain for libc::ucred {}

/// How many groups are asked for at first.
const GROUPS: usize = 64;

impl Socket {
    /// Who made the other end of a unix connection, as it was then (`SO_PEERCRED`).
    ///
    /// Fails with `Os(ENOTCONN)` where there is no other end, or one of another family, and with
    /// [`Error::Closed`].
    pub fn peer_credentials(&self) -> Result<Credentials> {
        let ucred: libc::ucred = self.plain_option(libc::SOL_SOCKET, libc::SO_PEERCRED)?;
        // What Linux reports when nobody has connected: no process has the uid -1.
        if ucred.uid == u32::MAX && ucred.gid == u32::MAX {
            return Err(Error::Os(libc::ENOTCONN));
        }
        Ok(Credentials { pid: ucred.pid, uid: ucred.uid, gid: ucred.gid })
    }

    /// The supplementary groups of who made the other end of a unix connection (`SO_PEERGROUPS`).
    ///
    /// Fails with `Os(ENODATA)` where there is no other end, or one of another family, and with
    /// [`Error::Closed`].
    pub fn peer_groups(&self) -> Result<Vec<u32>> {
        let mut groups = vec![0u32; GROUPS];
        loop {
            let mut len = size_of_val(groups.as_slice()) as libc::socklen_t;
            let call = self.handle.enter()?;
            // SAFETY: `groups` has `len` bytes.
            let status = unsafe {
                libc::getsockopt(
                    call.fd(),
                    libc::SOL_SOCKET,
                    libc::SO_PEERGROUPS,
                    groups.as_mut_ptr().cast(),
                    &mut len,
                )
            };
            let count = len as usize / size_of::<u32>();
            match status {
                0 => {
                    groups.truncate(count);
                    return Ok(groups);
                }
                // Too few: the length now says how many there are.
                _ if crate::error::last_errno() == libc::ERANGE && count > groups.len() => {
                    groups.resize(count, 0);
                }
                _ => return Err(Error::last_os()),
            }
        }
    }
}
