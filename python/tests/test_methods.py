"""The methods of sockets that the library has itself: what they cost, and that they are those in Python otherwise."""

from __future__ import annotations

import errno
import inspect
import sys
import unittest

from tabi import _socket, socket, socketserver
from tabi._socket.transfer import MOST_PATIENCE

#: Whether the class has them: not on an interpreter that is otherwise than the package expects, or without a lock.
_NATIVE = "changing" not in sys.modules and "free-threading" not in sys.version

NAMES = "recv", "recv_into", "send", "sendall"


def python_calls(call) -> list:
    """The functions in Python that a call makes."""
    seen = []

    def profile(frame, event, argument):
        if event == "call":
            seen.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return seen[1:]


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.one, self.other = _socket.socketpair()
        self.addCleanup(self.one.close)
        self.addCleanup(self.other.close)

    def ways(self, name: str):
        """A method, and the function in Python that does the same."""
        yield getattr(_socket.socket, name)
        if _NATIVE:
            yield getattr(_socket.socket, f"_tabi_{name}")


@unittest.skipUnless(_NATIVE, "the methods are in Python here")
class Cost(Case):
    def test_a_message_calls_no_function_in_python(self):
        buffer = bytearray(10)
        for patience in 0, 1, 5:
            for send in self.one.send, self.one.sendall:
                for receive in lambda: self.other.recv(10), lambda: self.other.recv_into(buffer):
                    for timeout in None, 60.0:
                        self.one.settimeout(timeout)
                        self.other.settimeout(timeout)
                        self.one._tabi_patience = self.other._tabi_patience = patience

                        def message():
                            send(b"hello")
                            receive()

                        found = python_calls(message)
                        self.assertEqual([], [name for name in found if name not in ("<lambda>", "message")])

    def test_a_handler_of_a_server_calls_no_function_in_python_for_a_message(self):
        seen = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                def echo():
                    while data := self.request.recv(10):
                        self.request.sendall(data)

                seen.extend(python_calls(echo))

        with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
            with socket.create_connection(server.server_address) as client:
                client.sendall(b"12345678901234567890")
                client.shutdown(socket.SHUT_WR)
                server.handle_request()
                self.assertEqual(b"1234567890" * 2, client.recv(10) + client.recv(10))
        self.assertEqual([], seen)

    def test_they_are_methods_as_those_of_the_built_in_class(self):
        for name in NAMES:
            method = getattr(_socket.socket, name)
            self.assertIs(type(str.find), type(method))
            self.assertEqual(name, method.__name__)
            self.assertTrue(inspect.getdoc(method))


class Patience(Case):
    """The number by which receiving calls are tried or wait, and by which sends keep the lock or do not."""

    def received(self, receive, patience: int):
        self.one.send(b"hello")
        self.other._tabi_patience = patience
        receive()
        return self.other._tabi_patience

    def calls(self):
        for method in self.ways("recv"):
            yield lambda method=method: method(self.other, 10)
        for method in self.ways("recv_into"):
            yield lambda method=method: method(self.other, bytearray(10))

    def test_calls_wait_until_it_is_time_to_try_and_only_a_try_that_finds_something_ends_that(self):
        for receive in self.calls():
            self.assertEqual([2, 1, 0, 0], [self.received(receive, patience) for patience in (3, 2, 1, 0)])

    def test_a_try_that_finds_nothing_is_followed_by_calls_that_wait(self):
        self.other.settimeout(0.001)
        for receive in self.calls():
            for patience in 0, 1:
                self.other._tabi_patience = patience
                self.assertRaises(socket.timeout, receive)
                self.assertEqual(MOST_PATIENCE, self.other._tabi_patience)

    def test_the_end_and_an_error_are_found_with_every_patience(self):
        for receive in self.calls():
            for patience in 0, 1, 2:
                self.other._tabi_patience = patience
                self.other.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    receive()
        self.one.close()
        for receive in self.calls():
            for patience in 0, 1, 2:
                self.other._tabi_patience = patience
                self.assertIn(receive(), (b"", 0))


class Same(Case):
    """What is not common is done as by the functions in Python."""

    def test_arguments_that_no_call_takes(self):
        released = memoryview(bytearray(1))
        released.release()
        wrong = {
            "recv": [(), (1, 0, 0), (-1,), (2**31,), (2**64,), ("1",), (1.5,), (None,)],
            "recv_into": [(), (b"bytes",), ("text",), (released,), (memoryview(b"bytes"),), (bytearray(1), -1), (None,)],
            "send": [(), (b"a", 0, 0), ("text",), (1,), (None,)],
            "sendall": [(), (b"a", 0, 0), ("text",), (1,), (None,)],
        }
        self.other.setblocking(False)
        for name, all_arguments in wrong.items():
            for arguments in all_arguments:
                kinds = set()
                for method in self.ways(name):
                    with self.subTest((method, arguments)), self.assertRaises(Exception) as raised:
                        method(self.other, *arguments)
                    kinds.add(type(raised.exception))
                self.assertEqual(1, len(kinds), (name, arguments, kinds))

    def test_names_of_arguments(self):
        for method in self.ways("recv_into"):
            buffer = bytearray(5)
            for arguments, names in ((), {"buffer": buffer, "nbytes": 2}), ((buffer,), {"nbytes": 2, "flags": 0}):
                self.one.sendall(b"ab")
                self.assertEqual(2, method(self.other, *arguments, **names))
                self.assertEqual(b"ab", buffer[:2])
            with self.assertRaises(TypeError):
                method(self.other, buffer, size=1)

    def test_buffers_numbers_and_data_of_other_classes(self):
        class Number(int):
            pass

        class Bytes(bytes):
            pass

        for send in *self.ways("send"), *self.ways("sendall"):
            for data in Bytes(b"hello"), bytearray(b"hello"), memoryview(b"hello"), b"hello":
                for receive in self.ways("recv"):
                    for size in Number(5), True, 5, 8193:
                        send(self.one, data)
                        found = receive(self.other, size)
                        found += receive(self.other, 10) if len(found) < 5 else b""
                        self.assertEqual(b"hello", found)
        for receive in self.ways("recv"):
            self.assertEqual(b"", receive(self.other, 0))

    def test_a_socket_that_is_closed_or_was_never_opened(self):
        self.one.close()
        for sock in self.one, _socket.socket.__new__(_socket.socket):
            for name, argument in ("recv", 1), ("recv_into", bytearray(1)), ("send", b"x"), ("sendall", b"x"):
                for method in self.ways(name):
                    with self.subTest((sock, method)), self.assertRaises(OSError) as raised:
                        method(sock, argument)
                    self.assertEqual(errno.EBADF, raised.exception.errno)
        for name, argument in ("recv", 1), ("recv_into", bytearray(1)), ("send", b"x"), ("sendall", b"x"):
            for thing in None, 1, object():
                with self.assertRaises(TypeError):
                    getattr(_socket.socket, name)(thing, argument)

    def test_no_call_keeps_a_reference(self):
        data, buffer, size = b"hello" * 2, bytearray(10), 10_000
        kept = [data, buffer, size, self.one._tabi_capsule, self.other._tabi_capsule, None, int, bytes, bytearray]

        def counts() -> list:
            return [sys.getrefcount(each) for each in kept]

        def calls():
            for patience in 0, 1, 2:
                for call in (
                    lambda: self.other.recv(size),
                    lambda: self.other.recv_into(buffer),
                    lambda: self.other.recv_into(buffer=buffer, nbytes=10),
                ):
                    for send in self.one.send, self.one.sendall:
                        self.one._tabi_patience = self.other._tabi_patience = patience
                        send(data)
                        call()
            self.other.setblocking(False)
            for call, wrong in (self.other.recv, size), (self.other.recv_into, buffer), (self.other.send, None):
                with self.assertRaises((OSError, TypeError)):
                    call(wrong)
            self.other.setblocking(True)

        calls()
        before = counts()
        for _ in range(100):
            calls()
        self.assertLess(max(after - was for after, was in zip(counts(), before)), 100)

    def test_more_than_fits_is_sent_in_parts(self):
        data = bytes(range(256)) * 40_000
        for method in self.ways("sendall"):
            self.one.settimeout(0.001)
            with self.assertRaises(socket.timeout):
                method(self.one, data)
            found = b"".join(iter(lambda: self.other.recv(1 << 20, socket.MSG_DONTWAIT) if self._ready() else b"", b""))
            self.assertTrue(data.startswith(found) and found)
        for method in self.ways("send"):
            count = method(self.one, data)
            self.assertTrue(0 < count < len(data))
            while count:
                count -= len(self.other.recv(1 << 20))

    def _ready(self) -> bool:
        try:
            return bool(self.other.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False


if __name__ == "__main__":
    unittest.main()
