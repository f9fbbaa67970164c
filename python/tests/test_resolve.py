"""Looking up what needs no looking up: addresses in numbers come to what the built-in module makes of them."""

from __future__ import annotations

import _socket as builtin
import unittest

from tabi import _socket, socket


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error), error.args


class Numbers(unittest.TestCase):
    def test_each_question_has_the_built_in_answer_every_time(self):
        stream, datagram = builtin.SOCK_STREAM, builtin.SOCK_DGRAM
        for question in (
            ("127.0.0.1", 80),
            ("127.0.0.1", 80, 0, stream),
            ("127.0.0.1", 80, builtin.AF_INET, datagram),
            ("127.0.0.1", 80, builtin.AF_INET6, stream),
            ("127.0.0.1", "80", 0, stream),
            ("127.0.0.1", 1, 0, stream),
            ("127.0.0.1", True, 0, stream),
            ("127.0.0.1", 80, False, stream),
            ("127.0.0.1", 80.0),
            ("127.0.0.1", 80, 0, socket.SOCK_STREAM),
            ("127.0.0.1", 80, 0, float(stream)),
            ("127.0.0.1", 70000, 0, stream),
            ("127.0.0.1", 80, 0, 77),
            (b"127.0.0.1", 80, 0, stream),
            ("127.1", 80, 0, stream),
            ("::1", 80, 0, stream),
            ("::ffff:127.0.0.1", 80),
            ("::1%lo", 80, 0, stream),
            (None, 80, 0, stream),
            ("127.0.0.1", 80, 0, stream, 0, builtin.AI_CANONNAME),
        ):
            for _ in range(2):
                with self.subTest(question):
                    expected = outcome(builtin.getaddrinfo, *question)
                    self.assertEqual(expected, outcome(_socket.getaddrinfo, *question))

    def test_an_answer_is_the_caller_s_own(self):
        question = "127.0.0.1", 81, 0, builtin.SOCK_STREAM
        first = _socket.getaddrinfo(*question)
        first.clear()
        self.assertEqual(builtin.getaddrinfo(*question), _socket.getaddrinfo(*question))


if __name__ == "__main__":
    unittest.main()
