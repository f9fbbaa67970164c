"""The calls that sockets make most often, as functions of the library that cost what built-in ones cost.

A call through ctypes costs ten times as much. The library has these calls as methods of Python's stable C interface, and
takes a socket as a capsule, which owns the library's ``tabi_sock``. Anything else stands for a socket that is closed or was
never opened. What a call returns is its result, or the library's negative code.

An interpreter that is not as expected here gets the functions of `through_ctypes`.
"""

from __future__ import annotations

import ctypes
import itertools

from .. import _library
from .._errors import ERR_NULL, check

_POINTER = ctypes.c_void_p

#: What the library's functions need of Python's C interface.
_NEEDED = (
    "Py_DecRef",
    "Py_IncRef",
    "PyBuffer_Release",
    "PyBytes_AsString",
    "PyBytes_FromStringAndSize",
    "PyBytes_Size",
    "PyCapsule_GetPointer",
    "PyCapsule_New",
    "PyDict_New",
    "PyDict_SetItem",
    "PyErr_BadArgument",
    "PyErr_Clear",
    "PyErr_Occurred",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyLong_AsSsize_t",
    "PyLong_AsVoidPtr",
    "PyLong_FromLongLong",
    "PyLong_FromSsize_t",
    "PyLong_FromVoidPtr",
    "PyObject_Call",
    "PyObject_GetAttrString",
    "PyObject_GetBuffer",
    "PyObject_IsTrue",
    "PyObject_Type",
    "PyTuple_GetItem",
    "PyTuple_New",
    "PyTuple_SetItem",
    "PyTuple_Size",
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

#: ``METH_FASTCALL``, and ``METH_KEYWORDS``
_FAST_CALL = 0x80
_KEYWORDS = 2


def _functions() -> dict:
    """The library's functions by their names, made for this interpreter. Raises ``AttributeError`` or ``ValueError`` when
    something is missing that they need.
    """
    needed = (_Function * len(_NEEDED))(
        *((name.encode(), ctypes.cast(ctypes.pythonapi[name], _POINTER)) for name in _NEEDED)
    )
    new = ctypes.pythonapi["PyCFunction_NewEx"]
    new.argtypes, new.restype = [_POINTER] * 3, ctypes.py_object
    methods = ctypes.POINTER(_Method)()
    check(_methods(needed, len(needed), methods))
    made = {}
    for method in methods:
        if method.name is None:
            break
        function = new(ctypes.addressof(method), None, None)
        if not _is_understood(function, method):
            raise AttributeError("this Python keeps methods in another form")
        made[method.name.decode()] = function
    return made


def _is_understood(function, method: _Method) -> bool:
    """Whether the interpreter takes a method for what it is, and has the same flags for a function of its own."""
    flags_of, call_of = ctypes.pythonapi["PyCFunction_GetFlags"], ctypes.pythonapi["PyCFunction_GetFunction"]
    flags_of.argtypes = call_of.argtypes = [ctypes.py_object]
    call_of.restype = _POINTER
    return (
        function.__name__.encode() == method.name
        and call_of(function) == method.call
        and flags_of(function) == flags_of(divmod) == method.flags == _FAST_CALL
        and flags_of(print) == _FAST_CALL | _KEYWORDS
    )


def copies(address: int) -> ctypes.Array:
    """Copies of the library's methods at an address, up to the one without a name that ends them."""
    methods = ctypes.cast(address, ctypes.POINTER(_Method))
    count = next(index for index in itertools.count() if methods[index].name is None)
    return (_Method * count)(*methods[:count])


def _made_or_through_ctypes() -> dict:
    try:
        made = _functions()
        # They find the interpreter's own functions, too.
        if made["try_recv"](None, 1) == made["try_send"](None, b"") == ERR_NULL:
            return made
    except (AttributeError, ValueError):
        pass
    from . import through_ctypes

    return vars(through_ctypes)


_made = _made_or_through_ctypes()
#: ``accept(capsule)``: a tuple of the descriptor and of the client's address. It gives the interpreter's lock up.
accept = _made["accept"]
#: ``adopt(address)``: the capsule of a new ``tabi_sock``. Signals interrupt its calls.
adopt = _made["adopt"]
#: ``close(capsule)``
close = _made["close"]
#: See `methods`, which has nothing of the library's where this is None.
methods_of_sockets = _made.get("methods_of_sockets")
#: ``never_try()``: the library's methods do not try to receive any more.
never_try = _made.get("never_try", lambda: None)

# What gives the interpreter's lock up, and waits. An address is the `bytes` of a `tabi_addr`.
#: ``recv(capsule, size)``: the bytes that came.
recv = _made["recv"]
#: ``recv_into(capsule, buffer)``: how many bytes came.
recv_into = _made["recv_into"]
#: ``recvfrom(capsule, size)``: the bytes that came, or a tuple of them and of the sender's address if it has one.
recvfrom = _made["recvfrom"]

# What does not wait. The lock is kept, unless the name says otherwise.
#: As ``recv``.
try_recv = _made["try_recv"]
try_recv_unlocked = _made["try_recv_unlocked"]
#: ``try_recv_into(capsule, buffer, small)``: as ``recv_into``. It keeps the lock for at most ``small`` bytes.
try_recv_into = _made["try_recv_into"]
#: As ``recvfrom``.
try_recvfrom = _made["try_recvfrom"]
try_recvfrom_unlocked = _made["try_recvfrom_unlocked"]
#: ``try_recvfrom_into(capsule, buffer, small)``: how many bytes came, or a tuple of that and of the sender's address.
try_recvfrom_into = _made["try_recvfrom_into"]
#: ``try_send(capsule, data)``: how much of a ``bytes`` object was sent.
try_send = _made["try_send"]
try_send_unlocked = _made["try_send_unlocked"]
#: ``try_sendto(capsule, data, address)``: the same to an address.
try_sendto = _made["try_sendto"]
try_sendto_unlocked = _made["try_sendto_unlocked"]
