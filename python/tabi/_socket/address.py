"""Addresses: Python's tuples, strings and bytes to and from the library's ``tabi_addr``."""

from __future__ import annotations

import ctypes
import functools
import operator
import os
import sys
from typing import Optional

from .. import _library
from .._errors import ERR_OS, check
from .._genuine import module as builtin
from .._library import INT_MAX, INT_MIN
from .._system import WINDOWS, monotonic_ns
from . import families
from .buffers import zeros
from .interrupt import NEVER, looking_up
from .sockaddr import (
    FAMILY_AT,
    LENGTH_AT,
    blank,
    content,
    contiguous_bytes,
    family_of,
    file_name,
    length,
    unsigned,
)

AF_UNIX = getattr(builtin, "AF_UNIX", -1)
AF_INET = 2
AF_INET6 = getattr(builtin, "AF_INET6", -1)

#: What `recvfrom` has for no sender: on Windows, an address of no family.
NO_SENDER = (0, bytes(14)) if WINDOWS else None

_ON_LINUX = sys.platform.startswith("linux")

_from_host = _library.function(
    "tabi_addr_from_host_until",
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_uint32,
    ctypes.c_int64,
    ctypes.c_char_p,
)
_from_unix = _library.quick("tabi_addr_from_unix", ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p)
_host = _library.quick(
    "tabi_addr_host", ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, result=ctypes.c_ssize_t
)


def decode(raw: bytes, proto: int, sock=None):
    """Python's form of an address that a call filled; ``None`` where there is none."""
    if raw[LENGTH_AT] == 0:
        return None
    if raw[FAMILY_AT] in (AF_INET, AF_INET6, AF_UNIX):
        return _decode_plain(raw)
    return families.decode(raw, proto, sock)


@functools.lru_cache(maxsize=1024)
def _decode_plain(raw: bytes):
    """An address that means the same at any time; a server sees the same few over and over."""
    family = family_of(raw)
    if family == AF_UNIX:
        return _decode_unix(raw[2 : length(raw)])
    port = raw[2] << 8 | raw[3]
    if family == AF_INET:
        return f"{raw[4]}.{raw[5]}.{raw[6]}.{raw[7]}", port
    if family != AF_INET6:
        # Only the lowest byte is that of a family above.
        return families.decode(raw, 0, None)
    text = zeros(64)
    host = text[: check(_host(raw, text, len(text)))].decode("ascii")
    scope_id = int.from_bytes(raw[24:28], sys.byteorder)
    return host, port, int.from_bytes(raw[4:8], "big"), scope_id


def _decode_unix(name: bytes):
    if _ON_LINUX and name[:1] == b"\0":
        return name
    return os.fsdecode(name.partition(b"\0")[0])


def deadline(sock) -> int:
    """When a call on a socket that begins now should end, in nanoseconds of the monotonic clock."""
    timeout = sock._tabi_timeout
    return min(monotonic_ns() + int(timeout * 1e9), NEVER) if timeout else NEVER


def encode(sock, address, method: str, until: Optional[int] = None) -> bytes:
    """The library's form of an address for a socket; ``method`` is for the error's text.

    A host is looked up until the moment ``until``. By default, that is as long from now as the socket's timeout says.

    The socket keeps one that means the same at any time: the next ``sendto`` to the same object has it at hand.

    May look a host up: raises ``gaierror``, ``TimeoutError`` and ``OSError`` besides ``TypeError``, ``ValueError`` and ``OverflowError``.
    """
    family = sock._tabi_family
    if family == AF_UNIX:
        if type(address) is not str and type(address) is not bytes:
            return _encode_unix(address)
        raw = _encode_path(address)
        sock._tabi_last_address = address, raw
        return raw
    if family == AF_INET or family == AF_INET6:
        if type(address) is tuple and len(address) == 2:
            host, port = address
            if type(host) is str and type(port) is int:
                raw = encode_numeric(family, host, port)
                if raw is not None:
                    sock._tabi_last_address = address, raw
                    return raw
        return _encode_inet(family, address, method, deadline(sock) if until is None else until)
    if family == getattr(builtin, "AF_RDS", None):
        return _encode_inet(AF_INET, address, method, deadline(sock) if until is None else until)
    return families.encode(sock, address, method)


@functools.lru_cache(maxsize=1024)
def encode_numeric(family: int, host: str, port: int):
    """The address for a host that needs no looking up, else ``None``."""
    plain = host.count(".") == 3 and set(host) <= set("0123456789.")
    plain6 = host.count(":") >= 2 and set(host) <= set("0123456789abcdefABCDEF:.")
    if not (plain if family == AF_INET else plain6) or not 0 <= port <= 0xFFFF:
        return None
    raw = blank()
    return raw if _from_host(family, host.encode(), port, 0, 0, NEVER, raw) == 0 else None


def host_bytes(host) -> bytes:
    """A host name as the resolver takes it: ASCII as it is, other text and subclasses by IDNA."""
    if isinstance(host, str):
        if type(host) is str and host.isascii():
            name = str.encode(host, "ascii")
        else:
            try:
                name = str.encode(host, "idna")
            except Exception:
                raise TypeError("encoding of hostname failed") from None
    elif isinstance(host, (bytes, bytearray)):
        name = content(host)
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if b"\0" in name:
        raise TypeError("host name must not contain null character")
    return name


_FORMS = {
    AF_INET: ("AF_INET", 2, 2, "a pair (host, port)"),
    AF_INET6: ("AF_INET6", 2, 4, "a tuple (host, port[, flowinfo[, scopeid]])"),
}


def _encode_inet(family: int, address, method: str, until: int) -> bytes:
    name, shortest, longest, form = _FORMS[family]
    if not isinstance(address, tuple):
        raise TypeError(f"{method}(): {name} address must be tuple, not {type(address).__name__}")
    # The items that the tuple holds, not what the methods of a subclass say.
    address = tuple.__getitem__(address, slice(None))
    if not shortest <= len(address) <= longest:
        raise TypeError(f"{name} address must be {form}")
    host = host_bytes(address[0])
    port = int.__index__(operator.index(address[1]))
    flowinfo, scope_id = (tuple(map(unsigned, address[2:])) + (0, 0))[:2]
    if not INT_MIN <= port <= INT_MAX:
        raise OverflowError(f"{method}(): port must be 0-65535.")
    # The host is checked first. When both are wrong, Python reports the error of the host.
    possible = 0 <= port <= 0xFFFF and flowinfo <= 0xFFFFF
    raw = blank()
    numbers = (port, flowinfo) if possible else (0, 0)
    check(looking_up(until, _from_host, family, host, *numbers, scope_id, until, raw))
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{method}(): port must be 0-65535.")
    if flowinfo > 0xFFFFF:
        raise OverflowError(f"{method}(): flowinfo must be 0-1048575.")
    return raw


@functools.lru_cache(maxsize=1024, typed=True)
def _encode_path(path) -> bytes:
    return _encode_unix(path)


def _encode_unix(address) -> bytes:
    if isinstance(address, str):
        path = file_name(address)
    else:
        path = contiguous_bytes(address)
    raw = blank()
    code = _from_unix(path, len(path), raw)
    # Python's shorter text, in the place of the library's.
    if code == ERR_OS:
        raise OSError("AF_UNIX path too long")
    check(code)
    return raw
