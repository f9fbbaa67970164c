"""``tabi.poll``: what is ready, what ends it, and what it refuses."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
import unittest

import tabi
from programs import HANG, python, thread_sleeps
from select import POLLHUP, POLLIN, POLLOUT
from tabi import POLL_CLOSED, socket


def pair(test: unittest.TestCase):
    one, other = socket.socketpair()
    test.addCleanup(one.close)
    test.addCleanup(other.close)
    return one, other


class Ready(unittest.TestCase):
    def test_sockets_descriptors_and_files_are_polled_together(self):
        one, other = pair(self)
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        file = os.fdopen(reader, "rb")
        self.addCleanup(file.close)
        entries = [(one, POLLIN | POLLOUT), (other, POLLIN), (file, POLLIN), (writer, POLLOUT)]
        self.assertEqual([(one, POLLOUT), (writer, POLLOUT)], tabi.poll(entries, 0))
        one.sendall(b"x")
        os.write(writer, b"x")
        entries[0] = one, 0
        self.assertEqual([(other, POLLIN), (file, POLLIN), (writer, POLLOUT)], tabi.poll(iter(entries)))

    def test_a_socket_of_the_builtin_module_is_a_descriptor(self):
        import socket as standard

        one, other = standard.socketpair()
        with one, other:
            other.sendall(b"x")
            self.assertEqual([(one, POLLIN)], tabi.poll([(one, POLLIN)], HANG))

    def test_the_same_socket_may_be_there_twice(self):
        one, _other = pair(self)
        self.assertEqual([(one, POLLOUT)] * 2, tabi.poll([(one, POLLOUT), (one, POLLOUT)], 0))

    def test_more_than_1024_entries(self):
        one, other = pair(self)
        entries = [(other, POLLIN)] * 600
        other.sendall(b"x")
        self.assertEqual([(one, POLLIN)], tabi.poll([*entries, (one, POLLIN)], HANG))


class Time(unittest.TestCase):
    def test_the_timeout_passes_and_not_before_its_time(self):
        one, _other = pair(self)
        for entries in [(one, POLLIN)], []:
            # Longer than the library waits at once.
            for timeout in 0.02, 0.6:
                began = time.monotonic()
                self.assertEqual([], tabi.poll(entries, timeout))
                self.assertGreaterEqual(time.monotonic() - began, timeout)
        self.assertEqual([], tabi.poll([(one, POLLIN)], timeout=0))


class Ends(unittest.TestCase):
    def test_a_close_in_another_thread_ends_the_poll(self):
        for is_shared in False, True:
            one, _other = pair(self)
            quiet, _peer = pair(self)
            copy = one.dup() if is_shared else None
            found = []
            thread = threading.Thread(target=lambda: found.extend(tabi.poll([(quiet, POLLIN), (one, POLLIN)])))
            thread.start()
            while not thread_sleeps(thread):
                pass
            one.close()
            thread.join(HANG)
            self.assertEqual([(one, POLL_CLOSED)], found)
            self.assertEqual([(one, POLL_CLOSED)], tabi.poll([(quiet, POLLIN), (one, POLLIN)]))
            if copy is not None:
                copy.close()

    def test_ctrl_c_ends_the_poll_of_anything(self):
        program = """
            import os, signal, sys, threading
            import tabi
            from tabi import socket

            # Whoever started the tests in the background has had Ctrl-C ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)

            one, other = socket.socketpair()
            reader, writer = os.pipe()
            entries = {"sockets": [(one, 1)], "descriptors": [(reader, 1)], "nothing": []}[sys.argv[1]]
            own = threading.get_native_id()

            def press():
                state = ""
                while state != "S":
                    with open(f"/proc/self/task/{own}/stat") as stat:
                        state = stat.read().rpartition(")")[2].split()[0]
                os.kill(os.getpid(), 2)

            threading.Thread(target=press).start()
            try:
                tabi.poll(entries)
            except KeyboardInterrupt:
                print("interrupted")
            one.sendall(b"x")
            print(tabi.poll([(other, 1)], 60) == [(other, 1)])
        """
        program = "\n".join(line[12:] for line in program.splitlines())
        for what in "sockets", "descriptors", "nothing":
            done = python(program, what)
            self.assertEqual((0, "interrupted\nTrue\n", ""), (done.returncode, done.stdout, done.stderr), what)

    def test_the_time_goes_on_when_a_handler_raises_nothing(self):
        before = signal.signal(signal.SIGALRM, lambda number, frame: None)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        one, _other = pair(self)
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        try:
            began = time.monotonic()
            self.assertEqual([], tabi.poll([(one, POLLIN)], 0.3))
            self.assertGreaterEqual(time.monotonic() - began, 0.3)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


class Refused(unittest.TestCase):
    def test_what_cannot_be_polled(self):
        one, other = pair(self)
        closed = open(os.devnull)
        closed.close()
        for kind, entries, timeout in [
            (ValueError, [(one, -1)], 0),
            (ValueError, [(one, 0x8000)], 0),
            (ValueError, [(one, 0x20000)], 0),
            (ValueError, [(one, 2**40)], 0),
            (TypeError, [(one, "in")], 0),
            (TypeError, [(object(), POLLIN)], 0),
            (ValueError, [(-1, POLLIN)], 0),
            (OverflowError, [(2**31, POLLIN)], 0),
            (ValueError, [(closed, POLLIN)], 0),
            (TypeError, [one], 0),
            (ValueError, [(one, POLLIN)], -1),
            (TypeError, [(one, POLLIN)], "1"),
            (ValueError, [(one, POLLIN)], float("nan")),
        ]:
            with self.subTest(entries=entries, timeout=timeout), self.assertRaises(kind):
                tabi.poll(entries, timeout)
        # A descriptor that is not open is an event, as in select.poll.
        reader, writer = os.pipe()
        os.close(writer)
        self.assertEqual([(reader, POLLHUP)], tabi.poll([(reader, 0)], HANG))
        os.close(reader)
        self.assertEqual([(2**31 - 1, select.POLLNVAL)], tabi.poll([(2**31 - 1, 0)], 0))

    def test_a_socket_that_was_never_opened(self):
        never = socket.socket.__new__(socket.socket)
        with self.assertRaises(OSError) as raised:
            tabi.poll([(never, POLLIN)], 0)
        self.assertEqual(9, raised.exception.errno)


if __name__ == "__main__":
    unittest.main()
