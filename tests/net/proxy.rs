//! Headers of the PROXY protocol: what is read, what is refused, and what is written.

use std::net::SocketAddr;

use tabi::proxy::*;
use tabi::{Address, Error, Result, SOCK_STREAM, UnixAddress};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn inet(text: &str) -> Address {
    text.parse().unwrap()
}

fn unix(name: &[u8]) -> Address {
    UnixAddress::from_bytes(name).unwrap().into()
}

/// Reads a header in one piece. Reading it in any two pieces, or by as many bytes as are wanted, must give the same.
/// Only the texts of errors differ: they show the bytes that have come so far.
fn read(bytes: &[u8]) -> Result<(Header, usize)> {
    let whole = read_in(Parser::new(), &[bytes]);
    for split in 0..=bytes.len() {
        let (first, second) = bytes.split_at(split);
        assert_eq!(read_in(Parser::new(), &[first, second]).ok(), whole.clone().ok(), "after {split} bytes");
    }
    assert_eq!(read_as_wanted(bytes).ok(), whole.clone().ok(), "as many bytes as are wanted");
    whole
}

fn read_in(mut parser: Parser, pieces: &[&[u8]]) -> Result<(Header, usize)> {
    let mut all = 0;
    for piece in pieces {
        let (used, header) = parser.feed(piece)?;
        all += used;
        if let Some(header) = header {
            return Ok((header, all));
        }
        assert_eq!(used, piece.len(), "only a complete header leaves bytes");
        assert_eq!(parser.taken(), all);
    }
    Err(Error::OsMessage("not complete".into()))
}

fn read_as_wanted(bytes: &[u8]) -> Result<(Header, usize)> {
    let (mut parser, mut at) = (Parser::new(), 0);
    while at < bytes.len() {
        let wanted = parser.wanted();
        assert!(wanted >= 1);
        let piece = &bytes[at..bytes.len().min(at + wanted)];
        let (used, header) = parser.feed(piece)?;
        assert_eq!(used, piece.len(), "what is wanted belongs to the header");
        at += used;
        if let Some(header) = header {
            return Ok((header, at));
        }
    }
    Err(Error::OsMessage("not complete".into()))
}

/// A header of version 2: the two bytes that say what it is, and the block.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let len = u16::try_from(block.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &len, block].concat()
}

fn tlv(tlv_type: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[tlv_type], &len[..], value].concat()
}

const INET_BLOCK: &[u8] = &[192, 0, 2, 1, 192, 0, 2, 7, 0xDC, 0x04, 1, 0xBB];

#[test]
fn lines_of_version_1_are_read() {
    for (line, source, destination) in [
        ("TCP4 192.0.2.1 192.0.2.7 56324 443", "192.0.2.1:56324", "192.0.2.7:443"),
        (
            "TCP4 255.255.255.255 255.255.255.255 65535 65535",
            "255.255.255.255:65535",
            "255.255.255.255:65535",
        ),
        ("TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0:0", "0.0.0.0:0"),
        ("TCP6 2001:db8::1 ::1 56324 443", "[2001:db8::1]:56324", "[::1]:443"),
        ("TCP6 2001:DB8::A ::ffff:192.0.2.1 1 2", "[2001:db8::a]:1", "[::ffff:192.0.2.1]:2"),
        (
            "TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        ),
    ] {
        let sent = format!("PROXY {line}\r\nPROXY and more\r\n");
        let (header, used) = read(sent.as_bytes()).unwrap();
        assert_eq!(&sent[used..], "PROXY and more\r\n");
        assert_eq!((header.source(), header.destination()), (&inet(source), &inet(destination)));
        assert_eq!((header.version(), header.transport()), (Version::V1, Transport::Stream));
        assert!(!header.is_local() && header.tlvs().next().is_none());
    }
}

#[test]
fn an_unknown_client_keeps_the_real_address_whatever_else_the_line_says() {
    let long = format!("UNKNOWN {}", "x".repeat(107 - "PROXY UNKNOWN \r\n".len()));
    for line in ["UNKNOWN", "UNKNOWN ", "UNKNOWN TCP4 nonsense \0\r \n\u{e9}\r", &long] {
        let sent = format!("PROXY {line}\r\n\r\n");
        let (header, used) = read(sent.as_bytes()).unwrap();
        assert_eq!(used, sent.len() - 2, "{line:?}");
        assert_eq!(header, Header::unknown(Version::V1));
        assert_eq!((header.source(), header.transport()), (&Address::None, Transport::Unspecified));
    }
}

#[test]
fn lines_that_do_not_match_version_1_exactly_are_refused() {
    for line in [
        "PROXY TCP4 192.0.2.1 192.0.2.7 56324\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443 \r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443 1\r\n",
        "PROXY TCP4  192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY  TCP4 192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r \n",
        "PROXY TCP4 192.0.2.1\t192.0.2.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 65536 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 056324 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 00 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 +1 443\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.7 -1 443\r\n",
        "PROXY TCP4 192.0.2.01 192.0.2.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.7 56324 443\r\n",
        "PROXY TCP4 192.0.2 192.0.2.7 56324 443\r\n",
        "PROXY TCP4 ::1 ::1 56324 443\r\n",
        "PROXY TCP4 localhost 192.0.2.7 56324 443\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY TCP6 ::1%lo ::1 56324 443\r\n",
        "PROXY TCP6 1::2::3 ::1 56324 443\r\n",
        "PROXY TCP6 fffff::1 ::1 56324 443\r\n",
        "PROXY TCP5 192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY tcp4 192.0.2.1 192.0.2.7 56324 443\r\n",
        "PROXY UNKNOWNS 192.0.2.1 192.0.2.7\r\n",
        "PROXY UNKNOWN\n",
        "PROXY UNKNOWN\r\r\n",
        "PROXY \r\n",
        "PROXY\r\n",
        "proxy TCP4 192.0.2.1 192.0.2.7 56324 443\r\n",
        " PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r\n",
        "GET / HTTP/1.1\r\n",
    ] {
        let error = read(format!("{line}and what follows").as_bytes()).unwrap_err();
        let Error::Value(text) = &error else { panic!("{line:?}: {error:?}") };
        assert!(text.starts_with("a PROXY header is not valid: \""), "{text}");
    }
}

#[test]
fn a_line_is_refused_as_soon_as_it_cannot_become_valid() {
    for (line, after) in [
        (&b"PROXX TCP4 192.0.2.1"[..], 5),
        (b"G", 1),
        (b"PROXY TCP7 ", 10),
        (b"PROXY TCP4 192.0.2.1\n", 21),
        (b"PROXY TCP4 192.0.2.1\rx", 22),
        (b"PROXY TCP4 host", 12),
    ] {
        let mut parser = Parser::new();
        assert_eq!(parser.feed(&line[..after - 1]).unwrap(), (after - 1, None));
        assert!(parser.feed(&line[after - 1..after]).is_err(), "{}", line.escape_ascii());
    }
}

#[test]
fn a_line_has_at_most_107_bytes() {
    for line in ["UNKNOWN ", "TCP6 "] {
        let mut parser = Parser::new();
        let endless = format!("PROXY {line}{}", "1".repeat(200));
        assert_eq!(parser.feed(&endless.as_bytes()[..106]).unwrap(), (106, None));
        assert_eq!(parser.wanted(), 1);
        assert!(parser.feed(&endless.as_bytes()[106..107]).is_err());
    }
}

#[test]
fn headers_of_version_2_are_read() {
    let inet6 = [[0x20; 16], [0x21; 16]].concat();
    let (path, abstract_name) =
        ([&b"/run/client"[..], &[0; 97]].concat(), [&b"\0client"[..], &[0; 101]].concat());
    let (source, destination) = (inet("192.0.2.1:56324"), inet("192.0.2.7:443"));
    let many = |byte: u8| format!("[{}]:258", vec![format!("{byte:x}{byte:x}"); 8].join(":"));
    let table = [
        (0x11, INET_BLOCK.to_vec(), Transport::Stream, source.clone(), destination.clone()),
        (0x12, INET_BLOCK.to_vec(), Transport::Datagram, source, destination),
        (0x21, [&inet6[..], &[1, 2, 1, 2]].concat(), Transport::Stream, inet(&many(0x20)), inet(&many(0x21))),
        (
            0x31,
            [&path[..], &abstract_name].concat(),
            Transport::Stream,
            unix(b"/run/client"),
            unix(b"\0client"),
        ),
        (0x32, [&[0; 108][..], &[b'x'; 108]].concat(), Transport::Datagram, unix(b""), {
            // The system knows paths that fill the whole name.
            let whole: std::path::PathBuf = "x".repeat(108).into();
            UnixAddress::Path(whole).into()
        }),
    ];
    for (family, block, transport, source, destination) in table {
        let sent = [&binary(0x21, family, &block)[..], SIGNATURE].concat();
        let (header, used) = read(&sent).unwrap();
        assert_eq!(&sent[used..], SIGNATURE);
        assert_eq!((header.version(), header.is_local()), (Version::V2, false));
        assert_eq!(header.transport(), transport);
        assert_eq!((header.source(), header.destination()), (&source, &destination));
        assert_eq!(header.to_bytes().unwrap(), sent[..used], "written again");
    }
}

#[test]
fn local_and_unspecified_headers_keep_the_real_address() {
    for (command, family, block) in [
        (0x20, 0x00, &b""[..]),
        (0x20, 0x11, INET_BLOCK),
        (0x20, 0x11, b""),
        (0x20, 0xFF, b"any bytes"),
        (0x21, 0x00, b""),
        (0x21, 0x00, b"any bytes"),
        (0x21, 0x01, INET_BLOCK),
        (0x21, 0x10, INET_BLOCK),
        (0x21, 0x10, b""),
    ] {
        let sent = [&binary(command, family, block)[..], b"x"].concat();
        let (header, used) = read(&sent).unwrap();
        assert_eq!(used, sent.len() - 1, "{command:#x} {family:#x}");
        let expected = if command == 0x20 { Header::local() } else { Header::unknown(Version::V2) };
        assert_eq!(header, expected, "{command:#x} {family:#x}");
    }
    // Proxies add TLVs to their health checks too.
    let (header, _) = read(&binary(0x20, 0x00, &tlv(PP2_TYPE_UNIQUE_ID, b"7"))).unwrap();
    assert_eq!((header.unique_id(), header.is_local()), (Some(&b"7"[..]), true));
}

#[test]
fn headers_that_do_not_match_version_2_are_refused() {
    let with = |extra: &[u8]| binary(0x21, 0x11, &[INET_BLOCK, extra].concat());
    let sum = with(&tlv(PP2_TYPE_CRC32C, &[0; 4]));
    let ssl = |value: &[u8]| with(&tlv(PP2_TYPE_SSL, value));
    for (sent, problem) in [
        (binary(0x11, 0x11, INET_BLOCK), "version and command are 0x11"),
        (binary(0x31, 0x11, INET_BLOCK), "version and command are 0x31"),
        (binary(0x22, 0x11, INET_BLOCK), "version and command are 0x22"),
        (binary(0x21, 0x41, INET_BLOCK), "family and protocol are 0x41"),
        (binary(0x21, 0x13, INET_BLOCK), "family and protocol are 0x13"),
        (binary(0x21, 0x11, &INET_BLOCK[1..]), "addresses of 12 bytes have 11 bytes"),
        (binary(0x21, 0x21, INET_BLOCK), "addresses of 36 bytes have 12 bytes"),
        (binary(0x21, 0x31, &[0; 215]), "addresses of 216 bytes have 215 bytes"),
        (with(&[1]), "its TLVs are not complete"),
        (with(&[1, 0]), "its TLVs are not complete"),
        (with(&[1, 0, 1]), "its TLVs are not complete"),
        (with(&[1, 0xFF, 0xFF, 7]), "its TLVs are not complete"),
        (with(&tlv(PP2_TYPE_CRC32C, &[0; 3])), "a checksum has 4 bytes, got 3"),
        (sum.clone(), "its checksum is wrong"),
        (with(&[tlv(3, &[0; 4]), tlv(3, &[0; 4])].concat()), "it has 2 checksums"),
        (with(&tlv(PP2_TYPE_UNIQUE_ID, &[0; 129])), "a unique id has at most 128 bytes, got 129"),
        (ssl(&[1, 0, 0, 0]), "the TLVs inside of PP2_TYPE_SSL must be complete"),
        (ssl(&[1, 0, 0, 0, 0, 0x21]), "the TLVs inside of PP2_TYPE_SSL must be complete"),
        (b"\r\n\r\n\0\r\nQUIX\n and more".to_vec(), r#""\r\n\r\n\x00\r\nQUIX"#),
    ] {
        let sent = [&sent[..], b"and what follows"].concat();
        let text = read(&sent).unwrap_err().to_string();
        assert!(text.starts_with(&format!("a PROXY header is not valid: {problem}")), "{text}");
    }
}

#[test]
fn a_checksum_is_verified_over_every_byte() {
    let header = Header::new(Version::V2, inet("192.0.2.1:56324"), inet("192.0.2.7:443"))
        .and_then(|header| header.with_tlv(PP2_TYPE_NOOP, b"before"))
        .and_then(Header::with_checksum)
        .and_then(|header| header.with_tlv(PP2_TYPE_ALPN, b"h2"))
        .unwrap();
    let sent = header.to_bytes().unwrap();
    let (read_back, used) = read(&sent).unwrap();
    assert_eq!((read_back.alpn(), used), (Some(&b"h2"[..]), sent.len()));
    for bit in 0..sent.len() * 8 {
        let mut damaged = sent.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        // Behind a damaged length there may be more.
        damaged.resize(70_000, 0);
        if let Ok((header, _)) = read_in(Parser::new(), &[&damaged]) {
            // Without its type, or its length, the checksum is another value.
            assert!(header.tlv(PP2_TYPE_CRC32C).is_none(), "bit {bit}");
        }
    }
}

#[test]
fn the_checksum_is_computed_with_zeros_in_its_place() {
    // A health check of HAProxy 2.6 with `proxy-v2-options crc32c`.
    let of_haproxy = binary(0x20, 0x00, &[3, 0, 4, 0xA9, 0xB8, 0x7E, 0x8F]);
    assert_eq!(Header::local().with_checksum().unwrap().to_bytes().unwrap(), of_haproxy);
    assert!(read(&of_haproxy).is_ok());
    let sent = Header::new(Version::V2, inet("127.0.0.1:1"), inet("127.0.0.1:2")).unwrap();
    let bytes = sent.with_checksum().unwrap().to_bytes().unwrap();
    assert_eq!(
        bytes[..28],
        binary(0x21, 0x11, &[127, 0, 0, 1, 127, 0, 0, 1, 0, 1, 0, 2, 3, 0, 4, 0, 0, 0, 0])[..28]
    );
    let mut state = !0_u32;
    for &byte in bytes[..bytes.len() - 4].iter().chain(&[0; 4]) {
        state ^= u32::from(byte);
        for _ in 0..8 {
            state = (state >> 1) ^ (0x82F6_3B78 * (state & 1));
        }
    }
    assert_eq!(bytes[bytes.len() - 4..], (!state).to_be_bytes());
}

#[test]
fn what_a_proxy_knows_of_the_client_is_read_from_the_tlvs() {
    let ssl = [
        &[PP2_CLIENT_SSL | PP2_CLIENT_CERT_SESS, 0, 0, 0, 0][..],
        &tlv(PP2_SUBTYPE_SSL_VERSION, b"TLSv1.3"),
        &tlv(PP2_SUBTYPE_SSL_CN, b"client"),
        &tlv(PP2_SUBTYPE_SSL_CIPHER, b"TLS_AES_128_GCM_SHA256"),
    ]
    .concat();
    let header = Header::new(Version::V2, inet("[::1]:1"), inet("[::1]:2"))
        .and_then(|header| header.with_tlv(PP2_TYPE_ALPN, b"h2"))
        .and_then(|header| header.with_tlv(PP2_TYPE_AUTHORITY, "b\u{fc}cher.example".as_bytes()))
        .and_then(|header| header.with_tlv(PP2_TYPE_UNIQUE_ID, &[0xFF; 128]))
        .and_then(|header| header.with_tlv(PP2_TYPE_NETNS, b"blue"))
        .and_then(|header| header.with_tlv(0xE0, b"ours"))
        .and_then(|header| header.with_tlv(0xE0, b""))
        .and_then(|header| header.with_tlv(PP2_TYPE_SSL, &ssl))
        .unwrap();
    let (header, _) = read(&header.to_bytes().unwrap()).unwrap();
    assert_eq!(header.alpn(), Some(&b"h2"[..]));
    assert_eq!(header.authority(), Some("b\u{fc}cher.example"));
    assert_eq!(header.unique_id(), Some(&[0xFF; 128][..]));
    assert_eq!(header.netns(), Some(&b"blue"[..]));
    assert_eq!(header.tlv(0xE0), Some(&b"ours"[..]), "the first of them");
    assert_eq!(header.tlv(0xE1), None);
    let types: Vec<_> = header.tlvs().map(|(tlv_type, value)| (tlv_type, value.len())).collect();
    assert_eq!(types, [(1, 2), (2, 15), (5, 128), (0x30, 4), (0xE0, 4), (0xE0, 0), (0x20, ssl.len())]);
    let tls = header.ssl().unwrap();
    assert_eq!((tls.client(), tls.verify(), tls.is_verified()), (5, 0, true));
    assert_eq!(tls.tlv(PP2_SUBTYPE_SSL_VERSION), Some(&b"TLSv1.3"[..]));
    assert_eq!(tls.tlv(PP2_SUBTYPE_SSL_CN), Some(&b"client"[..]));
    assert_eq!(tls.tlvs().count(), 3);
    assert_eq!(tls.tlv(PP2_SUBTYPE_SSL_KEY_ALG), None);
}

#[test]
fn a_certificate_counts_only_if_it_was_shown_and_verified() {
    for (client, verify, verified) in [
        (1, 0, false),
        (3, 0, true),
        (5, 0, true),
        (7, 0, true),
        (7, 1, false),
        (0, 0, false),
        (3, u32::MAX, false),
    ] {
        let value = [&[client][..], &verify.to_be_bytes()].concat();
        let header = Header::local().with_tlv(PP2_TYPE_SSL, &value).unwrap();
        let ssl = header.ssl().unwrap();
        assert_eq!((ssl.client(), ssl.verify(), ssl.is_verified()), (client, verify, verified));
    }
}

#[test]
fn a_parser_of_one_version_refuses_the_other() {
    let (one, two) = (Header::unknown(Version::V1).to_bytes().unwrap(), Header::local().to_bytes().unwrap());
    assert!(read_in(Parser::only(Version::V1), &[&one]).is_ok());
    assert!(read_in(Parser::only(Version::V2), &[&two]).is_ok());
    for (version, sent) in [(Version::V1, &two), (Version::V2, &one)] {
        let mut parser = Parser::only(version);
        let error = parser.feed(&sent[..1]).unwrap_err();
        assert_eq!(
            error,
            Error::Value(format!("a PROXY header must be of version {}", version as u8).into())
        );
    }
    assert_eq!((Parser::only(Version::V1).wanted(), Parser::only(Version::V2).wanted()), (15, 16));
}

#[test]
fn lines_are_written_as_the_specification_says() {
    for (header, line) in [
        (
            Header::new(Version::V1, inet("192.0.2.1:56324"), inet("192.0.2.7:443")).unwrap(),
            "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r\n",
        ),
        (
            Header::new(Version::V1, inet("[2001:db8::1]:1"), inet("[::ffff:192.0.2.7]:0")).unwrap(),
            "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.7 1 0\r\n",
        ),
        (Header::unknown(Version::V1), "PROXY UNKNOWN\r\n"),
    ] {
        assert_eq!(header.to_bytes().unwrap(), line.as_bytes());
        assert_eq!(read(line.as_bytes()), Ok((header, line.len())));
    }
}

#[test]
fn headers_that_cannot_be_are_refused_when_they_are_made() {
    let (v4, v6, path) = (inet("192.0.2.1:1"), inet("[::1]:1"), unix(b"/run/client"));
    let text = |result: Result<Header>| result.unwrap_err().to_string();
    assert_eq!(
        text(Header::new(Version::V2, v4.clone(), v6.clone())),
        "a PROXY header of version 2 cannot carry the addresses ('192.0.2.1', 1) and ('::1', 1, 0, 0)"
    );
    assert_eq!(
        text(Header::new(Version::V1, path.clone(), path.clone())),
        "a PROXY header of version 1 cannot carry the addresses '/run/client' and '/run/client'"
    );
    assert_eq!(
        text(Header::new(Version::V1, Address::None, Address::None)),
        "a PROXY header of version 1 cannot carry the addresses None and None"
    );
    let long = |len: usize| Address::from(UnixAddress::Path("x".repeat(len).into()));
    assert!(Header::new(Version::V2, long(108), path.clone()).is_ok());
    assert_eq!(
        text(Header::new(Version::V2, path.clone(), long(109))),
        "a PROXY header has 108 bytes for a unix address, got 109"
    );
    let with_nul = Address::from(UnixAddress::Path("a\0b".into()));
    assert!(matches!(Header::new(Version::V2, with_nul, path), Err(Error::Value(_))));
    let one = Header::new(Version::V1, v4.clone(), v4.clone()).unwrap();
    assert_eq!(text(one.clone().with_tlv(1, b"h2")), "a PROXY header of version 1 cannot carry a TLV");
    assert!(matches!(one.with_datagrams(), Err(Error::Type(_))));
    assert!(matches!(Header::local().with_datagrams(), Err(Error::Type(_))));
    let two = Header::new(Version::V2, v4.clone(), v4).unwrap();
    assert_eq!(two.clone().with_datagrams().unwrap().transport(), Transport::Datagram);
    assert!(matches!(two.clone().with_tlv(PP2_TYPE_UNIQUE_ID, &[0; 129]), Err(Error::Value(_))));
    assert!(matches!(two.clone().with_checksum().and_then(Header::with_checksum), Err(Error::Value(_))));
    let most = 65535 - 12 - 3;
    assert!(two.clone().with_tlv(4, &vec![0; most]).is_ok());
    assert_eq!(
        text(two.with_tlv(4, &vec![0; most + 1])),
        "the TLVs of a PROXY header may have 65523 bytes, got 65524"
    );
    assert!(Header::local().with_tlv(4, &vec![0; 65532]).unwrap().to_bytes().unwrap().len() == 65551);
}

#[test]
fn a_header_is_sent_at_once_and_in_front_of_all_else() {
    let (proxy, server) = crate::support::pair(SOCK_STREAM);
    let client: SocketAddr = "192.0.2.1:56324".parse().unwrap();
    let header = Header::new(Version::V2, client, client).unwrap().with_checksum().unwrap();
    proxy.send_proxy_header(&header).unwrap();
    proxy.sendall(b"hello").unwrap();
    let bytes = server.recv(1000).unwrap();
    let (read_back, used) = read(&bytes).unwrap();
    assert_eq!((read_back.source(), &bytes[used..]), (&client.into(), &b"hello"[..]));
    proxy.close().unwrap();
    let error = proxy.send_proxy_header(&header).unwrap_err();
    assert_eq!((error.sent, error.error), (0, Error::Closed));
}
