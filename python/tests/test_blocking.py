"""Calls that block: another thread closes their socket, or signals interrupt them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import unittest

from programs import HANG, full_listener, thread_sleeps
from tabi import socket


class Closing(unittest.TestCase):
    def test_close_ends_the_calls_of_other_threads(self):
        listener = socket.create_server(("127.0.0.1", 0))
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        one, other = socket.socketpair()
        self.addCleanup(other.close)
        calls = [
            (listener, listener.accept),
            (datagrams, lambda: datagrams.recvfrom(10)),
            (one, lambda: one.recv(10)),
        ]
        for sock, call in calls:
            errors = []

            def blocked():
                try:
                    call()
                except OSError as error:
                    errors.append(error.errno)

            thread = threading.Thread(target=blocked)
            thread.start()
            while not thread_sleeps(thread):
                pass
            sock.close()
            thread.join(HANG)
            self.assertEqual([9], errors)

    def test_close_leaves_the_connection_of_a_duplicate_alone(self):
        one, other = socket.socketpair()
        with other, one.dup() as copy:
            thread = threading.Thread(target=lambda: self.assertRaises(OSError, one.recv, 1))
            one.settimeout(HANG)
            thread.start()
            while not thread_sleeps(thread):
                pass
            one.close()
            thread.join(HANG)
            self.assertFalse(thread.is_alive())
            other.sendall(b"for the copy")
            self.assertEqual(b"for the copy", copy.recv(100))

    def test_a_detached_number_stays_the_same_and_open_while_others_are_in_calls(self):
        one, other = socket.socketpair()
        one.settimeout(HANG)
        thread = threading.Thread(target=lambda: self.assertRaises(OSError, one.recv, 1))
        thread.start()
        while not thread_sleeps(thread):
            pass
        # As `ssl` does it: the new socket has the number before the old one gives it up, and the result is ignored.
        with other, socket.socket(fileno=one.fileno()) as successor:
            self.assertEqual(successor.fileno(), one.detach())
            other.sendall(b"a")
            thread.join(HANG)
            self.assertFalse(thread.is_alive())
            successor.settimeout(HANG)
            self.assertEqual(b"a", successor.recv(1))


class Signals(unittest.TestCase):
    def test_a_storm_of_signals_loses_no_byte_and_moves_no_deadline(self):
        before = signal.signal(signal.SIGALRM, lambda number, frame: None)
        one, other = socket.socketpair()
        content = os.urandom(1 << 16) * 128
        received = bytearray()

        def receive():
            while chunk := other.recv(50000):
                received.extend(chunk)

        thread = threading.Thread(target=receive)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            thread.start()
            with one:
                one.settimeout(HANG)
                one.sendall(content)
                one.shutdown(socket.SHUT_WR)
                thread.join()
                self.assertTrue(content == received, f"{len(received)} of {len(content)} bytes, or other ones")
                one.settimeout(0.3)
                other.settimeout(0.3)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quiet:
                    quiet.bind(("127.0.0.1", 0))
                    quiet.settimeout(0.3)
                    began = time.monotonic()
                    self.assertRaises(TimeoutError if sys.version_info >= (3, 10) else socket.timeout, quiet.recv, 1)
                    self.assertGreaterEqual(time.monotonic() - began, 0.3)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            other.close()

    @unittest.skipUnless(sys.platform == "linux", "elsewhere a connect to a full queue fails at once")
    def test_a_connect_waits_on_for_a_place_in_the_queue_of_a_unix_listener(self):
        for timeout in None, HANG:
            for method in "connect", "connect_ex":
                with self.subTest(timeout=timeout, method=method), contextlib.ExitStack() as opened:
                    self.connects_after_signals(opened, method, timeout)

    def connects_after_signals(self, opened: contextlib.ExitStack, method: str, timeout) -> None:
        name = f"\0tabi-full-{os.getpid()}".encode()
        listener = opened.enter_context(full_listener(socket, name))
        signals = []

        def makes_a_place(number, frame):
            signals.append(number)
            if len(signals) == 3:
                signal.setitimer(signal.ITIMER_REAL, 0)
                opened.enter_context(listener.accept()[0])

        opened.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, makes_a_place))
        opened.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        client = opened.enter_context(socket.socket(socket.AF_UNIX))
        client.settimeout(timeout)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        self.assertIn(getattr(client, method)(name), (None, 0))
        self.assertEqual(name, client.getpeername())
        self.assertEqual(3, len(signals))


if __name__ == "__main__":
    unittest.main()
