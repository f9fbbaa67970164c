#!/usr/bin/env python3
"""Runs CPython's own tests with ``tabi.socketserver`` in the place of ``socketserver``, by ``python3 -m tabi --servers``.

    python3 python/tests/in_place.py                     every module of the list
    python3 python/tests/in_place.py test_socketserver   modules by name; `cargo test` runs this one

The tests are those of the Python that runs this file, unchanged. Everything that imports ``socketserver``
(``http.server``, ``xmlrpc.server``, ``wsgiref.simple_server``, the servers of the tests) gets tabi's. The exit
status is 0 only when every module passed, at its second run at the latest.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile

PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODULES = ["test_socketserver", "test_httpservers", "test_xmlrpc", "test_docxmlrpc", "test_wsgiref", "test_logging"]
#: Seconds after which a module hangs.
LIMIT = 300


def run(module: str) -> bool:
    """Whether a module passes; what it said is shown when it does not."""
    command = [sys.executable, "-m", "tabi", "--servers", "-m", "test", "-u", "network", "-v", module]
    with tempfile.TemporaryDirectory(prefix="tabi-in-place-") as folder:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": PACKAGES},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired as error:
            print(f"{(error.stdout or b'').decode(errors='replace')}\n{module}: no end within {LIMIT} s", flush=True)
            return False
    output = done.stdout.decode(errors="replace")
    ran = next((line for line in output.splitlines() if line.startswith("Ran ")), "no case ran")
    # A module that cannot run here is skipped as a whole, and says so.
    passed = done.returncode == 0 and (ran != "no case ran" or f"{module} skipped" in output)
    print(f"{module}: {ran}" if passed else f"{output}\n{module}: failed", flush=True)
    return passed


def main() -> int:
    if importlib.util.find_spec("test.test_socketserver") is None:
        print(f"in_place: skipped: {sys.executable} has no `test` package (install python3's tests)")
        return 1 if os.environ.get("CI") == "true" else 0
    print(f"Python {sys.version.split()[0]}, tabi.socketserver in place of socketserver", flush=True)
    # Some of CPython's cases need a machine that is not too busy: `test_threads_reaped` fails unless one of ten threads has
    # ended when ten requests have been accepted.
    return 0 if all([run(module) or run(module) for module in sys.argv[1:] or MODULES]) else 1


if __name__ == "__main__":
    sys.exit(main())
