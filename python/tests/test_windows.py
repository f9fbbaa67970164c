"""What only Windows has, and what is another way there: names, signals, closing, sharing, event loops, servers."""

from __future__ import annotations

import _thread
import asyncio
import os
import subprocess
import sys
import threading
import time
import unittest

import tabi
from programs import HANG, HERE, python
from tabi import socket, socketserver

ON_WINDOWS = os.name == "nt"


def program(text: str, *options: str) -> str:
    """What a program printed that ran on tabi."""
    done = python(text, through=("-m", "tabi", *options))
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"the program ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


@unittest.skipUnless(ON_WINDOWS, "it is for Windows")
class Names(unittest.TestCase):
    @unittest.skipUnless(sys.version_info[:2] == (3, 11), "the table is that of Python 3.11")
    def test_both_modules_have_the_names_and_values_of_the_table(self):
        import _socket as builtin

        from tabi import _socket

        with open(os.path.join(HERE, "windows_names.tsv"), encoding="utf-8") as table:
            expected = [tuple(line.rstrip("\n").split("\t")) for line in table if not line.startswith("#")]
        for module in builtin, _socket:
            own = vars(module).items()
            found = [(name, repr(value) if isinstance(value, (int, str)) else "") for name, value in own]
            found += [(f"socket.{name}", "") for name in dir(module.socket)]
            private = ("_", "socket.__", "socket._tabi_")
            self.assertEqual(sorted(expected), sorted(row for row in found if not row[0].startswith(private)))


@unittest.skipUnless(ON_WINDOWS, "it is for Windows")
class Waiting(unittest.TestCase):
    def blocked(self, call):
        """A thread that is in a call which waits, and a list that gets what the call raises."""
        raised, begun = [], threading.Event()

        def run():
            begun.set()
            try:
                call()
            except OSError as error:
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        begun.wait(HANG)
        return thread, raised

    def test_a_close_in_another_thread_ends_each_call_that_waits(self):
        def receive():
            one, other = socket.socketpair()
            self.addCleanup(other.close)
            return one, lambda: one.recv(1)

        def accept():
            listener = socket.create_server(("127.0.0.1", 0))
            return listener, listener.accept

        def receive_datagram():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
            return sock, lambda: sock.recvfrom(1)

        for kind in receive, accept, receive_datagram:
            for timeout in None, HANG:
                with self.subTest(kind=kind.__name__, timeout=timeout):
                    sock, call = kind()
                    sock.settimeout(timeout)
                    thread, raised = self.blocked(call)
                    sock.close()
                    thread.join(HANG)
                    self.assertFalse(thread.is_alive())
                    # A call that had not begun finds the socket closed as well.
                    self.assertEqual([10038], [error.winerror for error in raised])

    def test_ctrl_c_ends_a_call_that_waits(self):
        for timeout in None, HANG:
            one, other = socket.socketpair()
            with self.subTest(timeout=timeout), one, other:
                one.settimeout(timeout)
                with self.assertRaises(KeyboardInterrupt):
                    threading.Timer(0.1, _thread.interrupt_main).start()
                    one.recv(1)
                other.send(b"x")
                self.assertEqual(b"x", one.recv(1))

    def test_a_handler_that_returns_lets_the_call_go_on(self):
        import signal

        handled = []
        before = signal.signal(signal.SIGINT, lambda *_: handled.append(True) or other.send(b"x"))
        self.addCleanup(signal.signal, signal.SIGINT, before)
        one, other = socket.socketpair()
        with one, other:
            threading.Timer(0.1, _thread.interrupt_main).start()
            self.assertEqual(b"x", one.recv(1))
        self.assertEqual([True], handled)

    def test_a_timeout_is_kept_although_the_call_looks_at_signals(self):
        one, other = socket.socketpair()
        with one, other:
            one.settimeout(1.2)
            began = time.perf_counter()
            self.assertRaises(TimeoutError, one.recv, 1)
            self.assertGreaterEqual(time.perf_counter() - began, 1.2)

    def test_a_token_ends_a_call(self):
        one, other = socket.socketpair()
        with one, other:
            token = tabi.Cancel()
            token.attach(one)
            thread, raised = self.blocked(lambda: one.recv(1))
            token.cancel()
            thread.join(HANG)
            self.assertEqual([tabi.Cancelled], list(map(type, raised)))


@unittest.skipUnless(ON_WINDOWS, "it is for Windows")
class Processes(unittest.TestCase):
    def test_another_process_gets_a_shared_socket(self):
        one, other = socket.socketpair()
        with one, other:
            child = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import sys, tabi; tabi.install(); import socket\n"
                    "data = bytes.fromhex(sys.stdin.readline())\n"
                    "with socket.fromshare(data) as shared: shared.sendall(b'from the child')",
                ],
                stdin=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.path.dirname(HERE)},
                text=True,
            )
            child.communicate(one.share(child.pid).hex() + "\n", timeout=HANG)
            self.assertEqual((0, b"from the child"), (child.returncode, other.recv(100)))
            # The child had the same connection, and its end has not ended it.
            one.sendall(b"from here")
            self.assertEqual(b"from here", other.recv(100))

    def test_processes_of_multiprocessing_run_on_tabi(self):
        text = """
            import multiprocessing, socket

            def child(connection, sock):
                connection.send((socket._socket.__name__, sock.recv(3)))

            if __name__ == "__main__":
                one, other = socket.socketpair()
                mine, theirs = multiprocessing.Pipe()
                process = multiprocessing.Process(target=child, args=(theirs, other))
                process.start()
                one.sendall(b"hey")
                print(*mine.recv())
                process.join()
        """
        lines = [line[12:] for line in text.splitlines()]
        self.assertEqual("tabi._socket b'hey'\n", program("\n".join(lines)))


@unittest.skipUnless(ON_WINDOWS, "it is for Windows")
class Loops(unittest.TestCase):
    ECHO = """
import asyncio

async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data)
        await writer.drain()
    writer.close()

async def client(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(5):
        writer.write(b"%d" % number)
        assert await reader.read(100) == b"%d" % number
    writer.close()
    await writer.wait_closed()

async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*(client(port, number) for number in range(20)))
    server.close()
    await server.wait_closed()
    print(type(asyncio.get_running_loop()).__name__, type(server.sockets).__name__)

asyncio.set_event_loop_policy(asyncio.{}())
asyncio.run(main())
"""

    def test_both_loops_of_asyncio_run_on_it(self):
        for policy, loop in (
            (asyncio.WindowsSelectorEventLoopPolicy, "_WindowsSelectorEventLoop"),
            (asyncio.WindowsProactorEventLoopPolicy, "ProactorEventLoop"),
        ):
            with self.subTest(loop=loop):
                self.assertEqual(f"{loop} tuple\n", program(self.ECHO.replace("{}", policy.__name__)))


@unittest.skipUnless(ON_WINDOWS, "it is for Windows")
class Servers(unittest.TestCase):
    def test_the_classes_are_those_that_the_system_allows(self):
        for name in "ForkingMixIn", "ForkingTCPServer", "UnixStreamServer", "ThreadingUnixStreamServer":
            self.assertFalse(hasattr(socketserver, name), name)

    def test_many_clients_have_few_threads_and_park_in_between(self):
        class Lines(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                if line:
                    self.wfile.write(line.upper())
                    return socketserver.PARK

        class Server(socketserver.ThreadingTCPServer):
            max_threads = 4
            wait_for_first_byte = True

        with Server(("127.0.0.1", 0), Lines) as server:
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            clients = [socket.create_connection(server.server_address) for _ in range(30)]
            for turn in range(3):
                for number, client in enumerate(clients):
                    client.sendall(b"line %d\n" % number)
                for number, client in enumerate(clients):
                    self.assertEqual(b"LINE %d\n" % number, client.recv(100))
            counted = server.statistics()
            self.assertEqual(30, counted.accepted)
            self.assertLessEqual(counted.threads, 4)
            self.assertGreater(counted.woken, 0)
            for client in clients:
                client.close()
            server.shutdown()
            serving.join(HANG)
            self.assertFalse(serving.is_alive())
        report = server.server_close(drain=5)
        self.assertEqual(0, report.left)

    def test_http_server_is_served_by_the_pool(self):
        text = """
import http.client, http.server, socketserver, threading

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments):
        pass

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever).start()
    for _ in range(3):
        client = http.client.HTTPConnection("127.0.0.1", server.server_port)
        for _ in range(5):
            client.request("GET", "/")
            assert client.getresponse().read() == b"hello"
        client.close()
    server.shutdown()
    print(socketserver.__name__)
"""
        self.assertEqual("tabi.socketserver\n", program(text, "--servers"))
        self.assertEqual("socketserver\n", program(text))

    def test_ctrl_c_ends_serve_until_signal(self):
        class Server(socketserver.ThreadingTCPServer):
            interrupted = False

            def service_actions(self):
                # The handlers of signals are there by now.
                if not self.interrupted:
                    self.interrupted = True
                    threading.Timer(0.1, _thread.interrupt_main).start()

        server = Server(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        report = server.serve_until_signal(drain=5)
        self.assertEqual(0, report.left)


if __name__ == "__main__":
    unittest.main()
