"""Calls that a signal interrupted: Python's handlers run, then the call goes on with the time that is left."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from .._errors import EINTR, exception

#: Runs the handlers of signals that have arrived; raises what they raise. Does nothing outside the main thread.
check_signals = ctypes.pythonapi.PyErr_CheckSignals
check_signals.argtypes = []

#: The last moment that the library's deadlines can name.
_NEVER = 2**63 - 1


def again(
    self,
    code: int,
    began: int,
    plain: Callable[[], int],
    until: Callable[[int], int],
) -> int:
    """The result of a call that returned an error: repeated while that error is an interruption.

    ``began`` is when the first call began (nanoseconds of the monotonic clock), for a socket that
    has a timeout. Raises what the handlers raise, and the exception of any other error.
    """
    timeout = self._tabi_timeout
    while code == EINTR:
        check_signals()
        if timeout and began:
            code = until(min(began + int(timeout * 1e9), _NEVER))
        else:
            code = plain()
    if code < 0:
        raise exception(code)
    return code
