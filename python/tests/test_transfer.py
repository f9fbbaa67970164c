"""Sending and receiving: what a first try without waiting must not change about the calls.

Where two modules are named, the same lines run on the built-in one and must come to the same.
"""

from __future__ import annotations

import _socket as builtin
import os
import socket as standard
import struct
import sys
import sysconfig
import tempfile
import threading
import unittest

from programs import HANG, python
from tabi import _socket, socket


class Base(unittest.TestCase):
    def pair(self, timeout=None, module=_socket, kind=standard.SOCK_STREAM):
        pair = module.socketpair(standard.AF_UNIX, kind)
        for each in pair:
            each.settimeout(timeout)
            self.addCleanup(each.close)
        return pair

    def tcp_pair(self, module):
        with standard.create_server(("127.0.0.1", 0)) as listener:
            one = module.socket(standard.AF_INET, standard.SOCK_STREAM)
            one.connect(listener.getsockname())
            other, _ = listener.accept()
        self.addCleanup(one.close)
        self.addCleanup(other.close)
        return one, other

    def same_on_both(self, play) -> None:
        """What ``play`` returns or raises, on the built-in module and on tabi."""

        def outcome(module):
            try:
                return play(module)
            except Exception as error:
                return type(error), str(error)

        self.assertEqual(outcome(builtin), outcome(_socket))


class Sending(Base):
    def test_a_blocking_send_ends_when_all_is_taken(self):
        one, other = self.pair()
        content = os.urandom(1 << 16) * 64
        received = bytearray()

        def receive():
            while len(received) < len(content) and (chunk := other.recv(1 << 16)):
                received.extend(chunk)

        thread = threading.Thread(target=receive)
        thread.start()
        sent = one.send(content)
        one.shutdown(standard.SHUT_WR)
        thread.join(HANG)
        self.assertEqual(len(content), sent)
        self.assertTrue(content == received)

    def test_a_send_with_a_timeout_takes_what_there_is_room_for(self):
        one, other = self.pair(timeout=HANG)
        sent = one.send(bytes(1 << 24))
        self.assertTrue(0 < sent < 1 << 24, sent)

    def test_a_blocking_send_whose_peer_goes_away_reports_what_went(self):
        one, other = self.pair()
        # Only the first bytes are read: the sender waits with the rest, and then there is nobody.
        thread = threading.Thread(target=lambda: (other.recv(1), other.close()))
        thread.start()
        sent = one.send(bytes(1 << 24))
        thread.join(HANG)
        self.assertTrue(0 < sent < 1 << 24, sent)
        self.assertRaises(BrokenPipeError, one.send, b"x")

    def test_each_kind_of_buffer_is_sent_whole(self):
        one, other = self.pair()
        for data in (b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), memoryview(bytearray(b"xbytes"))[1:]):
            with self.subTest(type(data)):
                self.assertEqual(5, one.send(data))
                self.assertIsNone(one.sendall(data))
                self.assertEqual(b"bytesbytes", other.recv(100))

    def test_a_full_datagram_peer_is_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "peer")
            peer, sender = (_socket.socket(standard.AF_UNIX, standard.SOCK_DGRAM) for _ in range(2))
            self.addCleanup(peer.close)
            self.addCleanup(sender.close)
            peer.bind(path)
            sender.settimeout(0.0)
            count = 0
            with self.assertRaises(BlockingIOError):
                while True:
                    sender.sendto(b"full", path)
                    count += 1
            sender.settimeout(HANG)
            thread = threading.Thread(target=sender.sendto, args=(b"last", path))
            thread.start()
            received = [peer.recv(100) for _ in range(count + 1)]
            thread.join(HANG)
            self.assertEqual([b"full"] * count + [b"last"], received)

    def test_addresses_are_told_apart_by_their_type(self):
        def play(module, address):
            with socket.socket(standard.AF_UNIX, standard.SOCK_DGRAM) as peer:
                peer.bind(b"\0tabi-%d" % os.getpid())
                sender = module.socket(standard.AF_UNIX, standard.SOCK_DGRAM)
                self.addCleanup(sender.close)
                return sender.sendto(b"x", address)

        name = b"\0tabi-%d" % os.getpid()
        for address in (None, name, name.decode(), bytearray(name), [name], None, 5, ("127.0.0.1", 5)):
            for _ in range(2):
                with self.subTest(address):
                    self.same_on_both(lambda module: play(module, address))

    def test_a_socket_that_begins_anew_forgets_its_last_address(self):
        def play(module):
            sock = module.socket(standard.AF_INET, standard.SOCK_DGRAM)
            address = ("127.0.0.1", 9)
            sock.sendto(b"x", address)
            sock.close()
            sock.__init__(standard.AF_UNIX, standard.SOCK_DGRAM)
            self.addCleanup(sock.close)
            return sock.sendto(b"x", address)

        self.same_on_both(play)


class Receiving(Base):
    def test_what_comes_late_is_waited_for_in_each_mode(self):
        for timeout in (None, HANG):
            one, other = self.pair(timeout)

            def echo():
                while data := other.recv(100):
                    other.send(data)

            thread = threading.Thread(target=echo)
            thread.start()
            buffer = bytearray(100)
            for number in range(200):
                message = b"%d" % number
                one.send(message)
                if number % 3 == 0:
                    self.assertEqual(message, one.recv(100))
                elif number % 3 == 1:
                    self.assertEqual(message, buffer[: one.recv_into(buffer)])
                else:
                    self.assertEqual(message, one.recvfrom(100)[0])
            one.close()
            thread.join(HANG)

    def test_the_fate_of_a_connection_is_told_as_the_built_in_module_tells_it(self):
        def play(module, receive):
            one, other = self.tcp_pair(module)
            other.setsockopt(standard.SOL_SOCKET, standard.SO_LINGER, struct.pack("ii", 1, 0))
            other.close()
            return receive(one)

        for receive in (
            lambda sock: sock.recv(10),
            lambda sock: sock.recv(1 << 16),
            lambda sock: sock.recv_into(bytearray(10)),
            lambda sock: sock.recv_into(memoryview(bytearray(10))),
            lambda sock: sock.recvfrom(10),
        ):
            self.same_on_both(lambda module: play(module, receive))

    def test_each_kind_of_buffer_is_filled_or_refused_alike(self):
        released = memoryview(bytearray(4))
        released.release()

        def play(module, make, *arguments):
            one, other = self.pair(module=module)
            other.send(b"content")
            buffer = make()
            return one.recv_into(buffer, *arguments), bytes(buffer)

        for make in (
            lambda: bytearray(20),
            lambda: bytearray(3),
            lambda: bytearray(100_000),
            bytearray,
            lambda: memoryview(bytearray(20)),
            lambda: memoryview(bytearray(20))[5:9],
            lambda: memoryview(bytearray(20))[::2],
            lambda: memoryview(bytearray(20))[::-1],
            lambda: memoryview(bytearray(20)).cast("I"),
            lambda: memoryview(bytearray(0)),
            lambda: memoryview(b"read-only"),
            lambda: released,
            lambda: None,
            lambda: b"read-only",
            lambda: "text",
        ):
            for arguments in ((), (3,), (0, 0), (2, standard.MSG_PEEK), (True,), (10**6,), (-1,)):
                self.same_on_both(lambda module: play(module, make, *arguments))

    def test_a_flag_not_to_wait_is_heeded_although_there_is_a_duplicate(self):
        one, _ = self.pair()
        copy = _socket.socket(fileno=_socket.dup(one.fileno()))
        self.addCleanup(copy.close)
        for sock in (one, copy):
            self.assertRaises(BlockingIOError, sock.recv, 10, standard.MSG_DONTWAIT)
            self.assertRaises(BlockingIOError, sock.recvmsg, 10, 0, standard.MSG_DONTWAIT)

    def test_a_closed_socket_is_closed_for_each_call(self):
        def play(module, receive):
            one, _ = self.pair(module=module)
            one.close()
            return receive(one)

        for receive in (
            lambda sock: sock.recv(10),
            lambda sock: sock.recv(0),
            lambda sock: sock.recv_into(bytearray(10)),
            lambda sock: sock.recv_into(bytearray()),
            lambda sock: sock.recvfrom(10),
            lambda sock: sock.send(b"x"),
            lambda sock: sock.sendall(b"x"),
        ):
            self.same_on_both(lambda module: play(module, receive))

    @unittest.skipUnless(sys.platform == "linux", "elsewhere MSG_TRUNC does not throw a stream's bytes away")
    def test_bytes_that_nobody_wrote_are_zeros(self):
        size = 100_000
        for receive in (
            lambda sock: sock.recv(size, standard.MSG_TRUNC),
            lambda sock: sock.recvfrom(size, standard.MSG_TRUNC)[0],
            lambda sock: sock.recvmsg(size, 0, standard.MSG_TRUNC)[0],
        ):
            one, other = self.tcp_pair(_socket)
            other.sendall(b"y" * size)
            while len(one.recv(size, standard.MSG_PEEK)) < size:
                pass
            # What the receiver's memory was before.
            bytearray(b"x") * size
            self.assertEqual(bytes(size), receive(one))

    def test_buffers_that_live_where_others_lived_are_filled_to_their_own_length(self):
        one, other = self.pair()
        for size in [1, 100, 7, 3000, 2, 8000] * 50:
            other.send(bytes(8192))
            buffer = bytearray(b"x" * size)
            self.assertEqual(size, one.recv_into(buffer))
            self.assertEqual(bytes(size), buffer)
            one.recv(8192 - size)

    @unittest.skipIf(
        sysconfig.get_config_var("Py_GIL_DISABLED") and sys.version_info < (3, 14),
        "a bytearray of this Python is not for several threads: on the built-in module, the same lines crash",
    )
    def test_a_buffer_that_other_threads_resize_is_never_overrun(self):
        program = """
            import sys, threading
            from tabi import _socket
            sys.setswitchinterval(1e-6)
            one, other = _socket.socketpair()
            buffer = bytearray(4096)
            done = False

            def resize():
                while not done:
                    try:
                        del buffer[8:]
                        buffer.extend(bytes(4096))
                    except BufferError:
                        pass

            thread = threading.Thread(target=resize)
            thread.start()
            for _ in range(5000):
                other.send(b"y" * 4096)
                left = 4096
                while left:
                    left -= one.recv_into(buffer)
            done = True
            thread.join()
            print("alive")
        """
        lines = "\n".join(line[12:] for line in program.splitlines())
        # An interpreter without the lock has an allocator of its own.
        has_malloc = not sysconfig.get_config_var("Py_GIL_DISABLED")
        result = python(lines, **({"PYTHONMALLOC": "malloc", "MALLOC_CHECK_": "3"} if has_malloc else {}))
        self.assertEqual(("alive\n", 0), (result.stdout, result.returncode), result.stderr)

    def test_buffers_are_filled_where_nothing_is_known_of_their_layout(self):
        program = """
            import sys
            sys._is_gil_enabled = lambda: False
            from tabi import _socket
            from tabi._socket import buffers
            one, other = _socket.socketpair()
            buffer = bytearray(10)
            for target in (buffer, memoryview(buffer), buffer):
                other.sendall(bytearray(b"hello"))
                print(one.recv_into(target), bytes(buffer[:5]))
                buffer[:5] = bytes(5)
            # What no longer pins the buffer lets it grow.
            buffer.extend(bytes(100_000))
            other.sendall(memoryview(bytes(range(256)) * 40))
            print(one.recv_into(buffer) == 10240 and buffer[:10240] == bytes(range(256)) * 40)
            other.sendmsg([bytearray(b"two "), b"parts"], [])
            print(one.recvmsg(100, 10)[0], buffers.arguments_of_view.__name__)
        """
        lines = "\n".join(line[12:] for line in program.splitlines())
        result = python(lines)
        expected = "5 b'hello'\n" * 3 + "True\nb'two parts' _asked_arguments_of_view\n"
        self.assertEqual(expected, result.stdout, result.stderr)

    @unittest.skipUnless(sys.platform.startswith("linux"), "SO_RCVLOWAT cannot be relied upon elsewhere")
    def test_calls_that_do_not_wait_find_what_has_arrived_when_some_socket_has_such_a_mark(self):
        program = """
            from tabi import socket
            with socket.socket() as marked:
                marked.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 10)
            one, other = socket.socketpair()
            other.setblocking(False)
            calls = [
                lambda: other.recv(9),
                lambda: other.recv_into(bytearray(9)),
                lambda: other.recvfrom(9),
                lambda: other.recvfrom_into(bytearray(9)),
            ]
            for call in calls:
                one.send(b"abc")
                print(call())
                try:
                    call()
                except BlockingIOError:
                    pass
                else:
                    print("did not raise")
        """
        result = python("\n".join(line[12:] for line in program.splitlines()))
        self.assertEqual(("b'abc'\n3\n(b'abc', None)\n(3, None)\n", ""), (result.stdout, result.stderr))

    @unittest.skipUnless(sys.platform.startswith("linux"), "SO_RCVLOWAT cannot be relied upon elsewhere")
    def test_a_blocking_call_waits_for_as_many_bytes_as_the_socket_was_told(self):
        program = """
            import socket, threading
            with socket.create_server(("127.0.0.1", 0)) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 10)
                one = socket.create_connection(listener.getsockname())
                other, _ = listener.accept()
            one.sendall(b"12345")
            received = []
            thread = threading.Thread(target=lambda: received.append(other.recv(100)), daemon=True)
            thread.start()
            thread.join(0.2)
            print(received)
            one.sendall(b"more" * 100)
            thread.join()
            print(len(received[0]))
        """
        lines = "\n".join(line[12:] for line in program.splitlines())
        result = python(lines, through=("-m", "tabi"))
        self.assertEqual("[]\n100\n", result.stdout, result.stderr)


class Timeouts(Base):
    def test_they_are_rounded_up_to_nanoseconds(self):
        def play(module):
            one, _ = self.pair(module=module)
            seen = []
            for seconds in (1e-10, 1.5e-9, 0.1, 2):
                one.settimeout(seconds)
                seen.append(one.gettimeout())
            return seen

        self.same_on_both(play)


if __name__ == "__main__":
    unittest.main()
