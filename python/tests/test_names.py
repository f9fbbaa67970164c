"""Names under a socket's timeout, with a name server that never answers: a C library in front of the system's resolver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

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
                except TimeoutError:
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

    def test_other_sockets_have_no_limit_but_their_own(self):
        self.run_on_tabi("""
            import socket

            with socket.socket() as listener, socket.socket() as sock:
                listener.bind(("localhost", 0))
                listener.listen()
                sock.connect(("localhost", listener.getsockname()[1]))
                assert sock.gettimeout() is None
        """)


if __name__ == "__main__":
    unittest.main()
