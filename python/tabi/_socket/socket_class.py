"""``_socket.socket``, put together from its parts."""

from __future__ import annotations

import ctypes
import sys
import warnings

from .._genuine import module as builtin
from . import methods
from .arguments import plain_int
from .connection import Connection
from .lifecycle import Lifecycle, pair
from .messages import Messages
from .transfer import AFTERWARDS, Transfer
from .windows import Windows

_PARTS = Connection, Transfer, Messages, Windows, Lifecycle


class _Slot(ctypes.Structure):
    """``PyType_Slot``"""

    _fields_ = [("slot", ctypes.c_int), ("pfunc", ctypes.c_void_p)]


class _Spec(ctypes.Structure):
    """``PyType_Spec``"""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]


# From CPython's `object.h` and `typeslots.h`: a class that may have subclasses, whose attributes cannot be set, and the
# slot of its help text.
_BASETYPE = 1 << 10
_IMMUTABLETYPE = 1 << 8
_TP_DOC = 56

#: Kept: Python 3.10 does not copy the name of a class.
_NAME = b"_socket.socket"


def _make() -> type:
    """The class. Since Python 3.10 it is immutable, as the built-in one is.

    A ``class`` statement cannot say this. Functions of Python's stable C interface can: since 3.14 ``PyType_Freeze``, which
    wants immutable parts too, and before that ``PyType_FromSpecWithBases``.
    """
    text = builtin.socket.__doc__
    if not (3, 10) <= sys.version_info < (3, 14):
        made = type("socket", _PARTS, {"__slots__": (), "__module__": "_socket", "__doc__": text})
        if sys.version_info >= (3, 14):
            freeze = ctypes.pythonapi.PyType_Freeze
            freeze.argtypes = [ctypes.py_object]
            for kind in (*_PARTS, made):
                freeze(kind)
        return made
    make = ctypes.pythonapi.PyType_FromSpecWithBases
    make.argtypes, make.restype = [ctypes.POINTER(_Spec), ctypes.py_object], ctypes.py_object
    doc = ctypes.c_char_p(text.encode())
    slots = (_Slot * 2)(_Slot(_TP_DOC, ctypes.cast(doc, ctypes.c_void_p)), _Slot())
    spec = _Spec(_NAME, 0, 0, _BASETYPE | _IMMUTABLETYPE, slots)
    with warnings.catch_warnings():
        # Python 3.12 and 3.13 announce what 3.14 does.
        warnings.simplefilter("ignore", DeprecationWarning)
        return make(spec, _PARTS)


_PAIR_FAMILY = getattr(builtin, "AF_UNIX", builtin.AF_INET)


def socketpair(family=_PAIR_FAMILY, type=builtin.SOCK_STREAM, proto=0, /):
    given = family, type, proto
    return pair(socket, *(plain_int("socketpair", value, *given) for value in given))


def _adapt(methods: type) -> None:
    """Gives methods the running Python's own help texts, and the names that errors and pickles have. Takes those away that the
    built-in class does not have on this system.
    """
    for name, own in list(vars(methods).items()):
        if type(own).__name__ != "function":
            continue
        if hasattr(builtin.socket, name):
            own.__doc__ = own.__doc__ or getattr(builtin.socket, name).__doc__
            own.__module__, own.__qualname__ = "_socket", f"socket.{name}"
        else:
            delattr(methods, name)


for _part in _PARTS:
    _adapt(_part)
methods.give(Transfer, Lifecycle, builtin.socket, AFTERWARDS)
socket = _make()
