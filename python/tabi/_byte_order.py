"""``htons`` and its sisters."""

from __future__ import annotations

import operator
import sys


def _swap(value: int, size: int) -> int:
    return int.from_bytes(value.to_bytes(size, sys.byteorder), "big")


def _short(name: str, value) -> int:
    number = operator.index(value)
    if number < 0:
        raise OverflowError(f"{name}: can't convert negative Python int to C 16-bit unsigned integer")
    if number > 0xFFFF:
        raise OverflowError(f"{name}: Python int too large to convert to C 16-bit unsigned integer")
    return _swap(number, 2)


def _long(value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"expected int, {type(value).__name__} found")
    if value < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if value > 0xFFFFFFFF:
        raise OverflowError("int larger than 32 bits")
    return _swap(int(value), 4)


def htons(x, /):
    return _short("htons", x)


def ntohs(x, /):
    return _short("ntohs", x)


def htonl(x, /):
    return _long(x)


def ntohl(x, /):
    return _long(x)
