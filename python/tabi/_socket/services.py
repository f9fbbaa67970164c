"""Services, protocols and network interfaces."""

from __future__ import annotations

import ctypes
import os
import sys

from .. import _library
from .._errors import ERR_OS, check
from .arguments import delegate, plain_int
from .buffers import zeros
from .sockaddr import file_name

_TEXT = ctypes.c_char_p
_SIZE = ctypes.c_size_t
_OUT = ctypes.c_void_p
_SSIZE = ctypes.c_ssize_t


class _Interface(ctypes.Structure):
    """``struct tabi_interface``"""

    _fields_ = [("struct_size", _SIZE), ("index", ctypes.c_uint32), ("name", _TEXT)]


_getservbyname = _library.function("tabi_getservbyname", _TEXT, _TEXT)
_getservbyport = _library.function("tabi_getservbyport", ctypes.c_int, _TEXT, _TEXT, _SIZE, result=_SSIZE)
_getprotobyname = _library.function("tabi_getprotobyname", _TEXT)
_if_nameindex = _library.function("tabi_if_nameindex", _OUT)
_interface_at = _library.quick("tabi_interface_at", _OUT, _SIZE, result=ctypes.POINTER(_Interface))
_interface_list_free = _library.quick("tabi_interface_list_free", _OUT, result=None)
_if_nametoindex = _library.function("tabi_if_nametoindex", _TEXT, _OUT)
_if_indextoname = _library.function("tabi_if_indextoname", ctypes.c_uint32, _TEXT, _SIZE, result=_SSIZE)

_LONGEST_NAME = 256


def getservbyname(servicename, *protocolname):
    given = servicename, *protocolname
    name, proto = (*_texts("getservbyname", given), None)[:2]
    sys.audit("socket.getservbyname", servicename, protocolname[0] if protocolname else None)
    return _found(_getservbyname(name, proto), "service/proto not found")


def getservbyport(port, *protocolname):
    given = port, *protocolname
    if len(given) > 2:
        return delegate("getservbyport", *given)
    number = plain_int("getservbyport", port, *given)
    proto = (*_texts("getservbyport", protocolname, given), None)[0]
    if not 0 <= number <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    sys.audit("socket.getservbyport", number, protocolname[0] if protocolname else None)
    text = zeros(_LONGEST_NAME)
    return text[: _found(_getservbyport(number, proto, text, len(text)), "port/proto not found")].decode()


def getprotobyname(protocolname, /):
    (name,) = _texts("getprotobyname", (protocolname,))
    return _found(_getprotobyname(name), "protocol not found")


def if_nameindex():
    found = _OUT()
    count = check(_if_nameindex(ctypes.addressof(found)))
    try:
        entries = [_interface_at(found, number).contents for number in range(count)]
        return [(entry.index, os.fsdecode(entry.name)) for entry in entries]
    finally:
        _interface_list_free(found)


def if_nametoindex(name, /):
    encoded = file_name(name)
    if b"\0" in encoded:
        return delegate("if_nametoindex", name)
    index = ctypes.c_uint32()
    if _if_nametoindex(encoded, ctypes.addressof(index)) < 0:
        # The error has a number in some versions of Python only, so the built-in function raises it.
        return delegate("if_nametoindex", name)
    return index.value


def if_indextoname(index, /):
    if type(index) is not int or not 0 <= index <= 0xFFFFFFFF:
        return delegate("if_indextoname", index)
    text = zeros(_LONGEST_NAME)
    size = _if_indextoname(index, text, len(text))
    return os.fsdecode(text[:size]) if size >= 0 else delegate("if_indextoname", index)


def _texts(function: str, values: tuple, given: tuple | None = None) -> list[bytes]:
    """The values as C strings; what is no string is the built-in function's to object to."""
    encoded = []
    if len(values) > 2:
        return delegate(function, *values)
    for value in values:
        if not isinstance(value, str) or "\0" in value:
            return delegate(function, *(given or values))
        encoded.append(str.encode(value))
    return encoded


def _found(code: int, message: str) -> int:
    if code == ERR_OS:
        raise OSError(message)
    return check(code)
