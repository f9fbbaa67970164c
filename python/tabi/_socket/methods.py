"""The library's own methods for the calls that a program makes for each message.

They do what is common, and call the functions in Python for everything else: ``_tabi_recv`` is ``recv`` without them, and
``_tabi_recv_tried`` and ``_tabi_recv_waited`` go on after a call that has not succeeded (see ``transfer``).
"""

from __future__ import annotations

import ctypes
import sys
from typing import Optional

from . import native
from .buffers import SMALL
from .transfer import MOST_PATIENCE

_WORD = ctypes.sizeof(ctypes.c_void_p)

#: What the library's methods read of a socket object.
_PLACES = "_tabi_capsule", "_tabi_patience", "_tabi_timeout"


def give(kind: type, slots: type, builtin: type, more: dict) -> None:
    """Gives a class the library's methods in the place of its own. ``slots`` is the class that has the values of sockets,
    ``builtin`` has the help texts, and ``more`` is what goes on after the library's calls, by name.

    Does nothing where the interpreter is not as the methods need it.
    """
    found = _methods(slots)
    if found is None:
        return
    new = ctypes.pythonapi["PyDescr_NewMethod"]
    new.argtypes, new.restype = [ctypes.py_object, ctypes.c_void_p], ctypes.py_object
    for method in found:
        name = method.name.decode()
        method.doc = _help(getattr(builtin, name)).encode()
        setattr(kind, f"_tabi_{name}", getattr(kind, name))
        setattr(kind, name, new(slots, ctypes.addressof(method)))
    for name, function in more.items():
        setattr(kind, name, function)
    # The methods are read until the interpreter has ended.
    ctypes.pythonapi["Py_IncRef"](ctypes.py_object(found))


def _methods(slots: type) -> Optional[ctypes.Array]:
    """Copies of the library's descriptions of its methods."""
    # Without the interpreter's lock, the values of a socket could change while a method reads them.
    if native.methods_of_sockets is None or "free-threading" in sys.version:
        return None
    places = [_place(slots, name) for name in _PLACES]
    if None in places:
        return None
    address = native.methods_of_sockets(None, int, bytes, bytearray, memoryview, *places, SMALL, MOST_PATIENCE)
    return native.copies(address) if address else None


def _place(slots: type, name: str) -> Optional[int]:
    """How many bytes after its beginning an object keeps the value of a slot."""
    sample, mark = slots.__new__(slots), object()
    setattr(sample, name, mark)
    words = (ctypes.c_void_p * (slots.__basicsize__ // _WORD)).from_address(id(sample))
    found = [index for index, word in enumerate(words) if word == id(mark)]
    return found[0] * _WORD if len(found) == 1 else None


def _help(method) -> str:
    """The help text of a built-in method, in the form that gives it its signature, too."""
    signature, text = getattr(method, "__text_signature__", None), method.__doc__ or ""
    return f"{method.__name__}{signature}\n--\n\n{text}" if signature else text
