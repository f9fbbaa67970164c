"""Names, classes, objects and audit events are those of the built-in module."""

from __future__ import annotations

import os
import pickle
import sys
import threading
import unittest

from programs import HANG, python
import tabi
import tabi.proxy
from tabi import socket, socketserver


class SideBySide(unittest.TestCase):
    def test_the_standard_module_stays_what_it_is(self):
        import socket as standard

        self.assertIsNot(standard.socket, socket.socket)
        self.assertIs(standard.gaierror, socket.gaierror)
        self.assertEqual(set(standard.__all__), set(socket.__all__))

    def test_each_public_name_says_what_it_is(self):
        import socket as standard_socket
        import socketserver as standard_servers

        for module, standard in ((tabi, None), (tabi.proxy, None), (socket, standard_socket), (socketserver, standard_servers)):
            for name in module.__all__:
                thing, original = getattr(module, name), getattr(standard, name, None)
                # The standard modules have names without a text.
                if callable(thing) and (original is None or original.__doc__):
                    with self.subTest(module=module.__name__, name=name):
                        self.assertTrue(thing.__doc__)
                        for method, value in vars(thing).items() if isinstance(thing, type) and original is None else ():
                            if callable(value) and not method.startswith("_"):
                                self.assertTrue(value.__doc__, method)

    def test_the_low_level_module_has_the_builtin_names_and_values(self):
        import _socket as builtin

        from tabi import _socket

        def public(module):
            return {name for name in vars(module) if not name.startswith("_")}

        self.assertEqual(public(builtin), public(_socket))
        methods = {name for name in dir(_socket.socket) if not name.startswith("_")}
        self.assertEqual({name for name in dir(builtin.socket) if not name.startswith("_")}, methods)
        for name in public(builtin):
            if isinstance(getattr(builtin, name), (int, str)):
                self.assertEqual(getattr(builtin, name), getattr(_socket, name), name)

    def test_the_low_level_module_shows_no_private_name(self):
        import _socket as builtin

        from tabi import _socket

        # What every package has.
        additional = {"__path__", "__file__", "__builtins__"} | ({"__cached__"} if sys.version_info < (3, 15) else set())
        self.assertEqual(set(dir(builtin)) | additional, set(dir(_socket)) | {"__file__"})

    def test_a_function_does_not_become_a_method_in_a_class(self):
        from tabi import _socket

        class Holder:
            pack = _socket.inet_aton
            swap = _socket.htons

        self.assertEqual(b"\1\2\3\4", Holder().pack("1.2.3.4"))
        self.assertEqual(_socket.htons(1), Holder().swap(1))

    def test_a_function_is_known_by_its_name_and_has_a_help_text(self):
        import _socket as builtin

        from tabi import _socket

        for name in dir(builtin):
            if callable(getattr(builtin, name)) and not isinstance(getattr(builtin, name), type):
                function = getattr(_socket, name)
                self.assertEqual((name, getattr(builtin, name).__doc__), (function.__name__, function.__doc__))
                self.assertIs(function, pickle.loads(pickle.dumps(function)))

    @unittest.skipUnless(sys.version_info >= (3, 10), "the built-in class cannot be changed since Python 3.10")
    def test_the_class_cannot_be_changed_and_a_subclass_can(self):
        from tabi import _socket

        with self.assertRaisesRegex(TypeError, "immutable"):
            _socket.socket.send = None

        class Own(_socket.socket):
            pass

        Own.send = None
        self.assertIsNone(Own.send)

    def test_a_server_on_tabi_serves_a_builtin_client(self):
        import socket as standard

        class Echo(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(self.rfile.readline())

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
            self.assertIsInstance(server.socket, socket.socket)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                with standard.create_connection(server.server_address, HANG) as client:
                    client.sendall(b"line\n")
                    self.assertEqual(b"line\n", client.makefile("rb").readline())
            finally:
                server.shutdown()
                thread.join()


class SameObject(unittest.TestCase):
    """What becomes of a socket object that is used in unusual ways."""

    def test_a_method_of_the_class_wants_a_socket(self):
        import _socket as builtin

        from tabi import _socket

        arguments = {
            "recv": [(1,), (10,), (10**6,), (10, 1)],
            "recv_into": [(bytearray(10),), (memoryview(bytearray(10)),), (bytearray(10), 5)],
            "recvfrom": [(10,), (10**6,), (10, 1)],
            "recvfrom_into": [(bytearray(10),)],
            "send": [(b"x",), (bytearray(b"x"),), (b"x", 1), (bytes(10**6),)],
            "sendall": [(b"x",), (bytearray(b"x"),), (b"x", 1)],
            "sendto": [(b"x", "a"), (b"x", 0, "a")],
            "sendmsg": [([b"x"],), ([b"x"], [], 0, "a")],
            "recvmsg": [(10,)],
            "recvmsg_into": [([bytearray(10)],)],
            "bind": [("a",)],
            "connect": [("a",)],
            "connect_ex": [("a",)],
            "listen": [(), (5,)],
            "shutdown": [(2,)],
            "getsockopt": [(1, 2)],
            "setsockopt": [(1, 2, 3)],
            "settimeout": [(1,)],
            "setblocking": [(True,)],
            "__init__": [(), (2,)],
            **{name: [()] for name in "_accept close detach fileno getblocking getpeername getsockname gettimeout".split()},
        }
        methods = {name for name, value in vars(builtin.socket).items() if type(value).__name__ == "method_descriptor"}
        self.assertLessEqual(methods, set(arguments) | {"sendmsg_afalg"})
        for name, cases in arguments.items():
            for given in cases:
                with self.subTest(name, given=str(given)[:50]):
                    expected = f"'{name}'.*doesn't apply to a.*'object'|'{name}' requires a '_socket.socket' object"
                    for module in (builtin, _socket):
                        with self.assertRaisesRegex(TypeError, expected):
                            getattr(module.socket, name)(object(), *given)

    def test_init_with_its_own_descriptor_keeps_the_socket(self):
        import _socket as builtin

        from tabi import _socket

        for module in (builtin, _socket):
            with self.subTest(module.__name__):
                one, other = module.socketpair()
                one.settimeout(HANG)
                number = one.fileno()
                for settings in ({}, {"family": one.family, "type": one.type}):
                    one.__init__(fileno=number, **settings)
                    self.assertEqual((number, one.family, one.type), (one.fileno(), other.family, other.type))
                    self.assertIsNone(one.gettimeout())
                    if module is _socket:
                        # The built-in module leaves a descriptor that does not block, though the socket says it does.
                        self.assertTrue(os.get_blocking(number))
                    one.send(b"still there")
                    self.assertEqual(b"still there", other.recv(100))
                one.close()
                self.assertEqual(b"", other.recv(1))
                self.assertRaises(OSError, os.fstat, number)
                other.close()

    def test_the_garbage_collector_tracks_one_more_object_than_for_a_builtin_socket(self):
        program = """
            import gc, sys
            if sys.argv[1] == "tabi":
                from tabi import socket
            else:
                import socket
            gc.collect()
            gc.disable()
            before = len(gc.get_objects())
            kept = [socket.socket() for _ in range(100)]
            print(len(gc.get_objects()) - before)
            for each in kept:
                each.close()
        """
        lines = "\n".join(line[12:] for line in program.splitlines())
        builtin, tabi = (int(python(lines, module).stdout) for module in ("builtin", "tabi"))
        # Since Python 3.12 the pointers of ctypes are tracked too.
        more = 100 if sys.version_info < (3, 12) else 200
        self.assertLess(tabi, builtin + more + 20)


class Auditing(unittest.TestCase):
    def test_the_events_are_those_of_the_builtin_module(self):
        program = """
            import sys
            heard, hearing = [], True

            def hook(name, given):
                if hearing and name.startswith("socket."):
                    heard.append((name, given[1:]))

            sys.addaudithook(hook)
            if sys.argv[1] == "tabi":
                from tabi import _socket
            else:
                import _socket

            def call(function, *arguments):
                try:
                    function(*arguments)
                except (OSError, TypeError, ValueError) as error:
                    heard.append(str(error))

            one, other = _socket.socketpair()
            for buffers in ([b"x"], [bytearray(b"x")], (b"x" for _ in range(2)), [], 1, [1], "x"):
                call(one.sendmsg, buffers)
                call(one.sendmsg, buffers, [])
                call(one.sendmsg, buffers, [], 0, 5)
            call(one.sendmsg, [b"x"], 1)
            call(one.recvmsg_into, 1)
            sender = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
            for address in ("/no/such/path", "/no/such/path", b"/no/such/path", 5):
                call(sender.sendto, b"x", address)
                call(sender.sendto, b"x", 0, address)
                call(sender.sendto, bytearray(b"x"), address)
                call(sender.connect, address)
                call(sender.bind, address)
            hearing = False
            print("\\n".join(map(str, heard)))
        """
        lines = "\n".join(line[12:] for line in program.splitlines())
        builtin, tabi = (python(lines, module) for module in ("builtin", "tabi"))
        self.assertEqual(("", ""), (builtin.stderr, tabi.stderr))
        self.assertEqual(builtin.stdout.splitlines(), tabi.stdout.splitlines())


if __name__ == "__main__":
    unittest.main()
