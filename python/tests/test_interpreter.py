"""What depends on details of the interpreter: each has another way, and this takes it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import unittest

from programs import HANG, HERE, PACKAGES, python


class Programs(unittest.TestCase):
    def prints(self, program: str, expected: str, *arguments: str) -> None:
        result = python(textwrap.dedent(program), *arguments)
        self.assertEqual((0, expected, ""), (result.returncode, result.stdout, result.stderr))


class End(Programs):
    def test_the_end_of_the_interpreter_closes_a_socket_whose_handle_is_still_there(self):
        # The socket is younger than its handle and in a cycle with it.
        self.prints(
            """
            import os
            from tabi import _socket
            from tabi._socket import lifecycle

            apart = {"write": os.write}
            exec("def noting(close): return lambda capsule: write(1, b'closed: %d\\\\n' % close(capsule))", apart)
            closing = lifecycle.Lifecycle.__del__
            names = closing.__code__.co_varnames[1 : closing.__code__.co_argcount]
            values = dict(zip(names, closing.__defaults__))
            values["close"] = apart["noting"](values["close"])
            closing.__defaults__ = tuple(values.values())

            early, late = _socket.socket(), _socket.socket.__new__(_socket.socket)
            for name in lifecycle.Lifecycle.__slots__:
                setattr(late, name, getattr(early, name))
            early._tabi_fd, early._tabi_handle, early._tabi_capsule = -1, None, None

            class Cycle:
                pass

            cycle = Cycle()
            cycle.cycle, cycle.handle, cycle.socket = cycle, late._tabi_handle, late
            del early, late
            """,
            "closed: 0\n",
        )

    def test_a_socket_whose_text_cannot_be_made_is_closed_all_the_same(self):
        self.prints(
            """
            import os, warnings
            from tabi import _socket

            class Silent(_socket.socket):
                def __repr__(self):
                    raise LookupError

            warnings.simplefilter("error")
            one, other = _socket.socketpair()
            silent = Silent(fileno=one.detach())
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                del silent
            print(str(warned[0].message).startswith("unclosed <socket object, fd="), other.recv(1))
            other.close()
            """,
            "True b''\n",
        )


class Interrupted(Programs):
    def test_what_is_raised_within_a_call_leaves_no_descriptor_behind(self):
        # The handler of a signal may raise anywhere in Python code, as this does line by line.
        self.prints(
            """
            import gc, os, sys, warnings
            from tabi import _socket

            class Raised(Exception):
                pass

            def interrupted_everywhere(call):
                interruptions = 0
                while True:
                    lines = interruptions

                    def trace(frame, event, argument):
                        nonlocal lines
                        # In these, Python runs no handler at the lines that matter.
                        if frame.f_code.co_name in ("__del__", "adopt"):
                            return None
                        lines -= 1
                        if lines < 0:
                            raise Raised
                        return trace

                    sys.settrace(trace)
                    try:
                        call()
                    except Raised:
                        interruptions += 1
                    else:
                        return interruptions
                    finally:
                        sys.settrace(None)

            def one():
                _socket.socket().close()

            def two():
                for each in _socket.socketpair():
                    each.close()

            warnings.simplefilter("ignore")
            two()
            before = os.listdir("/proc/self/fd")
            for call in one, two:
                print(interrupted_everywhere(call) > 20)
                gc.collect()
                print(len(os.listdir("/proc/self/fd")) - len(before))
            """,
            "True\n0\n" * 2,
        )


#: The folder of what makes an interpreter another than it is.
UNKNOWN = os.path.join(HERE, "unknown_interpreter")

CHANGED = f"""
import sys
sys.path.append({UNKNOWN!r})
from changing import change
"""

#: Fills buffers of all kinds, by all calls that do.
EVERYTHING = """
from tabi import _socket, socket
one, other = _socket.socketpair()
for size in (1, 2, 5, 8192, 8193, 100_000):
    one.sendall(bytes(range(256)) * (size // 256 + 1))
    received = other.recv(size)
    total = size // 256 * 256 + 256 - len(received)
    while total:
        buffer = bytearray(min(total, 5000))
        count = other.recv_into(buffer)
        total -= count
        received += buffer[:count]
    print(len(received), hash(bytes(received)) == hash(bytes(range(256)) * (size // 256 + 1)))
buffer = bytearray(100)
del buffer[:90]
for target in (buffer, memoryview(buffer), memoryview(buffer)[2:5], buffer):
    one.send(bytearray(b"hello"))
    count = other.recv_into(target)
    print(count, bytes(target[:count]), other.recv(9, socket.MSG_DONTWAIT) if count < 5 else None)
one.sendmsg([b"a", b"bc"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, one.fileno().to_bytes(4, sys.byteorder))])
data, messages, flags, sender = other.recvmsg(10, socket.CMSG_SPACE(4))
print(data, len(messages), len(messages[0][2]), flags, sender)
socket.close(int.from_bytes(messages[0][2], sys.byteorder))
one.send(memoryview(b"defg")[1:])
parts = [bytearray(2), memoryview(bytearray(2))]
print(other.recvmsg_into(parts), [bytes(part) for part in parts])
here = _socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("127.0.0.1", 0))
place = here.getsockname()
here.sendto(b"self", place)
print(here.recvfrom(10) == (b"self", place), here.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 4))
print(socket.getaddrinfo("::1", 80, 0, 1)[0][4], socket.getnameinfo(("127.0.0.1", 80), 3), socket.inet_ntop(2, b"1234"))
for each in (one, other, here):
    each.close()
"""


class Details(Programs):
    """What the package assumes of the interpreter is looked at when it is imported; this says that it is otherwise."""

    def everything(self, file: str = "", before: str = "", after: str = "", shown: str = "None") -> str:
        change = f"change('tabi._socket.{file}', {before!r}, {after!r})" if file else ""
        program = "\n".join((CHANGED, change, EVERYTHING, "from tabi._socket import buffers, native", f"print({shown})"))
        result = python(program)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        return result.stdout

    def test_nothing_depends_on_them(self):
        expected = self.everything()
        self.assertGreater(expected.count("True"), 5)
        self.assertNotIn("False", expected)
        layout = "buffers.arguments_of_view is buffers._asked_arguments_of_view or None"
        calls = "native.recv.__module__ == 'tabi._socket.through_ctypes' or None"
        changes = [
            ("buffers", "_HEADER = object.__basicsize__", "_HEADER = object.__basicsize__ + 8", layout),
            ("buffers", "_HEADER = object.__basicsize__", "_HEADER = object.__basicsize__ + 4096", layout),
            (
                "buffers",
                "_BYTES_AT = bytes.__basicsize__ - 1",
                "_BYTES_AT = bytes.__basicsize__ - 2",
                "buffers.address_of is buffers._asked_address_of or None",
            ),
            (
                "buffers",
                "bytes(size) is not bytes(size)",
                "bytes(size) is bytes(size)",
                "buffers.zeros is buffers._zeros_by_the_c_interface or None",
            ),
            # Python lacks a function, the library lacks one, and methods are in another form.
            ("native", '"_PyBytes_Resize"', '"_PyBytes_Resize_of_old"', calls),
            ("native", '    "Py_DecRef",\n', "", calls),
            ("native", "_FAST_CALL = 0x80", "_FAST_CALL = 0x100", calls),
        ]
        for file, before, after, shown in changes:
            with self.subTest(after):
                found = self.everything(file, before, after, shown)
                self.assertEqual(expected.splitlines()[:-1] + ["True"], found.splitlines())

    def test_the_tests_of_sending_and_receiving_pass_without_any_of_them(self):
        folders = os.pathsep.join((UNKNOWN, PACKAGES))
        for name in "native", "transfer", "subclasses", "arguments", "blocking", "hostile":
            with self.subTest(name):
                command = [sys.executable, os.path.join(HERE, f"test_{name}.py")]
                result = subprocess.run(
                    command,
                    env={**os.environ, "PYTHONPATH": folders},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=HANG,
                )
                self.assertEqual(0, result.returncode, result.stdout)
                self.assertIn("\nRan ", result.stdout)


class Threads(Programs):
    def test_servers_need_nothing_that_threading_keeps_for_itself(self):
        program = """
            from tabi import socket, socketserver
            import threading

            class Handler(socketserver.StreamRequestHandler):
                def handle(self):
                    self.wfile.write(self.rfile.readline())

            with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
                thread = threading.Thread(target=server.serve_forever)
                thread.start()
                with socket.create_connection(server.server_address, 60) as client:
                    client.sendall(b"line\\n")
                    print(client.recv(10))
                server.shutdown()
                thread.join()
            """
        for name in ("_active_limbo_lock", "_active", "_dangling"):
            change = f"change('tabi._server.hooks', '\"{name}\"', '\"{name}_of_old\"')"
            self.prints(CHANGED + change + textwrap.dedent(program), "b'line\\n'\n")


#: Runs a program in a subinterpreter: with a lock of its own, where this Python's ctypes can be there.
IN_A_SUBINTERPRETER = """
import sys

def run(program):
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        interpreter = interpreters.create()
        interpreter.exec(program)
        interpreter.close()
    elif sys.version_info >= (3, 13):
        import _interpreters

        number = _interpreters.create("isolated")
        failed = _interpreters.exec(number, program)
        assert failed is None, failed.formatted
        _interpreters.destroy(number)
    else:
        import _xxsubinterpreters

        number = _xxsubinterpreters.create(isolated=False)
        _xxsubinterpreters.run_string(number, program)
        _xxsubinterpreters.destroy(number)
"""


class Subinterpreters(Programs):
    def test_sockets_work_and_end_with_their_interpreter(self):
        program = """
import os, sys
import tabi
tabi.install()
import socket
import tabi.socket
one, other = socket.socketpair()
one.sendall(b"hello")
listener = socket.create_server(("127.0.0.1", 0))
client = tabi.create_connection(listener.getsockname(), 60)
accepted, _ = listener.accept()
client.send(bytearray(b"abc"))
buffer = bytearray(10)
print(other.recv(10), accepted.recv_into(buffer), bytes(buffer[:3]), tabi.installed(), socket is tabi.socket)
sys.stdout.flush()
"""
        self.prints(
            IN_A_SUBINTERPRETER
            + f"for _ in range(3): run({program!r})\nimport tabi, os\nprint(tabi.installed())\n",
            "b'hello' 3 b'abc' True True\n" * 3 + "False\n",
        )

    def test_each_has_a_default_timeout_of_its_own(self):
        program = """
import os, sys
import tabi
tabi.install()
import socket
listener = socket.create_server(("127.0.0.1", 0))
with listener, socket.create_connection(listener.getsockname()) as client:
    for sock in (listener, client):
        print(socket.getdefaulttimeout(), sock.gettimeout(), os.get_blocking(sock.fileno()))
socket.setdefaulttimeout(7)
sys.stdout.flush()
"""
        self.prints(
            IN_A_SUBINTERPRETER
            + f"""
from tabi import socket
socket.setdefaulttimeout(0.5)
run({program!r})
with socket.socket() as sock:
    print(socket.getdefaulttimeout(), sock.gettimeout())
""",
            "None None True\n" * 2 + "0.5 0.5\n",
        )

    def test_servers_are_refused_and_the_standard_ones_serve(self):
        program = """
import sys
import tabi
for wanted in (lambda: tabi.install(servers=True), lambda: __import__("tabi.socketserver")):
    try:
        wanted()
    except ImportError as error:
        print(error)
assert not tabi.installed()
tabi.install()
import socket, socketserver, threading
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with socket.create_connection(server.server_address, 60) as client:
        client.sendall(b"line" + bytes([10]))
        print(client.recv(10))
    thread.join()
sys.stdout.flush()
"""
        refusal = (
            "tabi.socketserver cannot be imported in a subinterpreter: its threads run in the main interpreter; "
            "the standard socketserver on tabi's sockets can\n"
        )
        self.prints(IN_A_SUBINTERPRETER + f"run({program!r})", refusal * 2 + "b'line\\n'\n")


if __name__ == "__main__":
    unittest.main()
