"""The path of a unix server: it stays when the server is closed, or is removed on request."""

from __future__ import annotations

import os
import tempfile
import unittest

from tabi import socket, socketserver

KINDS = (
    socketserver.UnixStreamServer,
    socketserver.UnixDatagramServer,
    socketserver.ThreadingUnixStreamServer,
    socketserver.ThreadingUnixDatagramServer,
)


class UnixPath(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "socket")

    def removing(self, kind=socketserver.ThreadingUnixStreamServer, path=None):
        """A server that removes its path."""
        return type("Server", (kind,), {"unlink_path": True})(path or self.path, socketserver.BaseRequestHandler)

    def test_it_is_removed_only_on_request(self):
        for kind in KINDS:
            with self.subTest(kind.__name__):
                kind(self.path, socketserver.BaseRequestHandler).server_close()
                self.assertTrue(os.path.exists(self.path))
                os.unlink(self.path)
                server = self.removing(kind)
                self.assertTrue(os.path.exists(self.path))
                server.server_close()
                self.assertFalse(os.path.exists(self.path))
                server.server_close()

    def test_what_another_has_put_there_is_left_alone(self):
        with self.removing():
            os.unlink(self.path)
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(self.path)
        self.assertTrue(os.path.exists(self.path))
        os.unlink(self.path)
        with self.removing():
            os.unlink(self.path)

    def test_a_relative_path_is_found_from_another_directory(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(os.path.dirname(self.path))
        with self.removing(path="socket"):
            os.chdir("/")
        self.assertFalse(os.path.exists(self.path))

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_forked_child_leaves_it_alone(self):
        with self.removing() as server:
            child = os.fork()
            if child == 0:
                server.server_close()
                os._exit(0)
            self.assertEqual(0, os.waitpid(child, 0)[1])
            self.assertTrue(os.path.exists(self.path))
        self.assertFalse(os.path.exists(self.path))

    def test_an_abstract_name_and_an_internet_address_have_no_path(self):
        self.removing(path=f"\0tabi-{os.getpid()}-unlink").server_close()
        self.removing(socketserver.TCPServer, ("127.0.0.1", 0)).server_close()


if __name__ == "__main__":
    unittest.main()
