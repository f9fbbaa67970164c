"""AF_BLUETOOTH addresses: one form for each protocol."""

from __future__ import annotations

import ctypes
import operator

from .._errors import ERR_OS, check
from .._genuine import module as builtin
from .buffers import zeros
from .sockaddr import blank, unsigned
from .sockaddr import function as library_function

_TEXT, _SIZE, _OUT = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
_U8, _U16 = ctypes.c_uint8, ctypes.c_uint16

_DEVICE_SIZE = 18


def _parse(address, least: int, most: int, method: str) -> tuple:
    """A tuple of a device's address and numbers; whatever is wrong with it has one text."""
    try:
        if isinstance(address, tuple) and least <= len(address) <= most:
            device, *numbers = address
            return (str.encode(device, "ascii"), *map(operator.index, numbers))
    except (TypeError, ValueError, AttributeError):
        pass
    raise OSError(f"{method}(): wrong format")


def _pack(name: str, types: tuple, *values) -> bytes:
    raw = blank()
    code = library_function(f"tabi_addr_from_{name}", *types, _TEXT)(*values, raw)
    if code == ERR_OS:
        raise OSError("bad bluetooth address")
    check(code)
    return raw


def _unpack(name: str, raw: bytes, *types) -> tuple:
    device, parts = zeros(_DEVICE_SIZE), [kind() for kind in types]
    function = library_function(f"tabi_addr_{name}", _TEXT, _TEXT, _SIZE, *[_OUT] * len(parts))
    check(function(raw, device, len(device), *map(ctypes.addressof, parts)))
    return (device.partition(b"\0")[0].decode(), *(part.value for part in parts))


def encode(sock, address, method: str) -> bytes:
    """The library's form of an address for a socket of this protocol."""
    proto = sock._tabi_proto
    if proto == getattr(builtin, "BTPROTO_L2CAP", None):
        device, psm, *rest = _parse(address, 2, 4, method)
        cid, kind = (*rest, 0, 0)[:2]
        return _pack("l2cap", (_TEXT, _U16, _U16, _U8), device, unsigned(psm, 16), unsigned(cid, 16), unsigned(kind, 8))
    if proto == builtin.BTPROTO_RFCOMM:
        device, channel = _parse(address, 2, 2, method)
        return _pack("rfcomm", (_TEXT, _U8), device, unsigned(channel, 8))
    if proto == getattr(builtin, "BTPROTO_HCI", None):
        # This form has no address of a device; `_parse` expects one.
        _, number, *rest = _parse(("", *address) if isinstance(address, tuple) else address, 2, 3, method)
        return _pack("hci", (_U16, _U16), unsigned(number, 16), unsigned((*rest, 0)[0], 16))
    if proto == getattr(builtin, "BTPROTO_SCO", None):
        if not isinstance(address, bytes):
            raise OSError(f"{method}(): wrong format")
        return _pack("sco", (_TEXT,), address)
    raise OSError(f"{method}(): unknown Bluetooth protocol")


def decode(sock, raw: bytes, proto: int):
    """Python's form of an address of this protocol."""
    if proto == getattr(builtin, "BTPROTO_L2CAP", None):
        device, psm, cid, kind = _unpack("l2cap", raw, _U16, _U16, _U8)
        # The shortest tuple without a loss.
        return (device, psm, cid, kind) if kind else (device, psm, cid) if cid else (device, psm)
    if proto == builtin.BTPROTO_RFCOMM:
        return _unpack("rfcomm", raw, _U8)
    if proto == getattr(builtin, "BTPROTO_HCI", None):
        number, channel = _U16(), _U16()
        function = library_function("tabi_addr_hci", _TEXT, _OUT, _OUT)
        check(function(raw, ctypes.addressof(number), ctypes.addressof(channel)))
        return (number.value, channel.value) if channel.value else number.value
    if proto == getattr(builtin, "BTPROTO_SCO", None):
        return _unpack("sco", raw)[0]
    raise ValueError("Unknown Bluetooth protocol")
