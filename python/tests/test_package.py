"""What the package promises beyond CPython's own tests."""

from __future__ import annotations

import os
import pickle
import py_compile
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

from tabi import socket, socketserver

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.dirname(HERE)

#: Seconds after which something that should have happened is a hang.
HANG = 60


def python(program: str, *arguments: str, through: tuple = (), **environment: str) -> subprocess.CompletedProcess:
    """Runs a program in a fresh interpreter that finds this package."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(program)
        file.flush()
        return subprocess.run(
            [sys.executable, *through, file.name, *arguments],
            env={**os.environ, "PYTHONPATH": PACKAGES, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
        )


class Installing(unittest.TestCase):
    def test_it_comes_too_late_after_import_socket(self):
        done = python("import socket, tabi\ntabi.install()")
        self.assertIn("tabi.install() comes too late", done.stderr)

    def test_it_gives_socket_and_all_above_it_to_tabi(self):
        done = python(
            "import tabi; tabi.install(); tabi.install()\n"
            "import socket, asyncio, tabi._socket\n"
            "print(tabi.installed(), issubclass(socket.socket, tabi._socket.socket))\n"
            "import tabi.socket\n"
            "print(tabi.socket is socket)\n"
        )
        self.assertEqual("True True\nTrue\n", done.stdout, done.stderr)

    def test_servers_gives_socketserver_and_all_above_it_to_tabi(self):
        asks = "import http.server, socketserver, tabi, tabi.socketserver, tabi._socket\n"
        asks += "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.BaseHTTPRequestHandler)\n"
        asks += "print(socketserver is tabi.socketserver, isinstance(server, tabi.socketserver.ThreadingMixIn))\n"
        asks += "print(isinstance(server.socket, tabi._socket.socket), server.statistics().accepted)\n"
        for program, through in (
            (asks, ("-m", "tabi", "--servers")),
            ("import tabi; tabi.install(servers=True); tabi.install(servers=True)\n" + asks, ()),
            ("import tabi; tabi.install(); tabi.install(servers=True); tabi.install()\n" + asks, ()),
        ):
            with self.subTest(through):
                done = python(program, through=through)
                self.assertEqual("True True\nTrue 0\n", done.stdout, done.stderr)

    def test_servers_comes_too_late_after_import_socketserver_and_changes_nothing(self):
        # The standard module without its `socket`, so that only the servers come too late.
        program = "import sys, socketserver; del sys.modules['socket']\nimport tabi\n"
        program += "try:\n tabi.install(servers=True)\nexcept RuntimeError as error:\n print(error, tabi.installed())"
        done = python(program)
        self.assertRegex(done.stdout, "too late: the socketserver module .* `python3 -m tabi --servers` False")

    def test_servers_is_an_option_of_the_runner_and_not_of_what_it_runs(self):
        done = python("import sys; print(sys.argv[1:])", "--servers", "-m", through=("-m", "tabi", "--servers"))
        self.assertEqual("['--servers', '-m']\n", done.stdout, done.stderr)

    def test_usage_errors_are_named(self):
        for arguments, status, told in (
            ((), 2, "usage: python3 -m tabi [--servers] SCRIPT"),
            (("--servers",), 2, "usage: python3 -m tabi [--servers] SCRIPT"),
            (("--server",), 1, "tabi: unknown option --server\nusage: "),
            (("--servers", "--servers", "script.py"), 1, "tabi: unknown option --servers\nusage: "),
            (("--servers", "-m"), 1, "tabi: -m needs the name of a module\n"),
        ):
            with self.subTest(arguments):
                command = [sys.executable, "-m", "tabi", *arguments]
                found = {**os.environ, "PYTHONPATH": PACKAGES}
                done = subprocess.run(command, env=found, capture_output=True, text=True, timeout=HANG)
                self.assertEqual(status, done.returncode)
                self.assertEqual(told, (done.stdout + done.stderr)[: len(told)])

    def test_a_library_that_is_not_there_is_named(self):
        done = python("print('not reached')", through=("-m", "tabi"), TABI_LIBRARY="/no/such/libtabi.so")
        self.assertEqual("tabi: TABI_LIBRARY names '/no/such/libtabi.so', which is not a file\n", done.stderr)
        self.assertEqual((1, ""), (done.returncode, done.stdout))

    def test_a_library_is_never_taken_from_the_current_folder(self):
        program = "import sys; sys.path.insert(0, sys.argv[1]); import tabi; print(tabi.library_path())"
        with tempfile.TemporaryDirectory() as folder:
            # The current folder looks like a checkout with a library that was just built.
            current, installed = os.path.join(folder, "current"), os.path.join(folder, "installed")
            os.makedirs(os.path.join(current, "target", "release"))
            for name in ("Cargo.toml", "libtabi.so", os.path.join("target", "release", "libtabi.so")):
                open(os.path.join(current, name), "w").close()
            os.mkdir(installed)
            shutil.copytree(
                os.path.join(PACKAGES, "tabi"),
                os.path.join(installed, "tabi"),
                ignore=shutil.ignore_patterns("__pycache__", "libtabi.*"),
            )
            for setting, expected in (
                ({"CARGO_TARGET_DIR": "target"}, "libtabi.so was not found"),
                ({"CARGO_TARGET_DIR": os.path.join(current, "target")}, "libtabi.so was not found"),
                ({"TABI_LIBRARY": "libtabi.so"}, "TABI_LIBRARY must be an absolute path, got 'libtabi.so'"),
                ({"TABI_LIBRARY": "./target/release/libtabi.so"}, "TABI_LIBRARY must be an absolute path"),
            ):
                with self.subTest(setting):
                    environment = {name: value for name, value in os.environ.items() if name != "TABI_LIBRARY"}
                    done = subprocess.run(
                        [sys.executable, "-c", program, installed],
                        env={**environment, "PYTHONPATH": "", **setting},
                        cwd=current,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                        text=True,
                        timeout=HANG,
                    )
                    self.assertEqual("", done.stdout)
                    self.assertIn(expected, done.stderr)

    def test_a_script_runs_as_python_runs_it(self):
        program = "import sys, __main__\nprint(__name__, sys.argv[1:], __main__.__file__ == sys.argv[0] == __file__)"
        program += "\nprint(sys.path[0] == __file__.rpartition('/')[0])\nsys.exit(3)"
        done = python(program, "a", "-b", through=("-m", "tabi"))
        self.assertEqual(("__main__ ['a', '-b'] True\nTrue\n", 3), (done.stdout, done.returncode), done.stderr)

    def test_a_script_named_by_a_link_or_a_short_path_is_run_as_python_runs_it(self):
        program = """
            import os, sys
            os.chdir("/")
            print(os.path.isabs(__file__), os.path.exists(__file__), os.path.basename(__file__), sys.argv[0])
            import beside
            print(os.path.basename(sys.path[0]), (lambda: 0).__code__.co_filename == __file__)
        """
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "real"))
            with open(os.path.join(folder, "real", "script.py"), "w") as file:
                file.write("\n".join(line[12:] for line in program.splitlines()))
            open(os.path.join(folder, "real", "beside.py"), "w").close()
            os.symlink(os.path.join("real", "script.py"), os.path.join(folder, "link.py"))
            found = [
                subprocess.run(
                    [sys.executable, *through, "link.py"],
                    env={**os.environ, "PYTHONPATH": PACKAGES},
                    cwd=folder,
                    stdout=subprocess.PIPE,
                    text=True,
                    timeout=HANG,
                ).stdout
                for through in ((), ("-m", "tabi"))
            ]
        self.assertEqual(found[0], found[1])
        self.assertIn("True True link.py link.py", found[1])

    def test_what_runs_finds_itself_as_python_leaves_it(self):
        program = """
            import sys, types
            names = sorted(name for name in globals() if name.startswith("__") and name != "__warningregistry__")
            print(names, __name__, __package__, __spec__ and __spec__.name, __file__, type(__loader__).__name__)
            print(isinstance(__builtins__, types.ModuleType), sys.modules["__main__"].__dict__ is globals(), sys.argv)
            print(sys.path[0], globals().get("__annotations__"), __doc__)
        """
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "app"))
            script = os.path.join(folder, "app", "__main__.py")
            with open(script, "w") as file:
                file.write("\n".join(line[12:] for line in program.splitlines()))
            with zipfile.ZipFile(os.path.join(folder, "app.zip"), "w") as archive:
                archive.write(script, "__main__.py")
            py_compile.compile(script, os.path.join(folder, "compiled.pyc"))

            def run(*command):
                return subprocess.run(
                    [sys.executable, *command, "argument"],
                    env={**os.environ, "PYTHONPATH": PACKAGES},
                    cwd=folder,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=HANG,
                ).stdout

            for what in (("app/__main__.py",), ("app",), ("app.zip",), ("compiled.pyc",), ("-m", "app")):
                with self.subTest(what):
                    found = run("-m", "tabi", *what)
                    self.assertIn("True True", found)
                    self.assertEqual(run(*what), found)

    def test_a_script_may_come_through_a_pipe(self):
        reader, writer = os.pipe()
        with open(writer, "w") as file:
            file.write("import sys; print('from the pipe', sys.argv[1:])")
        command = [sys.executable, "-m", "tabi", f"/dev/fd/{reader}", "argument"]
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": PACKAGES},
            pass_fds=(reader,),
            stdout=subprocess.PIPE,
            text=True,
            timeout=HANG,
        )
        os.close(reader)
        self.assertEqual("from the pipe ['argument']\n", done.stdout)

    def test_a_script_that_is_not_there_is_named(self):
        done = subprocess.run(
            [sys.executable, "-m", "tabi", "/no/such/script.py"],
            env={**os.environ, "PYTHONPATH": PACKAGES},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.assertIn("can't open file '/no/such/script.py'", done.stderr)
        self.assertNotEqual(0, done.returncode)

    def test_child_processes_run_on_tabi(self):
        program = """
import multiprocessing

def child(queue):
    import socket
    queue.put(socket.socket.__mro__[2].__module__)

if __name__ == "__main__":
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        print(method, queue.get().partition(".")[0])
        process.join()
"""
        done = python(program, through=("-m", "tabi"))
        self.assertEqual("spawn tabi\nforkserver tabi\nfork tabi\n", done.stdout, done.stderr)

    def test_child_processes_have_the_servers_of_their_parent(self):
        program = """
import multiprocessing

def child(queue):
    import socketserver
    queue.put(hasattr(socketserver, "DrainReport"))

if __name__ == "__main__":
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        print(method, queue.get())
        process.join()
"""
        for through, answer in ((("-m", "tabi", "--servers"), True), (("-m", "tabi"), False)):
            done = python(program, through=through)
            self.assertEqual("".join(f"{how} {answer}\n" for how in ("spawn", "forkserver", "fork")), done.stdout, done.stderr)

    def test_ctrl_c_ends_a_blocked_call(self):
        program = "import signal, socket\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        program += "one, other = socket.socketpair()\nprint('ready', flush=True)\none.recv(1)"
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(program)
            file.flush()
            process = subprocess.Popen(
                [sys.executable, "-m", "tabi", file.name],
                env={**os.environ, "PYTHONPATH": PACKAGES},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            with process:
                process.stdout.readline()
                # Between its line and its call it may lose a signal, as every Python program may: send until it ends.
                while process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    try:
                        process.wait(0.05)
                    except subprocess.TimeoutExpired:
                        pass
                self.assertIn(b"KeyboardInterrupt", process.stderr.read())


class SideBySide(unittest.TestCase):
    def test_the_standard_module_stays_what_it_is(self):
        import socket as standard

        self.assertIsNot(standard.socket, socket.socket)
        self.assertIs(standard.gaierror, socket.gaierror)
        self.assertEqual(set(standard.__all__), set(socket.__all__))

    def test_the_low_level_module_has_the_builtin_names_and_values(self):
        import _socket as builtin

        from tabi import _socket

        def public(module):
            return {name for name in vars(module) if not name.startswith("_")}

        self.assertEqual(public(builtin), public(_socket))
        self.assertLessEqual(public(builtin.socket), {name for name in dir(_socket.socket)})
        for name in public(builtin):
            if isinstance(getattr(builtin, name), (int, str)):
                self.assertEqual(getattr(builtin, name), getattr(_socket, name), name)

    def test_the_low_level_module_shows_no_private_name(self):
        import _socket as builtin

        from tabi import _socket

        # What every package has.
        additional = {"__path__", "__file__", "__cached__", "__builtins__"}
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


class Closing(unittest.TestCase):
    def test_close_ends_the_calls_of_other_threads(self):
        listener = socket.create_server(("127.0.0.1", 0))
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        one, other = socket.socketpair()
        self.addCleanup(other.close)
        calls = [
            (listener, listener.accept),
            (datagrams, lambda: datagrams.recvfrom(10)),
            (one, lambda: one.recv(10)),
        ]
        for sock, call in calls:
            errors = []

            def blocked():
                try:
                    call()
                except OSError as error:
                    errors.append(error.errno)

            thread = threading.Thread(target=blocked)
            thread.start()
            while not thread_sleeps(thread):
                pass
            sock.close()
            thread.join(HANG)
            self.assertEqual([9], errors)

    def test_close_leaves_the_connection_of_a_duplicate_alone(self):
        one, other = socket.socketpair()
        with other, one.dup() as copy:
            thread = threading.Thread(target=lambda: self.assertRaises(OSError, one.recv, 1))
            one.settimeout(HANG)
            thread.start()
            while not thread_sleeps(thread):
                pass
            one.close()
            thread.join(HANG)
            self.assertFalse(thread.is_alive())
            other.sendall(b"for the copy")
            self.assertEqual(b"for the copy", copy.recv(100))

    def test_a_detached_number_stays_the_same_and_open_while_others_are_in_calls(self):
        one, other = socket.socketpair()
        one.settimeout(HANG)
        thread = threading.Thread(target=lambda: self.assertRaises(OSError, one.recv, 1))
        thread.start()
        while not thread_sleeps(thread):
            pass
        # As `ssl` does it: the new socket has the number before the old one gives it up, and the result is ignored.
        with other, socket.socket(fileno=one.fileno()) as successor:
            self.assertEqual(successor.fileno(), one.detach())
            other.sendall(b"a")
            thread.join(HANG)
            self.assertFalse(thread.is_alive())
            successor.settimeout(HANG)
            self.assertEqual(b"a", successor.recv(1))


class Signals(unittest.TestCase):
    def test_a_storm_of_signals_loses_no_byte_and_moves_no_deadline(self):
        before = signal.signal(signal.SIGALRM, lambda number, frame: None)
        one, other = socket.socketpair()
        content = os.urandom(1 << 16) * 128
        received = bytearray()

        def receive():
            while chunk := other.recv(50000):
                received.extend(chunk)

        thread = threading.Thread(target=receive)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            thread.start()
            with one:
                one.settimeout(HANG)
                one.sendall(content)
                one.shutdown(socket.SHUT_WR)
                thread.join()
                self.assertTrue(content == received, f"{len(received)} of {len(content)} bytes, or other ones")
                one.settimeout(0.3)
                other.settimeout(0.3)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quiet:
                    quiet.bind(("127.0.0.1", 0))
                    quiet.settimeout(0.3)
                    began = time.monotonic()
                    self.assertRaises(TimeoutError if sys.version_info >= (3, 10) else socket.timeout, quiet.recv, 1)
                    self.assertGreaterEqual(time.monotonic() - began, 0.3)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            other.close()


class Tls(unittest.TestCase):
    def test_a_wrapped_socket_has_the_timeout_that_was_set_last(self):
        program = """
import socket, ssl
plain, silent = socket.socketpair()
plain.settimeout(0)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
wrapped = context.wrap_socket(plain, do_handshake_on_connect=False)
for timeout in (0, 0.01, 0):
    wrapped.settimeout(timeout)
    try:
        wrapped.do_handshake()
    except socket.timeout:
        print("timeout")
    except ssl.SSLWantReadError:
        print("nothing to read")
"""
        done = python(program, through=("-m", "tabi"))
        self.assertEqual(["nothing to read", "timeout", "nothing to read"], done.stdout.splitlines(), done.stderr)

    def test_https_works_under_install(self):
        folder = self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") else None
        if folder is None:
            holder = tempfile.TemporaryDirectory()
            self.addCleanup(holder.cleanup)
            folder = holder.name
        key = os.path.join(folder, "key.pem")
        certificate = os.path.join(folder, "certificate.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            if os.environ.get("CI") == "true":
                raise
            self.skipTest("openssl is not installed: no certificate for the test")
        program = """
import http.server, socket, ssl, sys, threading, urllib.request
key, certificate = sys.argv[1:]

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"over TLS")

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
trusting = ssl.create_default_context(cafile=certificate)
with urllib.request.urlopen(f"https://localhost:{server.server_port}/", context=trusting, timeout=30) as answer:
    print(answer.read(), socket.socket.__mro__[2].__module__)
server.shutdown()
"""
        done = python(program, key, certificate, through=("-m", "tabi"))
        self.assertEqual("b'over TLS' tabi._socket.connection\n", done.stdout, done.stderr)
        self.assertTrue(ssl.OPENSSL_VERSION)


def thread_sleeps(thread: threading.Thread) -> bool:
    """Whether the thread waits in the kernel."""
    with open(f"/proc/self/task/{thread.native_id}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


if __name__ == "__main__":
    unittest.main()
