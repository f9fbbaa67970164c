//! Version 2: a signature, the addresses as bytes, and TLVs.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use super::crc32c::crc32c;
use super::{Header, PP2_TYPE_CRC32C, Transport, Version, not_valid, tlv};
use crate::address::{Address, UnixAddress};
use crate::c_string::quoted;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys;

/// How each header begins.
pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The bytes in front of the block of addresses and TLVs. The last two of them are the length of the block.
pub(super) const FIXED: usize = SIGNATURE.len() + 4;
/// The most bytes of the block.
pub(super) const LONGEST_BLOCK: usize = u16::MAX as usize;
/// The bytes of each unix address.
const UNIX_SIZE: usize = 108;

const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

/// The upper half of the byte that says what the addresses are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Unspecified = 0,
    Inet = 1,
    Inet6 = 2,
    Unix = 3,
}

impl Family {
    /// Returns how many bytes one address and one port have.
    fn sizes(self) -> (usize, usize) {
        match self {
            Family::Unspecified => (0, 0),
            Family::Inet => (4, 2),
            Family::Inet6 => (16, 2),
            Family::Unix => (UNIX_SIZE, 0),
        }
    }

    fn size_of_both(self) -> usize {
        let (address, port) = self.sizes();
        2 * (address + port)
    }

    fn of(address: &Address) -> Family {
        match address {
            Address::Inet(_) => Family::Inet,
            Address::Inet6(_) => Family::Inet6,
            Address::Unix(_) => Family::Unix,
            _ => Family::Unspecified,
        }
    }
}

/// Returns how many bytes the addresses of a header have that is for a client with this address.
pub(super) fn address_size(source: &Address) -> usize {
    Family::of(source).size_of_both()
}

/// What the block of a header begins with.
#[derive(Clone, Copy)]
struct Block {
    family: Family,
    transport: Transport,
    /// Whether there are addresses that the receiver must use.
    counts: bool,
}

impl Block {
    /// Reads the command, and the byte that says what the addresses are.
    fn of(command: u8, byte: u8) -> Result<Block> {
        let family =
            [Family::Unspecified, Family::Inet, Family::Inet6, Family::Unix].get(usize::from(byte >> 4));
        let transport =
            [Transport::Unspecified, Transport::Stream, Transport::Datagram].get(usize::from(byte & 15));
        match (command, family, transport) {
            (PROXY, Some(&family), Some(&transport)) => {
                let counts = family != Family::Unspecified && transport != Transport::Unspecified;
                Ok(Block { family, transport, counts })
            }
            (PROXY, ..) => Err(not_valid(format!("family and protocol are {byte:#04x}"))),
            (LOCAL, family, _) => {
                let family = *family.unwrap_or(&Family::Unspecified);
                Ok(Block { family, transport: Transport::Unspecified, counts: false })
            }
            (other, ..) => Err(not_valid(format!("version and command are {other:#04x}"))),
        }
    }
}

/// Checks the bytes that have come of a header. Returns how many more are certain to belong to it, 0 if it is complete.
///
/// Fails as soon as no bytes that may follow can make a header of them.
pub(super) fn check(bytes: &[u8]) -> Result<usize> {
    let signature = bytes.len().min(SIGNATURE.len());
    if bytes[..signature] != SIGNATURE[..signature] {
        return Err(not_valid(quoted(bytes)));
    }
    let Some(&command) = bytes.get(SIGNATURE.len()) else {
        return Ok(FIXED - bytes.len());
    };
    // The family is checked as soon as it is there. So far any may come.
    let begin = Block::of(command, bytes.get(SIGNATURE.len() + 1).copied().unwrap_or_default())?;
    let Some(&[high, low]) = bytes.get(FIXED - 2..).and_then(|len| len.first_chunk()) else {
        return Ok(FIXED - bytes.len());
    };
    let block = usize::from(u16::from_be_bytes([high, low]));
    let needed = if begin.counts { begin.family.size_of_both() } else { 0 };
    if block < needed {
        return Err(not_valid(format!("addresses of {needed} bytes have {block} bytes")));
    }
    Ok(FIXED + block - bytes.len())
}

/// Reads a header that [`check`] has found complete.
pub(super) fn read(mut bytes: Vec<u8>) -> Result<Header> {
    let local = bytes[SIGNATURE.len()] == LOCAL;
    let Block { family, transport, counts } = Block::of(bytes[SIGNATURE.len()], bytes[SIGNATURE.len() + 1])?;
    let tlvs = FIXED + family.size_of_both();
    if tlvs > bytes.len() || !tlv::are_well_formed(&bytes[tlvs..]) {
        if counts {
            return Err(not_valid("its TLVs are not complete"));
        }
        // A header without addresses may have any bytes in their place.
        bytes.truncate(tlvs);
    }
    check_tlvs(&bytes, tlvs)?;
    let mut header = if local { Header::local() } else { Header::unknown(Version::V2) };
    if counts {
        (header.source, header.destination) = addresses(family, &bytes[FIXED..tlvs]);
        header.transport = transport;
    }
    bytes.drain(..tlvs.min(bytes.len()));
    header.tlvs = bytes;
    Ok(header)
}

/// Checks the values of the TLVs, which begin at `tlvs`, and the checksum, if there is one.
fn check_tlvs(bytes: &[u8], tlvs: usize) -> Result<()> {
    let all = tlv::Tlvs::new(bytes.get(tlvs..).unwrap_or_default());
    all.clone().try_for_each(|(tlv_type, value)| tlv::check(tlv_type, value))?;
    match all.filter(|tlv| tlv.0 == PP2_TYPE_CRC32C).count() {
        0 => return Ok(()),
        1 => {}
        more => return Err(not_valid(format!("it has {more} checksums"))),
    }
    let place = checksum_place(bytes, tlvs).unwrap_or_default();
    if bytes[place.clone()] != checksum(bytes, &place) {
        return Err(not_valid("its checksum is wrong"));
    }
    Ok(())
}

/// Returns where the value of the checksum is, if there is one.
fn checksum_place(bytes: &[u8], tlvs: usize) -> Option<Range<usize>> {
    let mut all = tlv::Tlvs::new(bytes.get(tlvs..)?);
    all.find(|tlv| tlv.0 == PP2_TYPE_CRC32C)?;
    let end = bytes.len() - all.rest().len();
    Some(end - tlv::CHECKSUM_SIZE..end)
}

/// Computes the checksum of a header, whose own four bytes count as zeros.
fn checksum(bytes: &[u8], place: &Range<usize>) -> [u8; tlv::CHECKSUM_SIZE] {
    crc32c(&[&bytes[..place.start], &[0; tlv::CHECKSUM_SIZE], &bytes[place.end..]]).to_be_bytes()
}

fn addresses(family: Family, bytes: &[u8]) -> (Address, Address) {
    let (address, port) = family.sizes();
    let (source, rest) = bytes.split_at(address);
    let (destination, ports) = rest.split_at(address);
    let (source_port, destination_port) = ports.split_at(port);
    (decode(source, source_port), decode(destination, destination_port))
}

fn decode(address: &[u8], port: &[u8]) -> Address {
    let port = port.first_chunk().map_or(0, |port| u16::from_be_bytes(*port));
    let ip = <[u8; 4]>::try_from(address)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(address).map(IpAddr::from));
    ip.map_or_else(|_| Address::Unix(decode_unix(address)), |ip| SocketAddr::new(ip, port).into())
}

fn decode_unix(name: &[u8]) -> UnixAddress {
    let end = name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    match &name[..end] {
        [] => UnixAddress::Unnamed,
        [0, name @ ..] => UnixAddress::Abstract(name.to_vec()),
        path => {
            let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
            UnixAddress::Path(sys::path_of(&path[..end]))
        }
    }
}

pub(super) fn check_unix(address: &UnixAddress) -> Result<()> {
    let name = address.to_bytes();
    if name.len() > UNIX_SIZE {
        let len = name.len();
        return Err(Error::value(format_args!(
            "a PROXY header has {UNIX_SIZE} bytes for a unix address, got {len}"
        )));
    }
    if address.path().is_some() && name.contains(&0) {
        return Err(Error::value("a unix path in a PROXY header must not contain a NUL byte"));
    }
    Ok(())
}

pub(super) fn write(header: &Header) -> Result<Vec<u8>> {
    let family = Family::of(&header.source);
    let block = family.size_of_both() + header.tlvs.len();
    let mut bytes = Vec::new();
    memory::reserve(&mut bytes, FIXED + block)?;
    bytes.extend_from_slice(&SIGNATURE);
    bytes.push(if header.local { LOCAL } else { PROXY });
    bytes.push((family as u8) << 4 | header.transport as u8);
    // `with_tlv` allows no longer block.
    let [.., high, low] = block.to_be_bytes();
    bytes.extend_from_slice(&[high, low]);
    for address in [&header.source, &header.destination] {
        encode(address, &mut bytes);
    }
    for port in [&header.source, &header.destination].into_iter().filter_map(|address| address.port()) {
        bytes.extend_from_slice(&port.to_be_bytes());
    }
    bytes.extend_from_slice(&header.tlvs);
    if let Some(place) = checksum_place(&bytes, FIXED + family.size_of_both()) {
        let sum = checksum(&bytes, &place);
        bytes[place].copy_from_slice(&sum);
    }
    Ok(bytes)
}

fn encode(address: &Address, bytes: &mut Vec<u8>) {
    match address {
        Address::Inet(address) => bytes.extend_from_slice(&address.ip().octets()),
        Address::Inet6(address) => bytes.extend_from_slice(&address.ip().octets()),
        Address::Unix(address) => {
            let begin = bytes.len();
            bytes.extend_from_slice(&address.to_bytes());
            bytes.resize(begin + UNIX_SIZE, 0);
        }
        _ => {}
    }
}
