//! Addresses of Linux's own families: they have the same bytes as in the kernel's headers and decode to the
//! same values. Sockets of these families are opened where this kernel has them.

use std::fmt::Write as _;
use std::io::IoSlice;

use tabi::constants::*;
use tabi::{
    Address, AlgAddress, Bdaddr, BluetoothAddress, CanAddress, ControlData, Error, HardwareAddress,
    IncomingDatagram, NetlinkAddress, PacketAddress, QipcrtrAddress, RawAddress, RawControlMessages, Socket,
    TipcAddress, TipcName, VsockAddress,
};

/// The bytes of an address in hexadecimal.
fn hex(raw: &RawAddress) -> String {
    let mut text = String::new();
    for byte in raw.bytes() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// The address must encode to these bytes, which the kernel's headers prescribe (on a little-endian machine),
/// decode to the same address, and show the same text as Python.
fn check(address: impl Into<Address>, proto: i32, bytes: &str, python: &str) {
    let address = address.into();
    let raw = RawAddress::try_from(&address).unwrap();
    if cfg!(target_endian = "little") {
        assert_eq!(hex(&raw), bytes.replace(' ', ""), "{address:?}");
    }
    assert_eq!(raw.decode_for(proto), address);
    assert_eq!(address.to_string(), python);
}

#[test]
fn netlink() {
    check(
        NetlinkAddress { pid: 0x01020304, groups: 0x80000001 },
        0,
        "1000 0000 04030201 01000080",
        "(16909060, 2147483649)",
    );
}

#[test]
fn vsock() {
    check(
        VsockAddress { cid: 3, port: 0x11223344 },
        0,
        "2800 0000 44332211 03000000 00000000",
        "(3, 287454020)",
    );
}

#[test]
fn qipcrtr() {
    check(QipcrtrAddress { node: 1, port: 0xaabbccdd }, 0, "2a00 0000 01000000 ddccbbaa", "(1, 2864434397)");
}

#[test]
fn packet() {
    check(
        PacketAddress::new(2, 0x88cc),
        0,
        "1100 88cc 02000000 0000 00 00 0000000000000000",
        "(2, 35020, 0, 0, b'')",
    );
    let received = PacketAddress {
        packet_type: PACKET_OUTGOING as u8,
        hardware_type: 772,
        hardware_address: HardwareAddress::new(b"\x02\xfc\x00\x00\x00\x01").unwrap(),
        ..PacketAddress::new(1, 0x0800)
    };
    check(
        received,
        0,
        "1100 0800 01000000 0403 04 06 02fc000000010000",
        "(1, 2048, 4, 772, b'\\x02\\xfc\\x00\\x00\\x00\\x01')",
    );
}

#[test]
fn a_hardware_address_has_at_most_eight_bytes_unless_the_system_gives_more() {
    let error = HardwareAddress::new(&[0; 9]).unwrap_err();
    assert_eq!(error, Error::Value("hardware address must be at most 8 bytes, got 9".into()));
    let mut bytes = PacketAddress::new(1, 3).encode().bytes().to_vec();
    bytes[11] = 20;
    bytes.resize(12 + 20, 7);
    let Address::Packet(infiniband) = RawAddress::from_bytes(&bytes).unwrap().decode() else { panic!() };
    assert_eq!(infiniband.hardware_address.as_bytes().len(), 20);
    assert_eq!(infiniband.encode().bytes(), bytes);
    // The length in these bytes is more than the address has.
    bytes[11] = 255;
    let Address::Packet(lying) = RawAddress::from_bytes(&bytes).unwrap().decode() else { panic!() };
    assert_eq!(lying.hardware_address.as_bytes().len(), 20);
}

#[test]
fn can() {
    check(
        CanAddress::Interface { interface: 3 },
        CAN_RAW,
        "1d00 0000 03000000 00000000000000000000000000000000",
        "(3,)",
    );
    check(
        CanAddress::Isotp { interface: 3, rx_id: 0x123, tx_id: 0x80000456 },
        CAN_ISOTP,
        "1d00 0000 03000000 23010000 56040080 0000000000000000",
        "(3, 291, 2147484758)",
    );
    check(
        CanAddress::J1939 { interface: 3, name: 0x0102030405060708, pgn: 0x3ffff, address: 0xfe },
        CAN_J1939,
        "1d00 0000 03000000 0807060504030201 ffff0300 fe 000000",
        "(3, 72623859790382856, 262143, 254)",
    );
}

#[test]
fn a_can_address_has_the_form_of_the_sockets_protocol() {
    let raw = CanAddress::Isotp { interface: 3, rx_id: 1, tx_id: 2 }.encode();
    let plain = Address::Can(CanAddress::Interface { interface: 3 });
    assert_eq!(raw.decode_for(CAN_BCM), plain);
    assert_eq!(raw.decode(), plain);
    // The kernel reports eight bytes for a raw socket.
    assert_eq!(RawAddress::from_bytes(&raw.bytes()[..8]).unwrap().decode_for(CAN_RAW), plain);
}

#[test]
fn tipc() {
    let cluster = TIPC_CLUSTER_SCOPE as i8;
    let sequence = TipcName::NameSequence { service: 1000, lower: 1, upper: 9 };
    check(
        TipcAddress { name: sequence, scope: cluster },
        0,
        "1e00 01 02 e8030000 01000000 09000000",
        "(1, 1000, 1, 9, 2)",
    );
    let name = TipcName::Name { service: 1000, instance: 7, domain: 0 };
    check(TipcAddress { name, scope: -1 }, 0, "1e00 02 ff e8030000 07000000 00000000", "(2, 1000, 7, 7, -1)");
    let id = TipcName::Id { node: 0x01001001, reference: 0xcafe };
    check(
        TipcAddress { name: id, scope: 3 },
        0,
        "1e00 03 03 feca0000 01100001 00000000",
        "(3, 16781313, 51966, 0, 3)",
    );
}

#[test]
fn tipc_from_the_parts_of_pythons_tuple() {
    let name = TipcAddress::from_parts(2, 1000, 7, 99, 2).unwrap();
    assert_eq!(name.name, TipcName::Name { service: 1000, instance: 7, domain: 0 });
    assert_eq!(name.parts(), (2, 1000, 7, 7));
    let error = TipcAddress::from_parts(4, 0, 0, 0, 2).unwrap_err();
    assert_eq!(error, Error::Type("TIPC address type must be 1-3, got 4".into()));
    let mut bytes = name.encode().bytes().to_vec();
    bytes[2] = 9;
    let raw = RawAddress::from_bytes(&bytes).unwrap();
    assert_eq!(TipcAddress::decode(&raw), Err(Error::Value("TIPC address type must be 1-3, got 9".into())));
    assert_eq!(raw.decode(), Address::Other(raw));
}

#[test]
fn alg() {
    let mut address = AlgAddress::new("hash", "sha256").unwrap();
    (address.feat, address.mask) = (1, 0x1ffff);
    let bytes =
        format!("2600 68617368 {} 01000000 ffff0100 736861323536 {}", "00".repeat(10), "00".repeat(58));
    check(address, 0, &bytes, "('hash', 'sha256', 1, 131071)");
    // The longest names that are possible: there must be space for the NUL at the end.
    let longest = AlgAddress::new(&"t".repeat(13), &"n".repeat(63)).unwrap();
    assert_eq!(longest.encode().decode(), Address::Alg(longest));
}

#[test]
fn an_algorithm_that_does_not_fit_is_refused() {
    for (kind, name, text) in [
        ("t".repeat(14), "x".to_owned(), "AF_ALG type must be at most 13 bytes, got 14"),
        ("hash".to_owned(), "n".repeat(64), "AF_ALG name must be at most 63 bytes, got 64"),
        ("ha\0sh".to_owned(), "x".to_owned(), "AF_ALG type must not contain a NUL byte"),
        ("hash".to_owned(), "\0".to_owned(), "AF_ALG name must not contain a NUL byte"),
    ] {
        assert_eq!(AlgAddress::new(&kind, &name), Err(Error::Value(text.into())));
    }
}

const DEVICE: Bdaddr = Bdaddr([0x00, 0x1a, 0x7d, 0xda, 0x71, 0x13]);

#[test]
fn bluetooth() {
    let plain = BluetoothAddress::L2cap { bdaddr: DEVICE, psm: 0x1001, cid: 0, bdaddr_type: 0 };
    check(plain, BTPROTO_L2CAP, "1f00 0110 1371da7d1a00 0000 00 00", "('00:1A:7D:DA:71:13', 4097)");
    let low_energy = BluetoothAddress::L2cap { bdaddr: DEVICE, psm: 0, cid: 4, bdaddr_type: 2 };
    check(low_energy, BTPROTO_L2CAP, "1f00 0000 1371da7d1a00 0400 02 00", "('00:1A:7D:DA:71:13', 0, 4, 2)");
    let channel = BluetoothAddress::L2cap { bdaddr: DEVICE, psm: 1, cid: 4, bdaddr_type: 0 };
    assert_eq!(Address::from(channel).to_string(), "('00:1A:7D:DA:71:13', 1, 4)");
    let rfcomm = BluetoothAddress::Rfcomm { bdaddr: DEVICE, channel: 30 };
    check(rfcomm, BTPROTO_RFCOMM, "1f00 1371da7d1a00 1e 00", "('00:1A:7D:DA:71:13', 30)");
    check(BluetoothAddress::Hci { device: 1, channel: 0 }, BTPROTO_HCI, "1f00 0100 0000", "1");
    check(BluetoothAddress::Hci { device: 0xffff, channel: 3 }, BTPROTO_HCI, "1f00 ffff 0300", "(65535, 3)");
    let sco = BluetoothAddress::Sco { bdaddr: DEVICE };
    check(sco, BTPROTO_SCO, "1f00 1371da7d1a00", "'00:1A:7D:DA:71:13'");
}

#[test]
fn a_bluetooth_address_needs_the_sockets_protocol() {
    let raw = BluetoothAddress::Sco { bdaddr: DEVICE }.encode();
    assert_eq!(raw.decode(), Address::Other(raw));
    assert_eq!(raw.decode_for(99), Address::Other(raw));
    let error = BluetoothAddress::decode(&raw, 99).unwrap_err();
    assert_eq!(error, Error::Value("unknown Bluetooth protocol: 99".into()));
}

#[test]
fn a_device_is_six_bytes_in_hexadecimal() {
    assert_eq!("00:1a:7D:da:71:13".parse(), Ok(DEVICE));
    assert_eq!("0:1A:7D:DA:71:13".parse(), Ok(DEVICE));
    assert_eq!(BDADDR_LOCAL.parse::<Bdaddr>().unwrap().to_string(), BDADDR_LOCAL);
    for bad in [
        "",
        "00",
        "00:1A:7D:DA:71",
        "00:1A:7D:DA:71:13:00",
        "00:1A:7D:DA:71:13 ",
        "00:1A:7D:DA:71:1G",
        "00:1A:7D:DA:71:+1",
        "00:1A:7D:DA:71:100",
        "00:1A:7D:DA::13",
    ] {
        let error = bad.parse::<Bdaddr>().unwrap_err();
        assert_eq!(error, Error::OsMessage(format!("bad bluetooth address: '{bad}'").into()));
    }
}

#[test]
fn an_address_of_another_family_is_refused() {
    let vsock = VsockAddress { cid: 1, port: 1 }.encode();
    assert!(matches!(NetlinkAddress::decode(&vsock), Err(Error::Type(_))));
    assert!(matches!(CanAddress::decode(&vsock, CAN_RAW), Err(Error::Type(_))));
    let netlink = Socket::new(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE).unwrap();
    let error = netlink.bind(VsockAddress { cid: 1, port: 1 }).unwrap_err();
    assert_eq!(
        error,
        Error::Type("the address is of family AF_VSOCK, but the socket is of family AF_NETLINK".into())
    );
}

#[test]
fn a_short_address_counts_as_zero_where_it_ends() {
    for family in [AF_ALG, AF_CAN, AF_NETLINK, AF_PACKET, AF_QIPCRTR, AF_VSOCK, AF_BLUETOOTH] {
        let raw = RawAddress::from_bytes(&(family.as_raw() as u16).to_ne_bytes()).unwrap();
        let decoded = raw.decode_for(0);
        assert!(!matches!(decoded, Address::Other(_)), "{family}: {decoded:?}");
    }
}

/// The address with its third byte changed, which these families do not use.
fn padded(address: RawAddress) -> RawAddress {
    let mut bytes = address.bytes().to_vec();
    bytes[2] ^= 0x55;
    RawAddress::from_bytes(&bytes).unwrap()
}

#[test]
fn addresses_are_equal_if_their_parts_are() {
    let host = VsockAddress { cid: VMADDR_CID_HOST, port: 1024 };
    assert_eq!(host.encode(), padded(host.encode()));
    assert_ne!(host.encode(), VsockAddress { port: 1025, ..host }.encode());
    let groups = NetlinkAddress { pid: 7, groups: 1 };
    assert_eq!(groups.encode(), padded(groups.encode()));
    assert_ne!(groups.encode(), NetlinkAddress { groups: 2, ..groups }.encode());
    // Without the protocol of the socket nobody knows which bytes of these have a meaning.
    let frames = |tx_id| CanAddress::Isotp { interface: 3, rx_id: 1, tx_id }.encode();
    assert_ne!(frames(1), frames(2));
    let unknown = RawAddress::from_bytes(&[0xfe, 0, 1, 2]).unwrap();
    assert_ne!(unknown, RawAddress::from_bytes(&[0xfe, 0, 1, 2, 0]).unwrap());
}

#[test]
fn netlink_sockets_have_a_port_of_their_own() {
    let one = Socket::new(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE).unwrap();
    one.bind(NetlinkAddress { pid: 0, groups: 0 }).unwrap();
    let Address::Netlink(name) = one.getsockname().unwrap() else { panic!("{one:?}") };
    assert_ne!(name.pid, 0);
    assert_eq!(name.groups, 0);
}

#[test]
fn packets_are_seen_on_the_loopback_interface() {
    let socket = match Socket::new(AF_PACKET, SOCK_DGRAM, 0) {
        Err(Error::Os(libc::EPERM)) => return eprintln!("skipped: packet sockets take CAP_NET_RAW"),
        socket => socket.unwrap(),
    };
    let lo = socket.interface_index("lo").unwrap();
    let address = PacketAddress::new(lo, ETH_P_ALL as u16);
    socket.bind(address).unwrap();
    let Address::Packet(name) = socket.getsockname().unwrap() else { panic!("{socket:?}") };
    assert_eq!((name.interface, name.protocol), (lo, ETH_P_ALL as u16));
    // The type of the loopback device is 772, and its address is six zeros.
    assert_eq!((name.hardware_type, name.hardware_address.as_bytes()), (772, &[0; 6][..]));
    socket.setsockopt(libc::SOL_PACKET, libc::PACKET_AUXDATA, 1).unwrap();
    let sender = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    sender.sendto(b"seen", ("127.0.0.1", 9)).unwrap();
    // This socket sees everything that is sent in this machine, and so perhaps the packet of another.
    let message = socket.recvmsg(100, 100, 0).unwrap();
    let Address::Packet(seen) = message.address else { panic!("{message:?}") };
    assert_eq!((seen.interface, message.ancdata.len()), (lo, 1));
    sender.sendto(b"seen", ("127.0.0.1", 9)).unwrap();
    let mut buffer = [0; 100];
    let mut packets = [IncomingDatagram::new(&mut buffer)];
    assert_eq!(socket.recvmany(&mut packets, 0).unwrap(), 1);
}

#[test]
fn interfaces_have_numbers_and_names() {
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    let lo = socket.interface_index("lo").unwrap();
    assert_eq!(socket.interface_name(lo).unwrap(), b"lo");
    assert_eq!(socket.interface_index(""), Err(Error::Os(libc::ENODEV)));
    assert_eq!(socket.interface_name(0).unwrap(), b"");
    assert_eq!(socket.interface_name(999_999).unwrap(), b"");
    assert_eq!(socket.interface_index("none-such"), Err(Error::Os(libc::ENODEV)));
    let error = socket.interface_index("0123456789abcdef").unwrap_err();
    assert_eq!(error, Error::OsMessage("interface name must be at most 15 bytes, got 16".into()));
    socket.close().unwrap();
    assert_eq!(socket.interface_index("lo"), Err(Error::Closed));
    assert_eq!(socket.interface_name(lo), Err(Error::Closed));
}

#[test]
fn reliable_datagrams_have_internet_addresses() {
    let address = tabi::ToAddress::to_address(&("127.0.0.1", 4000), AF_RDS, tabi::Deadline::NEVER).unwrap();
    assert_eq!(address.family(), AF_INET);
    assert_eq!(address.decode().port(), Some(4000));
}

/// Opens a socket. If this kernel does not have the family, the test says so and skips it.
fn opened(name: &str, family: tabi::AddressFamily, kind: tabi::SocketKind, proto: i32) -> Option<Socket> {
    match Socket::new(family, kind, proto) {
        Ok(socket) => Some(socket),
        Err(error) => {
            eprintln!("skipped: this kernel has no {name}: {error}");
            None
        }
    }
}

#[test]
fn vsock_machines_have_numbers() {
    let Some(socket) = opened("AF_VSOCK", AF_VSOCK, SOCK_STREAM, 0) else { return };
    socket.bind(VsockAddress { cid: VMADDR_CID_ANY, port: VMADDR_PORT_ANY }).unwrap();
    let Address::Vsock(name) = socket.getsockname().unwrap() else { panic!("{socket:?}") };
    assert_eq!(name.cid, VMADDR_CID_ANY);
    assert_ne!(name.port, VMADDR_PORT_ANY);
}

#[test]
fn protocols_beside_the_usual_carry_bytes() {
    for (name, kind, proto) in [
        ("MPTCP", SOCK_STREAM, IPPROTO_MPTCP),
        ("SCTP", SOCK_STREAM, libc::IPPROTO_SCTP),
        ("UDPLITE", SOCK_DGRAM, IPPROTO_UDPLITE),
    ] {
        let Some(server) = opened(name, AF_INET, kind, proto) else { continue };
        assert_eq!(server.proto(), proto);
        server.settimeout(30.0).unwrap();
        server.bind(("127.0.0.1", 0)).unwrap();
        let client = Socket::new(AF_INET, kind, proto).unwrap();
        if kind == SOCK_STREAM {
            server.listen(1).unwrap();
            client.connect(server.getsockname().unwrap()).unwrap();
            let (peer, _) = server.accept().unwrap();
            assert_eq!(peer.proto(), proto);
            client.sendall(b"hello").unwrap();
            assert_eq!(peer.recv(16).unwrap(), b"hello");
        } else {
            client.sendto(b"hello", server.getsockname().unwrap()).unwrap();
            assert_eq!(server.recv(16).unwrap(), b"hello");
        }
    }
}

#[test]
fn a_cipher_has_an_operation_socket() {
    let Some(cipher) = opened("AF_ALG", AF_ALG, SOCK_SEQPACKET, 0) else { return };
    cipher.bind(AlgAddress::new("hash", "sha256").unwrap()).unwrap();
    let (operation, address) = cipher.accept().unwrap();
    assert_eq!(address, Address::None);
    operation.sendall(b"abc").unwrap();
    let digest = operation.recv(32).unwrap();
    assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
}

#[test]
fn an_order_to_a_cipher_is_three_control_messages() {
    let mut control = ControlData::new();
    control.afalg(ALG_OP_ENCRYPT as u32, Some(b"0123456789abcdef"), Some(20)).unwrap();
    let messages: Vec<_> = RawControlMessages::new(control.as_bytes())
        .map(|message| (message.level, message.kind, message.data.to_vec()))
        .collect();
    let iv = [&16u32.to_ne_bytes(), &b"0123456789abcdef"[..]].concat();
    assert_eq!(
        messages,
        [
            (SOL_ALG, ALG_SET_OP, 1u32.to_ne_bytes().to_vec()),
            (SOL_ALG, ALG_SET_IV, iv),
            (SOL_ALG, ALG_SET_AEAD_ASSOCLEN, 20u32.to_ne_bytes().to_vec()),
        ]
    );
    let mut plain = ControlData::new();
    plain.afalg(ALG_OP_DECRYPT as u32, None, None).unwrap();
    assert_eq!(RawControlMessages::new(plain.as_bytes()).count(), 1);
}

#[test]
fn only_a_cipher_takes_orders() {
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    let error =
        socket.sendmsg_afalg(&[IoSlice::new(b"x")], ALG_OP_ENCRYPT as u32, None, None, 0).unwrap_err();
    let text = "algset is only supported for AF_ALG, the socket's family is AF_INET";
    assert_eq!(error, Error::OsMessage(text.into()));
}

#[test]
fn a_cipher_encrypts_and_decrypts() {
    let Some(cipher) = opened("AF_ALG", AF_ALG, SOCK_SEQPACKET, 0) else { return };
    cipher.bind(AlgAddress::new("skcipher", "cbc(aes)").unwrap()).unwrap();
    cipher.setsockopt_bytes(SOL_ALG, ALG_SET_KEY, &[7; 16]).unwrap();
    let (operation, _) = cipher.accept().unwrap();
    let iv = Some(&[9; 16][..]);
    let plain = [1; 32];
    operation.sendmsg_afalg(&[IoSlice::new(&plain)], ALG_OP_ENCRYPT as u32, iv, None, 0).unwrap();
    let secret = operation.recv(32).unwrap();
    assert_ne!(secret, plain);
    operation.sendmsg_afalg(&[IoSlice::new(&secret)], ALG_OP_DECRYPT as u32, iv, None, 0).unwrap();
    assert_eq!(operation.recv(32).unwrap(), plain);
}
