"""The library's form of an address, ``struct tabi_addr``, and how its functions pack and unpack one.

It is held as a ``bytes`` object: 128 bytes of the system's ``sockaddr``, then its length.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import os
import struct
import sys
import warnings

from .. import _library
from .._errors import check
from .buffers import Buffer, zeros


class StructAddress(ctypes.Structure):
    """``struct tabi_addr``"""

    _fields_ = [("data", ctypes.c_uint64 * 16), ("len", ctypes.c_uint32)]


#: The size of an address: the sockaddr, its length, and what the alignment adds, which depends on the processor.
SIZE = ctypes.sizeof(StructAddress)
_CAPACITY = StructAddress.len.offset
#: Where the length begins. A byte of 0 there means that there is no address: no length is above 128.
LENGTH_AT = _CAPACITY if sys.byteorder == "little" else _CAPACITY + 3
_LENGTH = struct.Struct("=I")

#: The address family: 16 bits, or 8 behind the length of the address on macOS and the BSDs.
_FAMILY = struct.Struct("=H" if sys.platform.startswith(("linux", "win", "cygwin")) else "xB")
#: Where its lowest byte is.
FAMILY_AT = 0 if _FAMILY.pack(1)[0] else 1

_LOSS_IS_DEPRECATED = sys.version_info >= (3, 15)

_INT, _TEXT, _OUT = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p


def blank() -> bytes:
    """An address for a call to fill."""
    return zeros(SIZE)


def length(raw: bytes) -> int:
    """How many bytes of the ``sockaddr`` are used."""
    return _LENGTH.unpack_from(raw, _CAPACITY)[0]


def family_of(raw: bytes) -> int:
    """The address family."""
    return _FAMILY.unpack_from(raw)[0]


def contiguous_bytes(source) -> bytes:
    """The bytes of a buffer; raises Python's ``TypeError`` for what has none, ``BufferError`` where they have gaps."""
    # A subclass may say that it is longer than it is.
    if type(source) is bytes:
        return source
    try:
        with Buffer(source) as buffer:
            return ctypes.string_at(buffer.at(), buffer.size) if buffer.size else b""
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not '{type(source).__name__}'") from None


def content(data: bytes | bytearray) -> bytes:
    """The bytes that an object holds, and not what the methods of a subclass say."""
    kind = bytes if isinstance(data, bytes) else bytearray
    return bytes(kind.__getitem__(data, slice(None)))


def file_name(name) -> bytes:
    """A text or a path in the encoding of the file system. Of a subclass of `str`, the text that it holds."""
    return os.fsencode(str.__str__(name) if isinstance(name, str) else name)


def unsigned(value, bits: int = 32) -> int:
    """An unsigned number as C code takes it: the lowest bits of any integer. Since Python 3.15 a loss causes a warning."""
    number = int.__index__(operator.index(value))
    if _LOSS_IS_DEPRECATED and not -(1 << bits - 1) <= number < 1 << bits:
        warnings.warn("integer value out of range", DeprecationWarning, skip_file_prefixes=(_library.PACKAGE,))
    return number & (1 << bits) - 1


@functools.lru_cache(maxsize=None)
def function(name: str, *types, result=_INT):
    """A function of the library; not every system has every family, so each is looked up when it is first used."""
    return _library.quick(name, *types, result=result)


def pack(name: str, types: tuple, *values) -> bytes:
    """An address from ``tabi_addr_from_NAME``."""
    raw = blank()
    check(function(f"tabi_addr_from_{name}", *types, _TEXT)(*values, raw))
    return raw


def unpack(name: str, raw: bytes, *types) -> tuple:
    """The parts that ``tabi_addr_NAME`` gives."""
    parts = [kind() for kind in types]
    check(function(f"tabi_addr_{name}", _TEXT, *[_OUT] * len(parts))(raw, *map(ctypes.addressof, parts)))
    return tuple(part.value for part in parts)


