"""Finds ``libtabi``, loads it, and names its functions.

Two ways of calling it are used. ``function`` gives up the interpreter's lock during the call, for
everything that may block; its arguments are undeclared where the call is hot, because ctypes takes
plain checked integers much faster than declared ones. ``quick`` keeps the lock: for what returns at once.
"""

from __future__ import annotations

import ctypes
import glob
import os
import sys

_NAMES = {"darwin": "libtabi.dylib", "win32": "tabi.dll"}
NAME = _NAMES.get(sys.platform, "libtabi.so")

#: What an undeclared ``int`` may hold: ctypes cuts larger ones without a word.
INT_MAX = 2**31 - 1
INT_MIN = -(2**31)


def _targets() -> list[str]:
    """Where cargo leaves the library in this checkout, the newest first; ``cargo test`` fills only ``deps``."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    target = os.environ.get("CARGO_TARGET_DIR") or os.path.join(root, "target")
    found = [
        path
        for pattern in (("*", NAME), ("*", "deps", NAME), ("*", "*", NAME))
        for path in glob.glob(os.path.join(glob.escape(target), *pattern))
    ]
    return sorted(set(found), key=os.path.getmtime, reverse=True)


def find() -> str:
    """The path of the library: ``TABI_LIBRARY``, else beside this package, else this checkout's ``target``."""
    named = os.environ.get("TABI_LIBRARY")
    if named:
        if not os.path.isfile(named):
            raise ImportError(f"TABI_LIBRARY names {named!r}, which is not a file")
        return named
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), NAME)
    if os.path.isfile(beside):
        return beside
    built = _targets()
    if built:
        return built[0]
    raise ImportError(
        f"{NAME} was not found beside {os.path.dirname(beside)}, nor in this checkout's target folder: "
        "run `cargo build --release`, or name the library in TABI_LIBRARY"
    )


PATH = find()
try:
    _releasing = ctypes.CDLL(PATH)
    _holding = ctypes.PyDLL(PATH)
except OSError as error:
    raise ImportError(f"{PATH} cannot be loaded: {error}") from error


def _get(library: ctypes.CDLL, name: str, result, arguments):
    try:
        found = library[name]
    except AttributeError:
        raise ImportError(f"{PATH} has no {name}: it is of another version than this package") from None
    found.restype = result
    if arguments is not None:
        found.argtypes = arguments
    return found


def function(name: str, *arguments, result=ctypes.c_int):
    """A function that may block; without ``arguments`` they stay undeclared."""
    return _get(_releasing, name, result, arguments or None)


def quick(name: str, *arguments, result=ctypes.c_int):
    """A function that returns at once and keeps the interpreter's lock."""
    return _get(_holding, name, result, arguments or None)


def version() -> str:
    """The version of the library that was loaded."""
    return quick("tabi_version", result=ctypes.c_char_p)().decode()
