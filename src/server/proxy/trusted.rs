//! Which peers may send a PROXY header.

use crate::address::{Address, IpNetwork};
use crate::error::Result;
use crate::memory;

/// How the peers of unix sockets are named in a list of networks.
const UNIX: &str = "unix:";

/// The peers that may send a PROXY header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trusted {
    networks: Vec<IpNetwork>,
    unix: bool,
}

impl Trusted {
    /// Adds the peers of unix sockets (`unix:`), a network (`10.0.0.0/8`, `2001:db8::/32`) or one host.
    pub(super) fn add(&mut self, text: &str) -> Result<()> {
        if text == UNIX {
            self.unix = true;
            return Ok(());
        }
        let network = text.parse()?;
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
            peer => peer
                .as_inet()
                .is_some_and(|peer| self.networks.iter().any(|network| network.contains(peer.ip()))),
        }
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
    fn a_peer_is_trusted_if_one_of_the_networks_has_it() {
        let trusted = trusted(&["10.0.0.0/8", "2001:db8::/32"]);
        for (peer, is_trusted) in [
            ("10.1.2.3:1", true),
            ("[::ffff:10.1.2.3]:1", true),
            ("[2001:db8::1]:1", true),
            ("[2001:db8::1%3]:1", true),
            ("11.0.0.0:1", false),
            ("[::1]:1", false),
        ] {
            assert_eq!(trusted.contains(&peer.parse().unwrap()), is_trusted, "{peer}");
        }
        assert!(!trusted.contains(&UnixAddress::Unnamed.into()));
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
    fn what_is_neither_a_network_nor_the_word_for_unix_sockets_is_refused() {
        for text in ["", "unix", "localhost", "10.0.0.1/8"] {
            let error = Trusted::default().add(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{text}\" is not a network: ")), "{error}");
        }
    }
}
