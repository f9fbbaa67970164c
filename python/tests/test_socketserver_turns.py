"""Handlers of ``tabi.socketserver`` whose connections wait without a thread between two turns."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import ssl
import struct
import sys
import unittest

from tabi import socket, socketserver
from test_socketserver_native import ANY, LIMIT, TCP, Inline, connect, read_all, serving, wait_until

# `http.server` is built on what it finds here, as when a program runs with `--servers`.
sys.modules["socketserver"] = socketserver
sys.modules.pop("http.server", None)
import http.server  # noqa: E402

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Web(http.server.BaseHTTPRequestHandler):
    """Counts its connection's requests, and notes the steps of its life in its server's `steps`."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.count = 0
        self.server.steps.append("setup")

    def finish(self):
        super().finish()
        self.server.steps.append("finish")

    def do_GET(self):
        self.count += 1
        body = b"%d" % self.count
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/bad":
            raise LookupError("bad request")

    def log_message(self, *arguments):
        pass


class WebServer(TCP):
    """One thread, so that a connection that keeps it keeps everybody waiting."""

    max_threads = 1

    def __init__(self, handler=Web, **settings):
        self.steps = []
        super().__init__(handler, **settings)


class Browser:
    """A client of a `Web`."""

    def __init__(self, server):
        self.socket = connect(server)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, *paths):
        self.socket.sendall(b"".join(REQUEST.replace(b"/", path, 1) for path in paths or (b"/",)))

    def answer(self) -> bytes:
        """The body of the next answer; nothing at the end of the connection."""
        length = 0
        for line in iter(self.file.readline, b"\r\n"):
            if not line:
                return b""
            if line.startswith(b"Content-Length:"):
                length = int(line.split()[1])
        return self.file.read(length)

    def get(self, path=b"/") -> bytes:
        self.send(path)
        return self.answer()


class RequestsOverHTTP(unittest.TestCase):
    """The handlers of ``http.server`` need no change."""

    def test_kept_connections_share_a_thread(self):
        server = WebServer()
        with serving(server), contextlib.ExitStack() as stack:
            browsers = [stack.enter_context(Browser(server)) for _ in range(5)]
            for count in range(1, 4):
                self.assertEqual([b"%d" % count] * 5, [browser.get() for browser in browsers])
            self.assertEqual(["setup"] * 5, server.steps)
            for browser in browsers:
                self.assertEqual((b"4", b""), (browser.get(b"/last"), browser.answer()))
        self.assertEqual(["setup", "finish"], sorted(set(server.steps), reverse=True))
        self.assertEqual((5, 5), (server.steps.count("setup"), server.steps.count("finish")))

    def test_clients_that_say_nothing_keep_nobody_waiting(self):
        server = WebServer()
        with serving(server), contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connect(server)) for _ in range(5)]
            wait_until(lambda: server.statistics().active == 5)
            with Browser(server) as browser:
                self.assertEqual(b"1", browser.get())
            self.assertEqual("setup", server.steps[0])
            self.assertEqual(1, server.steps.count("setup"))
            del silent

    def test_requests_that_came_together_are_all_answered(self):
        server = WebServer()
        with serving(server), Browser(server) as browser, Browser(server) as other:
            browser.send(b"/", b"/", b"/")
            self.assertEqual([b"1", b"2", b"3"], [browser.answer() for _ in range(3)])
            self.assertEqual(b"1", other.get())
            self.assertEqual(b"4", browser.get())

    def test_a_client_that_leaves_ends_its_handler(self):
        server = WebServer()
        with serving(server):
            with Browser(server) as browser:
                self.assertEqual(b"1", browser.get())
            wait_until(lambda: server.steps == ["setup", "finish"])
            wait_until(lambda: server.statistics().active == 0)
        self.assertEqual([], server.errors)

    def test_half_closed_clients_are_answered(self):
        server = WebServer()
        with serving(server), Browser(server) as browser:
            self.assertEqual(b"1", browser.get())
            browser.send()
            browser.socket.shutdown(socket.SHUT_WR)
            self.assertEqual((b"2", b""), (browser.answer(), browser.answer()))

    def test_a_reset_while_parked_ends_the_handler(self):
        server = WebServer()
        with serving(server):
            with Browser(server) as browser:
                self.assertEqual(b"1", browser.get())
                browser.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wait_until(lambda: server.steps == ["setup", "finish"] and server.statistics().active == 0)
        self.assertEqual([ConnectionResetError], [type(error) for error in server.errors])

    def test_a_request_that_fails_ends_its_connection(self):
        server = WebServer()
        with serving(server), Browser(server) as browser, Browser(server) as other:
            self.assertEqual([b"1", b"1"], [browser.get(), other.get()])
            self.assertEqual((b"2", b""), (browser.get(b"/bad"), browser.answer()))
            self.assertEqual(b"2", other.get())
            wait_until(lambda: server.statistics().finished == 1)
            self.assertEqual(1, server.statistics().failed)
            self.assertEqual(["setup", "setup", "finish"], server.steps)
        self.assertEqual(["bad request"], [str(error) for error in server.errors])

    def test_handlers_are_made_in_every_way_that_python_s_server_allows(self):
        class Greeting(Web):
            def __init__(self, *arguments, greeting="none", **keywords):
                self.greeting = greeting
                super().__init__(*arguments, **keywords)
                self.server.steps.append(self.greeting)

        class Finishing(WebServer):
            def finish_request(self, request, client_address):
                self.RequestHandlerClass(request, client_address, self, greeting="hello")

        makers = (
            WebServer(functools.partial(Greeting, greeting="hello")),
            WebServer(lambda *arguments: Greeting(*arguments, greeting="hello")),
            Finishing(Greeting),
        )
        for server in makers:
            with serving(server), Browser(server) as browser, Browser(server) as other:
                for count in (b"1", b"2"):
                    self.assertEqual([count, count], [browser.get(), other.get()])
                # What follows in the constructor runs after the first turn.
                self.assertEqual(["setup", "hello"] * 2, server.steps)

    def test_a_constructor_that_fails_after_the_first_request_ends_the_connection(self):
        class Failing(Web):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                raise LookupError("too late")

        server = WebServer(Failing)
        with serving(server), Browser(server) as browser:
            self.assertEqual((b"1", b""), (browser.get(), browser.answer()))
            wait_until(lambda: server.statistics().finished == 1)
            self.assertEqual((1, ["setup", "finish"]), (server.statistics().failed, server.steps))
        self.assertEqual(["too late"], [str(error) for error in server.errors])

    def test_a_handle_of_its_own_keeps_its_thread(self):
        class Own(Web):
            def handle(self):
                super().handle()

        server = WebServer(Own, max_threads=2)
        with serving(server), Browser(server) as browser, Browser(server) as other:
            self.assertEqual([b"1", b"1", b"2", b"2"], [browser.get(), other.get(), browser.get(), other.get()])
            self.assertEqual((0, 0), (server.statistics().parked, server.statistics().idle_threads))

    def test_a_server_that_replaces_process_request_thread_keeps_its_threads(self):
        class Own(WebServer):
            def process_request_thread(self, request, client_address):
                try:
                    self.finish_request(request, client_address)
                finally:
                    self.shutdown_request(request)

        server = Own(max_threads=2)
        with serving(server), Browser(server) as browser, Browser(server) as other:
            self.assertEqual([b"1", b"1", b"2", b"2"], [browser.get(), other.get(), browser.get(), other.get()])
            self.assertEqual((0, 0), (server.statistics().parked, server.statistics().idle_threads))

    def test_a_server_that_extends_process_request_thread_sees_each_turn(self):
        class Own(WebServer):
            def process_request_thread(self, request, client_address):
                self.steps.append("turn")
                super().process_request_thread(request, client_address)

        server = Own()
        with serving(server), Browser(server) as browser, Browser(server) as other:
            self.assertEqual([b"1", b"1", b"2"], [browser.get(), other.get(), browser.get()])
            self.assertEqual(["turn", "setup", "turn", "setup", "turn"], server.steps[:5])

    def test_only_the_first_handler_of_a_request_parks(self):
        class Dispatching(socketserver.BaseRequestHandler):
            def handle(self):
                Web(self.request, self.client_address, self.server)
                self.server.steps.append("dispatched")

        server = WebServer(Dispatching)
        with serving(server), Browser(server) as browser:
            self.assertEqual([b"1", b"2", b"3"], [browser.get(), browser.get(), browser.get(b"/last")])
            self.assertEqual(b"", browser.answer())
        self.assertEqual(["setup", "finish", "dispatched"], server.steps)


class Lines(socketserver.StreamRequestHandler):
    """Answers a line at a time, and parks by itself."""

    def handle(self):
        line = self.rfile.readline()
        if not line:
            return None
        self.wfile.write(line.upper())
        return socketserver.PARK


class OfWholeRequests(unittest.TestCase):
    """``request_end``: a client has a thread when its request has come as a whole."""

    def line_server(self, handler=Lines, **settings):
        return TCP(handler, **{"max_threads": 1, "request_end": b"\n", **settings})

    def test_a_client_that_has_sent_a_part_keeps_nobody_waiting(self):
        server = self.line_server()
        with serving(server), connect(server) as slow, connect(server) as quick:
            for count in range(1, 4):
                slow.sendall(b"sl")
                wait_until(lambda: server.statistics().woken == 3 * count - 2)
                quick.sendall(b"quick\n")
                self.assertEqual(b"QUICK\n", quick.recv(100))
                slow.sendall(b"ow\n")
                self.assertEqual(b"SLOW\n", slow.recv(100))

    @unittest.skipUnless(hasattr(select, "POLLPRI"), "urgent data cannot be looked for")
    def test_a_client_whose_urgent_data_hides_the_end_keeps_nobody_waiting(self):
        server = self.line_server()
        with serving(server), connect(server) as slow, connect(server) as quick:
            slow.sendall(b"s")
            wait_until(lambda: server.statistics().woken == 1)
            slow.send(b"lo", socket.MSG_OOB)
            quick.sendall(b"quick\n")
            self.assertEqual(b"QUICK\n", quick.recv(100))
            # What can be read of it is its last line.
            self.assertEqual(b"SL", read_all(slow))

    def test_a_part_that_the_handler_s_buffer_holds_waits_for_its_end(self):
        calls = []

        class Counting(Lines):
            def handle(self):
                calls.append(self.client_address)
                return super().handle()

        server = self.line_server(Counting)
        with serving(server), connect(server) as slow, connect(server) as quick:
            slow.sendall(b"one\ntw")
            self.assertEqual(b"ONE\n", slow.recv(100))
            quick.sendall(b"quick\n")
            self.assertEqual(b"QUICK\n", quick.recv(100))
            slow.sendall(b"o\nthree\n")
            with slow.makefile("rb") as answers:
                self.assertEqual([b"TWO\n", b"THREE\n"], [answers.readline(), answers.readline()])
            places = {slow.getsockname(): "slow", quick.getsockname(): "quick"}
            self.assertEqual(["slow", "quick", "slow", "slow"], [places[place] for place in calls])

    def test_a_long_request_and_an_unfinished_one_are_the_handler_s(self):
        class Whatever(socketserver.BaseRequestHandler):
            def handle(self):
                received = self.request.recv(1 << 20)
                self.request.sendall(b"%d" % len(received))

        for text in (b"x" * 16 * 1024, b"unfinished"):
            server = self.line_server(Whatever)
            with serving(server), connect(server) as client:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(b"%d" % len(text), read_all(client))

    def test_values_that_cannot_be_are_refused(self):
        for value, told in ((b"", "request_end must have 1 to 64 bytes, got 0"), (b"x" * 65, "1 to 64 bytes, got 65")):
            with self.subTest(value=value), self.line_server(request_end=value) as server:
                with self.assertRaisesRegex(ValueError, told):
                    server.serve_forever()
        with self.line_server(request_end="text") as server, self.assertRaises(TypeError):
            server.serve_forever()

    def test_servers_without_such_requests_are_refused(self):
        class Datagrams(socketserver.ThreadingUDPServer):
            request_end = b"\n"

        with Datagrams(ANY, Lines) as server, self.assertRaisesRegex(ValueError, "request_end is for TCP sockets"):
            server.serve_forever()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with self.line_server(ssl_context=context) as server, self.assertRaisesRegex(ValueError, "servers without TLS"):
            server.serve_forever()


class ParkedByTheirHandlers(unittest.TestCase):
    """Every handler may park its connection by what ``handle`` returns."""

    def ask(self, client, text):
        client.sendall(text)
        received = b""
        while len(received) < len(text):
            received += client.recv(100) or self.fail(f"the connection ended after {received}")
        return received

    def test_it_is_called_again_when_there_is_more(self):
        server = TCP(Lines, max_threads=1)
        with serving(server), connect(server) as one, connect(server) as other:
            for _ in range(3):
                self.assertEqual([b"ONE\n", b"OTHER\n"], [self.ask(one, b"one\n"), self.ask(other, b"other\n")])
            # The second line and the third are in the buffer of `rfile` when the handler parks.
            self.assertEqual(b"A\nB\nC\n", self.ask(one, b"a\nb\nc\n"))
            self.assertEqual(b"D\n", self.ask(one, b"d\n"))

    def test_the_other_values_end_the_connection(self):
        for value in (None, True, 1, -6001, -6002, "park", object()):

            class Answers(socketserver.BaseRequestHandler):
                def handle(self):
                    self.request.recv(1)
                    return value

            server = TCP(Answers, max_threads=1)
            with serving(server), connect(server) as client:
                client.sendall(b"x")
                self.assertEqual(b"", client.recv(1))
            self.assertEqual([], server.errors)

    def test_what_the_handler_has_read_and_kept_itself(self):
        class Kept(socketserver.BaseRequestHandler):
            def setup(self):
                self.kept = b""

            def handle(self):
                if b"." not in self.kept:
                    self.kept += self.request.recv(100)
                    if not self.kept:
                        return None
                message, _, self.kept = self.kept.partition(b".")
                self.request.sendall(message)
                return socketserver.AGAIN if b"." in self.kept else socketserver.PARK

        server = TCP(Kept, max_threads=1, wait_for_first_byte=True)
        with serving(server), connect(server) as client, connect(server) as other:
            client.sendall(b"one.two.three.")
            wait_until(lambda: client.recv(11, socket.MSG_PEEK) == b"onetwothree")
            other.sendall(b"four.")
            self.assertEqual(b"four", other.recv(10))

    def test_what_it_has_written_is_sent_before_it_waits(self):
        class Buffered(Lines):
            wbufsize = 1000

        server = TCP(Buffered)
        with serving(server), connect(server) as client:
            self.assertEqual(b"LINE\n", self.ask(client, b"line\n"))

    def test_requests_without_a_loop(self):
        class Requests(socketserver.StreamRequestHandler):
            """Has `handle_one_request` and no `handle`."""

            def handle_one_request(self):
                line = self.rfile.readline()
                self.close_connection = line in (b"", b"end\n")
                self.wfile.write(line.upper())

        for server in (TCP(Requests, max_threads=1), Inline(Requests)):
            with serving(server), connect(server) as client:
                self.assertEqual(b"A\n", self.ask(client, b"a\n"))
                if isinstance(server, TCP):
                    with connect(server) as other:
                        self.assertEqual(b"B\n", self.ask(other, b"b\n"))
                self.assertEqual(b"C\n", self.ask(client, b"c\n"))
                client.sendall(b"end\n")
                self.assertEqual(b"END\n", read_all(client))

    def test_who_cannot_park_is_told(self):
        class Closes(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.close()
                return socketserver.PARK

        class Parks(socketserver.BaseRequestHandler):
            def handle(self):
                return socketserver.PARK

        for kind, handler, told in (
            (socketserver.TCPServer, Parks, "Server cannot park a connection: only a threading server"),
            (socketserver.ThreadingUDPServer, Parks, "Server cannot park a connection: only a threading server"),
            (socketserver.ThreadingTCPServer, Closes, "Closes cannot park a connection that it has closed"),
        ):
            with self.subTest(kind=kind):
                errors = []

                class Server(kind):
                    def handle_error(self, request, client_address):
                        errors.append(sys.exc_info()[1])

                server = Server(ANY, handler)
                with serving(server), socket.socket(socket.AF_INET, server.socket_type) as client:
                    client.connect(server.server_address)
                    client.send(b"x")
                    wait_until(lambda: errors)
                self.assertIsInstance(errors[0], RuntimeError)
                self.assertIn(told, str(errors[0]))

    def test_a_forking_server_cannot_park(self):
        reader, writer = os.pipe()

        class Server(socketserver.ForkingTCPServer):
            def handle_error(self, request, client_address):
                os.write(writer, str(sys.exc_info()[1]).encode())

        with open(reader, "rb") as told, Server(ANY, Lines) as server:
            with connect(server) as client:
                client.sendall(b"line\n")
                server.handle_request()
                self.assertEqual(b"LINE\n", read_all(client))
            os.close(writer)
            server.server_close()
            self.assertRegex(told.read(), b"Server cannot park a connection: only a threading server")

    def test_outside_of_serve_forever_nobody_would_wake_it(self):
        server = TCP(Lines)
        with server, connect(server) as client:
            client.sendall(b"line\n")
            server.handle_request()
            self.assertEqual(b"LINE\n", read_all(client))
            wait_until(lambda: server.errors)
        self.assertIn("while serve_forever runs", str(server.errors[0]))


if __name__ == "__main__":
    unittest.main()
