"""The functions of the module that need no socket object."""

from __future__ import annotations

import errno
import operator
import os

from . import _handle, _library
from ._errors import check
from ._library import INT_MAX, INT_MIN

__all__ = ["close", "dup"]

_close_fd = _library.function("tabi_close_fd")
_dup_fd = _library.quick("tabi_dup_fd")


def _descriptor(fd) -> int:
    if isinstance(fd, float):
        raise TypeError("integer argument expected, got float")
    number = operator.index(fd)
    if not INT_MIN <= number <= INT_MAX:
        raise OverflowError("Python int too large to convert to C int")
    if number < 0:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return number


def close(fd, /):
    check(_close_fd(_descriptor(fd)))


def dup(fd, /):
    number = _descriptor(fd)
    copy = check(_dup_fd(number))
    _handle.share(number)
    return copy
