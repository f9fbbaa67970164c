"""Subclasses: the names they may use, the methods they may override, and objects that say more than they are.

The same lines run on the built-in class and on tabi's, and must come to the same.
"""

from __future__ import annotations

import _socket as builtin
import os
import socket as standard
import struct
import unittest

from tabi import _socket


def outcome(play, module):
    try:
        return play(module)
    except Exception as error:
        return type(error), str(error)


class Subclasses(unittest.TestCase):
    def same_on_both(self, play) -> None:
        self.assertEqual(outcome(play, builtin), outcome(play, _socket))

    def test_they_may_use_every_name_that_the_built_in_class_leaves_them(self):
        own = set(dir(_socket.socket)) - set(dir(builtin.socket)) - {"__slots__", "__weakref__", "__dict__"}
        self.assertEqual([], [name for name in sorted(own) if not name.startswith(("_tabi_", "__"))])

    def test_their_own_attributes_change_no_call(self):
        def play(module):
            class Named(module.socket):
                _timeout = 0.0
                _family = _type = _proto = _fd = _handle = "its own"

            listener = module.socket(standard.AF_INET, standard.SOCK_STREAM)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            one = Named(standard.AF_INET, standard.SOCK_STREAM)
            one.settimeout(60)
            one._timeout = "set by the program"
            one.connect(listener.getsockname())
            fd, _ = listener._accept()
            os.write(fd, b"content")
            os.close(fd)
            received = one.recv(100), one._timeout, one._fd, one.gettimeout(), one.family
            one.close()
            listener.close()
            return received

        self.same_on_both(play)

    def test_methods_that_they_override_are_theirs_alone(self):
        def play(module):
            called = []

            class Overriding(module.socket):
                def settimeout(self, timeout):
                    called.append("settimeout")

                def setsockopt(self, *arguments):
                    called.append("setsockopt")

                def fileno(self):
                    return -1

                family = timeout = 99

            sock = Overriding(standard.AF_INET, standard.SOCK_DGRAM)
            sock.setblocking(False)
            found = sock.gettimeout(), sock.getblocking(), sock.getsockname(), called
            module.socket.close(sock)
            return found

        self.same_on_both(play)

    def test_tuples_are_what_they_hold_not_what_they_say(self):
        class Address(tuple):
            def __len__(self):
                return 7

            def __iter__(self):
                return iter("another")

            def __getitem__(self, index):
                return "another"

            def __hash__(self):
                raise LookupError

        for family, host in ((standard.AF_INET, "127.0.0.1"), (standard.AF_INET6, "::1")):

            def play(module):
                sock = module.socket(family, standard.SOCK_DGRAM)
                try:
                    sock.connect(Address((host, 9)))
                    return sock.getpeername()
                finally:
                    sock.close()

            self.same_on_both(play)

    def test_texts_are_what_they_hold_not_what_they_encode_to(self):
        class Text(str):
            def encode(self, *arguments):
                raise LookupError

        for call in (
            lambda module: module.inet_aton(Text("127.0.0.1")),
            lambda module: module.inet_pton(standard.AF_INET6, Text("::1")),
            lambda module: module.getaddrinfo(Text("127.0.0.1"), Text("80"), 0, standard.SOCK_STREAM),
            lambda module: module.getnameinfo((Text("127.0.0.1"), 80), standard.NI_NUMERICHOST | standard.NI_NUMERICSERV),
            lambda module: module.getservbyname(Text("no such service"), Text("tcp")),
            lambda module: module.getprotobyname(Text("no such protocol")),
        ):
            self.same_on_both(call)

    def test_a_pair_is_made_of_numbers(self):
        for arguments in ((None,), (2**31,), (2**63,), ("x",), (1, 2**40), (1, 1, None), (-5,)):
            self.same_on_both(lambda module: module.socketpair(*arguments))

    def test_numbers_are_asked_once_and_taken_at_their_word(self):
        class Counted:
            def __init__(self, *answers):
                self.answers = list(answers)

            def __index__(self):
                return self.answers.pop(0)

        class Doubled(int):
            def __int__(self):
                return self * 2

            def __le__(self, other):
                raise LookupError

            __lt__ = __ge__ = __gt__ = __le__

        def play(module, make):
            one, other = module.socketpair()
            other.send(b"0123456789")
            try:
                found = [one.recv(4, make(standard.MSG_PEEK)), other.send(b"x", make(0)), one.recv(make(2))]
                for value in (0, 1):
                    one.setsockopt(standard.SOL_SOCKET, make(standard.SO_KEEPALIVE), make(value))
                    found.append(one.getsockopt(make(standard.SOL_SOCKET), standard.SO_KEEPALIVE))
                one.setsockopt(standard.SOL_SOCKET, standard.SO_SNDBUF, make(10_000))
                found.append(one.getsockopt(standard.SOL_SOCKET, standard.SO_SNDBUF))
                one.shutdown(make(standard.SHUT_WR))
                return found, other.recv(1)
            finally:
                one.close()
                other.close()

        for make in (lambda value: Counted(int(value), 2**40, 2**40), Doubled):
            self.same_on_both(lambda module: play(module, make))

    def test_a_buffer_cannot_be_resized_by_the_arguments_behind_it(self):
        class Resizes:
            def __init__(self, buffer):
                self.buffer = buffer

            def __index__(self):
                self.buffer.clear()
                return 0

        def play(module, call):
            one, other = module.socketpair()
            try:
                other.send(b"waiting")
                buffer = bytearray(b"content")
                return call(one, buffer, Resizes(buffer)), bytes(buffer)
            finally:
                one.close()
                other.close()

        for call in (
            lambda sock, buffer, resizes: sock.recv_into(buffer, resizes),
            lambda sock, buffer, resizes: sock.recv_into(buffer, 0, resizes),
            lambda sock, buffer, resizes: sock.recvfrom_into(buffer, resizes),
            lambda sock, buffer, resizes: sock.send(buffer, resizes),
            lambda sock, buffer, resizes: sock.sendall(buffer, resizes),
            lambda sock, buffer, resizes: sock.sendto(buffer, resizes, "/no/such/path"),
        ):
            self.same_on_both(lambda module: play(module, call))

    def test_control_messages_may_be_any_sequences_of_three(self):
        class Three:
            def __len__(self):
                return 3

            def __getitem__(self, index):
                return (standard.SOL_SOCKET, standard.SCM_RIGHTS, struct.pack("@i", 0))[index]

        def play(module, item):
            one, other = module.socketpair()
            try:
                one.sendmsg([b"x"], [item])
                data, control, flags, address = other.recvmsg(10, module.CMSG_SPACE(4))
                for level, kind, content in control:
                    os.close(*struct.unpack("@i", content))
                return data, [(level, kind, len(content)) for level, kind, content in control]
            finally:
                one.close()
                other.close()

        rights = standard.SOL_SOCKET, standard.SCM_RIGHTS, struct.pack("@i", 0)
        wrong = rights[:2], list(rights[:2]), b"abc", "abc", {1: 1, 2: 2, 3: 3}, {1, 2, 3}, 5
        for item in (rights, list(rights), Three(), *wrong):
            self.same_on_both(lambda module: play(module, item))

    def test_a_socket_that_was_never_opened_has_no_names(self):
        for name in ("getsockname", "getpeername", "_accept"):
            self.same_on_both(lambda module: getattr(module.socket.__new__(module.socket), name)())

    def test_errors_of_arguments_name_the_method_and_no_inner_class(self):
        sock = _socket.socket()
        self.addCleanup(sock.close)
        for name in ("send", "recv", "bind", "settimeout", "sendmsg"):
            with self.assertRaises(TypeError) as caught:
                getattr(sock, name)()
            # Python 3.9 leaves the class out.
            self.assertRegex(str(caught.exception), rf"^(socket\.)?{name}\(\) ")


if __name__ == "__main__":
    unittest.main()
