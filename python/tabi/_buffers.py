"""Memory: what ``send`` reads from and ``recv_into`` writes to, pinned while a call uses it."""

from __future__ import annotations

import ctypes

_SIMPLE = 0
_WRITABLE = 1


class _View(ctypes.Structure):
    """``Py_buffer``, whose layout is part of CPython's stable interface since 3.11 and older than that."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = [ctypes.py_object, ctypes.POINTER(_View), ctypes.c_int]
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = [ctypes.POINTER(_View)]
_release.restype = None

#: Up to this size zeroing costs less than asking the interpreter through ctypes.
SMALL = 8192

#: A new ``bytes`` object whose content is undefined: for large ones, where zeroing would cost.
undefined_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
undefined_bytes.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
undefined_bytes.restype = ctypes.py_object

#: An array object of this type over a buffer pins it, and ctypes passes it as a pointer.
first_byte = (ctypes.c_char * 1).from_buffer


class Buffer:
    """A contiguous buffer of any object that has one; it cannot be resized before the end of the ``with``.

    Raises ``TypeError`` for an object without a buffer and ``BufferError`` for one that is not contiguous.
    """

    __slots__ = ("_view", "address", "size")

    def __init__(self, source, writable: bool = False) -> None:
        view = _View()
        _get(source, ctypes.byref(view), _WRITABLE if writable else _SIMPLE)
        self._view = view
        self.address = view.buf or 0
        self.size = view.len

    def __enter__(self) -> Buffer:
        return self

    def __exit__(self, *exc_info) -> None:
        _release(ctypes.byref(self._view))

    def at(self, offset: int = 0) -> ctypes.c_void_p:
        """The address of a byte, as an argument for the library."""
        return ctypes.c_void_p(self.address + offset)


def room(size: int) -> bytes:
    """A ``bytes`` object of that many bytes for a call to fill before anybody else sees it."""
    return bytes(size) if size <= SMALL else undefined_bytes(None, size)
