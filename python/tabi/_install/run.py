"""Runs a program as ``__main__``, the way ``python3`` itself does."""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import runpy
import sys
import types


def _fresh_main() -> types.ModuleType:
    """A new ``__main__``, which stays: threads and child processes of the program look into it later."""
    main = types.ModuleType("__main__")
    # Python itself puts the module here in a program's `__main__`, and its dictionary in all other modules.
    main.__builtins__ = builtins
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.modules["__main__"] = main
    return main


def _first_path(folder: str | None) -> None:
    """Puts what ``python3`` would put first in ``sys.path`` in the place of what ``-m tabi`` put there."""
    if not getattr(sys.flags, "safe_path", False) and not sys.flags.isolated:
        sys.path[0:1] = [] if folder is None else [folder]


def module(arguments: list[str]) -> None:
    """``-m MODULE ARGS...``"""
    sys.argv = ["-m", *arguments[1:]]
    _fresh_main()
    runpy._run_module_as_main(arguments[0])


def script(arguments: list[str]) -> None:
    """``SCRIPT ARGS...``: a file, or a folder or zip file that holds a ``__main__.py``."""
    path = arguments[0]
    sys.argv = list(arguments)
    if os.path.isdir(path) or not os.path.exists(path) or _is_zip(path):
        if not os.path.exists(path):
            sys.exit(f"tabi: can't open file {os.path.abspath(path)!r}: [Errno 2] No such file or directory")
        _first_path(None)
        sys.path.insert(0, os.path.abspath(path))
        _fresh_main()
        runpy._run_module_as_main("__main__", alter_argv=False)
        return
    _first_path(os.path.dirname(os.path.realpath(path)))
    # Python itself has an absolute path here, which stays true when the program changes its folder.
    path = os.path.abspath(path)
    main = _fresh_main()
    main.__file__ = path
    if sys.version_info < (3, 15):
        main.__cached__ = None
    compiled = path.endswith(".pyc")
    loader = importlib.machinery.SourcelessFileLoader if compiled else importlib.machinery.SourceFileLoader
    main.__loader__ = loader("__main__", path)
    if compiled:
        code = main.__loader__.get_code("__main__")
    else:
        with io.open_code(path) as file:
            code = compile(file.read(), path, "exec")
    exec(code, main.__dict__)


def _is_zip(path: str) -> bool:
    if not os.path.isfile(path):
        # It may be a pipe, such as the shell's <(...), which can be read only once.
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"PK\x03\x04"
