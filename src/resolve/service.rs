//! Services and protocols by name and number.

use crate::c_string::{c_string, quoted};
use crate::error::{Error, Result};
use crate::sys;

/// Returns the port of a service (`socket.getservbyname`). `proto` is `"tcp"`, `"udp"`, or `None` for any protocol.
///
/// Fails with [`Error::OsMessage`] when there is none, and with [`Error::Value`] when a name contains a NUL byte.
///
/// ```no_run
/// assert_eq!(tabi::getservbyname("http", "tcp")?, 80);
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn getservbyname<'a>(name: impl AsRef<[u8]>, proto: impl Into<Option<&'a str>>) -> Result<u16> {
    let (name, proto) = (name.as_ref(), proto.into());
    let (name_c, proto_c) = (c_string(name, "a service")?, protocol(proto)?);
    sys::service_by_name(&name_c, proto_c.as_deref())?
        .ok_or_else(|| not_found(format!("service/proto not found: {}", pair(&quoted(name), proto))))
}

/// Returns the name of the service on a port (`socket.getservbyport`). `proto` is `"tcp"`, `"udp"`, or `None` for any
/// protocol.
///
/// Fails with [`Error::OsMessage`] when there is none.
pub fn getservbyport<'a>(port: u16, proto: impl Into<Option<&'a str>>) -> Result<String> {
    let proto = proto.into();
    sys::service_by_port(port, protocol(proto)?.as_deref())?
        .ok_or_else(|| not_found(format!("port/proto not found: {}", pair(&port.to_string(), proto))))
}

/// Returns the number of the protocol with this name, such as `"tcp"` (`socket.getprotobyname`).
///
/// Fails with [`Error::OsMessage`] when there is none, and with [`Error::Value`] when the name contains a NUL byte.
pub fn getprotobyname(name: impl AsRef<[u8]>) -> Result<i32> {
    let name = name.as_ref();
    sys::protocol_by_name(&c_string(name, "a protocol")?)?
        .ok_or_else(|| not_found(format!("protocol not found: {}", quoted(name))))
}

fn protocol(proto: Option<&str>) -> Result<Option<std::ffi::CString>> {
    proto.map(|proto| c_string(proto.as_bytes(), "a protocol")).transpose()
}

fn pair(what: &str, proto: Option<&str>) -> String {
    proto.map_or_else(|| what.to_owned(), |proto| format!("{what}, {proto:?}"))
}

fn not_found(message: String) -> Error {
    Error::OsMessage(message.into())
}
