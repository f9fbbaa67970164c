"""What the servers of ``tabi.socketserver`` do when a handler, a hook or the system fails, or nobody holds them any more."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import threading
import time
import unittest
import weakref

from tabi import socket, socketserver
from test_socketserver_native import LIMIT, TCP, Inline, connect, echo, read_all, serving, wait_until


class Failures(unittest.TestCase):
    def test_an_exception_in_a_handler_is_its_own_affair(self):
        class Bad(socketserver.BaseRequestHandler):
            def handle(self):
                raise LookupError("bad handler")

        server = TCP(Bad)
        with serving(server):
            for _ in range(3):
                with connect(server) as client:
                    self.assertEqual(b"", client.recv(1))
            wait_until(lambda: server.statistics().finished == 3)
            self.assertEqual(3, server.statistics().failed)
        self.assertEqual(["bad handler"] * 3, [str(error) for error in server.errors])

    def test_system_exit_in_a_handler_is_silent_as_in_any_thread(self):
        class Exit(socketserver.BaseRequestHandler):
            def handle(self):
                raise SystemExit(3)

        server = TCP(Exit)
        with contextlib.redirect_stderr(io.StringIO()) as told:
            with serving(server):
                for _ in range(2):
                    with connect(server) as client:
                        self.assertEqual(b"", client.recv(1))
        self.assertEqual(("", []), (told.getvalue(), server.errors))

    def test_an_exception_of_an_inline_handler_that_is_no_error_ends_the_loop(self):
        for kind in (SystemExit, KeyboardInterrupt, GeneratorExit):

            class Exit(socketserver.BaseRequestHandler):
                def handle(self):
                    raise kind(3)

            with Inline(Exit) as server, connect(server):
                self.assertRaises(kind, server.serve_forever, LIMIT)

    def test_an_os_error_of_get_request_skips_the_client(self):
        class Once(TCP):
            failures = 2

            def get_request(self):
                pair = super().get_request()
                if self.failures:
                    self.failures -= 1
                    pair[0].close()
                    raise OSError(errno.ECONNABORTED, "gone")
                return pair

        server = Once()
        with serving(server):
            for _ in range(2):
                with connect(server) as client:
                    self.assertEqual(b"", client.recv(1))
            self.assertEqual(b"hello", echo(server))

    def test_another_error_of_get_request_ends_the_loop(self):
        class Never(TCP):
            def get_request(self):
                raise LookupError("no request")

        with Never() as server, connect(server):
            self.assertRaisesRegex(LookupError, "no request", server.serve_forever, LIMIT)

    def test_an_error_of_verify_request_ends_the_loop_as_in_python_s(self):
        class Strict(Inline):
            def verify_request(self, request, client_address):
                raise ValueError("no")

        server = Strict()
        with self.assertRaisesRegex(ValueError, "no"), serving(server) as thread, connect(server):
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive(), "the loop has not ended")

    def test_an_error_of_service_actions_ends_the_loop(self):
        with TCP() as server:
            server.service_actions = lambda: [].pop()
            self.assertRaises(IndexError, server.serve_forever, 0.01)

    def test_a_full_table_of_descriptors_makes_it_wait(self):
        calls = []

        class Full(TCP):
            full = True

            def get_request(self):
                calls.append(time.monotonic())
                if self.full:
                    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                return super().get_request()

        server = Full()
        with serving(server):
            with connect(server) as client:
                client.sendall(b"patient")
                client.shutdown(socket.SHUT_WR)
                wait_until(lambda: len(calls) >= 4)
                # A loop that spins asks thousands of times a second.
                self.assertGreater(calls[-1] - calls[0], 0.1)
                server.full = False
                self.assertEqual(b"patient", read_all(client))

    def test_a_full_table_is_reported_once_when_it_begins_and_once_when_it_ends(self):
        class Full(TCP):
            troubles = []

            def get_request(self):
                if not self.troubles:
                    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                return super().get_request()

            def handle_trouble(self, trouble, message):
                self.troubles.append((trouble, message))

        def is_free():
            self.assertEqual(b"hello", echo(server))
            return len(server.troubles) > 1

        server = Full()
        with serving(server):
            wait_until(is_free)
            self.assertEqual(1, server.statistics().table_full)
        full = f"no client can be accepted: {os.strerror(errno.EMFILE)} (errno {errno.EMFILE})"
        self.assertEqual([("table_full", full), ("table_free", "clients are accepted again")], server.troubles)

    def test_what_handle_trouble_raises_ends_the_loop(self):
        class Bad(TCP):
            def get_request(self):
                raise OSError(errno.ECONNABORTED, "gone")

            def handle_trouble(self, trouble, message):
                raise LookupError(trouble)

        with Bad() as server, connect(server):
            self.assertRaisesRegex(LookupError, "accept_failed", server.serve_forever, LIMIT)
            self.assertEqual(1, server.statistics().accepts_failed)

    def test_a_server_that_is_dropped_unclosed_frees_everything(self):
        server = TCP()
        with contextlib.closing(server.socket):
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.assertEqual(b"hello", echo(server))
            server.shutdown()
            thread.join()
            del thread
            wait_until(lambda: server.statistics().idle_threads == 1)
            descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
            gone = weakref.ref(server)
            del server
            gc.collect()
            self.assertIsNone(gone())
            if descriptors is not None:
                self.assertLess(len(os.listdir("/proc/self/fd")), descriptors)


if __name__ == "__main__":
    unittest.main()
