"""Tokens that cancel calls: every kind of call, scopes, sockets, threads, handlers of signals."""

from __future__ import annotations

import contextlib
import copy
import errno
import io
import os
import select
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

import tabi
from programs import HANG, full_listener, python
from tabi import socket, socketserver

#: A long time, after which a call that was not cancelled fails with another error.
LONG = 3600.0


class Calls(unittest.TestCase):
    """Each call waits for something that never comes, until its token is triggered."""

    def cancelled(self, call, *arguments, after=lambda: time.sleep(0.05)):
        """The exception of a call that waits under a token, which is triggered when ``after`` returns."""
        token = tabi.Cancel()
        timer = threading.Thread(target=lambda: (after(), token.cancel()))
        timer.start()
        try:
            with token, self.assertRaises(tabi.Cancelled) as raised:
                call(*arguments)
        finally:
            timer.join()
        self.assertEqual(errno.ECANCELED, raised.exception.errno)
        # It is triggered now: a call that begins under it does nothing.
        with token, self.assertRaises(tabi.Cancelled):
            call(*arguments)
        return raised.exception

    def pair(self, kind=socket.SOCK_STREAM):
        pair = socket.socketpair(socket.AF_UNIX, kind)
        for each in pair:
            self.addCleanup(each.close)
        return pair

    def test_receiving(self):
        for timeout in (None, LONG):
            one, other = self.pair()
            one.settimeout(timeout)
            for call in (
                lambda: one.recv(10),
                lambda: one.recv_into(bytearray(10)),
                lambda: one.recvfrom(10),
                lambda: one.recvfrom_into(bytearray(10)),
                lambda: one.recvmsg(10),
                lambda: one.recvmsg_into([bytearray(10)]),
            ):
                self.cancelled(call)
            # The socket is as it was.
            other.sendall(b"hello")
            self.assertEqual(b"hello", one.recv(10))

    def test_sending_says_how_much_was_sent(self):
        for timeout in (None, LONG):
            one, other = self.pair()
            one.settimeout(timeout)
            much = b"x" * (8 << 20)
            error = self.cancelled(
                lambda: one.sendall(much) if not self.filled else one.sendall(b"y"),
                after=lambda: select.select([other], [], [], HANG),
            )
            self.assertGreater(error.sent, 0)
            self.filled = True
            self.cancelled(lambda: one.send(b"y"))
            self.cancelled(lambda: one.sendmsg([b"y"]))
            self.filled = False
            other.settimeout(HANG)
            arrived = 0
            while arrived < error.sent:
                arrived += len(other.recv(1 << 20))
            # Not one byte more: whatever was cancelled later has sent nothing.
            self.assertEqual(error.sent, arrived)
            other.setblocking(False)
            self.assertRaises(BlockingIOError, other.recv, 1)

    filled = False

    def test_datagrams_to_a_full_queue(self):
        one, _ = self.pair(socket.SOCK_DGRAM)
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                one.send(b"x" * 1000)
        one.setblocking(True)
        self.cancelled(lambda: one.send(b"x" * 1000))

    def test_accepting(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.cancelled(listener.accept)
            with socket.create_connection(listener.getsockname()):
                listener.accept()[0].close()

    def test_connecting(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "full")
        with full_listener(socket, path):
            for timeout in (None, LONG):
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(timeout)
                    self.cancelled(client.connect, path)
                    self.cancelled(client.connect_ex, path)

    def test_files(self):
        one, other = self.pair()
        with one.makefile("rb") as file:
            other.sendall(b"first\n")
            self.assertEqual(b"first\n", file.readline())
            self.cancelled(file.readline)
            self.cancelled(file.read, 10)
            other.sendall(b"second\n")
            self.assertEqual(b"second\n", file.readline())

    def test_sendfile(self):
        one, other = self.pair()
        with tempfile.TemporaryFile() as source:
            source.truncate(8 << 20)
            with tabi.Cancel(0.05):
                self.assertRaises(tabi.Cancelled, one.sendfile, source)
            # Of these bytes, what was sent has left the file, and nothing else.
            sent = source.tell()
            self.assertGreater(sent, 0)
            other.settimeout(HANG)
            arrived = 0
            while arrived < sent:
                arrived += len(other.recv(1 << 20))
            self.assertEqual(sent, arrived)

    def test_polling(self):
        one, other = self.pair()
        self.cancelled(tabi.poll, [(one, 1)])
        token = tabi.Cancel()
        token.cancel()
        other.send(b"x")
        with token:
            # What is there counts.
            self.assertEqual([(one, 1)], tabi.poll([(one, 1)]))

    def test_a_server(self):
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
            self.cancelled(server.serve_forever)
            self.cancelled(server.handle_request)

    def test_calls_that_do_not_wait_are_not_under_it(self):
        token = tabi.Cancel()
        token.cancel()
        with token:
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.close()


class Tokens(unittest.TestCase):
    def setUp(self):
        self.one, self.other = socket.socketpair()
        self.addCleanup(self.one.close)
        self.addCleanup(self.other.close)

    def test_a_token_is_triggered_once_and_for_ever(self):
        token = tabi.Cancel()
        self.assertFalse(token.cancelled)
        self.assertEqual("<tabi.Cancel, not cancelled>", repr(token))
        token.cancel()
        token.cancel()
        self.assertTrue(token.cancelled)
        self.assertEqual("<tabi.Cancel, cancelled>", repr(token))

    def test_a_time_triggers_it_too(self):
        token = tabi.Cancel(timeout=0.05)
        self.assertFalse(token.cancelled)
        # One deadline over both calls.
        with token:
            self.other.sendall(b"x")
            self.assertEqual(b"x", self.one.recv(1))
            self.assertRaises(tabi.Cancelled, self.one.recv, 1)
        self.assertTrue(token.cancelled)
        for bad in (-1, float("nan"), "soon"):
            with self.subTest(bad), self.assertRaises((ValueError, TypeError)):
                tabi.Cancel(bad)

    def test_the_earlier_one_of_timeout_and_token_decides(self):
        self.one.settimeout(0.02)
        with tabi.Cancel(LONG), self.assertRaises(socket.timeout):
            self.one.recv(1)
        self.one.settimeout(LONG)
        with tabi.Cancel(0.02), self.assertRaises(tabi.Cancelled):
            self.one.recv(1)

    def test_scopes_nest_and_end(self):
        outer, inner = tabi.Cancel(), tabi.Cancel()
        with outer, inner, outer:
            outer.cancel()
            self.assertRaises(tabi.Cancelled, self.one.recv, 1)
        self.other.sendall(b"x")
        self.assertEqual(b"x", self.one.recv(1))
        outer.__enter__
        inner.__enter__()
        self.assertRaises(ValueError, outer.__exit__, None, None, None)
        inner.__exit__(None, None, None)

    def test_a_token_of_a_socket_is_for_all_threads_and_calls_that_begin_later(self):
        token = tabi.Cancel()
        token.attach(self.one)
        found = []

        def receive():
            try:
                self.one.recv(1)
            except OSError as error:
                found.append(type(error))

        threads = [threading.Thread(target=receive) for _ in range(4)]
        for thread in threads:
            thread.start()
        token.cancel()
        for thread in threads:
            thread.join(HANG)
        self.assertEqual([tabi.Cancelled] * 4, found)
        # A duplicate has none.
        self.other.sendall(b"x")
        with self.one.dup() as duplicate:
            self.assertEqual(b"x", duplicate.recv(1))
        token.detach(self.one)
        self.other.sendall(b"x")
        self.assertEqual(b"x", self.one.recv(1))

    def test_what_has_no_token(self):
        token = tabi.Cancel()
        self.assertRaises(TypeError, token.attach, io.BytesIO())
        self.one.close()
        with self.assertRaises(OSError) as raised:
            token.attach(self.one)
        self.assertEqual(errno.EBADF, raised.exception.errno)
        self.assertRaises(TypeError, copy.copy, token)

    def test_a_token_lives_as_long_as_it_is_attached(self):
        with tabi.Cancel(0.05):
            # Nobody else has the token of this scope.
            self.assertRaises(tabi.Cancelled, self.one.recv, 1)
        tabi.Cancel(0.05).attach(self.one)
        self.assertRaises(tabi.Cancelled, self.one.recv, 1)

    def test_handlers_of_a_server(self):
        began, ended = threading.Event(), []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                began.set()
                self.request.recv(1)

        class Server(socketserver.ThreadingTCPServer):
            cancel = tabi.Cancel()

            def handle_error(self, request, client_address):
                ended.append(sys.exc_info()[0])

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            with socket.create_connection(server.server_address) as client:
                client.settimeout(HANG)
                began.wait(HANG)
                server.cancel.cancel()
                self.assertEqual(b"", client.recv(1))
            server.shutdown()
            thread.join(HANG)
        self.assertEqual([tabi.Cancelled], ended)
        Server.cancel = "token"
        with Server(("127.0.0.1", 0), Handler) as server, self.assertRaises(TypeError):
            server.serve_forever()


class Signals(unittest.TestCase):
    def ends(self, program: str, *arguments: str) -> None:
        done = python(textwrap.dedent(program), *arguments, through=("-m", "tabi"))
        self.assertEqual(("", "ended\n"), (done.stderr, done.stdout))

    def test_a_handler_of_a_signal_cancels_calls_of_all_threads(self):
        self.ends("""
            import os, signal, socket, threading, time, tabi

            token = tabi.Cancel()
            signal.signal(signal.SIGINT, lambda *_: token.cancel())
            pairs = [socket.socketpair() for _ in range(4)]
            cancelled = []

            def receive(sock):
                with token:
                    try:
                        sock.recv(1)
                    except tabi.Cancelled:
                        cancelled.append(sock)

            threads = [threading.Thread(target=receive, args=(one,)) for one, _ in pairs[1:]]
            for thread in threads:
                thread.start()
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            receive(pairs[0][0])
            for thread in threads:
                thread.join()
            assert len(cancelled) == 4, cancelled
            print("ended")
        """)

    def test_a_handler_may_leave_and_enter_scopes(self):
        self.ends("""
            import signal, socket, tabi

            one, other = socket.socketpair()
            outer = tabi.Cancel()

            def handler(*_):
                inner = tabi.Cancel()
                inner.cancel()
                with inner:
                    try:
                        one.recv(1)
                    except tabi.Cancelled:
                        outer.cancel()

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            with outer:
                try:
                    one.recv(1)
                except tabi.Cancelled:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    print("ended")
        """)

    def test_an_http_client(self):
        self.ends("""
            import http.client, socket, threading, tabi

            silent = socket.create_server(("127.0.0.1", 0))
            connection = http.client.HTTPConnection(*silent.getsockname())
            token = tabi.Cancel()
            threading.Timer(0.05, token.cancel).start()
            with token:
                try:
                    connection.request("GET", "/")
                    connection.getresponse()
                except tabi.Cancelled:
                    print("ended")
        """)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("openssl is not installed: no certificate for the test")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.files = [os.path.join(folder.name, name) for name in ("key.pem", "certificate.pem")]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", cls.files[0], "-out", cls.files[1]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ends(self, program: str) -> None:
        begin = """
import socket, ssl, sys, threading, tabi
key, certificate = sys.argv[1:]
server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_side.load_cert_chain(certificate, key)
client_side = ssl.create_default_context(cafile=certificate)

def both():
    one, other = socket.socketpair()
    served = []
    accept = lambda: served.append(server_side.wrap_socket(other, server_side=True))
    thread = threading.Thread(target=accept)
    thread.start()
    client = client_side.wrap_socket(one, server_hostname="localhost")
    thread.join()
    return client, served[0]

def cancelled(call, *arguments):
    token = tabi.Cancel()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    with token:
        for _ in range(2):
            try:
                call(*arguments)
            except tabi.Cancelled:
                continue
            raise AssertionError(call)
    timer.join()
"""
        done = python(begin + textwrap.dedent(program), *self.files, through=("-m", "tabi"))
        self.assertEqual(("", "ended\n"), (done.stderr, done.stdout))

    def test_reading_and_writing(self):
        self.ends("""
            for timeout in (None, 3600):
                client, server = both()
                client.settimeout(timeout)
                cancelled(client.recv, 1)
                cancelled(client.recv_into, bytearray(1))
                cancelled(client.read)
                cancelled(client.makefile("rb").readline)
                # The connection is as it was.
                server.sendall(b"hello")
                assert client.recv(10) == b"hello"
                assert client.gettimeout() == timeout
                cancelled(client.sendall, bytes(8 << 20))
            print("ended")
        """)

    def test_a_handshake_with_nobody(self):
        self.ends("""
            for timeout in (None, 3600):
                one, silent = socket.socketpair()
                one.settimeout(timeout)
                client = client_side.wrap_socket(one, server_hostname="localhost", do_handshake_on_connect=False)
                cancelled(client.do_handshake)
            print("ended")
        """)

    def test_a_timeout_and_non_blocking_calls_are_as_without_tokens(self):
        self.ends("""
            client, server = both()
            exists = tabi.Cancel()
            client.settimeout(0.02)
            try:
                client.recv(1)
            except socket.timeout as error:
                assert str(error) == "The read operation timed out", error
            client.settimeout(0)
            try:
                client.recv(1)
            except ssl.SSLWantReadError:
                pass
            client.settimeout(None)
            late = threading.Timer(0.05, server.sendall, (b"late",))
            late.start()
            assert client.recv(10) == b"late"
            # OpenSSL's objects are for one thread at a time.
            late.join()
            # Both ends say goodbye, and go on without TLS.
            thread = threading.Thread(target=server.unwrap)
            thread.start()
            plain = client.unwrap()
            thread.join()
            threading.Timer(0.05, server.sendall, (b"plain",)).start()
            assert plain.recv(10) == b"plain"
            print("ended")
        """)


if __name__ == "__main__":
    unittest.main()
