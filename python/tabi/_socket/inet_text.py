"""Packed addresses and their text."""

from __future__ import annotations

import ctypes

from .. import _library
from .._errors import ERR_OS, check
from .arguments import delegate, plain_int
from .buffers import Buffer, zeros

_SSIZE = ctypes.c_ssize_t
_inet_aton = _library.quick("tabi_inet_aton", result=_SSIZE)
_inet_ntoa = _library.quick("tabi_inet_ntoa", result=_SSIZE)
_inet_pton = _library.quick("tabi_inet_pton", result=_SSIZE)
_inet_ntop = _library.quick("tabi_inet_ntop", result=_SSIZE)

_LONGEST_TEXT = 64
_LONGEST_PACKED = 16


def inet_aton(ip_addr, /):
    if not isinstance(ip_addr, str) or "\0" in ip_addr:
        return delegate("inet_aton", ip_addr)
    packed = zeros(4)
    if _inet_aton(str.encode(ip_addr), packed, len(packed)) < 0:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_ntoa(packed_ip, /):
    packed = _packed("inet_ntoa", packed_ip)
    if len(packed) != 4:
        raise OSError("packed IP wrong length for inet_ntoa")
    text = zeros(_LONGEST_TEXT)
    return text[: check(_inet_ntoa(packed, len(packed), text, len(text)))].decode()


def inet_pton(address_family, ip_string, /):
    family = plain_int("inet_pton", address_family, address_family, ip_string)
    if not isinstance(ip_string, str) or "\0" in ip_string:
        return delegate("inet_pton", address_family, ip_string)
    packed = zeros(_LONGEST_PACKED)
    size = _inet_pton(family, str.encode(ip_string), packed, len(packed))
    if size == ERR_OS:
        raise OSError("illegal IP address string passed to inet_pton")
    return packed[: check(size)]


def inet_ntop(address_family, packed_ip, /):
    family = plain_int("inet_ntop", address_family, address_family, packed_ip)
    packed = _packed("inet_ntop", address_family, packed_ip)
    text = zeros(_LONGEST_TEXT)
    size = _inet_ntop(family, packed, len(packed), text, len(text)) if len(packed) <= _LONGEST_PACKED else -1
    if size < 0:
        # The built-in function raises its own error.
        return delegate("inet_ntop", address_family, packed_ip)
    return text[:size].decode()


def _packed(function: str, *given) -> bytes:
    try:
        with Buffer(given[-1]) as source:
            return ctypes.string_at(source.at(), source.size) if source.size else b""
    except TypeError:
        return delegate(function, *given)
