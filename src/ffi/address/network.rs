//! Networks in C: `tabi_network`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libc::ssize_t;

use super::tabi_addr;
use crate::address::IpNetwork;
use crate::constants::{AF_INET, AF_INET6, AddressFamily};
use crate::error::{Error, Result};
use crate::ffi::boundary::{boundary, copy_text, count, not_null, status, string};

/// A network: the IP addresses that begin with the same bits, such as 10.0.0.0/8.
///
/// A network is a value: it may be copied, and it need not be freed. tabi_network_from_text() makes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_network {
    /// The first address of the network: 4 bytes for AF_INET, 16 for AF_INET6. The others are 0.
    pub address: [u8; 16],
    /// AF_INET or AF_INET6.
    pub family: c_int,
    /// The number of bits that the addresses have in common: 0 to 32 for AF_INET, 0 to 128 for AF_INET6.
    pub prefix: c_int,
}

impl From<IpNetwork> for tabi_network {
    fn from(network: IpNetwork) -> Self {
        let mut address = [0; 16];
        let family = match network.address() {
            IpAddr::V4(v4) => {
                address[..4].copy_from_slice(&v4.octets());
                AF_INET
            }
            IpAddr::V6(v6) => {
                address = v6.octets();
                AF_INET6
            }
        };
        tabi_network { address, family: family.as_raw(), prefix: network.prefix().into() }
    }
}

impl TryFrom<&tabi_network> for IpNetwork {
    type Error = Error;

    /// Checks the members, which a program may have changed.
    fn try_from(network: &tabi_network) -> Result<IpNetwork> {
        let [a, b, c, d, ..] = network.address;
        let address = match AddressFamily::from_raw(network.family) {
            AF_INET => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            AF_INET6 => IpAddr::V6(Ipv6Addr::from(network.address)),
            family => {
                return Err(Error::value(format_args!(
                    "the family of a network must be AF_INET or AF_INET6, got {family}"
                )));
            }
        };
        let prefix = u8::try_from(network.prefix).map_err(|_| {
            Error::value(format_args!("the prefix of a network must be 0-128, got {}", network.prefix))
        })?;
        IpNetwork::new(address, prefix)
    }
}

/// Makes a network from text: "10.0.0.0/8", "2001:db8::/32", or an address alone, which is a network of its
/// own.
///
/// Returns 0. Errors: TABI_ERR_VALUE for any other text: when the prefix is out of its range, when bits
/// behind it are set ("10.0.0.1/8"), and for IPv4 addresses that are written for AF_INET6
/// ("::ffff:10.0.0.0/104").
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_network_from_text(
    text: *const c_char,
    network: Option<&mut MaybeUninit<tabi_network>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let text = unsafe { string(text, "text") }?;
        let network = not_null(network, "network")?;
        network.write(String::from_utf8_lossy(text).parse::<IpNetwork>()?.into());
        Ok(())
    })
}

/// Returns 1 when an address belongs to the network, and 0 when it does not.
///
/// An IPv4 address belongs to a network of IPv4 also when a dual-stack socket has reported it for AF_INET6
/// (::ffff:10.1.2.3). The port, the scope and the flow information do not matter. Addresses of other
/// families belong to no network. Errors: TABI_ERR_VALUE when `network` is none.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_network_contains(network: Option<&tabi_network>, addr: Option<&tabi_addr>) -> c_int {
    boundary(|| {
        let network = IpNetwork::try_from(not_null(network, "network")?)?;
        let address = not_null(addr, "addr")?.decode()?.as_inet();
        Ok(address.is_some_and(|address| network.contains(address.ip())).into())
    })
}

/// Writes the network to `text`, with a NUL at the end: "10.0.0.0/8".
///
/// `size` is the size of `text` in bytes; 50 are always enough. Returns the length without the NUL. Errors:
/// TABI_ERR_TOO_SMALL; TABI_ERR_VALUE when `network` is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_network_text(
    network: Option<&tabi_network>,
    text: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        let network = IpNetwork::try_from(not_null(network, "network")?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&network.to_string(), text, size, "text") }
    })
}
