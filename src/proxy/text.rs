//! Version 1: one line of text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::{Header, Version};
use crate::c_string::quoted;
use crate::error::{Error, Result};

/// How each line begins.
pub(super) const BEGIN: &[u8] = b"PROXY ";
/// How each line ends.
pub(super) const END: &[u8] = b"\r\n";
/// The most bytes of a line, with its end.
pub(super) const LONGEST: usize = 107;
/// The line without anything that may be left out.
pub(super) const SHORTEST: usize = b"PROXY UNKNOWN\r\n".len();

/// What may follow [`BEGIN`]. After `UNKNOWN` the line may end.
const PROTOCOLS: [&[u8]; 4] = [b"TCP4 ", b"TCP6 ", b"UNKNOWN ", b"UNKNOWN\r\n"];

/// Checks the bytes that have come of a line. Returns whether the line is complete.
///
/// Fails as soon as no bytes that may follow can make a line of them.
pub(super) fn check(line: &[u8]) -> Result<bool> {
    let (begin, rest) = line.split_at(line.len().min(BEGIN.len()));
    let known = PROTOCOLS.iter().any(|protocol| {
        let common = rest.len().min(protocol.len());
        rest[..common] == protocol[..common]
    });
    if !BEGIN.starts_with(begin) || !known {
        return Err(not_valid(line));
    }
    let is_unknown = rest.first() == Some(&b'U');
    let ends = line.ends_with(END);
    let may_go_on = line.len() < LONGEST && (is_unknown || are_fields(rest.get(PROTOCOLS[0].len()..)));
    if ends || may_go_on { Ok(ends) } else { Err(not_valid(line)) }
}

/// Returns whether the bytes may be a part of the addresses and ports of a line that has not ended.
fn are_fields(rest: Option<&[u8]>) -> bool {
    let rest = rest.unwrap_or_default();
    let text = rest.strip_suffix(b"\r").unwrap_or(rest);
    text.iter().all(|byte| matches!(byte, b' ' | b'.' | b':') || byte.is_ascii_hexdigit())
}

/// Reads a line that [`check`] has found complete.
pub(super) fn read(line: &[u8]) -> Result<Header> {
    let fields =
        line.strip_prefix(BEGIN).and_then(|line| line.strip_suffix(END)).ok_or_else(|| not_valid(line))?;
    if fields.starts_with(b"UNKNOWN") {
        return Ok(Header::unknown(Version::V1));
    }
    read_addresses(fields).ok_or_else(|| not_valid(line))
}

fn read_addresses(fields: &[u8]) -> Option<Header> {
    let mut fields = std::str::from_utf8(fields).ok()?.split(' ');
    let ip = match fields.next()? {
        "TCP4" => |text: &str| Ipv4Addr::from_str(text).ok().map(IpAddr::V4),
        "TCP6" => |text: &str| Ipv6Addr::from_str(text).ok().map(IpAddr::V6),
        _ => return None,
    };
    let (source, destination) = (ip(fields.next()?)?, ip(fields.next()?)?);
    let (source_port, destination_port) = (port(fields.next()?)?, port(fields.next()?)?);
    if fields.next().is_some() {
        return None;
    }
    let (source, destination) =
        (SocketAddr::new(source, source_port), SocketAddr::new(destination, destination_port));
    Header::new(Version::V1, source, destination).ok()
}

/// Reads a port: digits only, without zeros in front of the number.
fn port(text: &str) -> Option<u16> {
    let canonical = text == "0" || text.starts_with(|first| ('1'..='9').contains(&first));
    if canonical { text.parse().ok() } else { None }
}

pub(super) fn write(header: &Header) -> String {
    match (header.source.as_inet(), header.destination.as_inet()) {
        (Some(source), Some(destination)) => format!(
            "PROXY {} {} {} {} {}\r\n",
            if source.is_ipv4() { "TCP4" } else { "TCP6" },
            source.ip(),
            destination.ip(),
            source.port(),
            destination.port(),
        ),
        _ => "PROXY UNKNOWN\r\n".into(),
    }
}

fn not_valid(line: &[u8]) -> Error {
    super::not_valid(quoted(line))
}
