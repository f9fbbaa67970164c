"""``tabi.socketserver`` servers as daemons: a service manager is told their state, and a signal ends them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

from tabi import socket, socketserver
from test_socketserver_native import LIMIT, TCP, Inline

PROGRAM = """
import sys
from test_socketserver_native import TCP, Held

server = TCP()
print(server.server_address[1], flush=True)
report = server.serve_until_signal(drain=None if sys.argv[1] == "none" else float(sys.argv[1]))
print(report.cut, report.left, flush=True)
"""


@contextlib.contextmanager
def manager():
    """The socket of a service manager, which ``NOTIFY_SOCKET`` names."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.settimeout(LIMIT)
        sock.bind(os.path.join(folder, "notify"))
        os.environ["NOTIFY_SOCKET"] = sock.getsockname()
        try:
            yield sock
        finally:
            del os.environ["NOTIFY_SOCKET"]


@contextlib.contextmanager
def daemon(drain="none"):
    """A program that serves until a signal, and a client of it."""
    tests = os.path.dirname(os.path.abspath(__file__))
    command = [sys.executable, "-c", PROGRAM, drain]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tests) as process:
        try:
            address = ("127.0.0.1", int(process.stdout.readline()))
            with socket.create_connection(address, timeout=LIMIT) as client:
                client.sendall(b"hello")
                assert client.recv(5) == b"hello"
                yield process, client
        finally:
            process.kill()


class Daemon(unittest.TestCase):
    def test_a_service_manager_is_told(self):
        self.assertFalse(socketserver.notify("READY=1"))
        with manager() as told:
            self.assertTrue(socketserver.notify("STATUS=Serving"))
            self.assertEqual(b"STATUS=Serving", told.recv(100))
        self.assertRaises(ValueError, socketserver.notify, "")

    def test_a_signal_lets_requests_end(self):
        for number in signal.SIGTERM, signal.SIGINT:
            with manager() as told, daemon() as (process, client):
                self.assertEqual(b"READY=1", told.recv(100))
                process.send_signal(number)
                self.assertEqual(b"STOPPING=1", told.recv(100))
                client.sendall(b"again")
                self.assertEqual(b"again", client.recv(5))
                client.close()
                self.assertEqual("0 0\n", process.stdout.readline())
                self.assertEqual(0, process.wait(LIMIT))

    def test_a_second_signal_cuts_them_off(self):
        with manager() as told, daemon() as (process, client):
            self.assertEqual(b"READY=1", told.recv(100))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(b"STOPPING=1", told.recv(100))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(b"", client.recv(1))
            self.assertEqual("1 0\n", process.stdout.readline())

    def test_the_drain_ends_by_itself(self):
        with daemon("0.01") as (process, client):
            process.send_signal(signal.SIGTERM)
            self.assertEqual("1 0\n", process.stdout.readline())

    def test_the_signals_get_their_handlers_back(self):
        before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        for server in TCP(), Inline():
            server.service_actions = lambda: os.kill(os.getpid(), signal.SIGUSR1)
            server.serve_until_signal(signal.SIGUSR1, poll_interval=0.001)
            self.assertEqual(signal.SIG_IGN, signal.getsignal(signal.SIGUSR1))
            self.assertEqual(-1, server.fileno())

    def test_what_cannot_be(self):
        server = TCP()
        self.addCleanup(server.server_close)
        self.assertRaises(ValueError, server.serve_until_signal, drain=-1)
        raised = []

        def elsewhere():
            try:
                server.serve_until_signal()
            except ValueError as error:
                raised.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(LIMIT)
        self.assertEqual(1, len(raised), "signals are for the main thread")


if __name__ == "__main__":
    unittest.main()
