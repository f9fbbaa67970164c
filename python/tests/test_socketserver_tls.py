"""What the servers of ``tabi.socketserver`` do with clients that speak TLS, and with those that do not."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

from tabi import proxy, socket, socketserver
from test_socketserver_native import ANY, LIMIT, TCP, Echo, connect, read_all, serving, wait_until

#: Clients that connect and say nothing. More of them tell nothing new, but each takes two descriptors and a thread.
SILENT = int(os.environ.get("TABI_SILENT_CLIENTS", "50"))

folder: tempfile.TemporaryDirectory


def setUpModule():
    """Makes a certificate for localhost."""
    global folder
    folder = tempfile.TemporaryDirectory()
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", path("key.pem"), "-out", path("certificate.pem")]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        if os.environ.get("CI") == "true":
            raise
        raise unittest.SkipTest("openssl is not installed: no certificate for the tests") from None


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path("certificate.pem"), path("key.pem"))
    return context


def wrapped(server):
    """As the documentation of ``http.server`` and others show it."""
    server.socket = server_context().wrap_socket(server.socket, server_side=True)
    return server


def given(server):
    server.ssl_context = server_context()
    return server


def tls_connect(server):
    """A client that has made its handshake."""
    context = ssl.create_default_context(cafile=path("certificate.pem"))
    return context.wrap_socket(connect(server), server_hostname="localhost")


def tls_echo(server, text=b"hello"):
    with tls_connect(server) as client:
        client.sendall(text)
        answer = b""
        while len(answer) < len(text):
            answer += client.recv(1024)
        # A forked child may have the client's socket too.
        client.shutdown(socket.SHUT_RDWR)
        return answer


class Inline(socketserver.TCPServer):
    request_queue_size = 128


class Told(TCP):
    """Remembers the handshakes that failed."""

    def __init__(self, *args, **settings):
        self.told = []
        super().__init__(*args, **settings)

    def handle_handshake_error(self, request, client_address):
        self.told.append((client_address, sys.exc_info()[1]))


class SilentClients(unittest.TestCase):
    def test_they_hold_neither_other_clients_nor_shutdown(self):
        for tls in (wrapped, given):
            server = tls(TCP(handshake_timeout=None))
            with serving(server) as thread, contextlib.ExitStack() as silent:
                clients = [silent.enter_context(connect(server)) for _ in range(SILENT)]
                for _ in range(3):
                    self.assertEqual(b"hello", tls_echo(server))
                wait_until(lambda: server.statistics().accepted == SILENT + 3)
                server.shutdown()
                thread.join(LIMIT)
                self.assertFalse(thread.is_alive())
                # The server has not got rid of them meanwhile: a connection that was ended is readable.
                for client in clients:
                    client.settimeout(0)
                    self.assertRaises(BlockingIOError, client.recv, 1)
            self.assertEqual([], server.errors)

    def test_they_hold_no_thread_of_a_server_that_waits_for_their_first_byte(self):
        for tls in (wrapped, given):
            server = tls(TCP(max_threads=2, wait_for_first_byte=True, handshake_timeout=None))
            with serving(server), contextlib.ExitStack() as silent:
                for _ in range(SILENT):
                    silent.enter_context(connect(server))
                self.assertEqual(b"hello", tls_echo(server))
                self.assertLessEqual(server.statistics().threads, 2)

    def test_their_time_is_limited(self):
        server = wrapped(Told(handshake_timeout=0.05))
        with serving(server), connect(server) as client:
            self.assertEqual(b"", client.recv(1))
            wait_until(lambda: server.statistics().finished == 1)
            [(address, error)] = server.told
            self.assertEqual(client.getsockname(), address)
            self.assertIsInstance(error, socket.timeout)
            self.assertEqual((1, 0), (server.statistics().handshake_failed, server.statistics().failed))
            self.assertEqual([], server.errors)
            server.handshake_timeout = LIMIT
            self.assertEqual(b"hello", tls_echo(server))

    def test_a_byte_now_and_then_prolongs_nothing(self):
        server = wrapped(Told(handshake_timeout=0.3))
        with serving(server), connect(server) as client:
            # The head of a record of 512 bytes, which never comes to its end.
            client.sendall(b"\x16\x03\x01\x02\x00")
            with contextlib.suppress(OSError):
                while not server.told:
                    client.sendall(b"\x01")
                    threading.Event().wait(0.01)
            wait_until(lambda: server.told)
            self.assertIsInstance(server.told[0][1], socket.timeout)

    def test_an_inline_server_waits_for_each_of_them_no_longer_than_that(self):
        for tls in (wrapped, given):
            server = tls(Inline(ANY, Echo))
            server.handshake_timeout = 0.05
            with serving(server), connect(server) as silent:
                self.assertEqual(b"", silent.recv(1))
                server.handshake_timeout = LIMIT
                self.assertEqual(b"hello", tls_echo(server))

    def test_they_do_not_outlast_server_close(self):
        server = wrapped(TCP(handshake_timeout=None))
        with connect(server) as client:
            with serving(server):
                wait_until(lambda: server.statistics().active == 1)
                report = server.server_close(drain=0)
            self.assertEqual((1, 0), (report.cut, report.left))
            self.assertEqual(b"", client.recv(1))


class Handshakes(unittest.TestCase):
    def test_a_client_that_speaks_something_else_is_no_failure_of_the_handler(self):
        server = wrapped(Told())
        with serving(server):
            with connect(server) as client:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    read_all(client)
            with connect(server):
                pass  # Gone before its first byte.
            wait_until(lambda: server.statistics().finished == 2)
            self.assertEqual(2, server.statistics().handshake_failed)
            self.assertEqual(b"hello", tls_echo(server))
            wait_until(lambda: server.statistics().finished == 3)
            self.assertEqual((2, 0), (server.statistics().handshake_failed, server.statistics().failed))
        self.assertTrue(all(isinstance(error, OSError) for _, error in server.told), server.told)
        self.assertEqual([], server.errors)

    def test_a_plain_client_never_gets_to_the_handler(self):
        handled = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                handled.append(self.request.recv(1024))

        for tls in (wrapped, given):
            for server in (tls(TCP(Handler)), tls(Inline(ANY, Handler))):
                with serving(server), connect(server) as client:
                    client.sendall(b"plain")
                    client.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionResetError):
                        read_all(client)
        self.assertEqual([], handled)

    def test_verify_request_sees_the_client_before_it(self):
        seen = []

        class Strict(TCP):
            def verify_request(self, request, client_address):
                seen.append((request.getpeername() == client_address, request.version()))
                return False

        server = wrapped(Strict())
        with serving(server), connect(server) as client:
            self.assertEqual(b"", client.recv(1))
        self.assertEqual([(True, None)], seen)

    def test_the_handler_gets_a_socket_that_has_made_it(self):
        class Version(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(self.request.version().encode())
                self.server.timeouts.append(self.request.gettimeout())

        for tls in (wrapped, given):
            for server in (TCP(Version), Inline(ANY, Version)):
                server.timeouts = []
                with serving(tls(server)), tls_connect(server) as client:
                    self.assertEqual(client.version().encode(), read_all(client))
                # The time limit of the handshake does not hold for the handler.
                self.assertEqual([None], server.timeouts)

    def test_a_program_that_said_so_makes_it_itself(self):
        class Own(socketserver.BaseRequestHandler):
            def handle(self):
                self.server.versions.append(self.request.version())
                self.request.do_handshake()
                self.request.sendall(b"done")

        server = TCP(Own)
        server.versions = []
        server.socket = server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        with serving(server), tls_connect(server) as client:
            self.assertEqual(b"done", read_all(client))
        self.assertEqual([None], server.versions)

    def test_servers_that_replace_steps(self):
        class Replaced(TCP):
            def get_request(self):
                return self.socket.accept()

            def finish_request(self, request, client_address):
                self.RequestHandlerClass(request, client_address, self)

        for tls in (wrapped, given):
            server = tls(Replaced())
            with serving(server), connect(server):
                self.assertEqual(b"hello", tls_echo(server))

    @unittest.skipUnless(hasattr(os, "fork"), "no forks")
    def test_forking_servers_make_it_in_the_child(self):
        for tls in (wrapped, given):
            server = tls(socketserver.ForkingTCPServer(ANY, Echo))
            server.handshake_timeout = 0.05
            with serving(server, 0.05), connect(server) as silent:
                self.assertEqual(b"", silent.recv(1))
                server.handshake_timeout = LIMIT
                self.assertEqual(b"hello", tls_echo(server))

    def test_an_end_that_comes_from_server_close_is_no_plain_text(self):
        received = []

        class Late(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(b"begun")
                self.server.let_go.wait(LIMIT)
                with contextlib.suppress(OSError):
                    while data := self.request.recv(1024):
                        received.append(data)

        server = wrapped(TCP(Late))
        with serving(server), tls_connect(server) as client:
            self.assertEqual(b"begun", client.recv(5))
            client.sendall(b"secret")
            closing = threading.Thread(target=server.server_close, kwargs={"drain": 0})
            closing.start()
            # The connection has been shut down; what came before is still there.
            self.assertEqual(b"", client.recv(1))
            server.let_go.set()
            closing.join(LIMIT)
        self.assertIn(received, ([], [b"secret"]))


class Settings(unittest.TestCase):
    def test_the_context_is_an_argument_too(self):
        with socketserver.ThreadingTCPServer(ANY, Echo, ssl_context=server_context()) as server, serving(server):
            self.assertEqual(b"hello", tls_echo(server))

    def test_a_datagram_server_has_no_context(self):
        with self.assertRaisesRegex(ValueError, "a server of datagrams has no ssl_context"):
            socketserver.UDPServer(ANY, Echo, ssl_context=server_context())

    def test_the_time_is_more_than_nothing(self):
        for time in (0, -1, float("nan")):
            with self.assertRaisesRegex(ValueError, "handshake_timeout must be more than 0 seconds"):
                TCP(handshake_timeout=time)


class Parked(unittest.TestCase):
    """Connections that wait for their clients without a thread."""

    def test_bytes_that_tls_has_decrypted_are_more(self):
        class Bytes(socketserver.BaseRequestHandler):
            def handle(self):
                byte = self.request.recv(1)
                self.request.sendall(byte.upper())
                return socketserver.PARK if byte else None

        server = given(TCP(Bytes, max_threads=1, wait_for_first_byte=True))
        with serving(server), tls_connect(server) as one, tls_connect(server) as other:
            for client in (one, other, one):
                # All of it is in one record: nothing of it is left in the kernel after the first byte.
                client.sendall(b"letters")
                answer = b""
                while len(answer) < 7:
                    answer += client.recv(10)
                self.assertEqual(b"LETTERS", answer)
            wait_until(lambda: server.statistics().parked == 2)

    def test_the_handshake_is_made_in_the_first_turn_only(self):
        class Line(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                self.wfile.write(line)
                return socketserver.PARK if line else None

        server = given(TCP(Line, max_threads=1, wait_for_first_byte=True))
        with serving(server), connect(server), tls_connect(server) as client:
            for _ in range(3):
                client.sendall(b"line\n")
                self.assertEqual(b"line\n", client.recv(10))

    def test_a_proxy_header_comes_before_the_handshake(self):
        class Who(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(repr(self.client_address).encode())

        server = given(TCP(Who, proxy_protocol=["127.0.0.1"]))
        context = ssl.create_default_context(cafile=path("certificate.pem"))
        with serving(server), connect(server) as plain:
            proxy.send_proxy_header(plain, ("192.0.2.1", 56324), ("192.0.2.7", 443))
            with context.wrap_socket(plain, server_hostname="localhost") as client:
                self.assertEqual(b"('192.0.2.1', 56324)", client.recv(100))


if __name__ == "__main__":
    unittest.main()
