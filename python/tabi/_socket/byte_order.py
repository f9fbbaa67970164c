"""``htons`` and its sisters."""

from __future__ import annotations

import sys

from .arguments import delegate

_SWAPPED = sys.byteorder == "little"


def _convert(function: str, value, size: int) -> int:
    if type(value) is not int or not 0 <= value < 1 << (8 * size):
        # A wrong value, or an object that stands for a number: the built-in function decides. It has no side effects.
        return delegate(function, value)
    return int.from_bytes(value.to_bytes(size, "little"), "big") if _SWAPPED else value


def htons(x, /):
    return _convert("htons", x, 2)


def ntohs(x, /):
    return _convert("ntohs", x, 2)


def htonl(x, /):
    return _convert("htonl", x, 4)


def ntohl(x, /):
    return _convert("ntohl", x, 4)
