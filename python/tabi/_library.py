"""Finds ``libtabi``, loads it, and names its functions.

Two ways of calling it are used. ``function`` gives up the interpreter's lock during the call, for
everything that may block; its arguments are undeclared where the call is hot, because ctypes takes
plain checked integers much faster than declared ones. ``quick`` keeps the lock: for what returns at once.
"""

from __future__ import annotations

import ctypes
import glob
import os

from ._system import LIBRARY_NAME as NAME

#: The range of an ``int`` argument that is not declared. ctypes silently cuts larger numbers.
INT_MAX = 2**31 - 1
INT_MIN = -(2**31)

#: The limits of a C ``long``, which has 32 bits on some systems.
LONG_MAX = 2 ** (8 * ctypes.sizeof(ctypes.c_long) - 1) - 1
LONG_MIN = -LONG_MAX - 1


#: The folder of this package.
PACKAGE = os.path.dirname(os.path.abspath(__file__))


def _built() -> list[str]:
    """What cargo has built in the checkout that this package stands in, the newest first; nothing elsewhere."""
    folder, root = os.path.dirname(PACKAGE), os.path.dirname(os.path.dirname(PACKAGE))
    if not all(map(os.path.isfile, (os.path.join(folder, "setup.py"), os.path.join(root, "Cargo.toml")))):
        return []
    target = glob.escape(os.path.join(root, "target"))
    # The second form is that of a build for a named system.
    found = [path for pattern in (("*", NAME), ("*", "*", NAME)) for path in glob.glob(os.path.join(target, *pattern))]
    return sorted(found, key=os.path.getmtime, reverse=True)


def find() -> str:
    """The path of the library: ``TABI_LIBRARY``, else beside this package, else in this checkout's ``target``.

    Never a path that depends on the current folder: whoever can write there could have any code run.
    """
    named = os.environ.get("TABI_LIBRARY")
    if named:
        if not os.path.isabs(named):
            raise ImportError(f"TABI_LIBRARY must be an absolute path, got {named!r}")
        if not os.path.isfile(named):
            raise ImportError(f"TABI_LIBRARY names {named!r}, which is not a file")
        return named
    beside = os.path.join(PACKAGE, NAME)
    if os.path.isfile(beside):
        return beside
    built = _built()
    if built:
        return built[0]
    raise ImportError(
        f"{NAME} was not found in {PACKAGE}, nor in the target folder of a checkout around it: "
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
