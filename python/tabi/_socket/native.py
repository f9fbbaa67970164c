"""The calls that sockets make most often, as functions of the library that cost what built-in ones cost.

A call through ctypes costs ten times as much. The library has these calls as methods of Python's stable C interface, and
takes a socket as a capsule, which owns the library's ``tabi_sock``. Anything else stands for a socket that is closed or was
never opened. What a call returns is its result, or the library's negative code.
"""

from __future__ import annotations

import ctypes

from .. import _library
from .._errors import check

_POINTER = ctypes.c_void_p

#: What the library's functions need of Python's C interface.
_NEEDED = (
    "Py_DecRef",
    "PyBytes_AsString",
    "PyBytes_FromStringAndSize",
    "PyBytes_Size",
    "PyCapsule_GetPointer",
    "PyCapsule_IsValid",
    "PyCapsule_New",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyLong_AsSsize_t",
    "PyLong_AsVoidPtr",
    "PyLong_FromSsize_t",
    "_PyBytes_Resize",
)


class _Function(ctypes.Structure):
    """``tabi_python_function``"""

    _fields_ = [("name", ctypes.c_char_p), ("function", _POINTER)]


class _Method(ctypes.Structure):
    """``PyMethodDef``"""

    _fields_ = [("name", ctypes.c_char_p), ("call", _POINTER), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]


_methods = _library.quick(
    "tabi_python_methods", _POINTER, ctypes.c_size_t, ctypes.POINTER(ctypes.POINTER(_Method))
)
_new_function = ctypes.pythonapi["PyCFunction_NewEx"]
_new_function.argtypes, _new_function.restype = [_POINTER] * 3, ctypes.py_object


def _functions() -> dict:
    """The library's functions by their names, made for this interpreter."""
    needed = (_Function * len(_NEEDED))(
        *((name.encode(), ctypes.cast(ctypes.pythonapi[name], _POINTER)) for name in _NEEDED)
    )
    methods = ctypes.POINTER(_Method)()
    check(_methods(needed, len(needed), methods))
    made = {}
    for method in methods:
        if method.name is None:
            break
        made[method.name.decode()] = _new_function(ctypes.addressof(method), None, None)
    return made


_made = _functions()
#: ``adopt(address)``: the capsule of a new ``tabi_sock``. Signals interrupt its calls.
adopt = _made["adopt"]
#: ``close(capsule)``
close = _made["close"]
#: ``recv(capsule, size)``: the bytes that came. It gives the interpreter's lock up.
recv = _made["recv"]
#: ``try_recv(capsule, size)``: the bytes that came. It does not wait, and keeps the interpreter's lock.
try_recv = _made["try_recv"]
#: The same, without the lock.
try_recv_unlocked = _made["try_recv_unlocked"]
#: ``try_send(capsule, data)``: how much of a ``bytes`` object was sent. It does not wait, and keeps the interpreter's lock.
try_send = _made["try_send"]
#: The same, without the lock.
try_send_unlocked = _made["try_send_unlocked"]
