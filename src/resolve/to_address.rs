//! The types that calls accept as an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use super::{host, hosts};
use crate::address::{Address, RawAddress, UnixAddress, families};
use crate::c_string::quoted;
#[cfg(feature = "capi")]
use crate::constants::AF_UNSPEC;
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, AddressFamily};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys;

/// A type that `bind`, `connect` and `sendto` accept as an address.
///
/// | for sockets of | what is accepted |
/// |---|---|
/// | `AF_INET`, `AF_INET6` | `(host, port)`, where the host is a `&str`, a `String`, bytes or one of [`std::net`]'s IP addresses; `(host, port, flowinfo, scope_id)`; [`SocketAddr`] and its two variants; a slice, an array or a `Vec` of [`SocketAddr`] |
/// | `AF_UNIX` | `&str`, `String`, [`Path`], [`PathBuf`], [`UnixAddress`], [`std::os::unix::net::SocketAddr`] |
/// | any family | [`Address`], [`RawAddress`], and the address type of the family, such as [`NetlinkAddress`](crate::NetlinkAddress) |
///
/// A host that is given as text is looked up for the family of the socket, as in Python. It may be a name, an address,
/// `""` (any address of this machine) or `"<broadcast>"`. Of several [`SocketAddr`]s, the first that fits the family of
/// the socket is used.
///
/// A text alone is always the path of a unix socket, or an abstract name if it begins with a NUL byte. It is never a
/// host with a port, and sockets of other families refuse it. `"127.0.0.1:80".parse::<Address>()` reads such a text.
///
/// ```
/// use tabi::{AF_INET, Address, SOCK_DGRAM, Socket};
///
/// let socket = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
/// socket.bind(("127.0.0.1", 0))?;
/// socket.connect("127.0.0.1:9".parse::<Address>()?)?;
///
/// let error = socket.connect("127.0.0.1:9").unwrap_err();
/// assert!(error.to_string().contains(r#"write ("127.0.0.1", 9)"#));
/// # Ok::<(), tabi::Error>(())
/// ```
///
/// A port that is out of range does not compile:
///
/// ```compile_fail
/// # let socket = tabi::Socket::new(tabi::AF_INET, tabi::SOCK_DGRAM, 0)?;
/// socket.connect(("127.0.0.1", 70000))?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait ToAddress {
    /// Returns the address as the system's `sockaddr`, for a socket of this family. A host is looked up until the
    /// deadline.
    ///
    /// Fails with [`Error::Timeout`] when the deadline passes during the look-up. Fails with [`Error::Type`] when the address is of another family, with [`Error::Gai`] when a host cannot be
    /// looked up, and with [`Error::Overflow`] for a `flowinfo` above 1048575.
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress>;

    /// Returns whether the address has the name of a host, which may have to be looked up. The default is false.
    fn has_host_name(&self) -> bool {
        false
    }

    /// Returns the internet addresses on which a server for both versions of IP listens: those of IPv4 come first. A
    /// host that is given as text may have several, and `""` has one of each version. Everything else has one.
    ///
    /// Fails as [`ToAddress::to_address`] does.
    fn to_addresses(&self, deadline: Deadline) -> Result<Vec<RawAddress>> {
        let address = match self.to_address(AF_INET, deadline) {
            Err(Error::Type(_)) => self.to_address(AF_INET6, deadline),
            of_ipv4 => of_ipv4,
        };
        memory::collected([address].into_iter())
    }
}

impl<T: ToAddress + ?Sized> ToAddress for &T {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        (**self).to_address(family, deadline)
    }

    fn has_host_name(&self) -> bool {
        (**self).has_host_name()
    }

    fn to_addresses(&self, deadline: Deadline) -> Result<Vec<RawAddress>> {
        (**self).to_addresses(deadline)
    }
}

macro_rules! host_and_port {
    ($($host:ty)*) => {$(
        impl ToAddress for ($host, u16) {
            fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
                inet(family, self.0.as_ref(), self.1, 0, 0, deadline)
            }

            fn to_addresses(&self, deadline: Deadline) -> Result<Vec<RawAddress>> {
                inet_all(self.0.as_ref(), self.1, deadline)
            }

            fn has_host_name(&self) -> bool {
                is_name(self.0.as_ref())
            }
        }

        /// Accepts `(host, port, flowinfo, scope_id)`, Python's form for `AF_INET6`.
        impl ToAddress for ($host, u16, u32, u32) {
            fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
                check_family(family, AF_INET6, "a (host, port, flowinfo, scope_id) address")?;
                inet(family, self.0.as_ref(), self.1, self.2, self.3, deadline)
            }

            fn has_host_name(&self) -> bool {
                is_name(self.0.as_ref())
            }
        }
    )*};
}

host_and_port!(&str String &String &[u8]);

macro_rules! socket_addr {
    ($($address:ty),*) => {$(
        impl ToAddress for $address {
            fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
                Address::from(SocketAddr::from(*self)).to_address(family, deadline)
            }
        }
    )*};
}

socket_addr!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

/// Uses the first of the addresses that fits the family of the socket.
impl ToAddress for [SocketAddr] {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        let family = spoken(family);
        let fits = |address: &&SocketAddr| family == if address.is_ipv4() { AF_INET } else { AF_INET6 };
        match self.iter().find(fits) {
            Some(address) => address.to_address(family, deadline),
            None => {
                Err(Error::type_error(format_args!("none of {} addresses is of family {family}", self.len())))
            }
        }
    }
}

impl<const N: usize> ToAddress for [SocketAddr; N] {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        self.as_slice().to_address(family, deadline)
    }
}

impl ToAddress for Vec<SocketAddr> {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        self.as_slice().to_address(family, deadline)
    }
}

impl ToAddress for UnixAddress {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        RawAddress::try_from(self)?.to_address(family, deadline)
    }
}

sys::unix_only! {
    impl ToAddress for std::os::unix::net::SocketAddr {
        fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
            UnixAddress::from(self).to_address(family, deadline)
        }
    }
}

impl ToAddress for str {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        if family != AF_UNIX {
            let pair = match self.parse::<SocketAddr>() {
                Ok(address) => format!("(\"{}\", {})", address.ip(), address.port()),
                Err(_) => "(host, port)".to_owned(),
            };
            return Err(Error::type_error(format_args!(
                "{} alone is the path of a unix socket, but the socket is of family {family}: write {pair} for a host and port",
                quoted(self.as_bytes())
            )));
        }
        UnixAddress::from_bytes(self.as_bytes())?.to_address(family, deadline)
    }
}

impl ToAddress for String {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        self.as_str().to_address(family, deadline)
    }
}

impl ToAddress for Path {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        UnixAddress::from_bytes(self.as_os_str().as_encoded_bytes())?.to_address(family, deadline)
    }
}

impl ToAddress for PathBuf {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        self.as_path().to_address(family, deadline)
    }
}

impl ToAddress for Address {
    fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
        if let Address::Inet6(v6) = self {
            check_flowinfo(v6.flowinfo())?;
        }
        RawAddress::try_from(self)?.to_address(family, deadline)
    }
}

impl ToAddress for RawAddress {
    fn to_address(&self, family: AddressFamily, _deadline: Deadline) -> Result<RawAddress> {
        check_family(family, self.family(), "the address")?;
        Ok(*self)
    }
}

macro_rules! encoded {
    ($($(#[$text:meta])+ $family:ident: $structure:ident;)*) => {$(
        impl ToAddress for families::$structure {
            fn to_address(&self, family: AddressFamily, deadline: Deadline) -> Result<RawAddress> {
                self.encode().to_address(family, deadline)
            }
        }
    )*};
}

families::families!(encoded);

/// Returns whether a host may be more than an IP address. A look-up of `1.2` or `::1%lo` asks no name server.
fn is_name(host: &[u8]) -> bool {
    let is_ipv4 = host.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    !is_ipv4 && !host.contains(&b':')
}

/// Looks a host up for a socket of `family` and adds the port, as CPython's `getsockaddrarg` does for internet
/// families.
pub(crate) fn inet(
    family: AddressFamily,
    name: &[u8],
    port: u16,
    flowinfo: u32,
    scope_id: u32,
    deadline: Deadline,
) -> Result<RawAddress> {
    let family = spoken(family);
    if family != AF_INET && family != AF_INET6 {
        return Err(Error::type_error(format_args!(
            "a (host, port) address needs a socket of family AF_INET or AF_INET6, not {family}"
        )));
    }
    resolved(family, name, port, flowinfo, scope_id, deadline)
}

/// [`inet`] for a socket of either family: returns the first address of the host in the order of the system.
#[cfg(feature = "capi")]
pub(crate) fn inet_any(
    name: &[u8],
    port: u16,
    flowinfo: u32,
    scope_id: u32,
    deadline: Deadline,
) -> Result<RawAddress> {
    if name.is_empty() {
        return Err(Error::value("host \"\" has an address of each family: it needs AF_INET or AF_INET6"));
    }
    resolved(AF_UNSPEC, name, port, flowinfo, scope_id, deadline)
}

fn resolved(
    family: AddressFamily,
    name: &[u8],
    port: u16,
    flowinfo: u32,
    scope_id: u32,
    deadline: Deadline,
) -> Result<RawAddress> {
    check_flowinfo(flowinfo)?;
    match host(name, family, deadline)? {
        SocketAddr::V4(v4) => Ok(SocketAddrV4::new(*v4.ip(), port).into()),
        SocketAddr::V6(v6) => {
            let scope_id = if scope_id == 0 { v6.scope_id() } else { scope_id };
            Ok(SocketAddrV6::new(*v6.ip(), port, flowinfo, scope_id).into())
        }
    }
}

/// Looks up all addresses of a host, of both versions of IP, and adds the port.
fn inet_all(name: &[u8], port: u16, deadline: Deadline) -> Result<Vec<RawAddress>> {
    let with_port = |mut address: SocketAddr| {
        address.set_port(port);
        RawAddress::try_from(&Address::from(address))
    };
    memory::collected(hosts(name, deadline)?.into_iter().map(with_port))
}

/// Checks a port that C programs give as an `int`.
#[cfg(feature = "capi")]
pub(crate) fn check_port(port: i64) -> Result<u16> {
    u16::try_from(port).map_err(|_| Error::overflow(format_args!("port must be 0-65535, got {port}")))
}

pub(super) fn check_flowinfo(flowinfo: u32) -> Result<()> {
    if flowinfo > 0xf_ffff {
        return Err(Error::overflow(format_args!("flowinfo must be 0-1048575, got {flowinfo}")));
    }
    Ok(())
}

/// Returns the family of a socket's addresses, which is not always the family of the socket: see
/// [`sys::address_family`].
fn spoken(family: AddressFamily) -> AddressFamily {
    AddressFamily::from_raw(sys::address_family(family.as_raw()))
}

/// Checks that an address is of the family of the socket. `what` is the word for the address in the error.
#[inline]
pub(crate) fn check_family(socket: AddressFamily, address: AddressFamily, what: &str) -> Result<()> {
    if spoken(socket) == address { Ok(()) } else { Err(other_family(socket, address, what)) }
}

#[cold]
fn other_family(socket: AddressFamily, address: AddressFamily, what: &str) -> Error {
    Error::type_error(format_args!("{what} is of family {address}, but the socket is of family {socket}"))
}
