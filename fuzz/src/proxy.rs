//! Headers of the PROXY protocol: any bytes, in any pieces, and headers that are written and read back.

use std::net::{SocketAddrV4, SocketAddrV6};

use arbitrary::{Arbitrary, Result, Unstructured};
use tabi::proxy::{Header, PP2_TYPE_CRC32C, Parser, Version};
use tabi::{Address, UnixAddress};

/// The first byte chooses what the others are.
pub fn check(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    match choice % 4 {
        0 => read(bytes),
        // Few bytes of chance begin as a header does.
        1 => read(&[b"PROXY TCP4 ", bytes].concat()),
        2 => read(&[b"\r\n\r\n\0\r\nQUIT\n", bytes].concat()),
        _ => {
            if let Ok(header) = header(&mut Unstructured::new(bytes)) {
                comes_back(&header);
            }
        }
    }
}

/// Whatever the pieces are, the same header is read, or none, and no byte behind it is taken.
fn read(bytes: &[u8]) {
    let whole = Parser::new().feed(bytes);
    let (mut parser, mut at) = (Parser::new(), 0);
    let by_pieces = loop {
        // Sometimes all that is wanted, sometimes less or more.
        let size = [parser.wanted(), 1, parser.wanted() + 7][bytes.len().wrapping_add(at) % 3];
        let piece = &bytes[at..bytes.len().min(at + size)];
        let wanted = parser.wanted();
        match parser.feed(piece) {
            Err(_) => break None,
            Ok((used, header)) => {
                assert!(header.is_some() || used == piece.len());
                assert!(used >= piece.len().min(wanted), "what is wanted belongs to the header");
                at += used;
                if header.is_some() || at == bytes.len() {
                    break Some((at, header));
                }
            }
        }
    };
    assert_eq!(by_pieces, whole.clone().ok());
    if let Ok((used, Some(header))) = whole {
        assert!((15..=bytes.len()).contains(&used));
        assert!(header.tlvs().all(|(_, value)| value.len() < used));
        comes_back(&header);
        for only in [Version::V1, Version::V2] {
            assert_eq!(Parser::only(only).feed(bytes).is_ok(), only == header.version());
        }
    }
}

/// What is written is read back as it was.
fn comes_back(header: &Header) {
    let mut bytes = header.to_bytes().expect("there is memory");
    let len = bytes.len();
    bytes.push(b'x');
    let (used, read) = Parser::new().feed(&bytes).expect("a header that was written is valid");
    let read = read.expect("it is complete");
    assert_eq!(used, len);
    assert_eq!((read.source(), read.destination()), (header.source(), header.destination()));
    assert_eq!((read.version(), read.transport()), (header.version(), header.transport()));
    assert_eq!(read.is_local(), header.is_local());
    // Only the checksum was not known before.
    assert!(
        read.tlvs()
            .zip(header.tlvs())
            .all(|(one, other)| one.0 == other.0 && (one.1 == other.1 || one.0 == PP2_TYPE_CRC32C))
    );
    assert_eq!(read.tlvs().count(), header.tlvs().count());
}

/// Any header that can be made.
fn header(input: &mut Unstructured<'_>) -> Result<Header> {
    let version = if input.arbitrary()? { Version::V1 } else { Version::V2 };
    let made = match input.int_in_range(0..=4)? {
        0 => Ok(Header::local()),
        1 => Ok(Header::unknown(version)),
        kind => Header::new(version, address(kind, input)?, address(kind, input)?),
    };
    let Ok(mut header) = made else { return Err(arbitrary::Error::IncorrectFormat) };
    if input.arbitrary()? {
        header = header.clone().with_datagrams().unwrap_or(header);
    }
    while !input.is_empty() {
        let tlv = header.clone().with_tlv(input.arbitrary()?, input.arbitrary()?);
        header = tlv.unwrap_or(header);
    }
    Ok(header)
}

fn address(kind: u8, input: &mut Unstructured<'_>) -> Result<Address> {
    let port = u16::arbitrary(input)?;
    Ok(match kind {
        2 => SocketAddrV4::new(input.arbitrary()?, port).into(),
        3 => SocketAddrV6::new(input.arbitrary()?, port, 0, 0).into(),
        _ => {
            let name: &[u8] = input.arbitrary()?;
            // The zeros at the end of an abstract name cannot be told from those that fill the header.
            let name = &name[..name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)];
            UnixAddress::from_bytes(name).unwrap_or(UnixAddress::Unnamed).into()
        }
    })
}
