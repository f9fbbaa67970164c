"""What several tests need: programs in fresh interpreters, and waiting for a thread that blocks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.dirname(HERE)

#: Where programs look for modules: for this package, and for what these tests were told to look for, too.
SEARCHED = os.pathsep.join(filter(None, (PACKAGES, os.environ.get("PYTHONPATH"))))

#: Seconds after which something that should have happened is a hang.
HANG = 300


def python(program: str, *arguments: str, through: tuple = (), **environment: str) -> subprocess.CompletedProcess:
    """Runs a program in a fresh interpreter that finds this package."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(program)
        return subprocess.run(
            [sys.executable, *through, path, *arguments],
            env={**os.environ, "PYTHONPATH": SEARCHED, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
        )


@contextlib.contextmanager
def full_listener(socket, name):
    """A listener of AF_UNIX whose queue is full: a connect waits for a place. ``socket`` is the module that makes sockets."""
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as queue:
        listener.bind(name)
        listener.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                waiting = queue.enter_context(socket.socket(socket.AF_UNIX))
                waiting.setblocking(False)
                waiting.connect(name)
        yield listener


def thread_sleeps(thread: threading.Thread) -> bool:
    """Whether the thread waits in the kernel."""
    with open(f"/proc/self/task/{thread.native_id}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"
