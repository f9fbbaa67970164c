//! Everything that can stand for an address in a call.

use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use super::{Address, RawAddress, UnixAddress};
use crate::constants::{AF_INET, AF_INET6, AddressFamily};
use crate::error::{Error, Result};
use crate::resolve;
use crate::sys;

/// Something that `bind`, `connect` and `sendto` accept as an address.
///
/// A `(host, port)` pair is looked up for the socket's own family, as in Python: the host may be a
/// name, an address, `""` (any) or `"<broadcast>"`. A path or `&str` alone is an `AF_UNIX`
/// path, with a leading NUL byte an abstract name.
///
/// ```
/// use tabi::{AF_INET, SOCK_DGRAM, Socket};
///
/// let socket = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
/// socket.bind(("127.0.0.1", 0))?;
/// # Ok::<(), tabi::Error>(())
/// ```
///
/// What is no port does not compile:
///
/// ```compile_fail
/// # let socket = tabi::Socket::new(tabi::AF_INET, tabi::SOCK_DGRAM, 0)?;
/// socket.connect(("127.0.0.1", 70000))?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait ToAddress {
    /// The address for a socket of this family (`AF_*`).
    ///
    /// Fails with [`Error::Type`] when the address is of another family, and as the lookup of a host does.
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress>;
}

impl<T: ToAddress + ?Sized> ToAddress for &T {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        (**self).to_address(family)
    }
}

impl<H: AsRef<str>> ToAddress for (H, u16) {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        inet(family, self.0.as_ref().as_bytes(), self.1, 0, 0)
    }
}

/// `(host, port, flowinfo, scope_id)`, Python's form for `AF_INET6`.
impl<H: AsRef<str>> ToAddress for (H, u16, u32, u32) {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        check_family(family, AF_INET6, "a (host, port, flowinfo, scope_id) address")?;
        inet(family, self.0.as_ref().as_bytes(), self.1, self.2, self.3)
    }
}

impl ToAddress for SocketAddr {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        Address::from(*self).to_address(family)
    }
}

impl ToAddress for SocketAddrV4 {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        Address::Inet(*self).to_address(family)
    }
}

impl ToAddress for SocketAddrV6 {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        Address::Inet6(*self).to_address(family)
    }
}

impl ToAddress for UnixAddress {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        RawAddress::try_from(self)?.to_address(family)
    }
}

impl ToAddress for str {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        UnixAddress::from_bytes(self.as_bytes())?.to_address(family)
    }
}

impl ToAddress for String {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        self.as_str().to_address(family)
    }
}

impl ToAddress for Path {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        use std::os::unix::ffi::OsStrExt;
        UnixAddress::from_bytes(self.as_os_str().as_bytes())?.to_address(family)
    }
}

impl ToAddress for PathBuf {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        self.as_path().to_address(family)
    }
}

impl ToAddress for Address {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        if let Address::Inet6(v6) = self {
            check_flowinfo(v6.flowinfo())?;
        }
        RawAddress::try_from(self)?.to_address(family)
    }
}

impl ToAddress for RawAddress {
    fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
        check_family(family, self.family(), "the address")?;
        Ok(*self)
    }
}

/// Looks `host` up for a socket of `family` and adds the port: CPython's `getsockaddrarg` for internet families.
pub(crate) fn inet(
    family: AddressFamily,
    host: &[u8],
    port: u16,
    flowinfo: u32,
    scope_id: u32,
) -> Result<RawAddress> {
    let family = spoken(family);
    if family != AF_INET && family != AF_INET6 {
        return Err(Error::type_error(format!(
            "a (host, port) address needs a socket of family AF_INET or AF_INET6, not {family:?}"
        )));
    }
    check_flowinfo(flowinfo)?;
    match resolve::host(host, family)? {
        SocketAddr::V4(v4) => Ok(SocketAddrV4::new(*v4.ip(), port).into()),
        SocketAddr::V6(v6) => {
            let scope_id = if scope_id == 0 { v6.scope_id() } else { scope_id };
            Ok(SocketAddrV6::new(*v6.ip(), port, flowinfo, scope_id).into())
        }
    }
}

#[cfg(feature = "capi")]
pub(crate) fn check_port(port: i64) -> Result<u16> {
    u16::try_from(port).map_err(|_| Error::overflow(format!("port must be 0-65535, got {port}")))
}

pub(crate) fn check_flowinfo(flowinfo: u32) -> Result<()> {
    if flowinfo > 0xf_ffff {
        return Err(Error::overflow(format!("flowinfo must be 0-1048575, got {flowinfo}")));
    }
    Ok(())
}

/// The family of a socket's addresses, which is not always its own: see [`sys::address_family`].
fn spoken(family: AddressFamily) -> AddressFamily {
    AddressFamily::from_raw(sys::address_family(family.as_raw()))
}

fn check_family(socket: AddressFamily, address: AddressFamily, what: &str) -> Result<()> {
    if spoken(socket) == address {
        return Ok(());
    }
    Err(Error::type_error(format!("{what} is of family {address:?}, but the socket is of family {socket:?}")))
}
