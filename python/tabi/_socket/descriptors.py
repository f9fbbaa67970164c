"""The functions of the module that need no socket object."""

from __future__ import annotations

import errno
import operator
import os

from .. import _library
from .._errors import check
from .._library import INT_MAX
from . import handle
from .arguments import delegate

__all__ = ["close", "dup"]

_close_fd = _library.function("tabi_close_fd")
_dup_fd = _library.quick("tabi_dup_fd")


def _descriptor(function: str, fd) -> int:
    if not hasattr(type(fd), "__index__"):
        return delegate(function, fd)
    number = operator.index(fd)
    if number < 0:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    # The built-in functions cut a larger number down, and close the descriptor that remains.
    if number > INT_MAX:
        raise OverflowError("Python int too large to convert to C int")
    return number


def close(fd, /):
    check(_close_fd(_descriptor("close", fd)))


def dup(fd, /):
    number = _descriptor("dup", fd)
    copy = check(_dup_fd(number))
    handle.share(number)
    return copy
