"""Headers of the PROXY protocol: sent, read, and refused."""

from __future__ import annotations

import unittest

from tabi import proxy, socket

V4, V6 = (("192.0.2.1", 56324), ("192.0.2.7", 443)), (("2001:db8::1", 1, 0, 0), ("::1", 2, 0, 0))


def sent(*arguments, **options) -> bytes:
    one, other = socket.socketpair()
    with one, other:
        proxy.send_proxy_header(one, *arguments, **options)
        return other.recv(1000)


class Headers(unittest.TestCase):
    def test_a_line_of_version_1(self):
        line = sent(*V4, version=1)
        self.assertEqual(line, b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r\n")
        header = proxy.ProxyHeader(1, False, *V4)
        self.assertEqual(proxy.read_proxy_header(line + b"hello"), (header, len(line)))
        self.assertEqual(sent(version=1), b"PROXY UNKNOWN\r\n")

    def test_a_header_of_version_2_carries_values(self):
        ssl = b"\x05\0\0\0\0" + b"\x21\0\x07TLSv1.3"
        tlvs = [(proxy.UNIQUE_ID, b"request 7"), (proxy.AUTHORITY, "b\xfccher".encode()), (proxy.SSL, ssl), (0xE0, b"")]
        for addresses in (V4, V6, ("/run/client", b"\0server"), ("", "/run/server")):
            header, size = proxy.read_proxy_header(sent(*addresses, tlvs=[*tlvs, (proxy.CRC32C, b"")]))
            self.assertEqual((header.version, header.is_local), (2, False))
            self.assertEqual((header.source, header.destination), addresses)
            self.assertEqual(header.tlvs[:4], tuple(tlvs))
            self.assertEqual(len(header.tlv(proxy.CRC32C)), 4)
        self.assertEqual((header.unique_id, header.authority, header.alpn), (b"request 7", "b\xfccher", None))
        self.assertEqual(header.ssl, proxy.Ssl(5, 0, ((proxy.SSL_VERSION, b"TLSv1.3"),)))

    def test_a_health_check_says_no_address(self):
        header, _ = proxy.read_proxy_header(sent())
        self.assertEqual(header, proxy.ProxyHeader(2, True, None, None))
        self.assertIsNone(header.ssl)

    def test_more_bytes_are_needed_until_the_header_is_complete(self):
        whole = sent(*V6, tlvs=[(proxy.NOOP, b"x")])
        for size in range(len(whole)):
            self.assertIsNone(proxy.read_proxy_header(whole[:size]))
        self.assertEqual(proxy.read_proxy_header(whole + b"PROXY")[1], len(whole))

    def test_what_is_no_header_is_refused(self):
        for data in (b"GET / HTTP/1.1", b"PROXY TCP4 192.0.2.1\n", b"\r\n\r\n\0\r\nQUIT\n\x31"):
            with self.assertRaisesRegex(ValueError, "a PROXY header is not valid"):
                proxy.read_proxy_header(data)
        with self.assertRaisesRegex(ValueError, "must be of version 2"):
            proxy.read_proxy_header(b"PROXY UNKNOWN\r\n", version=2)

    def test_arguments_that_cannot_be_are_refused(self):
        one, other = socket.socketpair()
        with one, other:
            for error, arguments, options in (
                (TypeError, (V4[0], V6[1]), {}),
                (TypeError, ("/run/client", "/run/server"), {"version": 1}),
                (TypeError, V4, {"version": 1, "tlvs": [(proxy.ALPN, b"h2")]}),
                (socket.gaierror, (("localhost", 80), V4[1]), {}),
                (ValueError, V4, {"version": 3}),
                (ValueError, V4, {"tlvs": [(256, b"")]}),
                (ValueError, V4, {"tlvs": [(proxy.UNIQUE_ID, bytes(129))]}),
            ):
                with self.subTest(arguments=arguments, options=options), self.assertRaises(error):
                    proxy.send_proxy_header(one, *arguments, **options)
            one.setblocking(False)
            other.setblocking(False)
            with self.assertRaises(BlockingIOError):
                other.recv(1)


if __name__ == "__main__":
    unittest.main()
