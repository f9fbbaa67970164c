//! The addresses of a server for both versions of IP: those that this machine has, and a port that is free at all of them.

use crate::address::RawAddress;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::{Server, ServerOptions};
use crate::socket::Socket;
use crate::sys::libc;

/// How many ports are tried. Each may be in use at another address by chance.
const TRIES: u32 = 20;

impl ServerOptions {
    /// Keeps those of several addresses that this machine has: a name may have an address of IPv6 where the system has
    /// no IPv6.
    ///
    /// Fails with the system's error if it has none of them.
    pub(crate) fn of_this_machine(&self, addresses: Vec<RawAddress>) -> Result<Vec<RawAddress>> {
        if addresses.len() == 1 {
            return Ok(addresses);
        }
        let mut kept = Vec::new();
        let mut lacking = Error::Os(libc::EADDRNOTAVAIL);
        for address in addresses {
            let probe = self.socket_for(&address).and_then(|socket| socket.bind(address.with_port(0)));
            match probe {
                Ok(()) => {
                    memory::reserve(&mut kept, 1)?;
                    kept.push(address);
                }
                Err(error @ Error::Os(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT)) => lacking = error,
                Err(error) => return Err(error),
            }
        }
        if kept.is_empty() { Err(lacking) } else { Ok(kept) }
    }
}

impl Server {
    /// Finds a port that is free at all of these addresses. The system chooses one that is free at the first address.
    ///
    /// Fails with `Os(EADDRINUSE)` when none is found. Another program may take the port before the server does.
    pub(super) fn free_port(&self, addresses: &[RawAddress]) -> Result<u16> {
        let bound = |address: RawAddress| -> Result<Socket> {
            let socket = self.options().socket_for(&address)?;
            self.set_options(&socket)?;
            socket.bind(address)?;
            Ok(socket)
        };
        let (first, others) = addresses.split_first().ok_or(Error::Os(libc::EADDRNOTAVAIL))?;
        for _ in 0..TRIES {
            let chosen = bound(*first)?;
            let port = chosen.getsockname_raw()?.decode().port().unwrap_or(0);
            match memory::collected(others.iter().map(|address| bound(address.with_port(port)))) {
                Ok(_) => return Ok(port),
                Err(Error::Os(libc::EADDRINUSE)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Os(libc::EADDRINUSE))
    }
}
