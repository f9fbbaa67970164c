//! Look-ups of hosts, services and protocols. The entries of Winsock belong to the thread that asks.

use std::ffi::CStr;
use std::net::{IpAddr, SocketAddr};
use std::ptr;

use windows_sys::Win32::Networking::WinSock as winsock;

use super::entry::{port_of, text};
use super::libc;
use super::lookup::{Answers, Hints, name_info};
use super::startup::start;
use crate::error::{Error, Result};
use crate::sys::HostEntry;

/// Looks up the IPv4 addresses and the main name of the host with this name.
pub(crate) fn host_by_name(name: &CStr) -> Result<HostEntry> {
    let (family, kind, flags) = (libc::AF_INET, libc::SOCK_STREAM, libc::AI_CANONNAME);
    let answers = Answers::of(Some(name), None, Hints { family, kind, flags, ..Hints::default() })?;
    let canonname = answers.iter().next().map(|first| first.canonname()).unwrap_or_default();
    let name = if canonname.is_empty() { name.to_string_lossy().into_owned() } else { canonname };
    let addresses = answers.iter().filter_map(|answer| Some(answer.address()?.as_socket()?.ip())).collect();
    Ok(HostEntry { name, aliases: Vec::new(), addresses })
}

/// Looks up the main name of the host with this address.
pub(crate) fn host_by_address(address: IpAddr) -> Result<HostEntry> {
    let named = name_info(&SocketAddr::new(address, 0).into(), libc::NI_NAMEREQD);
    let (name, _) = named.map_err(|error| match error {
        Error::Gai(code) => Error::Herror(code),
        error => error,
    })?;
    Ok(HostEntry { name, aliases: Vec::new(), addresses: vec![address] })
}

/// Returns the port of a service, or `None` when there is no such service.
pub(crate) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Result<Option<u16>> {
    start();
    let proto = proto.map_or(ptr::null(), CStr::as_ptr).cast();
    // SAFETY: both names are NUL-terminated or NULL. The entry stays until this thread asks again.
    let entry = unsafe { winsock::getservbyname(name.as_ptr().cast(), proto).as_ref() };
    Ok(entry.map(port_of))
}

/// Returns the name of the service on a port, or `None` when there is none.
pub(crate) fn service_by_port(port: u16, proto: Option<&CStr>) -> Result<Option<String>> {
    start();
    let proto = proto.map_or(ptr::null(), CStr::as_ptr).cast();
    // SAFETY: the protocol is NUL-terminated or NULL. The entry stays until this thread asks again.
    Ok(unsafe {
        winsock::getservbyport(port.to_be().into(), proto).as_ref().map(|entry| text(entry.s_name.cast()))
    })
}

/// Returns the number of a protocol, or `None` when there is no such protocol.
pub(crate) fn protocol_by_name(name: &CStr) -> Result<Option<i32>> {
    start();
    // SAFETY: the name is NUL-terminated. The entry stays until this thread asks again.
    Ok(unsafe { winsock::getprotobyname(name.as_ptr().cast()).as_ref() }.map(|entry| entry.p_proto.into()))
}
