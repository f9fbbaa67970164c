"""Odd arguments are taken, refused and warned about as by the running Python's own module: versions differ in that."""

from __future__ import annotations

import contextlib
import decimal
import fractions
import os
import sys
import unittest
import warnings

import _socket as builtin

from tabi import _socket


class Index:
    """Stands for an integer, or for whatever its method returns; notes that it was asked."""

    def __init__(self, value) -> None:
        self.value, self.asked = value, []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __index__(self):
        self.asked.append("index")
        return self.value


class Real:
    """Stands for a real number, or for whatever its method returns or raises; notes that it was asked."""

    def __init__(self, value) -> None:
        self.value, self.asked = value, []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __float__(self):
        self.asked.append("float")
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


class Both(Index, Real):
    """Stands for an integer and for a real number."""


class OddFloat(float):
    """A float whose methods tell something else."""

    asked = ()

    def __float__(self):
        return 3.0

    def __index__(self):
        return 4


class OddInt(int):
    """An integer whose methods tell something else."""

    asked = ()

    def __index__(self):
        return 4


def outcome(call, *arguments):
    """What a call returns or raises, what it warns of and where, and which methods of its arguments it has called."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = call(*arguments)
        except Exception as error:
            result = type(error), getattr(error, "errno", None), str(error)
    # Wrong arguments are looked at once more, to raise the built-in module's own error.
    asked = [set(getattr(argument, "asked", ())) for argument in arguments]
    places = [(warning.category, str(warning.message), warning.filename) for warning in warned]
    return result, places, asked


class AsBuiltIn(unittest.TestCase):
    def compare(self, make, call) -> None:
        """``make()`` gives new arguments for ``call(module, *arguments)``, once for each module."""
        expected, found = (outcome(call, module, *make()) for module in (builtin, _socket))
        self.assertEqual(expected, found, make())

    def test_timeouts(self):
        values = [
            lambda: decimal.Decimal("0.1"),
            lambda: decimal.Decimal("-1"),
            lambda: decimal.Decimal("NaN"),
            lambda: decimal.Decimal("1e400"),
            lambda: fractions.Fraction(1, 3),
            lambda: fractions.Fraction(10**400),
            *(lambda value=value: Real(value) for value in (2.5, -1.0, 1e300, 1e-10, float("nan"), 1, "x", KeyError(1))),
            lambda: Real(OSError(9, "mine")),
            lambda: Index(3),
            lambda: Index(-3),
            lambda: Index(10**30),
            lambda: Index("x"),
            lambda: Both(4),
            lambda: Both(4.5),
            lambda: OddFloat(1.5),
            lambda: OddInt(7),
            *(lambda value=value: value for value in ("1", b"1", 1j, [], object, True, -0.0, 10**30, -(10**30))),
            *(lambda value=value: value for value in (float("inf"), float("nan"), 9.2e9, 9.3e9, 9223372036, 9223372037)),
        ]

        def of_a_socket(module, value):
            with module_socket(module) as sock:
                sock.settimeout(value)
                return sock.gettimeout(), sock.timeout

        def by_default(module, value):
            try:
                module.setdefaulttimeout(value)
                with module_socket(module) as sock:
                    return module.getdefaulttimeout(), sock.gettimeout()
            finally:
                module.setdefaulttimeout(None)

        for make in values:
            with self.subTest(repr(make())):
                # Without the warnings: those of Python 3.9 name a place in this package.
                for call in (of_a_socket, by_default):
                    expected, found = (outcome(call, module, make()) for module in (builtin, _socket))
                    self.assertEqual((expected[0], expected[2]), (found[0], found[2]))

    def test_numbers_that_are_too_large(self):
        numbers = [-1, -(2**31), -(2**31) - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, -(2**64)]
        level, option = builtin.SOL_SOCKET, builtin.SO_REUSEADDR
        calls = {
            "the length of no option": lambda module, n: with_socket(module, "setsockopt", level, option, None, n),
            "the value of an option": lambda module, n: with_socket(module, "setsockopt", level, option, n),
            "a backlog": lambda module, n: with_socket(module, "listen", n),
            "a port by its number": lambda module, n: module.getaddrinfo("127.0.0.1", n),
            "flowinfo": lambda module, n: module.getnameinfo(("::1", 1, n), module.NI_NUMERICHOST),
            "a scope": lambda module, n: module.getnameinfo(("::1", 1, 0, n), module.NI_NUMERICHOST | module.NI_NUMERICSERV),
            "a service by its number": lambda module, n: module.getservbyport(n),
            **{
                name: lambda module, n, name=name: getattr(module, name)(n)
                for name in ("htons", "htonl", "ntohs", "ntohl", "if_indextoname", "CMSG_LEN", "CMSG_SPACE")
            },
        }
        for name, call in calls.items():
            for number in numbers:
                # Where a C long has 32 bits, CPython takes this number for its own sign of an error.
                if name == "if_indextoname" and number == 2**32 - 1 and sys.maxsize < 2**32:
                    continue
                for make in (lambda: (number,), lambda: (Index(number),)):
                    with self.subTest(name, number=repr(make())):
                        self.compare(make, call)

    def test_numbers_that_only_int_knows(self):
        class Whole:
            def __init__(self, value) -> None:
                self.value = value

            def __int__(self):
                return self.value

        level, option = builtin.SOL_SOCKET, builtin.SO_REUSEADDR
        calls = (
            lambda module, n: with_socket(module, "listen", n),
            lambda module, n: with_socket(module, "recv", 1, n),
            lambda module, n: with_socket(module, "getsockopt", n, option),
            lambda module, n: with_socket(module, "setsockopt", level, option, n),
            lambda module, n: module.getnameinfo(("127.0.0.1", 1), n),
            lambda module, n: module.inet_pton(n, "127.0.0.1"),
            lambda module, n: with_module_socket(module, n),
        )
        numbers = [decimal.Decimal(3), decimal.Decimal("1.5"), fractions.Fraction(3), 3.0, 3j, "3", None]
        for number in [*numbers, *map(Whole, (3, 2**40, "x"))]:
            for index, call in enumerate(calls):
                with self.subTest(number=number, call=index):
                    # Without the warnings, which Python 3.9 has: they name a place in this package.
                    self.assertEqual(outcome(call, builtin, number)[0], outcome(call, _socket, number)[0])

    @unittest.skipUnless(sys.version_info < (3, 10), "later versions take no such descriptor")
    def test_descriptors_that_only_int_knows(self):
        one, other = os.pipe()
        self.addCleanup(os.close, one)
        self.addCleanup(os.close, other)
        before = open_descriptors()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            copy = _socket.dup(decimal.Decimal(one))
            self.assertEqual({copy}, open_descriptors() - before)
            _socket.close(decimal.Decimal(copy))
            self.assertEqual(before, open_descriptors())
            with module_socket(_socket, -1, -1, -1, decimal.Decimal(builtin.socket().detach())) as sock:
                self.assertEqual(builtin.AF_INET, sock.family)
        self.assertEqual(before, open_descriptors())

    @unittest.skipUnless(hasattr(builtin, "AF_NETLINK"), "this system has no AF_NETLINK")
    def test_numbers_of_addresses(self):
        for number in (-1, -(2**31) - 1, 2**32 - 1, 2**32):
            with self.subTest(number=number):

                def call(module, number):
                    with module_socket(module, module.AF_NETLINK, module.SOCK_RAW) as sock:
                        return sock.connect((0, number))

                self.compare(lambda: (number,), call)

    def test_ports_that_stand_for_an_integer(self):
        for port in (True, OddInt(80), Index(80), Index(-1), Index("x"), 8.0, decimal.Decimal(80), []):
            with self.subTest(port=repr(port)):
                self.compare(lambda: (port,), lambda module, port: module.getaddrinfo("127.0.0.1", port, 0, 1))

    def test_iterables_that_fail(self):
        class Fails:
            def __init__(self, error, at_once: bool) -> None:
                self.error, self.at_once = error, at_once

            def __iter__(self):
                if self.at_once:
                    raise self.error
                return self

            def __next__(self):
                raise self.error

        for error, at_once in ((LookupError("mine"), True), (LookupError("mine"), False), (TypeError("mine"), False)):
            for call in (
                lambda module, items: with_socket(module, "sendmsg", items),
                lambda module, items: with_socket(module, "sendmsg", [b""], items),
                lambda module, items: with_socket(module, "recvmsg_into", items),
            ):
                with self.subTest(error=error, at_once=at_once):
                    self.compare(lambda: (Fails(error, at_once),), call)
        for items in (5, None):
            self.compare(lambda: (items,), lambda module, items: with_socket(module, "recvmsg_into", items))

    def test_options(self):
        level, option = builtin.SOL_SOCKET, builtin.SO_REUSEADDR
        given = [
            (),
            (level,),
            (level, option),
            (level, option, 1, 4),
            (level, option, b"", 4),
            (level, option, None),
            (level, option, None, "x"),
            (level, option, None, None),
            (level, option, None, -1),
            (level, option, 1, 2, 3),
            (level, option, None, 2, 3),
            (level, option, 2**40),
            (2**40, option, 1),
            (level, 2**40, None, 4),
            ("x", option, 1),
            (1.5, option, None, 4),
            *((level, option, value) for value in (True, "x", 1.5, [], object, b"\1\0\0\0", memoryview(b"12345678")[::2])),
            (level, option, Index(1)),
            (level, option, Index("x")),
            (Index(level), Index(option), 1),
        ]
        for arguments in given:
            with self.subTest(given=repr(arguments)):
                self.compare(lambda: arguments, lambda module, *given: with_socket(module, "setsockopt", *given))


def open_descriptors() -> set:
    found = set()
    for fd in range(100):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found.add(fd)
    return found


def module_socket(module, *arguments):
    return Closing(module.socket(*arguments))


def with_module_socket(module, proto):
    """The family, type and protocol of a socket with this protocol."""
    with module_socket(module, builtin.AF_INET, builtin.SOCK_RAW, proto) as sock:
        return sock.family, sock.type, sock.proto


def with_socket(module, method: str, *arguments):
    """The result of a method of a new socket, and nothing for a socket that it changes."""
    with module_socket(module) as sock:
        return getattr(sock, method)(*arguments)


class Closing:
    """Closes a socket of the low-level module, which has no ``with``."""

    def __init__(self, sock) -> None:
        self.sock = sock

    def __enter__(self):
        return self.sock

    def __exit__(self, *_) -> None:
        self.sock.close()


if __name__ == "__main__":
    unittest.main()
