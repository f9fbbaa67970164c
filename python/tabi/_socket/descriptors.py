"""The functions of the module that need no socket object."""

from __future__ import annotations

import operator

from .. import _library
from .._errors import check
from .._library import INT_MAX
from .._system import DESCRIPTORS_IN_PYTHON, NO_DESCRIPTOR, WINDOWS, Descriptor, os_error
from . import handle
from .arguments import by_int_method, delegate

__all__ = ["close", "dup"]

_close_fd = _library.function("tabi_close_fd")
_dup_fd = _library.quick("tabi_dup_fd", result=Descriptor)


def _descriptor(function: str, fd) -> int:
    if hasattr(type(fd), "__index__"):
        # Before Python 3.10, `operator.index` returns a subclass of `int` as it is.
        number = int.__index__(operator.index(fd))
    else:
        number = by_int_method(fd)
        if number is None:
            return delegate(function, fd)
    if WINDOWS and not -DESCRIPTORS_IN_PYTHON <= number < DESCRIPTORS_IN_PYTHON:
        return delegate(function, number)
    if number < 0 or WINDOWS and number > INT_MAX:
        raise os_error(NO_DESCRIPTOR)
    # Elsewhere the built-in functions cut a larger number down, and close the descriptor that remains.
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
