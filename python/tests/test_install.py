"""``tabi.install()`` and ``python3 -m tabi``: tabi in the place of the standard modules."""

from __future__ import annotations

import os
import py_compile
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipapp
import zipfile

from programs import HANG, PACKAGES, python


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
            ((), 2, "usage: python3 -m tabi [--servers] "),
            (("--servers",), 2, "usage: python3 -m tabi [--servers] "),
            (("--server",), 2, "tabi: unknown option --server\nusage: "),
            (("--servers", "--server", "script.py"), 2, "tabi: unknown option --server\nusage: "),
            (("--servers", "-m"), 2, "tabi: -m needs the name of a module\n"),
            (("-c",), 2, "tabi: -c needs a program\n"),
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
            # As `python3 -m zipapp` makes it, with a line for the shell.
            zipapp.create_archive(os.path.join(folder, "app"), os.path.join(folder, "app.pyz"), "/usr/bin/env python3")
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

            for what in (("app/__main__.py",), ("app",), ("app.zip",), ("app.pyz",), ("compiled.pyc",), ("-m", "app")):
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
        self.assertEqual(2, done.returncode)

    def test_a_program_without_a_file_is_run_as_python_runs_it(self):
        program = "import sys, __main__\nnames = sorted(name for name in vars(__main__) if name.startswith('__'))\n"
        program += "print(sys.argv, repr(sys.path[0]), names, __name__, __loader__.__name__, __spec__)\n"
        program += "print(globals().get('__file__'), type(__builtins__).__name__)\nsys.exit(3)"
        for what in (("-c", program), ("-",)):
            with self.subTest(what[0]):
                python, tabi = (
                    subprocess.run(
                        [sys.executable, *through, *what, "-m", "argument"],
                        env={**os.environ, "PYTHONPATH": PACKAGES},
                        input=program,
                        capture_output=True,
                        text=True,
                        timeout=HANG,
                    )
                    for through in ((), ("-m", "tabi"))
                )
                self.assertIn("'-m', 'argument'] ''", tabi.stdout, tabi.stderr)
                self.assertEqual((python.stdout, python.returncode), (tabi.stdout, tabi.returncode))

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


if __name__ == "__main__":
    unittest.main()
