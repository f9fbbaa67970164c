"""The calls that do not go through ctypes: what they return, and what they refuse."""

from __future__ import annotations

import ctypes
import errno
import gc
import mmap
import sys
import threading
import unittest

from tabi import _socket, socket
from tabi._errors import ERR_CLOSED, ERR_NULL, ERR_VALUE
from tabi._socket import native
from tabi._socket.address import decode, encode
from tabi._socket.sockaddr import SIZE

#: More bytes than any call here moves, and fewer: a call keeps the interpreter's lock, or gives it up.
_MUCH, _LITTLE = 1 << 20, 0

#: Whether the tests run on an interpreter that is otherwise than the package expects (see `unknown_interpreter`).
_UNKNOWN = "changing" in sys.modules

#: What calls raise that the package must not make. Through ctypes they raise what is raised there.
_MISUSE = (TypeError, OverflowError, SystemError, ValueError) if _UNKNOWN else TypeError

_NO_SOCKET = None, 1, b"tabi_sock", object(), _socket.CAPI

EAGAIN = -errno.EAGAIN


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        self.one, self.other = _socket.socketpair()
        self.addCleanup(self.one.close)
        self.addCleanup(self.other.close)
        self.here, self.there = self.one._tabi_capsule, self.other._tabi_capsule

    def test_the_interpreters_own_functions_are_used_where_they_are_understood(self):
        kind = type(lambda: None) if _UNKNOWN else type(len)
        for name in "adopt", "close", "recv", "try_recv", "try_recv_unlocked", "try_send", "try_send_unlocked":
            self.assertIs(kind, type(getattr(native, name)), name)

    def test_bytes_that_are_sent_are_received_in_objects_of_their_size(self):
        for send in native.try_send, native.try_send_unlocked:
            for receive in native.recv, native.try_recv, native.try_recv_unlocked:
                for size in 1, 2, 64, 9000:
                    with self.subTest((send, receive, size)):
                        self.assertEqual(3, send(self.here, b"abc"))
                        found = b""
                        while len(found) < 3:
                            part = receive(self.there, size)
                            self.assertLessEqual(len(part), size)
                            found += part
                        self.assertEqual(b"abc", found)

    def test_nothing_to_receive_is_a_code_and_the_end_is_no_bytes(self):
        self.assertEqual(EAGAIN, native.try_recv(self.there, 10))
        self.assertEqual(EAGAIN, native.try_recv_unlocked(self.there, 10))
        self.one.close()
        for receive in native.recv, native.try_recv, native.try_recv_unlocked:
            self.assertEqual(b"", receive(self.there, 10))

    def test_what_is_no_socket_has_the_code_for_that(self):
        for thing in _NO_SOCKET:
            with self.subTest(thing):
                self.assertEqual(ERR_NULL, native.close(thing))
                self.assertEqual(ERR_NULL, native.try_send(thing, b"x"))
                self.assertEqual(ERR_NULL, native.try_send_unlocked(thing, b"x"))
                for receive in native.recv, native.try_recv, native.try_recv_unlocked:
                    self.assertEqual(ERR_NULL, receive(thing, 10))

    def test_wrong_arguments_raise(self):
        for receive in native.recv, native.try_recv, native.try_recv_unlocked:
            for size in -1, -(2**63), 2**63, 1.0, "1", None:
                with self.subTest((receive, size)), self.assertRaises(_MISUSE):
                    receive(self.there, size)
        for send in native.try_send, native.try_send_unlocked:
            for data in None, "text", 1, bytearray(b"x"):
                with self.subTest((send, data)), self.assertRaises(TypeError):
                    send(self.here, data)
        for address in None, "1", 0:
            with self.subTest(address), self.assertRaises(_MISUSE):
                native.adopt(address)
        self.assertEqual(EAGAIN, native.try_recv(self.there, 1))

    def test_another_number_of_arguments_raises(self):
        for name, call in native._made.items():
            if type(call) is not type(native.close) or name not in vars(native):
                continue
            for arguments in ((None,) * 7,) if name == "never_try" else ((), (None,) * 7):
                with self.subTest((name, arguments)), self.assertRaises(TypeError):
                    call(*arguments)

    def test_every_buffer_that_can_be_changed_is_filled_up_to_its_end(self):
        calls = [lambda buffer: native.recv_into(self.there, buffer)]
        for small in _MUCH, _LITTLE:
            calls.append(lambda buffer, small=small: native.try_recv_into(self.there, buffer, small))
            calls.append(lambda buffer, small=small: native.try_recvfrom_into(self.there, buffer, small))
        for receive in calls:
            whole = bytearray(b"......")
            page = mmap.mmap(-1, mmap.PAGESIZE)
            part = memoryview(whole)[1:3]
            for buffer, length in (whole, 4), (part, 2), ((ctypes.c_char * 3)(), 3), (page, 4):
                with self.subTest((receive, buffer)):
                    self.assertEqual(4, native.try_send(self.here, b"abcd"))
                    self.assertEqual(length, receive(buffer))
                    self.assertEqual(b"abcd"[:length], bytes(buffer[:length]))
                    self.assertEqual(b"abcd"[length:], native.recv(self.there, 10) if length < 4 else b"")
            self.assertEqual(b"aabd..", whole)
            part.release()
            # Nothing keeps the buffer from growing afterwards.
            whole.extend(bytes(1000))
            page.close()

    def test_a_buffer_cannot_be_resized_while_a_call_waits(self):
        buffer, counts = bytearray(10), []
        thread = threading.Thread(target=lambda: counts.append(native.recv_into(self.there, buffer)))
        thread.start()
        refused = False
        while not refused:
            try:
                buffer.append(0)
                buffer.pop()
            except BufferError:
                refused = True
        native.try_send(self.here, b"hello")
        thread.join()
        self.assertEqual(([5], b"hello" + bytes(5)), (counts, bytes(buffer)))

    def test_an_empty_buffer_gets_nothing_from_a_stream_and_takes_a_datagram(self):
        self.assertEqual(0, native.recv_into(self.there, bytearray()))
        self.assertEqual(0, native.try_recv_into(self.there, bytearray(), _MUCH))
        one, other = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        one.send(b"gone")
        self.assertEqual(0, native.try_recv_into(other._tabi_capsule, bytearray(), _MUCH))
        self.assertEqual(0, native.try_recvfrom_into(other._tabi_capsule, bytearray(), _MUCH))
        self.assertEqual(EAGAIN, native.try_recv(other._tabi_capsule, 10))
        one.close()
        other.close()

    def test_what_cannot_be_filled_raises(self):
        released, gaps = memoryview(bytearray(4)), memoryview(bytearray(8))[::2]
        released.release()
        for buffer in b"bytes", memoryview(b"bytes"), "text", 1, None, gaps, released:
            for receive in native.try_recv_into, native.try_recvfrom_into:
                with self.subTest((receive, buffer)), self.assertRaises((TypeError, BufferError, ValueError)):
                    receive(self.there, buffer, _MUCH)
            with self.subTest(buffer), self.assertRaises((TypeError, BufferError, ValueError)):
                native.recv_into(self.there, buffer)
        for small in None, -1, 2**63, "1":
            for receive in native.try_recv_into, native.try_recvfrom_into:
                with self.subTest(small), self.assertRaises(_MISUSE):
                    receive(self.there, bytearray(1), small)
        for thing in _NO_SOCKET:
            self.assertEqual(ERR_NULL, native.recv_into(thing, bytearray(1)))
            self.assertEqual(ERR_NULL, native.try_recv_into(thing, bytearray(1), _MUCH))
            self.assertEqual(ERR_NULL, native.try_recvfrom_into(thing, bytearray(1), _MUCH))

    def test_a_call_keeps_the_socket_that_another_thread_closes_and_drops(self):
        ended = []
        capsule = self.other._tabi_capsule
        thread = threading.Thread(target=lambda: ended.append(native.recv(self.other._tabi_capsule, 10)))
        thread.start()
        self.assertEqual(0, native.close(capsule))
        del capsule
        self.there = None
        self.other.close()
        gc.collect()
        thread.join()
        # It had not begun yet, or was ended.
        self.assertIn(ended[0], (ERR_CLOSED, ERR_NULL))

    def test_a_socket_lives_as_long_as_a_call_through_ctypes_may_use_it(self):
        handle = self.one._tabi_handle
        self.one.close()
        self.here = self.one = None
        gc.collect()
        self.assertIsInstance(handle._obj.capsule, type(self.there))
        self.assertEqual(ERR_CLOSED, native.try_send(handle._obj.capsule, b"x"))
        self.assertEqual(ERR_CLOSED, ctypes.PyDLL(native._library.PATH).tabi_fileno(handle))


class Addresses(unittest.TestCase):
    def setUp(self) -> None:
        self.one = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        self.other = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        for each in self.one, self.other:
            self.addCleanup(each.close)
            each.bind(("127.0.0.1", 0))
        self.here, self.there = self.one._tabi_capsule, self.other._tabi_capsule
        self.to = encode(self.one, self.other.getsockname(), "sendto")

    def test_a_datagram_arrives_with_the_address_of_its_sender(self):
        def received(result):
            data, sender = result
            self.assertEqual(SIZE, len(sender))
            self.assertEqual(self.one.getsockname(), decode(sender, 0))
            return data

        buffer = bytearray(3)
        for send in native.try_sendto, native.try_sendto_unlocked:
            for receive in native.recvfrom, native.try_recvfrom, native.try_recvfrom_unlocked:
                for data in b"", b"a", b"abc", bytes(9000):
                    with self.subTest((send, receive, len(data))):
                        self.assertEqual(len(data), send(self.here, data, self.to))
                        self.assertEqual(data, received(receive(self.there, 10_000)))
            self.assertEqual(3, send(self.here, b"abc", self.to))
            self.assertEqual(3, received(native.try_recvfrom_into(self.there, buffer, _MUCH)))
            self.assertEqual(b"abc", buffer)

    def test_a_sender_without_a_name_has_no_address(self):
        one, other = _socket.socketpair()
        for receive in native.recvfrom, native.try_recvfrom, native.try_recvfrom_unlocked:
            one.send(b"abc")
            self.assertEqual(b"abc", receive(other._tabi_capsule, 10))
        one.send(b"abc")
        self.assertEqual(3, native.try_recvfrom_into(other._tabi_capsule, bytearray(5), _MUCH))
        self.assertEqual(EAGAIN, native.try_recvfrom_into(other._tabi_capsule, bytearray(5), _MUCH))
        for receive in native.try_recvfrom, native.try_recvfrom_unlocked:
            self.assertEqual(EAGAIN, receive(other._tabi_capsule, 10))
        one.close()
        other.close()

    def test_what_is_no_address_or_no_socket_is_refused(self):
        for send in native.try_sendto, native.try_sendto_unlocked:
            for address in b"", self.to[:-1], self.to + b"\0", None, 1, "127.0.0.1", bytearray(self.to):
                with self.subTest((send, address)), self.assertRaises(_MISUSE):
                    send(self.here, b"x", address)
            with self.assertRaises(TypeError):
                send(self.here, bytearray(b"x"), self.to)
            # A length that no address has, and none at all.
            self.assertEqual(ERR_VALUE, send(self.here, b"x", b"\xff" * SIZE))
            self.assertLess(send(self.here, b"x", bytes(SIZE)), 0)
            for thing in _NO_SOCKET:
                self.assertEqual(ERR_NULL, send(thing, b"x", self.to))
        for thing in _NO_SOCKET:
            self.assertEqual(ERR_NULL, native.accept(thing))
            for receive in native.recvfrom, native.try_recvfrom, native.try_recvfrom_unlocked:
                self.assertEqual(ERR_NULL, receive(thing, 10))
        self.assertEqual(EAGAIN, native.try_recv(self.there, 10))

    def test_a_client_is_accepted_with_its_address(self):
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
            fd, peer = native.accept(listener._tabi_capsule)
            self.assertEqual(client.getsockname(), decode(peer, 0))
            with socket.socket(fileno=fd) as accepted:
                accepted.sendall(b"hello")
                self.assertEqual(b"hello", client.recv(10))
            listener.setblocking(False)
            self.assertEqual(EAGAIN, native.accept(listener._tabi_capsule))


if __name__ == "__main__":
    unittest.main()
