//! Networks in the notation of CIDR.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::c_string::quoted;
use crate::error::{Error, Result};

/// A network: the IP addresses that begin with the same bits, such as `10.0.0.0/8` (RFC 4632, RFC 4291).
///
/// ```
/// use tabi::IpNetwork;
///
/// let documentation: IpNetwork = "2001:db8::/32".parse()?;
/// assert!(documentation.contains("2001:db8::1".parse()?));
/// assert!(!documentation.contains("2001:db9::1".parse()?));
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpNetwork {
    address: IpAddr,
    prefix: u8,
}

impl IpNetwork {
    /// Makes a network of its first address and the number of bits that its addresses have in common: 0 to 32 for
    /// IPv4, 0 to 128 for IPv6.
    ///
    /// Fails with [`Error::Value`] when there are more bits, when a bit behind them is set, and for an IPv4 address
    /// that is written as an IPv6 address (`::ffff:10.0.0.0`).
    pub fn new(address: IpAddr, prefix: u8) -> Result<IpNetwork> {
        IpNetwork::checked(address, prefix.into())
            .map_err(|problem| not_a_network(&format!("{address}/{prefix}"), &problem))
    }

    /// Returns the first address of the network.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns how many bits the addresses of the network have in common.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Returns whether the address belongs to the network. An IPv4 address belongs to a network of IPv4 also when a
    /// dual-stack socket has reported it as an IPv6 address (`::ffff:10.1.2.3`).
    pub fn contains(&self, host: IpAddr) -> bool {
        let ((own, longest), (bits, of_host)) = (bits(self.address), bits(host.to_canonical()));
        longest == of_host && behind(longest, self.prefix).is_none_or(|count| (own ^ bits) >> count == 0)
    }

    fn checked(address: IpAddr, prefix: u32) -> Result<IpNetwork, String> {
        if address.to_canonical() != address {
            return Err("IPv4 addresses must be written as such, also for dual-stack sockets".to_owned());
        }
        let (bits, longest) = bits(address);
        let prefix = u8::try_from(prefix).ok().filter(|prefix| u32::from(*prefix) <= longest);
        let prefix = prefix.ok_or_else(|| bad_prefix(address))?;
        let host_bits = behind(longest, prefix).map_or(bits, |count| bits & ((1 << count) - 1));
        if host_bits != 0 {
            return Err("bits behind the prefix are set".to_owned());
        }
        Ok(IpNetwork { address, prefix })
    }

    fn read(text: &str) -> Result<IpNetwork, String> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address
            .parse()
            .map_err(|_| "it must be written as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1".to_owned())?;
        let prefix = match prefix {
            None => bits(address).1,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| bad_prefix(address))?
            }
            Some(_) => return Err(bad_prefix(address)),
        };
        IpNetwork::checked(address, prefix)
    }
}

/// The bits of an address, and how many they are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (v4.to_bits().into(), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// How many bits are behind the prefix. `None` stands for all 128, by which a number cannot be shifted.
fn behind(longest: u32, prefix: u8) -> Option<u32> {
    Some(longest - u32::from(prefix)).filter(|count| *count < u128::BITS)
}

fn bad_prefix(address: IpAddr) -> String {
    format!("the prefix must be 0-{}", bits(address).1)
}

fn not_a_network(text: &str, problem: &str) -> Error {
    Error::value(format_args!("{} is not a network: {problem}", quoted(text.as_bytes())))
}

impl From<IpAddr> for IpNetwork {
    /// Returns the network that has only this address. An IPv4 address may be written as an IPv6 address.
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        IpNetwork { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for IpNetwork {
    type Err = Error;

    /// Reads a network (`10.0.0.0/8`, `2001:db8::/32`) or one address, which is a network of its own.
    ///
    /// Fails with [`Error::Value`] for any other text, as [`IpNetwork::new`] does.
    fn from_str(text: &str) -> Result<Self> {
        IpNetwork::read(text).map_err(|problem| not_a_network(text, &problem))
    }
}

impl fmt::Display for IpNetwork {
    /// Writes the address and the prefix: `10.0.0.0/8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_the_addresses_with_its_bits() {
        for (network, inside, outside) in [
            // RFC 1918, section 3: the ranges are written with their first and last address.
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..],
                &["11.0.0.0", "9.255.255.255", "::1", "::10.0.0.0"][..],
            ),
            ("172.16.0.0/12", &["172.16.0.0", "172.31.255.255"], &["172.15.255.255", "172.32.0.0"]),
            ("192.168.0.0/16", &["192.168.0.0", "192.168.255.255"], &["192.167.255.255", "192.169.0.0"]),
            // RFC 4632, section 6: the block of an organization with 1024 addresses.
            ("192.24.8.0/22", &["192.24.8.0", "192.24.11.255"], &["192.24.7.255", "192.24.12.0"]),
            ("192.0.2.1", &["192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], &["::", "::1"]),
            // RFC 4291, section 2.3: three ways to write the same prefix of 60 bits.
            (
                "2001:0DB8:0000:CD30:0000:0000:0000:0000/60",
                &["2001:db8:0:cd30::", "2001:db8:0:cd3f:ffff:ffff:ffff:ffff"],
                &["2001:db8:0:cd2f:ffff:ffff:ffff:ffff", "2001:db8:0:cd40::"],
            ),
            ("2001:0DB8::CD30:0:0:0:0/60", &["2001:db8:0:cd30::1"], &["2001:db8::1"]),
            ("2001:0DB8:0:CD30::/60", &["2001:db8:0:cd30::1"], &["2001:db8::1"]),
            ("2001:db8::/32", &["2001:db8::1", "2001:db8:ffff::"], &["2001:db9::", "10.0.0.1"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
            ("::/0", &["::", "ffff::"], &["0.0.0.0", "::ffff:1.2.3.4"]),
        ] {
            let parsed: IpNetwork = network.parse().unwrap();
            let contains = |host: &&str| parsed.contains(host.parse().unwrap());
            assert!(inside.iter().all(contains), "{network} has {inside:?}");
            assert!(!outside.iter().any(contains), "{network} has none of {outside:?}");
            assert_eq!(parsed.to_string().parse(), Ok(parsed));
            assert_eq!(IpNetwork::new(parsed.address(), parsed.prefix()), Ok(parsed));
        }
    }

    #[test]
    fn one_address_is_a_network_of_its_own() {
        for (address, network) in
            [("192.0.2.1", "192.0.2.1/32"), ("::1", "::1/128"), ("::ffff:192.0.2.1", "192.0.2.1/32")]
        {
            assert_eq!(IpNetwork::from(address.parse::<IpAddr>().unwrap()).to_string(), network);
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for (text, problem) in [
            ("", "it must be written as"),
            ("localhost", "it must be written as"),
            ("10.0.0/8", "it must be written as"),
            // RFC 4291, section 2.3: what is not a legal way to write the prefix above.
            ("2001:0DB8:0:CD3/60", "it must be written as"),
            ("2001:0DB8::CD30/60", "bits behind the prefix are set"),
            ("2001:0DB8::CD3/60", "bits behind the prefix are set"),
            ("fe80::%1/64", "it must be written as"),
            ("[::]/0", "it must be written as"),
            (" 10.0.0.0/8", "it must be written as"),
            ("10.0.0.0/", "the prefix must be 0-32"),
            ("10.0.0.0/33", "the prefix must be 0-32"),
            ("10.0.0.0/264", "the prefix must be 0-32"),
            ("10.0.0.0/+8", "the prefix must be 0-32"),
            ("10.0.0.0/-1", "the prefix must be 0-32"),
            ("10.0.0.0/255.0.0.0", "the prefix must be 0-32"),
            ("10.0.0.0/8/8", "the prefix must be 0-32"),
            ("10.0.0.0/99999999999", "the prefix must be 0-32"),
            ("::/129", "the prefix must be 0-128"),
            ("10.0.0.1/8", "bits behind the prefix are set"),
            ("1.2.3.4/0", "bits behind the prefix are set"),
            ("2001:db8::1/64", "bits behind the prefix are set"),
            ("::1/0", "bits behind the prefix are set"),
            ("::ffff:10.0.0.0/104", "IPv4 addresses must be written as such"),
        ] {
            let error = text.parse::<IpNetwork>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{text}\" is not a network: {problem}")), "{error}");
        }
        let error = IpNetwork::new("10.0.0.0".parse().unwrap(), 33).unwrap_err().to_string();
        assert_eq!(error, "\"10.0.0.0/33\" is not a network: the prefix must be 0-32");
    }
}
