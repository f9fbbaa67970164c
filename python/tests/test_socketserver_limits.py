"""How long clients of ``tabi.socketserver`` may wait, how many there may be, and what becomes of those that are parked."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import unittest
import warnings
import weakref

import socketserver as standard

from tabi import socket, socketserver
from test_socketserver_native import LIMIT, TCP, connect, serving, wait_until
from test_socketserver_turns import REQUEST, Browser, Lines, Web, WebServer

HERE = os.path.dirname(os.path.abspath(__file__))
#: Seconds that are over soon.
SOON = 1


def wait_for(server, **counters):
    """Waits until the server has counted so many; what a client sees may come a moment earlier."""
    for name, count in counters.items():
        wait_until(lambda: getattr(server.statistics(), name) == count)


def counts_bytes():
    """Linux counts the bytes of TCP connections since 4.19, and its report about a connection is so long then."""
    if not hasattr(socket, "TCP_INFO"):
        return False
    with socket.socket() as sk:
        return len(sk.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)) >= 216


class Deadlines(unittest.TestCase):
    """Each strikes by itself: the clients only wait for the end of their connections."""

    def test_idle_timeout_ends_parked_connections_and_clients_that_say_nothing(self):
        server = WebServer(idle_timeout=SOON)
        with serving(server), connect(server) as silent, Browser(server) as browser:
            self.assertEqual(b"1", browser.get())
            self.assertEqual((b"", b""), (browser.answer(), silent.recv(1)))
            wait_for(server, active=0)
            wait_for(server, idle_cut=2)
            # Who says nothing has no handler.
            self.assertEqual(["setup", "finish"], server.steps)
        self.assertEqual([], server.errors)

    def test_the_timeout_of_the_handlers_class_is_one_too(self):
        class Timed(Web):
            timeout = SOON

        server = WebServer(Timed)
        with serving(server), Browser(server) as browser:
            self.assertEqual((b"1", b""), (browser.get(), browser.answer()))
            wait_for(server, idle_cut=1)

    def test_a_timeout_that_the_server_does_not_know_holds_in_a_thread(self):
        class Timed(Web):
            timeout = SOON

        server = WebServer(lambda *arguments: Timed(*arguments))
        with serving(server), Browser(server) as browser:
            self.assertEqual((b"1", b""), (browser.get(), browser.answer()))
            self.assertEqual((0, 0), (server.statistics().idle_cut, server.statistics().woken))

    def test_request_deadline_ends_a_request_that_comes_too_slowly(self):
        class Reads(Web):
            def do_POST(self):
                self.rfile.read(10)

        # Enough for the requests of the other browser, however busy the machine is.
        server = WebServer(Reads, max_threads=2, request_deadline=3)
        with serving(server), Browser(server) as slow, Browser(server) as other:
            slow.socket.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345")
            self.assertEqual(b"1", other.get())
            self.assertEqual(b"", slow.answer())
            wait_for(server, request_cut=1)
            # A parked connection is not in a request.
            self.assertEqual(b"2", other.get())

    @unittest.skipUnless(counts_bytes(), "needs a system that counts the bytes of connections")
    def test_min_rate_ends_a_request_that_goes_on_too_slowly(self):
        server = TCP(Lines, min_rate=(1000, SOON))
        with serving(server), connect(server) as client:
            client.sendall(b"no line")
            self.assertEqual(b"", client.recv(1))
            wait_for(server, rate_cut=1)

    def test_max_parked_closes_the_connection_that_was_parked_first(self):
        server = WebServer(max_parked=2)
        with serving(server), contextlib.ExitStack() as stack:
            browsers = []
            for count in range(3):
                browsers.append(stack.enter_context(Browser(server)))
                self.assertEqual(b"1", browsers[-1].get())
                wait_for(server, parked=min(count + 1, 2))
            self.assertEqual(b"", browsers[0].answer())
            self.assertEqual([b"2", b"2"], [browser.get() for browser in browsers[1:]])
            wait_for(server, shed=1)


class MostConnections(unittest.TestCase):
    def test_parked_ones_count(self):
        for setting in ("max_connections", "max_connections_per_address"):
            with self.subTest(setting):
                server = WebServer(**{setting: 2})
                with serving(server), Browser(server) as one:
                    with Browser(server) as other, connect(server) as third:
                        self.assertEqual([b"1", b"1"], [one.get(), other.get()])
                        self.assertEqual(b"", third.recv(1))
                    wait_for(server, active=1)
                    with Browser(server) as fourth:
                        self.assertEqual([b"2", b"1"], [one.get(), fourth.get()])
                    wait_for(server, rejected=1)


class Settings(unittest.TestCase):
    def test_bad_ones_are_named(self):
        for name, value, told in (
            ("idle_timeout", 0, "idle_timeout must be more than 0 seconds, got 0"),
            ("request_deadline", -1.0, "request_deadline must be more than 0 seconds, got -1.0"),
            ("request_deadline", float("nan"), "request_deadline must be more than 0 seconds, got nan"),
            ("min_rate", (0, 5), "the bytes per second of min_rate must be 1 or more, got 0"),
            ("min_rate", (128, 0), "the grace of min_rate must be more than 0 seconds, got 0"),
            ("max_parked", 0, "max_parked must be 1 or more, got 0"),
            ("max_connections", 0, "max_connections must be 1 or more, got 0"),
            ("max_connections_per_address", -1, "max_connections_per_address must be 1 or more, got -1"),
        ):
            with self.subTest(name=name, value=value), TCP(**{name: value}) as server:
                with self.assertRaises(ValueError) as raised:
                    server.serve_forever()
                self.assertEqual(told, str(raised.exception))

    def test_datagrams_have_none_of_them(self):
        for name, value in (("idle_timeout", 1), ("wait_for_first_byte", True), ("max_parked", 1)):
            server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), socketserver.DatagramRequestHandler)
            setattr(server, name, value)
            with server, self.assertRaisesRegex(ValueError, name):
                server.serve_forever()

    def test_a_server_on_the_open_internet_has_them_all(self):
        class Server(socketserver.InternetFacingMixIn, TCP):
            max_connections_per_address = 1000

        server = Server(Lines)
        with serving(server), connect(server) as silent, connect(server) as client:
            client.sendall(b"line\n")
            self.assertEqual(b"LINE\n", client.recv(10))
            # Only the client that has spoken has ever needed a thread.
            self.assertEqual(1, server.statistics().threads)
            del silent
        for name in ("idle_timeout", "request_deadline", "max_connections", "handshake_timeout", "max_threads"):
            self.assertGreater(getattr(Server, name), 0)
        self.assertEqual(("queue", 1000), (Server.when_full, Server.max_connections_per_address))


class Names(unittest.TestCase):
    def test_the_map_of_names_has_all_that_pythons_module_has_not(self):
        with open(os.path.join(os.path.dirname(HERE), "..", "docs", "api.md")) as file:
            section = file.read().partition("\n## In tabi.socketserver only\n")[2].partition("\n## ")[0]
        in_map = re.findall(r"^\| `([^`]+)` \|", section, re.M)
        names = {name for name in set(vars(socketserver)) - set(vars(standard)) if name != "beside"}
        for kind in ("BaseServer", "TCPServer", "ThreadingMixIn", "BaseRequestHandler"):
            own = set(vars(getattr(socketserver, kind))) - set(vars(getattr(standard, kind)))
            names |= {f"{kind}.{name}" for name in own}
        public = [name for name in names if not name.rpartition(".")[2].startswith("_")]
        self.assertEqual(sorted(public), sorted(in_map))


class Endings(unittest.TestCase):
    """What becomes of parked connections when the server ends, or the process forks."""

    def browsers(self, server, stack, count=3):
        found = [stack.enter_context(Browser(server)) for _ in range(count)]
        self.assertEqual([b"1"] * count, [browser.get() for browser in found])
        wait_for(server, parked=count)
        return found

    def test_server_close_ends_them_at_once_and_counts_them_apart(self):
        for drain in (None, LIMIT):
            server = WebServer()
            with contextlib.ExitStack() as stack:
                with serving(server) as thread:
                    browsers = self.browsers(server, stack)
                    silent = stack.enter_context(connect(server))
                    wait_for(server, parked=4)
                    server.shutdown()
                    thread.join(LIMIT)
                    report = server.server_close(drain)
                self.assertEqual((4, 0, 0), (report.parked, report.cut, report.left))
                self.assertEqual([b""] * 3, [browser.answer() for browser in browsers])
                self.assertEqual(b"", silent.recv(1))
            self.assertEqual((server.steps.count("setup"), []), (server.steps.count("finish"), server.errors))

    def test_they_stay_parked_between_two_serve_forever(self):
        server = WebServer()
        with contextlib.ExitStack() as stack:
            with serving(server) as thread:
                (browser,) = self.browsers(server, stack, 1)
                server.shutdown()
                thread.join(LIMIT)
                browser.send()
                with serving(server):
                    self.assertEqual(b"2", browser.answer())

    def test_a_server_that_is_dropped_frees_them(self):
        server = WebServer()
        with contextlib.ExitStack() as stack, warnings.catch_warnings():
            # Nobody has closed the sockets.
            warnings.simplefilter("ignore", ResourceWarning)
            context = serving(server)
            thread = context.__enter__()
            browsers = self.browsers(server, stack)
            silent = stack.enter_context(connect(server))
            wait_for(server, parked=4)
            server.shutdown()
            thread.join(LIMIT)
            listener, gone = server.socket, weakref.ref(server)
            context.gen.close()
            del server, thread, context
            gc.collect()
            self.assertIsNone(gone())
            listener.close()
            self.assertEqual([b""] * 3, [browser.answer() for browser in browsers])
            self.assertEqual(b"", silent.recv(1))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_has_none_and_does_its_parent_no_harm(self):
        server = WebServer()
        with serving(server), contextlib.ExitStack() as stack, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            browsers = self.browsers(server, stack)
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    gc.collect()
                    status = len(vars(server)["_parked"])
                finally:
                    os._exit(status)
            self.assertEqual(0, os.waitpid(child, 0)[1])
            self.assertEqual([b"2"] * 3, [browser.get() for browser in browsers])


class SlowHeads(unittest.TestCase):
    """A request whose head comes slowly has no thread until it is whole."""

    def test_they_keep_nobody_waiting(self):
        server = WebServer()
        with serving(server), contextlib.ExitStack() as stack:
            slow = [stack.enter_context(Browser(server)) for _ in range(5)]
            for piece in range(0, len(REQUEST) - 2, 3):
                for browser in slow:
                    browser.socket.sendall(REQUEST[piece : piece + 3])
                with Browser(server) as browser:
                    self.assertEqual(b"1", browser.get())
            for browser in slow:
                browser.socket.sendall(REQUEST[piece + 3 :] or b"")
                self.assertEqual(b"1", browser.answer())

    def test_the_second_head_after_a_whole_first_one(self):
        server = WebServer()
        with serving(server), Browser(server) as slow, Browser(server) as other:
            slow.socket.sendall(REQUEST + REQUEST[:10])
            self.assertEqual([b"1", b"1"], [slow.answer(), other.get()])
            wait_for(server, parked=2)
            slow.socket.sendall(REQUEST[10:20])
            self.assertEqual(b"2", other.get())
            slow.socket.sendall(REQUEST[20:])
            self.assertEqual(b"2", slow.answer())

    def test_a_head_that_ends_with_the_connection(self):
        for begin, answer in ((b"GET / HTTP/1.1\r\nHo", b"1"), (b"", b"")):
            server = WebServer()
            with serving(server), Browser(server) as browser:
                browser.socket.sendall(begin)
                browser.socket.shutdown(socket.SHUT_WR)
                self.assertEqual((answer, b""), (browser.answer(), browser.answer()))

    def test_what_is_no_request_is_refused_at_once(self):
        for begin in (b"nonsense of four words\r\n", b"GET / HTTP/3.0\r\n", b"G" * 70000):
            server = WebServer()
            with serving(server), Browser(server) as browser:
                browser.socket.sendall(begin)
                self.assertRegex(browser.file.readline(), rb"^(HTTP/1.1 (4|5)\d\d|<!DOCTYPE)")


if __name__ == "__main__":
    unittest.main()
