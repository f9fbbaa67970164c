"""A thread that handles many requests is for each of them what a new thread would be."""

from __future__ import annotations

import contextvars
import sys
import threading
import unittest

from test_socketserver_native import ANY, connect, read_all, serving

from tabi import socketserver

_name = contextvars.ContextVar("name", default="nobody")


class Server(socketserver.ThreadingTCPServer):
    max_threads = 1


class Lines(socketserver.StreamRequestHandler):
    """Answers each line with the one before, which it keeps in a context variable, and parks."""

    def handle(self):
        line = self.rfile.readline().strip()
        if not line:
            return None
        self.wfile.write(f"{_name.get()} in {threading.get_ident()}\n".encode())
        _name.set(line.decode())
        return socketserver.PARK


class Context(unittest.TestCase):
    def test_context_variables_are_the_connection_s_in_all_its_turns(self):
        server = Server(ANY, Lines)
        threads = set()

        def ask(client, name: str) -> str:
            client.sendall(name.encode() + b"\n")
            before, thread = client.makefile("r").readline().split(" in ")
            threads.add(thread)
            return before

        with serving(server), connect(server) as one, connect(server) as other:
            self.assertEqual("nobody", ask(one, "Ann"))
            self.assertEqual("nobody", ask(other, "Bob"))
            self.assertEqual("Ann", ask(one, "Cid"))
            self.assertEqual("Bob", ask(other, "Dan"))
            self.assertEqual("Cid", ask(one, "Eve"))
        self.assertEqual(1, len(threads))


class Traced(unittest.TestCase):
    def test_what_threading_was_told_last_traces_and_profiles_each_request(self):
        class Tells(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(f"{sys.gettrace()} {sys.getprofile()} {threading.get_ident()}".encode())

        class Hook:
            def __init__(self, name: str) -> None:
                self.name, self.seen = name, set()

            def __call__(self, frame, event, argument):
                self.seen.add(frame.f_code.co_name)

            def __repr__(self) -> str:
                return self.name

        def ask():
            with connect(server) as client:
                trace, profile, thread = read_all(client).decode().split()
                threads.add(thread)
                return trace, profile

        before = [getattr(threading, f"_{what}_hook") for what in ("trace", "profile")]
        self.addCleanup(threading.settrace, before[0])
        self.addCleanup(threading.setprofile, before[1])
        trace, profile = Hook("trace"), Hook("profile")
        server, threads = Server(ANY, Tells), set()
        with serving(server):
            threading.settrace(None)
            threading.setprofile(None)
            self.assertEqual(("None", "None"), ask())
            threading.settrace(trace)
            self.assertEqual(("trace", "None"), ask())
            threading.setprofile(profile)
            self.assertEqual(("trace", "profile"), ask())
            threading.settrace(None)
            threading.setprofile(None)
            self.assertEqual(("None", "None"), ask())
        self.assertEqual(1, len(threads))
        self.assertIn("handle", trace.seen)
        self.assertIn("handle", profile.seen)


if __name__ == "__main__":
    unittest.main()
