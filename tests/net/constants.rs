//! The table of constants is compared with the Pythons of this system.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::support;
use tabi::{AF_INET6, AF_UNIX, AddressFamily, SOCK_DGRAM, SOCK_STREAM, SocketKind, constants};

/// Prints the size of Python's integers, and `NAME VALUE` for each integer of `_socket`; `bool` is left out.
const PYTHON_PROGRAM: &str = "\
import _socket, struct
print(struct.calcsize('l'))
for name in dir(_socket):
    value = getattr(_socket, name)
    if type(value) is int and not name.startswith('_'):
        print(name, value)
";

/// The names that only Pythons 3.14 and 3.15 have, or only a Python built with the headers of Bluetooth. The values are
/// those of the kernel's headers.
#[cfg(target_os = "linux")]
const NEWER: [(&str, i64); 33] = [
    ("AF_BLUETOOTH", 31),
    ("BDADDR_LE_RANDOM", 2),
    ("BTPROTO_RFCOMM", 3),
    ("BT_CHANNEL_POLICY_AMP_PREFERRED", 2),
    ("BT_CODEC", 19),
    ("BT_MODE_EXT_FLOWCTL", 4),
    ("BT_PHY_LE_CODED_RX", 0x4000),
    ("BT_SECURITY_FIPS", 4),
    ("BT_VOICE_TRANSPARENT_16BIT", 0x63),
    ("CAN_ISOTP_DEFAULT_FRAME_TXTIME", 50_000),
    ("CAN_ISOTP_DEFAULT_PAD_CONTENT", 0xcc),
    ("CAN_ISOTP_LL_OPTS", 5),
    ("CAN_ISOTP_OPTS", 1),
    ("CAN_ISOTP_SF_BROADCAST", 0x800),
    ("CAN_ISOTP_TX_STMIN", 3),
    ("CAN_RAW_ERR_FILTER", 2),
    ("HCI_CHANNEL_LOGGING", 4),
    ("HCI_DEV_NONE", 0xffff),
    ("IPV6_HDRINCL", 36),
    ("IPV6_RECVERR", 25),
    ("IP_FREEBIND", 15),
    ("IP_RECVERR", 11),
    ("IP_RECVORIGDSTADDR", 20),
    ("IP_RECVTTL", 12),
    ("L2CAP_LM_SECURE", 0x20),
    ("RFCOMM_LM_ENCRYPT", 4),
    ("SOL_BLUETOOTH", 274),
    ("SOL_CAN_ISOTP", 106),
    ("SOL_L2CAP", 6),
    ("SOL_RFCOMM", 18),
    ("SO_ORIGINAL_DST", 80),
    ("SO_PASSRIGHTS", 83),
    ("VMADDR_CID_LOCAL", 1),
];

/// The Pythons to compare with: the first one in the search path, and those that pyenv installed.
fn pythons() -> Vec<PathBuf> {
    let mut found = Vec::new();
    if support::tools::have("python3", "the constants of Python") {
        found.push(PathBuf::from("python3"));
    }
    if let Some(home) = std::env::home_dir() {
        for version in std::fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten() {
            let name = version.file_name().to_string_lossy().into_owned();
            let minor = name.strip_prefix("3.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
            if minor.is_some_and(|minor| minor >= 11) {
                found.push(version.path().join("bin/python3"));
            }
        }
    }
    found
}

/// Python has a C long for each constant. Its size is that of the system for which this Python was built, which need not be
/// the system of the test.
fn as_in_python(value: i64, size: &str) -> i64 {
    match size {
        "4" => i64::from(value as i32),
        _ => value,
    }
}

#[test]
fn every_integer_of_pythons_socket_module_is_in_the_table_with_the_same_value() {
    for python in pythons() {
        let output = Command::new(&python).args(["-c", PYTHON_PROGRAM]).output().expect("python3 starts");
        assert!(output.status.success(), "{python:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("names are ASCII");
        let (size, constants) = text.split_once('\n').expect("lines");
        let theirs: BTreeMap<&str, i64> = constants
            .lines()
            .map(|line| line.split_once(' ').expect("NAME VALUE"))
            .map(|(name, value)| (name, value.parse().expect("an integer")))
            .collect();
        let least = if cfg!(target_os = "linux") { 300 } else { 100 };
        assert!(theirs.len() > least, "{python:?} shows only {} constants", theirs.len());
        let differ: Vec<_> = theirs
            .iter()
            .filter(|(name, value)| {
                constants::constant(name).map(|ours| as_in_python(ours, size)) != Some(**value)
            })
            .collect();
        assert!(differ.is_empty(), "{python:?} has these otherwise: {differ:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_only_newer_pythons_have_are_there_too() {
    for (name, value) in NEWER {
        assert_eq!(constants::constant(name), Some(value), "{name}");
    }
}

#[test]
fn iteration_gives_every_name_in_order_and_each_is_found_by_its_name() {
    let rows: Vec<_> = constants::iter().collect();
    assert_eq!(rows.len(), constants::iter().len());
    assert!(rows.is_sorted_by(|a, b| a.0 < b.0));
    for (name, value) in rows {
        assert_eq!(constants::constant(name), Some(value), "{name}");
    }
}

#[test]
fn constants_that_the_platform_lacks_are_absent() {
    let foreign =
        if cfg!(windows) { ["AF_PACKET", "SO_REUSEPORT"] } else { ["AF_HYPERV", "SO_EXCLUSIVEADDRUSE"] };
    for name in foreign.into_iter().chain(["af_inet", "AF_INET ", "", "AF_INE", "AF_INET66"]) {
        assert_eq!(constants::constant(name), None, "{name:?}");
    }
}

#[test]
fn values_beyond_a_c_int_keep_their_sign_in_the_table() {
    assert_eq!(constants::constant("INADDR_BROADCAST"), Some(0xffff_ffff));
    assert_eq!(tabi::constants::INADDR_LOOPBACK, 0x7f00_0001);
    #[cfg(target_os = "linux")]
    {
        assert_eq!(constants::constant("CAN_EFF_FLAG"), Some(0x8000_0000));
        assert_eq!(constants::constant("VMADDR_CID_ANY"), Some(0xffff_ffff));
        assert_eq!(constants::constant("TIPC_WAIT_FOREVER"), Some(-1));
    }
}

#[test]
fn text_constants_have_a_table_of_their_own() {
    assert_eq!(constants::string_constant("BDADDR_ANY"), Some("00:00:00:00:00:00"));
    assert_eq!(constants::string_constant("BDADDR_LOCAL"), Some(tabi::constants::BDADDR_LOCAL));
    assert_eq!(constants::string_constant("AF_INET"), None);
    assert_eq!(constants::constant("BDADDR_ANY"), None);
    assert_eq!(constants::iter_strings().len(), 2);
}

#[test]
fn families_and_kinds_show_their_names() {
    assert_eq!(
        format!("{:?} {AF_INET6} {:?}", AF_UNIX, AddressFamily::from_raw(45)),
        "AF_UNIX AF_INET6 AddressFamily(45)"
    );
    assert_eq!(
        format!("{:?} {SOCK_DGRAM} {:?}", SOCK_STREAM, SocketKind::from_raw(9)),
        "SOCK_STREAM SOCK_DGRAM SocketKind(9)"
    );
    assert_eq!((AddressFamily::from_raw(-1).as_raw(), SocketKind::from_raw(-1).as_raw()), (-1, -1));
}

#[cfg(target_os = "linux")]
#[test]
fn flags_are_added_to_a_kind() {
    use tabi::constants::{SOCK_CLOEXEC, SOCK_NONBLOCK};
    let kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    assert_eq!(format!("{kind:?}"), "SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK");
    let socket = tabi::Socket::new(tabi::AF_INET, kind, 0).unwrap();
    assert_eq!((socket.kind(), socket.getblocking()), (SOCK_STREAM, false));
}
