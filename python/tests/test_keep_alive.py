"""Python's own `http.server`, unchanged, with many more clients than threads.

There are few clients, and none of them is slow for long, unless the environment says more. Then the figures are printed:

    TABI_CLIENTS=10000 python3 python/tests/test_keep_alive.py KeepAlive
    TABI_SLOW_CLIENTS=2000 python3 python/tests/test_keep_alive.py SlowClients
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from tabi import socket

PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: Seconds after which something that should have happened counts as a hang.
LIMIT = 60
CLIENTS = int(os.environ.get("TABI_CLIENTS", "200"))
SLOW_CLIENTS = int(os.environ.get("TABI_SLOW_CLIENTS", "50"))
#: Seconds for which slow clients are slow when the figures are printed: longer than `request_deadline`.
SLOW = 40
THREADS = 16

#: `python3 -m http.server --protocol HTTP/1.1`, which has no options for the number of threads, and for the number of
#: clients that the kernel holds (a client too many tries again after a second).
SERVER = f"""
import http.server

http.server.ThreadingHTTPServer.max_threads = {THREADS}
http.server.ThreadingHTTPServer.request_queue_size = 1024
http.server.test(
    http.server.SimpleHTTPRequestHandler, http.server.ThreadingHTTPServer, "HTTP/1.1", port=0, bind="127.0.0.1"
)
"""
#: The same with what the guide recommends for the open internet.
FACING_THE_INTERNET = f"""
import http.server, socketserver

class Server(socketserver.InternetFacingMixIn, http.server.HTTPServer):
    max_threads = {THREADS}

http.server.test(http.server.SimpleHTTPRequestHandler, Server, "HTTP/1.1", port=0, bind="127.0.0.1")
"""
#: What slow clients send of it, a byte at a time.
SLOW_HEAD = b"GET /page HTTP/1.1\r\nX-Slow: " + b"x" * 100
REQUEST = b"GET /page HTTP/1.1\r\nHost: here\r\n\r\n"
PAGE = b"the page\n"


@contextlib.contextmanager
def serving(server):
    """Yields the process and the address of a server of a folder."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "page"), "wb") as page:
            page.write(PAGE)
        program = os.path.join(folder, "program.py")
        with open(program, "w") as file:
            file.write(server)
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tabi", "--servers", program],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": PACKAGES},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with process:
            try:
                port = re.search(r"port (\d+)", process.stdout.readline()).group(1)
                yield process, ("127.0.0.1", int(port))
            finally:
                process.kill()


def read_page(client) -> bytes:
    """Reads an answer; returns its body."""
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(PAGE):
        received = client.recv(4096)
        if not received:
            break
        answer += received
    return answer.partition(b"\r\n\r\n")[2]


def seconds_of_a_new_client(address) -> float:
    began = time.monotonic()
    with socket.create_connection(address, LIMIT) as client:
        client.sendall(REQUEST)
        assert read_page(client) == PAGE
    return time.monotonic() - began


def of_process(process, name: str) -> int:
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(rf"^{name}:\s+(\d+)", status.read(), re.M).group(1))


def allow_descriptors(test, needed):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        hard = max(hard, needed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    test.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))


@unittest.skipUnless(sys.platform == "linux", "looks into /proc")
class KeepAlive(unittest.TestCase):
    def setUp(self):
        allow_descriptors(self, CLIENTS + 200)

    def test_all_are_answered_by_a_few_threads(self):
        with serving(SERVER) as (process, address), contextlib.ExitStack() as stack:
            alone = [seconds_of_a_new_client(address) for _ in range(100)]
            memory = of_process(process, "VmRSS")
            began = time.monotonic()
            clients = [stack.enter_context(socket.create_connection(address, LIMIT)) for _ in range(CLIENTS)]
            connected = time.monotonic()
            for _ in range(2):
                for client in clients:
                    client.sendall(REQUEST)
                for client in clients:
                    self.assertEqual(PAGE, read_page(client))
            answered = time.monotonic()
            memory = of_process(process, "VmRSS") - memory
            beside = [seconds_of_a_new_client(address) for _ in range(100)]
            # The threads of the pool and the one that serves.
            self.assertLessEqual(of_process(process, "Threads"), THREADS + 1)
            for client in clients:
                client.sendall(REQUEST)
                self.assertEqual(PAGE, read_page(client))
        if "TABI_CLIENTS" in os.environ:
            print(
                f"{CLIENTS} clients connected in {connected - began:.2f} s, "
                f"answered at {2 * CLIENTS / (answered - connected):.0f} requests a second, {memory / CLIENTS:.1f} KiB each; "
                f"a new client is answered in {1000 * statistics.median(beside):.2f} ms (the slowest of 100: "
                f"{1000 * max(beside):.2f} ms), without the others in {1000 * statistics.median(alone):.2f} ms",
                flush=True,
            )


class SlowClients(unittest.TestCase):
    """They send a byte now and then, and never a whole request."""

    def setUp(self):
        allow_descriptors(self, SLOW_CLIENTS + 200)

    def slow_clients(self, stack, address):
        """From as many addresses as the server's limit for each of them asks for."""
        for number in range(SLOW_CLIENTS):
            source = f"127.0.1.{1 + number // 90}" if sys.platform == "linux" else "127.0.0.1"
            client = stack.enter_context(socket.create_connection(address, LIMIT, (source, 0)))
            client.setblocking(False)
            yield client

    def test_they_keep_nobody_waiting(self):
        measured = "TABI_SLOW_CLIENTS" in os.environ
        with serving(FACING_THE_INTERNET) as (_, address), contextlib.ExitStack() as stack:
            alone = [seconds_of_a_new_client(address) for _ in range(100)]
            slow = list(self.slow_clients(stack, address))
            beside, began, cut = [], time.monotonic(), 0
            for second in range(SLOW if measured else 20):
                for number, client in enumerate(slow):
                    with contextlib.suppress(OSError):
                        client.send(SLOW_HEAD[second : second + 1])
                    if number % 100 == 0:
                        beside.append(seconds_of_a_new_client(address))
                if measured:
                    time.sleep(max(0.0, second + 1 - (time.monotonic() - began)))
            for client in slow:
                with contextlib.suppress(BlockingIOError, ConnectionResetError):
                    self.assertEqual(b"", client.recv(1))
                    cut += 1
        if measured:
            print(
                f"beside {SLOW_CLIENTS} clients that sent a byte a second for {SLOW} s, {len(beside)} others were answered in "
                f"{1000 * statistics.median(beside):.2f} ms (the slowest: {1000 * max(beside):.2f} ms), without them in "
                f"{1000 * statistics.median(alone):.2f} ms; {cut} of the slow ones were cut off",
                flush=True,
            )


class Example(unittest.TestCase):
    def test_a_connection_has_one_handler_for_all_of_its_requests(self):
        example = os.path.join(PACKAGES, "examples", "keep_alive_server.py")
        environment = {**os.environ, "PYTHONPATH": PACKAGES}
        process = subprocess.Popen(
            [sys.executable, example, "0"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            # Whoever started the tests in the background has had Ctrl-C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        with process:
            try:
                port = int(process.stdout.readline().rpartition(":")[2])
                with socket.create_connection(("127.0.0.1", port), LIMIT) as client:
                    for number in range(1, 4):
                        client.sendall(REQUEST)
                        answer = b""
                        while not answer.endswith(b"request %d of this connection\n" % number):
                            received = client.recv(1000)
                            self.assertTrue(received, answer)
                            answer += received
                    process.send_signal(signal.SIGINT)
                    self.assertEqual(b"", client.recv(1))
                self.assertEqual(0, process.wait(LIMIT))
            finally:
                process.kill()


if __name__ == "__main__":
    unittest.main()
