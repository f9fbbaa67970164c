"""What the servers of ``tabi.socketserver`` do beyond the standard module's."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import tempfile
import threading
import time
import unittest

from tabi import socket, socketserver

#: Seconds after which something that should have happened counts as a hang.
LIMIT = 60
ANY = ("127.0.0.1", 0)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1024):
            self.request.sendall(data)


class Held(socketserver.BaseRequestHandler):
    """Says "begun", and ends when the test lets it."""

    def handle(self):
        self.request.sendall(b"begun")
        self.server.let_go.wait(LIMIT)


class TCP(socketserver.ThreadingTCPServer):
    request_queue_size = 128

    def __init__(self, handler=Echo, address=ANY, **settings):
        self.let_go = threading.Event()
        self.errors = []
        for name, value in settings.items():
            setattr(self, name, value)
        super().__init__(address, handler)

    def handle_error(self, request, client_address):
        self.errors.append(sys.exc_info()[1])


class Inline(socketserver.TCPServer):
    request_queue_size = 128

    def __init__(self, handler=Echo):
        super().__init__(ANY, handler)


@contextlib.contextmanager
def serving(server, poll_interval=LIMIT):
    """Serves in a thread; what serve_forever raised comes out at the end."""
    raised = []

    def serve():
        try:
            server.serve_forever(poll_interval)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield thread
    finally:
        getattr(server, "let_go", threading.Event()).set()
        server.shutdown()
        thread.join(LIMIT)
        assert not thread.is_alive(), "serve_forever hangs"
        server.server_close()
        if raised:
            raise raised[0]


def connect(server):
    return socket.create_connection(server.server_address[:2], timeout=LIMIT)


def echo(server, text=b"hello"):
    with connect(server) as client:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def read_all(client):
    return b"".join(iter(lambda: client.recv(4096), b""))


def wait_until(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come to that")
        time.sleep(0.001)


class Shutdown(unittest.TestCase):
    """With a poll interval of a minute: nothing waits for that."""

    def test_from_another_thread(self):
        for server in (TCP(), Inline()):
            with serving(server) as thread:
                self.assertEqual(b"hello", echo(server))
                server.shutdown()
                thread.join(LIMIT)
                self.assertFalse(thread.is_alive())

    def test_from_a_handler(self):
        class Stop(socketserver.BaseRequestHandler):
            def handle(self):
                self.server.shutdown()
                self.request.sendall(b"stopped")

        for server in (TCP(Stop), Inline(Stop)):
            with serving(server) as thread:
                with connect(server) as client:
                    self.assertEqual(b"stopped", read_all(client))
                thread.join(LIMIT)
                self.assertFalse(thread.is_alive())

    def test_from_service_actions(self):
        server = TCP()
        server.service_actions = server.shutdown
        with server:
            server.serve_forever(0.01)

    def test_before_serve_forever_it_ends_the_next_one(self):
        with TCP() as server:
            server.shutdown()
            server.serve_forever(LIMIT)
            with serving(server):
                self.assertEqual(b"hello", echo(server))

    def test_a_server_serves_again_after_it(self):
        with TCP() as server:
            for _ in range(20):
                thread = threading.Thread(target=server.serve_forever, args=(LIMIT,))
                thread.start()
                self.assertEqual(b"hello", echo(server))
                server.shutdown()
                thread.join(LIMIT)
                self.assertFalse(thread.is_alive())

    def test_every_poll_interval_of_python_s(self):
        for interval in (None, 0, -1, 0.5):
            server = Inline()
            with serving(server, interval):
                self.assertEqual(b"hello", echo(server))

    def test_the_flag_that_handlers_set_to_stop_python_s_loop(self):
        class Stops(socketserver.BaseRequestHandler):
            def handle(self):
                self.server._BaseServer__shutdown_request = True

        server = Inline(Stops)
        with serving(server) as thread:
            # The handler reads nothing: what a client had sent would end as a reset.
            with connect(server) as client:
                self.assertEqual(b"", client.recv(1))
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive())
        self.assertFalse(server._BaseServer__shutdown_request)

    def test_two_cannot_serve_at_once(self):
        server = TCP()
        with serving(server):
            echo(server)
            with self.assertRaisesRegex(ValueError, "serving already"):
                server.serve_forever()


class MaxThreads(unittest.TestCase):
    def hold(self, server, count):
        clients = [connect(server) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            self.assertEqual(b"begun", client.recv(5))
        return clients

    def test_wait_leaves_clients_in_the_kernel(self):
        server = TCP(Held, max_threads=2)
        with serving(server):
            self.hold(server, 2)
            with connect(server) as third:
                third.settimeout(0.05)
                self.assertRaises(socket.timeout, third.recv, 5)
                self.assertEqual(2, server.statistics().accepted)
                server.let_go.set()
                third.settimeout(LIMIT)
                self.assertEqual(b"begun", third.recv(5))
            self.assertLessEqual(server.statistics().threads, 2)

    def test_queue_accepts_so_many_more(self):
        server = TCP(Held, max_threads=1, when_full="queue", queue_size=1)
        with serving(server):
            self.hold(server, 1)
            with connect(server) as second:
                wait_until(lambda: server.statistics().accepted == 2)
                server.let_go.set()
                self.assertEqual(b"begun", read_all(second))
            self.assertEqual(0, server.statistics().rejected)

    def test_refuse_closes_the_connection(self):
        server = TCP(Held, max_threads=1, when_full="refuse")
        with serving(server):
            self.hold(server, 1)
            with connect(server) as second:
                self.assertEqual(b"", second.recv(5))
            self.assertEqual(1, server.statistics().rejected)

    def test_who_was_accepted_refused_and_served_is_counted(self):
        server = TCP(Held, max_threads=1, when_full="refuse")
        with serving(server):
            (held,) = self.hold(server, 1)
            for _ in range(3):
                with connect(server) as refused:
                    self.assertEqual(b"", refused.recv(5))
            # A refused client sees the end of its connection before its request is counted as finished.
            wait_until(lambda: server.statistics().active == 1)
            counts = server.statistics()
            self.assertEqual((4, 1, 3, 3), (counts.accepted, counts.active, counts.rejected, counts.finished))
            server.let_go.set()
            self.assertEqual(b"", read_all(held))
            wait_until(lambda: server.statistics().active == 0)
            counts = server.statistics()
            self.assertEqual((4, 3, 4, 0), (counts.accepted, counts.rejected, counts.finished, counts.failed))

    def test_bad_settings_are_named(self):
        with TCP(when_full="drop") as server:
            self.assertRaisesRegex(ValueError, "when_full.*'drop'", server.serve_forever)
        for name, value in (("max_threads", 0), ("max_threads", -1), ("queue_size", -1), ("thread_idle", -1.0)):
            with TCP(**{name: value}) as server:
                self.assertRaisesRegex(ValueError, f"{name}.*{value}", server.serve_forever)


class Drain(unittest.TestCase):
    def test_it_reports_who_finished_and_who_was_cut(self):
        class Mixed(Echo):
            def handle(self):
                self.request.sendall(b"begun")
                super().handle()

        server = TCP(Mixed)
        with serving(server) as thread:
            clients = [connect(server) for _ in range(5)]
            for client in clients:
                self.assertEqual(b"begun", client.recv(5))
            server.shutdown()
            thread.join(LIMIT)
            ending = threading.Timer(0.05, lambda: [client.close() for client in clients[:2]])
            ending.start()
            report = server.server_close(drain=1.0)
            ending.join()
            self.assertEqual((2, 0, 3, 0), tuple(report))
            for client in clients[2:]:
                self.assertEqual(b"", client.recv(5))
                client.close()

    def test_a_handler_that_closes_the_server_keeps_its_own_connection(self):
        class Closes(Echo):
            def handle(self):
                self.request.sendall(b"begun")
                if self.request.recv(5) == b"close":
                    self.request.sendall(repr(tuple(self.server.server_close(drain=0))).encode())

        server = TCP(Closes)
        with serving(server), connect(server) as cut, connect(server) as own:
            self.assertEqual([b"begun", b"begun"], [cut.recv(5), own.recv(5)])
            own.sendall(b"close")
            self.assertEqual(b"(0, 0, 1, 0)", read_all(own))
            self.assertEqual(b"", cut.recv(1))
        self.assertEqual([], server.errors)

    def test_clients_in_the_queue_are_cut_and_closed(self):
        server = TCP(max_threads=1, when_full="queue", queue_size=2)
        with serving(server), contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(server)) for _ in range(3)]
            wait_until(lambda: server.statistics().accepted == 3)
            server.shutdown()
            # How many are left a second later depends on how busy the machine is.
            self.assertEqual((0, 0, 3), server.server_close(drain=0)[:3])
            self.assertEqual([b""] * 3, [client.recv(1) for client in clients])
            wait_until(lambda: server.statistics().active == 0)

    def test_clients_in_the_queue_are_closed_although_the_program_holds_their_sockets(self):
        accepted = []

        class Server(TCP):
            def verify_request(self, request, client_address):
                accepted.append(request)
                return True

        server = Server(max_threads=1, when_full="queue", queue_size=2)
        with serving(server), contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(server)) for _ in range(3)]
            wait_until(lambda: server.statistics().accepted == 3)
            server.shutdown()
            server.server_close(drain=0)
            self.assertEqual([-1] * 3, [request.fileno() for request in accepted])
            self.assertEqual([b""] * 3, [client.recv(1) for client in clients])

    def test_nobody_is_cut_when_all_finish(self):
        server = TCP(Held)
        with serving(server) as thread:
            with connect(server) as client:
                client.recv(5)
                server.shutdown()
                thread.join(LIMIT)
                threading.Timer(0.05, server.let_go.set).start()
                self.assertEqual((1, 0, 0, 0), tuple(server.server_close(drain=LIMIT)))

    def test_closing_again_finds_nothing(self):
        server = TCP()
        with serving(server):
            echo(server)
        self.assertEqual((0, 0, 0, 0), tuple(server.server_close(drain=1)))

    def test_a_bad_drain_closes_nothing(self):
        server = TCP()
        with serving(server):
            for drain in (-1, float("nan")):
                self.assertRaisesRegex(ValueError, f"drain.*{drain}", server.server_close, drain)
            self.assertEqual(b"hello", echo(server))

    def test_a_server_that_never_served(self):
        self.assertEqual((0, 0, 0, 0), tuple(TCP().server_close(drain=1)))


class Threads(unittest.TestCase):
    def test_they_are_kept_with_their_state(self):
        seen, local = [], threading.local()

        class Count(socketserver.BaseRequestHandler):
            def handle(self):
                local.count = getattr(local, "count", 0) + 1
                thread = threading.current_thread()
                known = thread in threading.enumerate()
                seen.append((thread, threading.get_ident(), local.count, known, thread.is_alive()))

        server = TCP(Count, max_threads=1)
        with serving(server):
            for _ in range(5):
                with connect(server) as client:
                    self.assertEqual(b"", client.recv(1))
        self.assertEqual(1, len({(thread, ident) for thread, ident, *_ in seen}))
        self.assertEqual([1, 2, 3, 4, 5], [count for _, _, count, *_ in seen])
        self.assertTrue(all(known and alive for *_, known, alive in seen))
        self.assertEqual("TCP-1", seen[0][0].name)

    def test_none_is_left_behind(self):
        before, dangling = set(threading.enumerate()), set(threading._dangling)
        server = TCP(Held)
        with serving(server):
            clients = [connect(server) for _ in range(10)]
            for client in clients:
                client.recv(5)
            self.assertEqual(10, len(server._threads))
        for client in clients:
            client.close()
        self.assertEqual(before, set(threading.enumerate()))
        self.assertEqual(dangling, set(threading._dangling))
        self.assertEqual([], server._threads)

    def test_idle_ones_leave(self):
        server = TCP(thread_idle=0.01)
        with serving(server):
            self.assertEqual(b"hello", echo(server))
            wait_until(lambda: server.statistics().threads == 0 and not server._threads)
            self.assertEqual(b"hello", echo(server))

    def test_thousands_of_idle_connections_are_all_served(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 4500 if hard == resource.RLIM_INFINITY else min(4500, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        # The stacks of more threads do not fit into an address space of 32 bits.
        count = min(2000 if sys.maxsize > 2**32 else 200, (most - 100) // 2)
        # A client for whom the queue has no place tries again after seconds, and twice as many each time.
        server = TCP(request_queue_size=count)
        # The server waits for its handlers, and they for their clients, which must not stay when a check fails.
        with serving(server), contextlib.ExitStack() as to_close:
            clients = []
            for number in range(count):
                clients.append(to_close.enter_context(connect(server)))
                clients[-1].sendall(b"%d" % number)
            for number, client in enumerate(clients):
                self.assertEqual(b"%d" % number, client.recv(10))
            self.assertEqual(count, server.statistics().active)
            for client in clients:
                client.close()
        self.assertEqual((count, 0), (server.statistics().finished, server.statistics().failed))
        # server_close gives threads that have nothing left to do a second to end.
        wait_until(lambda: not server._threads)


class Transports(unittest.TestCase):
    class Shout(socketserver.DatagramRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.read().upper())

    def datagrams(self, server, client):
        with serving(server), client:
            client.settimeout(LIMIT)
            client.connect(server.server_address)
            for number in range(20):
                client.send(b"datagram %d" % number)
                self.assertEqual(b"DATAGRAM %d" % number, client.recv(100))

    def test_udp(self):
        for kind in (socketserver.UDPServer, socketserver.ThreadingUDPServer):
            self.datagrams(kind(ANY, self.Shout), socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def test_unix_datagrams(self):
        for kind in (socketserver.UnixDatagramServer, socketserver.ThreadingUnixDatagramServer):
            with tempfile.TemporaryDirectory() as folder:
                client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                client.bind(os.path.join(folder, "client"))
                self.datagrams(kind(os.path.join(folder, "server"), self.Shout), client)

    def test_unix_streams(self):
        for kind in (socketserver.UnixStreamServer, socketserver.ThreadingUnixStreamServer):
            with tempfile.TemporaryDirectory() as folder:
                server = kind(os.path.join(folder, "server"), Echo)
                with serving(server), socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(LIMIT)
                    client.connect(server.server_address)
                    client.sendall(b"hello")
                    self.assertEqual(b"hello", client.recv(5))


if __name__ == "__main__":
    unittest.main()
