"""Names under a socket's timeout, with a name server that never answers: a C library in front of the system's resolver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import tabi
from tabi import socket
from test_package import python

#: A look-up below ``.dead`` never ends.
RESOLVER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **answers)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = node == NULL ? 0 : strlen(node);
    while (length > 5 && strcmp(node + length - 5, ".dead") == 0 && !(hints->ai_flags & AI_NUMERICHOST))
        pause();
    return real(node, service, hints, answers);
}
"""


@unittest.skipUnless(sys.platform.startswith("linux"), "the library in front is for Linux")
@unittest.skipUnless(shutil.which("cc"), "there is no C compiler for the library in front of the resolver")
class DeadNameServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.library = os.path.join(folder.name, "resolver.so")
        command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", cls.library, "-ldl"]
        subprocess.run(command, input=RESOLVER, text=True, check=True)

    def run_on_tabi(self, program: str) -> None:
        done = python(textwrap.dedent(program), through=("-m", "tabi"), LD_PRELOAD=self.library)
        self.assertEqual("", done.stderr)

    def test_a_timeout_covers_the_look_up(self):
        self.run_on_tabi("""
            import errno, socket

            def late(call, *arguments):
                try:
                    call(*arguments)
                except socket.timeout:
                    return
                raise AssertionError(call)

            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.05)
                late(sock.connect, ("x.dead", 9))
                late(sock.bind, ("x.dead", 9))
                late(sock.sendto, b"", ("x.dead", 9))
                late(sock.sendmsg, [b""], [], 0, ("x.dead", 9))
                assert sock.connect_ex(("x.dead", 9)) == errno.EAGAIN
                sock.settimeout(60)
                sock.connect(("localhost", 9))
        """)

    def test_create_connection_and_getaddrinfo_have_a_limit(self):
        self.run_on_tabi("""
            import socket, tabi

            for call in (
                lambda: tabi.create_connection(("x.dead", 9), 0.05),
                lambda: tabi.getaddrinfo("x.dead", 9, timeout=0.05),
                lambda: tabi.gethostbyname("x.dead", timeout=0.05),
                lambda: tabi.gethostbyname_ex("x.dead", timeout=0.05),
                lambda: tabi.gethostbyaddr("x.dead", timeout=0.05),
                # The deadline has passed already: no name server is asked for the name of the address.
                lambda: tabi.getnameinfo(("192.0.2.1", 9), 0, timeout=0),
            ):
                try:
                    call()
                except socket.timeout:
                    continue
                raise AssertionError(call)
            assert tabi.getfqdn("x.dead", timeout=0.05) == "x.dead"
            assert tabi.getaddrinfo("localhost", 9, timeout=60) == socket.getaddrinfo("localhost", 9)
            assert tabi.gethostbyname("localhost", timeout=60) == socket.gethostbyname("localhost")
            assert tabi.gethostbyname_ex("localhost", timeout=60) == socket.gethostbyname_ex("localhost")
            assert tabi.gethostbyaddr("127.0.0.1", timeout=60) == socket.gethostbyaddr("127.0.0.1")
            assert tabi.getnameinfo(("127.0.0.1", 9), 0, timeout=60) == socket.getnameinfo(("127.0.0.1", 9), 0)
            assert tabi.getfqdn("localhost", timeout=60) == tabi.getfqdn("localhost") == socket.getfqdn("localhost")
        """)

    def test_a_signal_ends_every_look_up_that_has_a_limit(self):
        self.run_on_tabi("""
            import signal, socket, tabi

            class Enough(Exception):
                pass

            def handler(*_):
                signal.setitimer(signal.ITIMER_REAL, 0)
                raise Enough

            signal.signal(signal.SIGALRM, handler)
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(3600)
            dead = "x.dead", 9
            for call in (
                lambda: tabi.create_connection(dead, 3600),
                lambda: tabi.getaddrinfo(*dead, timeout=3600),
                lambda: tabi.gethostbyname("x.dead", timeout=3600),
                lambda: tabi.gethostbyname_ex("x.dead", timeout=3600),
                lambda: tabi.gethostbyaddr("x.dead", timeout=3600),
                lambda: sock.connect(dead),
                lambda: sock.connect_ex(dead),
                lambda: sock.bind(dead),
                lambda: sock.sendto(b"", dead),
                lambda: sock.sendmsg([b""], [], 0, dead),
            ):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.05)
                    call()
                except Enough:
                    continue
                raise AssertionError(call)
            sock.close()
        """)

    def test_ctrl_c_ends_a_look_up_inside_a_connect(self):
        self.run_on_tabi("""
            import os, signal, socket, threading

            # Whoever started the tests in the background has had Ctrl-C ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with socket.socket() as sock:
                sock.settimeout(3600)
                timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
                try:
                    timer.start()
                    sock.connect(("x.dead", 9))
                except KeyboardInterrupt:
                    timer.join()
                else:
                    raise AssertionError("not reached")
        """)

    def test_a_handler_that_returns_lets_the_look_up_go_on(self):
        self.run_on_tabi("""
            import signal, socket, tabi

            seen = []
            # The handler may run at any moment, but not while the package is still being imported.
            tabi.getaddrinfo("127.0.0.1", 9, timeout=60)

            def handler(*_):
                # A look-up within a look-up has its own limit.
                try:
                    tabi.getaddrinfo("y.dead", 9, timeout=0.01)
                except socket.timeout:
                    seen.append("late")

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            try:
                tabi.getaddrinfo("x.dead", 9, timeout=3)
            except socket.timeout:
                seen.append("end")
            assert seen == ["late", "end"], seen
        """)

    def test_a_token_ends_look_ups_that_have_no_limit(self):
        self.run_on_tabi("""
            import signal, socket, tabi

            dead = "x.dead", 9
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

            def handler(*_):
                token.cancel()

            signal.signal(signal.SIGALRM, handler)
            for call in (
                lambda: socket.getaddrinfo(*dead),
                lambda: socket.gethostbyname("x.dead"),
                lambda: tabi.getfqdn("x.dead"),
                lambda: sock.connect(dead),
                lambda: sock.sendto(b"", dead),
                lambda: tabi.create_connection(dead, None),
                lambda: socket.create_connection(dead),
            ):
                token = tabi.Cancel()
                # The handler must run while the call waits.
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                try:
                    with token:
                        call()
                except tabi.Cancelled:
                    continue
                raise AssertionError(call)
            sock.close()
        """)

    def test_other_sockets_have_no_limit_but_their_own(self):
        self.run_on_tabi("""
            import socket

            with socket.socket() as listener, socket.socket() as sock:
                listener.bind(("localhost", 0))
                listener.listen()
                sock.connect(("localhost", listener.getsockname()[1]))
                assert sock.gettimeout() is None
        """)


class CreateConnection(unittest.TestCase):
    def listener(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener, listener.getsockname()[1]

    def test_it_returns_a_socket_as_the_standard_one_does(self):
        listener, port = self.listener()
        for host, timeout in (("localhost", 60), ("127.0.0.1", None), ("127.0.0.1", 60.5)):
            with self.subTest(host=host), tabi.create_connection((host, port), timeout) as sock:
                self.assertIsInstance(sock, socket.socket)
                self.assertEqual(timeout, sock.gettimeout())
                self.assertEqual(listener.getsockname(), sock.getpeername())
                self.assertFalse(sock.get_inheritable())
        with tabi.create_connection(("127.0.0.1", str(port)), source_address=("127.0.0.5", 0)) as sock:
            self.assertEqual("127.0.0.5", sock.getsockname()[0])
            self.assertEqual(socket.getdefaulttimeout(), sock.gettimeout())

    def test_errors(self):
        held = socket.socket()
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        where = held.getsockname()
        with self.assertRaises(ConnectionRefusedError):
            tabi.create_connection(where, 60)
        with self.assertRaises(socket.gaierror):
            tabi.create_connection(("no such host", 80), 60)
        for settings in ({"attempt_delay": 0.001}, {"resolution_delay": -1}, {"first_family_count": 0}):
            with self.subTest(settings), self.assertRaises(ValueError):
                tabi.create_connection(where, 60, **settings)
        if sys.version_info >= (3, 11):
            with self.assertRaises(ExceptionGroup) as caught:  # noqa: F821
                tabi.create_connection(where, 60, all_errors=True)
            self.assertEqual([ConnectionRefusedError], [type(error) for error in caught.exception.exceptions])

    def test_it_takes_the_place_of_the_standard_one_on_request(self):
        program = "import tabi; tabi.install(happy_eyeballs=True)\nimport socket\nprint(socket.create_connection.__module__)"
        self.assertEqual("tabi\n", python(program).stdout)
        program = "import socket; print(socket.create_connection.__module__)"
        for switches, expected in ((("--happy-eyeballs",), "tabi\n"), ((), "socket\n")):
            self.assertEqual(expected, python(program, through=("-m", "tabi", *switches)).stdout)


if __name__ == "__main__":
    unittest.main()
