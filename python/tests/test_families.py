"""Addresses of the rarer families go into the library and come back as Python has them."""

from __future__ import annotations

import unittest

from tabi import _socket, socket
from tabi._socket import families


class Pretended:
    """A socket of a family that this kernel may not have."""

    def __init__(self, family: int, proto: int) -> None:
        self._tabi_family, self._tabi_proto, self._tabi_fd = family, proto, -1


#: Family, protocol, what is given, what comes back.
CASES = [
    ("AF_NETLINK", 0, (7, 3), (7, 3)),
    ("AF_VSOCK", 0, (3, 9), (3, 9)),
    ("AF_QIPCRTR", 0, (4, 5), (4, 5)),
    ("AF_TIPC", 0, (1, 1, 2, 3), (1, 1, 2, 3, 2)),
    ("AF_TIPC", 0, (2, 5, 6, 7, 1), (2, 5, 6, 6, 1)),
    ("AF_TIPC", 0, (3, 5, 6, 7), (3, 5, 6, 0, 2)),
    ("AF_ALG", 0, ("hash", "sha1", 1, 2), ("hash", "sha1", 1, 2)),
    ("AF_ALG", 0, ("hash", "sha1"), ("hash", "sha1", 0, 0)),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", ("00:1A:7D:DA:71:13", 25), ("00:1A:7D:DA:71:13", 25)),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("00:1A:7D:DA:71:13", 3), ("00:1A:7D:DA:71:13", 3)),
    ("AF_BLUETOOTH", "BTPROTO_HCI", (5,), 5),
    ("AF_BLUETOOTH", "BTPROTO_SCO", b"00:1A:7D:DA:71:13", "00:1A:7D:DA:71:13"),
    ("AF_CAN", "CAN_RAW", ("",), ("",)),
    ("AF_CAN", "CAN_ISOTP", ("", 7, 8), ("", 7, 8)),
    ("AF_CAN", "CAN_J1939", ("", 1 << 60, 8, 9), ("", 1 << 60, 8, 9)),
]

#: Family, protocol, what is given, the error and its text.
WRONG = [
    ("AF_CAN", "CAN_RAW", ("lo\0x",), ValueError, "embedded null byte"),
    ("AF_NETLINK", 0, (1,), TypeError, r"AF_NETLINK address must be a pair \(pid, groups\)"),
    ("AF_NETLINK", 0, [1, 2], TypeError, r"bind\(\): AF_NETLINK address must be tuple, not list"),
    ("AF_VSOCK", 0, "x", TypeError, "getsockaddrarg: AF_VSOCK address must be tuple, not str"),
    ("AF_TIPC", 0, (9, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_ALG", 0, ("x" * 14, "sha1"), ValueError, "AF_ALG type too long."),
    ("AF_ALG", 0, ("hash", "x" * 64), ValueError, "AF_ALG name too long."),
    ("AF_ALG", 0, ("hash", "sha1", 70000), OverflowError, "too large to convert to C unsigned short"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("00:1A", 3), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", "00:1A:7D:DA:71:13", OSError, r"bind\(\): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_SCO", ("00:1A:7D:DA:71:13",), OSError, r"bind\(\): wrong format"),
    ("AF_BLUETOOTH", 77, (1,), OSError, r"bind\(\): unknown Bluetooth protocol"),
    ("AF_CAN", "CAN_RAW", ("x" * 16,), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", 99, ("",), OSError, r"bind\(\): unsupported CAN protocol"),
    ("AF_APPLETALK", 0, ("",), OSError, r"bind\(\): bad family"),
]


class Families(unittest.TestCase):
    def pretended(self, family: str, proto):
        if not hasattr(_socket, family) or not hasattr(_socket, str(proto)) and isinstance(proto, str):
            self.skipTest(f"this Python has no {family} or no {proto}")
        return Pretended(getattr(_socket, family), getattr(_socket, proto) if isinstance(proto, str) else proto)

    def test_addresses_come_back(self):
        for family, proto, given, expected in CASES:
            with self.subTest(family=family, given=given):
                sock = self.pretended(family, proto)
                raw = families.encode(sock, given, "bind")
                self.assertEqual(expected, families.decode(raw, sock._tabi_proto, sock))

    def test_wrong_addresses_are_named(self):
        for family, proto, given, error, text in WRONG:
            with self.subTest(family=family, given=given):
                with self.assertRaisesRegex(error, text):
                    families.encode(self.pretended(family, proto), given, "bind")

    def test_a_path_does_not_end_at_a_nul_byte(self):
        """The built-in module gives it to the system, which takes what is before the NUL byte."""
        with socket.socket(socket.AF_UNIX) as sock:
            for call in sock.bind, sock.connect, sock.connect_ex:
                for path in "/nowhere\0more", b"/nowhere\0more":
                    with self.assertRaisesRegex(ValueError, "AF_UNIX path must not contain a NUL byte"):
                        call(path)

    def test_options_of_vsock_are_numbers(self):
        try:
            sock = socket.socket(socket.AF_VSOCK)
        except (AttributeError, OSError) as reason:
            self.skipTest(f"no vsock sockets here: {reason}")
        with sock:
            for size in 1, 8, 2000:
                with self.assertRaisesRegex(OSError, "getsockopt string buffer not allowed"):
                    sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, size)


if __name__ == "__main__":
    unittest.main()
