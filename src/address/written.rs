//! Addresses as text that can be read back: `192.0.2.1:80`, `[2001:db8::1]:80`, `unix:/run/s`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::str::FromStr;

use super::text::{escaped, unescaped};
use super::{Address, UnixAddress};
use crate::c_string::quoted;
use crate::error::{Error, Result};
use crate::resolve::if_nametoindex;

/// What the text of a unix address begins with.
const UNIX: &str = "unix:";

impl Address {
    /// Reads an address. No name is looked up. The text has one of these forms:
    ///
    /// | text | what it is |
    /// |---|---|
    /// | `192.0.2.1:80` | IPv4 with a port |
    /// | `[2001:db8::1]:80` | IPv6 with a port (RFC 3986, section 3.2.2) |
    /// | `[fe80::1%3]:80`, `[fe80::1%eth0]:80` | with a zone: the number or the name of an interface (RFC 4007, section 11) |
    /// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, `fe80::1%eth0` | without a port; `default_port` is used |
    /// | `unix:/run/s` | the path of a unix socket |
    /// | `unix:@name` | an abstract name |
    /// | `unix:` | no name |
    ///
    /// Without a `default_port`, the text must have a port. An IPv6 address with more than 8 groups, or an IPv4
    /// address with a leading zero, is refused, as by `inet_pton(3)`. In the name of a unix socket, `\\` is a
    /// backslash; `\n`, `\r`, `\t`, `\0`, `\xff` and `\u{1b}` are what they are in Rust; and a path that begins with
    /// `@` is written with `\x40`.
    ///
    /// Fails with [`Error::Value`] for any other text, and with [`Error::OsMessage`] for a unix path that is too long.
    ///
    /// ```
    /// use tabi::Address;
    ///
    /// let address = Address::from_text("2001:db8::1", Some(443))?;
    /// assert_eq!(address.to_text()?, "[2001:db8::1]:443");
    /// assert_eq!(Address::from_text("[2001:db8::1]:443", None), Ok(address));
    ///
    /// let error = Address::from_text("192.0.2.1:70000", None).unwrap_err();
    /// assert_eq!(error.to_string(), r#""192.0.2.1:70000" is not an address: port must be 0-65535, got "70000""#);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn from_text(text: impl AsRef<[u8]>, default_port: Option<u16>) -> Result<Address> {
        let text = text.as_ref();
        let refused = |problem: Cow<'_, str>| {
            Error::value(format_args!("{} is not an address: {problem}", quoted(text)))
        };
        if let Some(name) = text.strip_prefix(UNIX.as_bytes()) {
            let name = unix_name(name).map_err(refused)?;
            return Ok(Address::Unix(UnixAddress::from_bytes(&name)?));
        }
        let address = std::str::from_utf8(text).map_err(|_| Cow::from(EXPECTED));
        Ok(address.and_then(|text| internet(text, default_port)).map_err(refused)?.into())
    }

    /// Returns the address as text that [`Address::from_text`] reads back: `192.0.2.1:80`, `[2001:db8::1]:80`,
    /// `[fe80::1%3]:80`, `unix:/run/s`, `unix:@name`.
    ///
    /// IPv6 addresses are written as RFC 5952 says. The text does not have the flow information of an IPv6 address,
    /// which labels packets and is no part of the address of a host. The text of a unix socket never has a control
    /// character.
    ///
    /// Fails with [`Error::Type`] for an address of another family. [`Address::repr`] shows those to people.
    pub fn to_text(&self) -> Result<String> {
        match self {
            Address::Inet(_) | Address::Inet6(_) => Ok(self.to_string()),
            Address::Unix(name) => Ok(unix_text(name)),
            other => Err(Error::type_error(format_args!(
                "{} has no text that can be read back: AF_INET, AF_INET6 and AF_UNIX addresses have one",
                other.repr()
            ))),
        }
    }

    /// Returns what [`Address::to_text`] does, but without the port and its brackets: `192.0.2.1`, `2001:db8::1`,
    /// `fe80::1%3`. The text of a unix socket is the same.
    pub fn to_text_without_port(&self) -> Result<String> {
        match self {
            Address::Inet(v4) => Ok(v4.ip().to_string()),
            Address::Inet6(v6) if v6.scope_id() != 0 => Ok(format!("{}%{}", v6.ip(), v6.scope_id())),
            Address::Inet6(v6) => Ok(v6.ip().to_string()),
            other => other.to_text(),
        }
    }

    /// Changes the port of an internet address.
    ///
    /// Fails with [`Error::Type`] for an address of another family.
    pub fn set_port(&mut self, port: u16) -> Result<()> {
        match self {
            Address::Inet(address) => address.set_port(port),
            Address::Inet6(address) => address.set_port(port),
            other => {
                return Err(Error::type_error(format_args!(
                    "only AF_INET and AF_INET6 addresses have a port, got {}",
                    other.repr()
                )));
            }
        }
        Ok(())
    }
}

impl FromStr for Address {
    type Err = Error;

    /// Reads an address with its port, as [`Address::from_text`] does.
    fn from_str(text: &str) -> Result<Self> {
        Address::from_text(text, None)
    }
}

/// Why a text is not an address.
type Problem = Cow<'static, str>;

const EXPECTED: &str = "it must be written as 192.0.2.1:80, [2001:db8::1]:80 or unix:/path";

fn internet(text: &str, default_port: Option<u16>) -> Result<SocketAddr, Problem> {
    let (mut address, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("the bracket is not closed")?;
            (ipv6(host)?, after)
        }
        None => {
            // With a second colon, all of them belong to an IPv6 address.
            let colon = text.find(':').filter(|colon| !text[colon + 1..].contains(':'));
            let (host, after) = text.split_at(colon.unwrap_or(text.len()));
            let host = if host.contains(':') { ipv6(host)? } else { ipv4(host)? };
            (host, after)
        }
    };
    let port = match (port.strip_prefix(':'), default_port) {
        (Some(digits), _) => read_port(digits)?,
        (None, _) if !port.is_empty() => return Err("only a colon and a port may follow the bracket".into()),
        (None, Some(default)) => default,
        (None, None) => return Err("it has no port".into()),
    };
    address.set_port(port);
    Ok(address)
}

fn ipv4(text: &str) -> Result<SocketAddr, Problem> {
    let address: Ipv4Addr = text.parse().map_err(|_| Problem::from(EXPECTED))?;
    Ok(SocketAddr::new(IpAddr::V4(address), 0))
}

fn ipv6(text: &str) -> Result<SocketAddr, Problem> {
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let address: Ipv6Addr =
        address.parse().map_err(|_| format!("{} is not an IPv6 address", quoted(address.as_bytes())))?;
    let scope_id = zone.map_or(Ok(0), read_zone)?;
    Ok(SocketAddrV6::new(address, 0, 0, scope_id).into())
}

/// Reads the number or the name of an interface.
fn read_zone(zone: &str) -> Result<u32, Problem> {
    let problem = |what: &str| Problem::from(format!("the zone {} is {what}", quoted(zone.as_bytes())));
    if is_number(zone) {
        return zone.parse().map_err(|_| problem("greater than 4294967295"));
    }
    // No interface has such a name, but Linux would ignore a colon and all that follows it.
    let is_name = !zone.contains(|character: char| character == ':' || character.is_ascii_whitespace());
    let found = is_name.then(|| if_nametoindex(zone).ok()).flatten();
    found.ok_or_else(|| problem("no interface of this machine"))
}

fn read_port(digits: &str) -> Result<u16, Problem> {
    let port = Some(digits).filter(|digits| is_number(digits)).and_then(|digits| digits.parse().ok());
    port.ok_or_else(|| format!("port must be 0-65535, got {}", quoted(digits.as_bytes())).into())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the name of a unix socket in Python's form, in which an abstract name begins with NUL.
fn unix_name(text: &[u8]) -> Result<Vec<u8>, Problem> {
    match text.strip_prefix(b"@") {
        Some(name) => Ok([b"\0", &*unescaped(name)?].concat()),
        None => {
            let path = unescaped(text)?;
            if path.contains(&0) { Err("a path must not contain a NUL byte".into()) } else { Ok(path) }
        }
    }
}

fn unix_text(name: &UnixAddress) -> String {
    match name {
        UnixAddress::Unnamed => UNIX.to_owned(),
        UnixAddress::Abstract(name) => format!("{UNIX}@{}", escaped(name)),
        UnixAddress::Path(path) => {
            let path = escaped(path.as_os_str().as_encoded_bytes());
            match path.strip_prefix('@') {
                Some(rest) => format!("{UNIX}\\x40{rest}"),
                None => format!("{UNIX}{path}"),
            }
        }
    }
}
