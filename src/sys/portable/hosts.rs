//! Look-ups of hosts, services and protocols on systems without `_r` functions. Hosts are looked up with `getaddrinfo`
//! and `getnameinfo`, which every thread may call. Services and protocols come from files, and a lock protects their
//! entries.

use std::ffi::CStr;
use std::net::{IpAddr, SocketAddr};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::sys::HostEntry;
use crate::sys::unix::{Answers, Hints, name_info, port_of, text};

/// The numbers of `h_errno`, the same on every system.
const HOST_NOT_FOUND: i32 = 1;
const TRY_AGAIN: i32 = 2;
const NO_RECOVERY: i32 = 3;

/// Looks up the IPv4 addresses and the main name of the host with this name, without aliases.
pub(crate) fn host_by_name(name: &CStr) -> Result<HostEntry> {
    let (family, kind, flags) = (libc::AF_INET, libc::SOCK_STREAM, libc::AI_CANONNAME);
    let hints = Hints { family, kind, flags, ..Hints::default() };
    let answers = Answers::of(Some(name), None, hints).map_err(herror)?;
    let canonname = answers.iter().next().map(|first| first.canonname()).unwrap_or_default();
    let name = if canonname.is_empty() { name.to_string_lossy().into_owned() } else { canonname };
    let addresses = answers.iter().filter_map(|answer| Some(answer.address()?.as_socket()?.ip())).collect();
    Ok(HostEntry { name, aliases: Vec::new(), addresses })
}

/// Looks up the main name of the host with this address, without aliases and other addresses.
pub(crate) fn host_by_address(address: IpAddr) -> Result<HostEntry> {
    let named = name_info(&SocketAddr::new(address, 0).into(), libc::NI_NAMEREQD);
    let (name, _) = named.map_err(herror)?;
    Ok(HostEntry { name, aliases: Vec::new(), addresses: vec![address] })
}

fn herror(error: Error) -> Error {
    match error {
        Error::Gai(libc::EAI_AGAIN) => Error::Herror(TRY_AGAIN),
        Error::Gai(libc::EAI_FAIL) => Error::Herror(NO_RECOVERY),
        Error::Gai(_) => Error::Herror(HOST_NOT_FOUND),
        error => error,
    }
}

/// Locks the static entries of the C library. No call waits for the network while the lock is held.
fn lock() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the port of a service, or `None` when there is no such service.
pub(crate) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Result<Option<u16>> {
    let _guard = lock();
    let proto = proto.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: both names are NUL-terminated or NULL; no other thread changes the static entry while the lock is held.
    Ok(unsafe { libc::getservbyname(name.as_ptr(), proto).as_ref() }.map(port_of))
}

/// Returns the name of the service on a port, or `None` when there is none.
pub(crate) fn service_by_port(port: u16, proto: Option<&CStr>) -> Result<Option<String>> {
    let _guard = lock();
    let proto = proto.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the protocol is NUL-terminated or NULL; no other thread changes the static entry while the lock is held.
    Ok(unsafe { libc::getservbyport(port.to_be().into(), proto).as_ref().map(|entry| text(entry.s_name)) })
}

/// Returns the number of a protocol, or `None` when there is no such protocol.
pub(crate) fn protocol_by_name(name: &CStr) -> Result<Option<i32>> {
    let _guard = lock();
    // SAFETY: the name is NUL-terminated; no other thread changes the static entry while the lock is held.
    Ok(unsafe { libc::getprotobyname(name.as_ptr()).as_ref() }.map(|entry| entry.p_proto))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether this database of Linux is installed.
    fn have(database: &str) -> bool {
        let found = std::path::Path::new(database).is_file();
        assert!(found || std::env::var_os("CI").is_none(), "{database} is missing");
        found
    }

    #[test]
    fn hosts_are_found_by_name_and_by_address() {
        let entry = host_by_name(c"127.0.0.9").unwrap();
        assert_eq!(entry.addresses, [IpAddr::from([127, 0, 0, 9])]);
        assert_eq!(entry.name, "127.0.0.9");
        if have("/etc/hosts") {
            let loopback = host_by_address(IpAddr::from([127, 0, 0, 1])).unwrap();
            assert!(!loopback.name.is_empty());
        }
    }

    #[test]
    fn the_resolvers_errors_become_those_of_gethostbyname() {
        assert_eq!(host_by_name(c"::1"), Err(Error::Herror(HOST_NOT_FOUND)));
        assert_eq!(herror(Error::Gai(libc::EAI_AGAIN)), Error::Herror(TRY_AGAIN));
        assert_eq!(herror(Error::Gai(libc::EAI_FAIL)), Error::Herror(NO_RECOVERY));
        assert_eq!(herror(Error::Os(libc::EMFILE)), Error::Os(libc::EMFILE));
    }

    #[test]
    fn services_and_protocols_are_those_of_the_system() {
        assert_eq!(service_by_name(c"no-such", None), Ok(None));
        assert_eq!(protocol_by_name(c"no-such"), Ok(None));
        if have("/etc/services") && have("/etc/protocols") {
            assert_eq!(service_by_name(c"http", Some(c"tcp")), Ok(Some(80)));
            assert_eq!(service_by_port(80, Some(c"tcp")), Ok(Some("http".to_owned())));
            assert_eq!(protocol_by_name(c"udp"), Ok(Some(17)));
        }
    }
}
