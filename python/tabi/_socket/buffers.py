"""Memory: what ``send`` reads from and ``recv_into`` writes to, pinned while a call uses it."""

from __future__ import annotations

import ctypes
import sys

from .._genuine import module as builtin

_WORD = ctypes.sizeof(ctypes.c_void_p)
_HEADER = object.__basicsize__

# Where an object keeps the first byte and the length of its buffer: `PyMemoryViewObject` has a `Py_buffer` behind its header
# and five words.
_VIEW = _HEADER + 5 * _WORD, _HEADER + 7 * _WORD

#: Where `PyBytesObject` keeps its content; a NUL follows it, which the basic size counts.
_BYTES_AT = bytes.__basicsize__ - 1

#: By an object's place in memory: arguments for ctypes, which reads the first byte and the length when it makes the
#: call. If another object of that type lives in the same place later, the values that are read are that object's own.
_VIEWS: dict[int, tuple] = {}
_MOST_PLACES = 4096

_MSG_TRUNC = builtin.MSG_TRUNC

#: Up to this size, zeroed memory costs less than a call through ctypes for memory that is not zeroed.
SMALL = 8192

#: Makes a new ``bytes`` object whose content is undefined. It is for large objects, where zeroing is expensive.
#: The arguments are `None` and a size.
_undefined_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_undefined_bytes.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_undefined_bytes.restype = ctypes.py_object


def _zeros_by_the_c_interface(size: int) -> bytes:
    """What Python's C interface promises: the object may be changed until somebody else sees it."""
    data = _undefined_bytes(None, size)
    ctypes.memset(ctypes.c_char_p(data), 0, size)
    return data


#: Makes a ``bytes`` object of zeros that a call may fill before anybody else sees it: Python itself must make a new object
#: for each, and not one for all that are equal.
zeros = bytes if all(bytes(size) is not bytes(size) for size in (1, 100, SMALL)) else _zeros_by_the_c_interface


def _overlay(place: int, layout: tuple) -> tuple:
    start_at, length_at = layout
    return ctypes.c_void_p.from_address(place + start_at), ctypes.c_ssize_t.from_address(place + length_at)


def _quick_arguments_of_view(view: memoryview) -> tuple:
    place = id(view)
    found = _VIEWS.get(place)
    if found is None:
        if len(_VIEWS) >= _MOST_PLACES:
            _VIEWS.clear()
        found = _VIEWS[place] = _overlay(place, _VIEW)
    return found


class _SystemView(ctypes.Structure):
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
_get.argtypes = [ctypes.py_object, ctypes.POINTER(_SystemView), ctypes.c_int]
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = [ctypes.POINTER(_SystemView)]
_release.restype = None


def _asked_arguments_of_view(view: memoryview) -> tuple:
    """The view pins the buffer, so that its address stays true when the second view is given back."""
    found = _SystemView()
    _get(view, ctypes.byref(found), 0)
    try:
        return ctypes.c_void_p(found.buf), ctypes.c_ssize_t(found.len)
    finally:
        _release(ctypes.byref(found))


def _layout_is_known() -> bool:
    """Whether a view is laid out as assumed, and nothing changes it while the interpreter's lock is held."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    if max(_VIEW) + _WORD > memoryview.__basicsize__:
        # Looking there would read behind the object.
        return False
    for size in (1, 100, 10000):
        probe = bytearray(size)
        del probe[: size // 3]
        view = memoryview(probe)
        asked = [argument.value for argument in _asked_arguments_of_view(view)]
        if [argument.value for argument in _overlay(id(view), _VIEW)] != asked:
            return False
    return True


def _quick_address_of(data: bytes) -> int:
    return id(data) + _BYTES_AT


def _asked_address_of(data: bytes) -> int:
    return ctypes.cast(data, ctypes.c_void_p).value


_samples = [bytes(size) for size in (0, 1, 100)]
_bytes_layout_is_known = all(_quick_address_of(sample) == _asked_address_of(sample) for sample in _samples)

#: Where a ``bytes`` object's content begins in memory, as long as it lives.
address_of = _quick_address_of if _bytes_layout_is_known else _asked_address_of

#: The first byte and the length of a contiguous view, as arguments for one call of the library: right as long as the view
#: lives and is not released.
arguments_of_view = _quick_arguments_of_view if _layout_is_known() else _asked_arguments_of_view


class Buffer:
    """A contiguous buffer of any object that has one; it cannot be resized before the end of the ``with``.

    Raises ``TypeError`` for an object without a (writable) buffer and ``BufferError`` for one that is not contiguous.
    """

    __slots__ = ("_view", "address", "size")

    def __init__(self, source, writable: bool = False) -> None:
        view = memoryview(source)
        if not view.c_contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        if writable and view.readonly:
            raise TypeError("the buffer cannot be written to")
        self._view = view
        start, length = arguments_of_view(view)
        self.address = start.value or 0
        self.size = length.value

    def __enter__(self) -> Buffer:
        return self

    def __exit__(self, *exc_info) -> None:
        self.release()

    def release(self) -> None:
        self._view.release()

    def at(self, offset: int = 0) -> ctypes.c_void_p:
        """The address of a byte, as an argument for the library."""
        return ctypes.c_void_p(self.address + offset)


def new_buffer(size: int, flags: int) -> bytes:
    """A ``bytes`` object of that many bytes for a call with these flags to fill before anybody else sees it.

    With ``MSG_TRUNC`` a stream counts bytes that it does not write: they are zeros.
    """
    return zeros(size) if size <= SMALL or flags & _MSG_TRUNC else _undefined_bytes(None, size)
