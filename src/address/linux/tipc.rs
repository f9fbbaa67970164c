//! Addresses of `AF_TIPC`, the communication between the processes of a cluster.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{Error, RawAddress, Result, check_family, constants};

const SIZE: usize = 16;

/// An address of `AF_TIPC` (`struct sockaddr_tipc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TipcAddress {
    /// What the address names.
    pub name: TipcName,
    /// In which part of the cluster the address is known: `TIPC_ZONE_SCOPE`, `TIPC_CLUSTER_SCOPE` (Python's choice),
    /// `TIPC_NODE_SCOPE`.
    pub scope: i8,
}

/// What an address of `AF_TIPC` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TipcName {
    /// `TIPC_ADDR_NAMESEQ`: the instances of a service from `lower` to `upper`.
    NameSequence {
        /// The type of the service.
        service: u32,
        /// The first instance.
        lower: u32,
        /// The last instance.
        upper: u32,
    },
    /// `TIPC_ADDR_NAME`: one instance of a service.
    Name {
        /// The type of the service.
        service: u32,
        /// The instance.
        instance: u32,
        /// Where the system looks the service up. 0, which Python always uses, is everywhere.
        domain: u32,
    },
    /// `TIPC_ADDR_ID`: one socket.
    Id {
        /// The node of the socket.
        node: u32,
        /// The number of the socket on that node.
        reference: u32,
    },
}

impl TipcAddress {
    /// Makes an address of the parts of Python's tuple `(addr_type, v1, v2, v3, scope)`. The three numbers are type,
    /// lower and upper; or type and instance; or node and reference.
    ///
    /// Fails with [`Error::Type`] unless `addr_type` is `TIPC_ADDR_NAMESEQ`, `TIPC_ADDR_NAME` or `TIPC_ADDR_ID`.
    pub fn from_parts(addr_type: u32, v1: u32, v2: u32, v3: u32, scope: i8) -> Result<Self> {
        let name = match i32::try_from(addr_type) {
            Ok(constants::TIPC_ADDR_NAMESEQ) => TipcName::NameSequence { service: v1, lower: v2, upper: v3 },
            Ok(constants::TIPC_ADDR_NAME) => TipcName::Name { service: v1, instance: v2, domain: 0 },
            Ok(constants::TIPC_ADDR_ID) => TipcName::Id { node: v1, reference: v2 },
            _ => {
                return Err(Error::type_error(format_args!(
                    "TIPC address type must be 1-3, got {addr_type}"
                )));
            }
        };
        Ok(TipcAddress { name, scope })
    }

    /// Returns the first four parts of Python's tuple.
    pub fn parts(&self) -> (u32, u32, u32, u32) {
        match self.name {
            TipcName::NameSequence { service, lower, upper } => {
                (constants::TIPC_ADDR_NAMESEQ as u32, service, lower, upper)
            }
            TipcName::Name { service, instance, .. } => {
                (constants::TIPC_ADDR_NAME as u32, service, instance, instance)
            }
            TipcName::Id { node, reference } => (constants::TIPC_ADDR_ID as u32, node, reference, 0),
        }
    }

    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        let fields =
            Writer::new(constants::AF_TIPC).u8(self.parts().0 as u8).bytes(&self.scope.to_ne_bytes());
        let fields = match self.name {
            TipcName::NameSequence { service, lower, upper } => fields.u32(service).u32(lower).u32(upper),
            TipcName::Name { service, instance, domain } => fields.u32(service).u32(instance).u32(domain),
            TipcName::Id { node, reference } => fields.u32(reference).u32(node),
        };
        fields.fill(SIZE).finish()
    }

    /// Decodes a `sockaddr`. Fails with [`Error::Type`] for another family, and with [`Error::Value`] for an unknown
    /// type of address.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_TIPC, "AF_TIPC")?;
        let mut fields = Reader::new(raw);
        let (kind, scope) = (fields.u8(), i8::from_ne_bytes(fields.array()));
        let name = match kind.into() {
            constants::TIPC_ADDR_NAMESEQ => {
                TipcName::NameSequence { service: fields.u32(), lower: fields.u32(), upper: fields.u32() }
            }
            constants::TIPC_ADDR_NAME => {
                TipcName::Name { service: fields.u32(), instance: fields.u32(), domain: fields.u32() }
            }
            constants::TIPC_ADDR_ID => {
                let reference = fields.u32();
                TipcName::Id { node: fields.u32(), reference }
            }
            _ => return Err(Error::value(format_args!("TIPC address type must be 1-3, got {kind}"))),
        };
        Ok(TipcAddress { name, scope })
    }
}

impl fmt::Display for TipcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, v1, v2, v3) = self.parts();
        write!(f, "({kind}, {v1}, {v2}, {v3}, {})", self.scope)
    }
}
