//! Interfaces as the socket's own network namespace numbers them: what addresses of some families hold.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use super::Socket;
use crate::error::{Error, Result};

impl Socket {
    /// The number of an interface (`SIOCGIFINDEX`), as `PacketAddress` and `CanAddress` want it.
    ///
    /// The socket's own network namespace is asked, as in Python's addresses; `if_nametoindex` asks this process's.
    /// Fails with [`Error::OsMessage`] for a name of more than 15 bytes, `Os(ENODEV)` for an unknown one, and [`Error::Closed`].
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
        // SAFETY: the request reads and writes one `ifreq`, whose name ends with a NUL byte.
        if unsafe { libc::ioctl(call.fd(), libc::SIOCGIFINDEX as _, &mut request) } < 0 {
            return Err(Error::last_os());
        }
        // SAFETY: the request filled this member.
        Ok(unsafe { request.ifr_ifru.ifru_ifindex } as u32)
    }

    /// The name of an interface (`SIOCGIFNAME`), empty for 0 and for an unknown number, as in Python's addresses.
    ///
    /// Fails with [`Error::Closed`].
    pub fn interface_name(&self, index: u32) -> Result<Vec<u8>> {
        let call = self.handle.enter()?;
        let mut request = request();
        request.ifr_ifru.ifru_ifindex = index as libc::c_int;
        // SAFETY: the request reads and writes one `ifreq`.
        if index == 0 || unsafe { libc::ioctl(call.fd(), libc::SIOCGIFNAME as _, &mut request) } < 0 {
            return Ok(Vec::new());
        }
        Ok(request.ifr_name.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0).collect())
    }
}

fn request() -> libc::ifreq {
    // SAFETY: a structure of integers, for which all zeros is a value.
    unsafe { std::mem::zeroed() }
}
