//! Which peers may send a PROXY header.

use std::net::IpAddr;

use crate::address::Address;
use crate::c_string::quoted;
use crate::error::{Error, Result};
use crate::memory;

/// How the peers of unix sockets are named in a list of networks.
const UNIX: &str = "unix:";

/// The peers that may send a PROXY header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trusted {
    networks: Vec<Network>,
    unix: bool,
}

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Trusted {
    /// Adds the peers of unix sockets (`unix:`), a network (`10.0.0.0/8`, `2001:db8::/32`) or one host.
    pub(super) fn add(&mut self, text: &str) -> Result<()> {
        if text == UNIX {
            self.unix = true;
            return Ok(());
        }
        let network = Network::read(text)?;
        memory::reserve(&mut self.networks, 1)?;
        self.networks.push(network);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.unix && self.networks.is_empty()
    }

    /// Whether a peer with this address may send a header. An IPv4 host is the same host on an IPv4 socket and on a
    /// dual-stack socket.
    pub(super) fn contains(&self, peer: &Address) -> bool {
        match peer {
            Address::Unix(_) => self.unix,
            peer => peer.as_inet().is_some_and(|peer| {
                let ip = peer.ip().to_canonical();
                self.networks.iter().any(|network| network.contains(ip))
            }),
        }
    }
}

impl Network {
    fn read(text: &str) -> Result<Network> {
        let problem = |problem: &str| {
            Err(Error::value(format!("{} is not a network: {problem}", quoted(text.as_bytes()))))
        };
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let Ok(address) = address.parse::<IpAddr>() else {
            return problem("it must be written as 10.0.0.0/8, 2001:db8::/32, 192.0.2.1 or unix:");
        };
        if address.to_canonical() != address {
            return problem("IPv4 addresses must be written as such, also for dual-stack sockets");
        }
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let digits = prefix.filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.map_or(Ok(longest), str::parse);
        let Some(prefix) =
            number.ok().filter(|&number| number <= longest && digits.is_some() == prefix.is_some())
        else {
            return problem(&format!("the prefix must be 0-{longest}"));
        };
        let network = Network { address, prefix };
        if network.host_bits() != 0 {
            return problem("bits behind the prefix are set");
        }
        Ok(network)
    }

    /// The bits of the address that are behind the prefix.
    fn host_bits(self) -> u128 {
        let (bits, longest) = bits(self.address);
        bits & 1_u128.checked_shl(longest - self.prefix).map_or(u128::MAX, |end| end - 1)
    }

    fn contains(self, host: IpAddr) -> bool {
        let ((own, longest), (bits, _)) = (bits(self.address), bits(host));
        let differ = (own ^ bits).checked_shr(longest - self.prefix).unwrap_or(0);
        self.address.is_ipv4() == host.is_ipv4() && differ == 0
    }
}

/// The bits of an address, and how many they are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (v4.to_bits().into(), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::address::UnixAddress;

    fn trusted(networks: &[&str]) -> Trusted {
        let mut trusted = Trusted::default();
        networks.iter().for_each(|network| trusted.add(network).unwrap());
        trusted
    }

    #[test]
    fn a_network_contains_the_addresses_with_its_bits() {
        for (network, inside, outside) in [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..],
                &["11.0.0.0", "9.255.255.255", "::1"][..],
            ),
            ("192.0.2.1", &["192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], &["::", "::1"]),
            ("2001:db8::/32", &["2001:db8::1", "2001:db8:ffff::"], &["2001:db9::", "10.0.0.1"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
            ("::/0", &["::", "ffff::"], &["0.0.0.0", "::ffff:1.2.3.4"]),
        ] {
            let trusted = trusted(&[network]);
            let contains = |host: &&str| {
                let address = std::net::SocketAddr::new(host.parse().unwrap(), 1);
                trusted.contains(&address.into())
            };
            assert!(inside.iter().all(contains), "{network} has {inside:?}");
            assert!(!outside.iter().any(contains), "{network} has none of {outside:?}");
            assert!(!trusted.contains(&UnixAddress::Unnamed.into()));
        }
    }

    #[test]
    fn unix_peers_are_trusted_only_by_name() {
        let trusted = trusted(&["unix:"]);
        assert!(trusted.contains(&UnixAddress::Unnamed.into()));
        assert!(!trusted.contains(&"127.0.0.1:1".parse().unwrap()));
        assert!(!trusted.contains(&Address::None));
        assert!(Trusted::default().is_empty());
        assert!(!trusted.is_empty());
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for (text, problem) in [
            ("", "it must be written as"),
            ("localhost", "it must be written as"),
            ("10.0.0/8", "it must be written as"),
            ("unix", "it must be written as"),
            ("10.0.0.0/", "the prefix must be 0-32"),
            ("10.0.0.0/33", "the prefix must be 0-32"),
            ("10.0.0.0/+8", "the prefix must be 0-32"),
            ("10.0.0.0/-1", "the prefix must be 0-32"),
            ("10.0.0.0/8/8", "the prefix must be 0-32"),
            ("10.0.0.0/99999999999", "the prefix must be 0-32"),
            ("::/129", "the prefix must be 0-128"),
            ("10.0.0.1/8", "bits behind the prefix are set"),
            ("1.2.3.4/0", "bits behind the prefix are set"),
            ("2001:db8::1/64", "bits behind the prefix are set"),
            ("::ffff:10.0.0.0/104", "IPv4 addresses must be written as such"),
        ] {
            let error = Trusted::default().add(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{text}\" is not a network: {problem}")), "{error}");
        }
    }
}
