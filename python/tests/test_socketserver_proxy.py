"""Servers of ``tabi.socketserver`` behind a proxy."""

from __future__ import annotations

import contextlib
import unittest

from tabi import proxy, socket, socketserver
from test_socketserver_native import TCP, connect, serving, wait_until
from test_socketserver_turns import Browser, Web, WebServer

LOOPBACK = ["127.0.0.0/8"]
CLIENT, SERVER = ("192.0.2.1", 56324), ("192.0.2.7", 443)


class Who(socketserver.BaseRequestHandler):
    """Answers with the client's address, and the unique id of the header."""

    def handle(self):
        rest = self.request.recv(100)
        header = self.proxy_header
        self.request.sendall(repr((self.client_address, header.unique_id, header.is_local, rest)).encode())


def behind(**settings):
    return TCP(Who, proxy_protocol=LOOPBACK, header_timeout=None, **settings)


@contextlib.contextmanager
def client_of(server, source=CLIENT, **options):
    with connect(server) as client:
        proxy.send_proxy_header(client, source, source and SERVER, **options)
        yield client


class Headers(unittest.TestCase):
    def test_the_address_is_the_one_that_the_header_says(self):
        server = behind()
        with serving(server):
            for version, tlvs in ((1, ()), (2, [(proxy.UNIQUE_ID, b"7")])):
                with client_of(server, version=version, tlvs=tlvs) as client:
                    client.sendall(b"hello")
                    expected = (CLIENT, tlvs[0][1] if tlvs else None, False, b"hello")
                    self.assertEqual(client.recv(200).decode(), repr(expected))
            with client_of(server, None) as check:
                check.sendall(b"x")
                expected = (check.getsockname(), None, True, b"x")
                self.assertEqual(check.recv(200).decode(), repr(expected), "a health check keeps the real address")
        self.assertEqual(server.errors, [])

    def test_verify_request_sees_the_address_and_the_header_and_runs_once(self):
        class Verifying(TCP):
            def verify_request(self, request, client_address):
                self.seen.append((client_address, self.get_proxy_header(request).version))
                if client_address[1] == 3:
                    raise ZeroDivisionError
                return client_address[1] % 2 == 0

        server = Verifying(Who, proxy_protocol="127.0.0.1 unix:", seen=[])
        with serving(server):
            for port, answered in ((2, True), (1, False), (3, False)):
                with client_of(server, ("192.0.2.1", port)) as client:
                    client.sendall(b"x")
                    self.assertEqual(bool(client.recv(100)), answered)
            wait_until(lambda: server.statistics().active == 0)
        self.assertEqual(server.seen, [(("192.0.2.1", port), 2) for port in (2, 1, 3)])
        self.assertEqual([type(error) for error in server.errors], [ZeroDivisionError])

    def test_a_header_may_come_byte_by_byte_and_holds_no_thread(self):
        server = behind(max_threads=1)
        with serving(server), contextlib.ExitStack() as clients:
            one, other = socket.socketpair()
            with one, other:
                proxy.send_proxy_header(one, CLIENT, SERVER)
                header = other.recv(100)
            waiting = [clients.enter_context(connect(server)) for _ in range(20)]
            for client in waiting:
                client.sendall(header[:-5])
            wait_until(lambda: server.statistics().parked == 20)
            self.assertEqual(server.statistics().threads, 0)
            for client in waiting:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in header[-5:]:
                    client.sendall(bytes([byte]))
                client.sendall(b"late")
                self.assertIn(b"late", client.recv(200))

    def test_who_is_not_trusted_or_sends_no_header_is_refused(self):
        for trusted, header in ((["192.0.2.0/24"], True), (LOOPBACK, False)):
            server = TCP(Who, proxy_protocol=trusted)
            with serving(server), connect(server) as client:
                with contextlib.suppress(ConnectionError):
                    if header:
                        proxy.send_proxy_header(client, CLIENT, SERVER)
                    else:
                        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    self.assertEqual(client.recv(1), b"")
                wait_until(lambda: server.statistics().header_refused == 1)
                self.assertEqual(server.statistics().rejected, 1)

    def test_a_header_that_does_not_come_is_cut_off(self):
        server = TCP(Who, proxy_protocol=LOOPBACK, header_timeout=0.05)
        with serving(server), connect(server) as silent:
            self.assertEqual(silent.recv(1), b"")
            wait_until(lambda: server.statistics().header_cut == 1)
            self.assertEqual(server.statistics().threads, 0)

    def test_http_server_parks_behind_a_proxy(self):
        class Told(Web):
            def do_GET(self):
                self.server.told.add((self.client_address, self.proxy_header.source))
                super().do_GET()

        server = WebServer(Told, proxy_protocol=LOOPBACK, told=set())
        with serving(server), Browser(server) as browser:
            proxy.send_proxy_header(browser.socket, CLIENT, SERVER)
            self.assertEqual([browser.get() for _ in range(3)], [b"1", b"2", b"3"])
        self.assertEqual(server.told, {(CLIENT, CLIENT)})

    def test_handle_request_does_not_wait_for_a_header(self):
        with behind() as server, connect(server):
            with self.assertRaisesRegex(RuntimeError, "proxy_protocol needs serve_forever"):
                server.handle_request()

    def test_settings_that_cannot_be_are_refused(self):
        for settings, text in (
            ({"proxy_protocol": []}, "proxy_protocol needs a trusted network"),
            ({"proxy_protocol": ["10.0.0.1/8"]}, "bits behind the prefix are set"),
            ({"proxy_protocol": LOOPBACK, "proxy_version": 3}, "proxy_version must be 1 or 2, got 3"),
            ({"proxy_protocol": LOOPBACK, "header_timeout": 0}, "header_timeout must be more than 0 seconds, got 0"),
        ):
            with self.subTest(settings), TCP(Who, **settings) as server:
                with self.assertRaisesRegex(ValueError, text):
                    server.serve_forever()
        with socketserver.TCPServer(("127.0.0.1", 0), Who) as server:
            server.proxy_protocol = LOOPBACK
            with self.assertRaisesRegex(ValueError, "proxy_protocol is for threading servers"):
                server.serve_forever()


if __name__ == "__main__":
    unittest.main()
