//! Servers behind a proxy: who may send a PROXY header, and how a request gets it.

mod header;
mod trusted;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::proxy::{Parser, Version};
pub(crate) use header::OwnHeader;
use trusted::Trusted;

/// How a server reads the headers of the PROXY protocol (see [`crate::proxy`]): which peers may send them, and in which
/// versions. Every client must then come through such a peer.
///
/// ```
/// use tabi::proxy::Version;
/// use tabi::server::ProxyProtocol;
///
/// let behind_haproxy = ProxyProtocol::trusting(["10.0.0.0/8", "::1", "unix:"])?.version(Version::V2);
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "settings do nothing until a server is made with them"]
pub struct ProxyProtocol {
    trusted: Trusted,
    only: Option<Version>,
}

impl ProxyProtocol {
    /// Settings for a server that trusts the peers in these networks, and takes both versions of the protocol.
    ///
    /// A network is written as `10.0.0.0/8` or `2001:db8::/32`, one host as `192.0.2.1` or `::1`. IPv4 networks hold for
    /// dual-stack sockets too. `unix:` stands for the peers of unix sockets.
    ///
    /// Fails with [`Error::Value`] for any other text, for an address with bits behind its prefix, and for an empty list,
    /// with which the server would refuse everybody.
    pub fn trusting<T: AsRef<str>>(networks: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut trusted = Trusted::default();
        networks.into_iter().try_for_each(|network| trusted.add(network.as_ref()))?;
        if trusted.is_empty() {
            return Err(Error::value("proxy_protocol needs a trusted network, got none"));
        }
        Ok(ProxyProtocol { trusted, only: None })
    }

    /// Takes headers of this version only.
    pub fn version(mut self, only: Version) -> Self {
        self.only = Some(only);
        self
    }

    fn trusts(&self, peer: &Address) -> bool {
        self.trusted.contains(peer)
    }

    fn parser(&self) -> Parser {
        self.only.map_or_else(Parser::new, Parser::only)
    }
}
