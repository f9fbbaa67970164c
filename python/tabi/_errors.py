"""Turns the library's negative codes into Python's exceptions."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Optional

from . import _library
from ._genuine import module as builtin
from ._system import INTERRUPTED, NO_DESCRIPTOR, WOULD_WAIT, os_error

# The exceptions are the built-in module's own, so that `except socket.gaierror` catches both.
error = builtin.error
timeout = builtin.timeout
gaierror = builtin.gaierror
herror = builtin.herror


class Cancelled(OSError):
    """A call was under a :class:`tabi.Cancel` that is triggered, or whose time has passed. Its ``errno`` is ``ECANCELED``.

    The socket can still be used, and no byte that has arrived is lost. After a ``sendall``, ``sent`` is the number of
    bytes that the system has accepted; it is ``None`` for other calls.
    """

    __module__ = "tabi"

    sent: Optional[int] = None


ERR_TIMEOUT = -5201
ERR_CLOSED = -5202
ERR_VALUE = -5203
ERR_OVERFLOW = -5204
ERR_TYPE = -5205
ERR_NULL = -5206
ERR_OS = -5207
ERR_PANIC = -5208
ERR_CANCELLED = -5210

#: The library's own codes are between these two; all others are ``-errno``.
_FIRST_OWN, _LAST_OWN = -5000, -7000

EINTR = -INTERRUPTED
EAGAIN = -WOULD_WAIT

_number = _library.quick("tabi_error_number")
_message = _library.quick("tabi_last_error_message", result=ctypes.c_char_p)

_KINDS = {
    ERR_VALUE: ValueError,
    ERR_OVERFLOW: OverflowError,
    ERR_TYPE: TypeError,
    ERR_PANIC: SystemError,
}


def message() -> str:
    """What went wrong in this thread's last call that failed."""
    return _message().decode("utf-8", "replace")


def exception(code: int) -> BaseException:
    """The exception that Python would raise for this code of this thread's last call."""
    return exception_of(code, None)


def exception_of(code: int, text: Optional[str]) -> BaseException:
    """The exception that Python would raise for a code with this text, or that of this thread's last call."""
    if code > _FIRST_OWN or code < _LAST_OWN:
        return os_error(-code)
    if code == ERR_TIMEOUT:
        return timeout("timed out")
    # A socket that was never opened has no handle.
    if code in (ERR_CLOSED, ERR_NULL):
        return os_error(NO_DESCRIPTOR)
    if code == ERR_CANCELLED:
        return Cancelled(errno.ECANCELED, os.strerror(errno.ECANCELED))
    if -5100 < code <= -5001:
        return gaierror(_number(code), message() if text is None else text)
    if -5200 < code <= -5101:
        return herror(_number(code), message() if text is None else text)
    return _KINDS.get(code, OSError)(message() if text is None else text)


def is_errno(code: int) -> bool:
    """Whether the library takes the code for an error of the system."""
    return -4096 < code < 0 or -16000 < code < _LAST_OWN


def check(code: int) -> int:
    """The code itself, unless it is an error: then the exception."""
    if code < 0:
        raise exception(code)
    return code


def connect_number(code: int) -> int:
    """What ``connect_ex`` returns for a code: an ``errno``, where a timeout is that of a call that would wait."""
    if code == ERR_TIMEOUT:
        return WOULD_WAIT
    if code in (ERR_CLOSED, ERR_NULL):
        return NO_DESCRIPTOR
    if code > _FIRST_OWN or code < _LAST_OWN:
        return -code
    raise exception(code)
