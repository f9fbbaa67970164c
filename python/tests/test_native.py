"""The calls that do not go through ctypes: what they return, and what they refuse."""

from __future__ import annotations

import ctypes
import errno
import gc
import threading
import unittest

from tabi import _socket
from tabi._errors import ERR_CLOSED, ERR_NULL
from tabi._socket import native

_NO_SOCKET = None, 1, b"tabi_sock", object(), _socket.CAPI

EAGAIN = -errno.EAGAIN


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        self.one, self.other = _socket.socketpair()
        self.addCleanup(self.one.close)
        self.addCleanup(self.other.close)
        self.here, self.there = self.one._tabi_capsule, self.other._tabi_capsule

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
                with self.subTest((receive, size)), self.assertRaises((SystemError, OverflowError, TypeError)):
                    receive(self.there, size)
        for send in native.try_send, native.try_send_unlocked:
            for data in None, "text", 1, bytearray(b"x"):
                with self.subTest((send, data)), self.assertRaises(TypeError):
                    send(self.here, data)
        for call in native.adopt, native.close, native.recv, native.try_send:
            with self.subTest(call), self.assertRaises(SystemError):
                call()
        for address in None, "1", 0:
            with self.subTest(address), self.assertRaises((TypeError, ValueError)):
                native.adopt(address)
        self.assertEqual(EAGAIN, native.try_recv(self.there, 1))

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
        self.assertIsInstance(handle._obj.capsule, type(_socket.CAPI))
        self.assertEqual(ERR_CLOSED, native.try_send(handle._obj.capsule, b"x"))
        self.assertEqual(ERR_CLOSED, ctypes.PyDLL(native._library.PATH).tabi_fileno(handle))


if __name__ == "__main__":
    unittest.main()
