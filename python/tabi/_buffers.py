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
#: Its arguments are `None` and a size that fits a C int.
undefined_bytes = ctypes.PyDLL(None)["PyBytes_FromStringAndSize"]
undefined_bytes.restype = ctypes.py_object

_undefined_bytes_of_any_size = ctypes.pythonapi.PyBytes_FromStringAndSize
_undefined_bytes_of_any_size.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
_undefined_bytes_of_any_size.restype = ctypes.py_object

#: An array object of this type over a buffer is passed by ctypes as a pointer to it.
_first_byte = (ctypes.c_char * 1).from_buffer

#: Where `PyByteArrayObject` keeps the pointer to its first byte: header, allocation, beginning.
_START_AT = object.__basicsize__ + 3 * ctypes.sizeof(ctypes.c_void_p)

#: For each place of a bytearray object in memory, a pointer that ctypes reads when it makes the call.
#: Whatever bytearray lives there later, the pointer is its own.
STARTS: dict[int, ctypes.c_void_p] = {}


def _layout_is_known() -> bool:
    """Whether this interpreter's bytearrays are laid out as assumed."""
    for size in (1, 100, 10000):
        probe = bytearray(size)
        del probe[: size // 3]
        pinned = _first_byte(probe)
        if ctypes.c_void_p.from_address(id(probe) + _START_AT).value != ctypes.addressof(pinned):
            return False
    return True


def _quick_start_of(buffer: bytearray):
    start = STARTS.get(id(buffer))
    if start is None:
        if len(STARTS) > 4096:
            STARTS.clear()
        start = STARTS[id(buffer)] = ctypes.c_void_p.from_address(id(buffer) + _START_AT)
    return start


#: The first byte of a bytearray that is not empty, as an argument for the library; the caller has it pinned.
start_of = _quick_start_of if _layout_is_known() else _first_byte


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
    return bytes(size) if size <= SMALL else _undefined_bytes_of_any_size(None, size)
