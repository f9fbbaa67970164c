"""Runs a program as ``__main__``, the way ``python3`` itself does."""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import pkgutil
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


def command(arguments: list[str]) -> None:
    """``-c PROGRAM ARGS...``"""
    sys.argv = ["-c", *arguments[1:]]
    _run_text(arguments[0], "<string>", _nameless_main())


def _standard_input() -> None:
    """The program is all that comes before the end of the standard input."""
    main = _nameless_main()
    main.__file__ = "<stdin>"
    if sys.version_info < (3, 15):
        main.__cached__ = None
    _run_text(sys.stdin.buffer.read(), "<stdin>", main)


def _nameless_main() -> types.ModuleType:
    """The ``__main__`` of a program that is in no file: it finds modules in the current folder."""
    _first_path("")
    main = _fresh_main()
    main.__loader__ = importlib.machinery.BuiltinImporter
    return main


def _run_text(program: str | bytes, name: str, main: types.ModuleType) -> None:
    exec(compile(program, name, "exec"), main.__dict__)


def script(arguments: list[str]) -> None:
    """``SCRIPT ARGS...``: a file, a folder or zip file that holds a ``__main__.py``, or ``-`` for the standard input."""
    path = arguments[0]
    sys.argv = list(arguments)
    if path == "-":
        _standard_input()
        return
    if not os.path.exists(path):
        print(f"tabi: can't open file {os.path.abspath(path)!r}: [Errno 2] No such file or directory", file=sys.stderr)
        sys.exit(2)
    # Folders and zip files are places of modules; a zip file may begin with a line for the shell (`python3 -m zipapp -p`).
    if pkgutil.get_importer(path) is not None:
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
