"""No call keeps an object: neither memory nor, in a debug build of Python, the total of all references grows."""

from __future__ import annotations

import gc
import sys
import unittest

from tabi import socket

#: More calls than anything here remembers: addresses of peers, for example.
_BEFORE, _CALLS = 1500, 1500

#: All references there are, in a debug build, and all pieces of memory.
_TOTALS = [getattr(sys, name) for name in ("gettotalrefcount", "getallocatedblocks") if hasattr(sys, name)]


class References(unittest.TestCase):
    def setUp(self) -> None:
        self.one, self.other = socket.socketpair()
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", 0))
        self.address = self.datagrams.getsockname()
        for each in self.one, self.other, self.datagrams:
            self.addCleanup(each.close)

    def check(self, call) -> None:
        for _ in range(_BEFORE):
            call()
        gc.collect()
        before = [total() for total in _TOTALS]
        for _ in range(_CALLS):
            call()
        gc.collect()
        grown = [total() - was for total, was in zip(_TOTALS, before)]
        self.assertLess(max(grown), _CALLS // 4, f"{grown} after {_CALLS} calls")

    def fails(self, call, *arguments) -> None:
        try:
            call(*arguments)
        except (OSError, OverflowError, TypeError, ValueError):
            return
        self.fail("no error")

    def test_timeouts(self):
        moments = iter(range(10**6))
        self.check(lambda: self.one.settimeout(5.0))
        self.check(lambda: self.one.settimeout(7))
        self.check(lambda: self.one.settimeout(next(moments) / 7))
        self.check(lambda: self.one.settimeout(None))
        self.check(lambda: self.one.setblocking(True))
        self.check(lambda: self.one.gettimeout())
        self.check(lambda: self.fails(self.one.settimeout, "5"))
        self.check(lambda: self.fails(self.one.settimeout, -1))
        self.check(lambda: (socket.setdefaulttimeout(4.5), socket.setdefaulttimeout(None)))

    def test_bytes(self):
        for timeout in None, 60, 60.5:
            self.one.settimeout(timeout)
            self.check(lambda: (self.one.send(b"x" * 300), self.other.recv(400)))
            self.check(lambda: (self.one.sendall(b"x" * 300), self.other.recv_into(bytearray(300))))
            self.check(lambda: (self.one.sendmsg([b"a", b"b"]), self.other.recvmsg(10)))
        self.one.settimeout(0)
        self.check(lambda: self.fails(self.one.recv, 10))
        self.check(lambda: self.fails(self.one.recv_into, b"constant"))
        self.check(lambda: self.fails(self.one.send, "text"))

    def test_datagrams(self):
        self.check(lambda: (self.datagrams.sendto(b"x", self.address), self.datagrams.recvfrom(10)))
        self.check(lambda: (self.datagrams.sendto(b"x", self.address), self.datagrams.recvfrom_into(bytearray(9))))
        self.check(lambda: self.fails(self.datagrams.sendto, b"x", ("127.0.0.1", "80")))

    def test_sockets(self):
        def pair():
            one, other = socket.socketpair()
            one.settimeout(1.5)
            one.close()
            other.shutdown(socket.SHUT_RDWR)
            other.close()

        self.check(pair)
        self.check(lambda: self.fails(socket.socket, 1, 2, 3, -1))
        self.check(lambda: (self.one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), self.datagrams.getsockname()))

    def test_connections(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            # Clients whose addresses are the same each time.
            def connection():
                with socket.socket(socket.AF_UNIX) as client, socket.socket(socket.AF_UNIX) as unix:
                    unix.bind(b"")
                    unix.listen()
                    client.connect(unix.getsockname())
                    unix.accept()[0].close()

            self.check(connection)
            self.check(lambda: self.fails(listener.connect, ("127.0.0.1", -1)))
        self.check(lambda: socket.getaddrinfo("127.0.0.1", 80))


if __name__ == "__main__":
    unittest.main()
