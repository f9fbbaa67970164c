"""Calls that a signal interrupted: Python's handlers run, then the call goes on with the time that is left."""

from __future__ import annotations

import _thread
import ctypes
from collections.abc import Callable

from .. import _library
from .._errors import EINTR, exception
from .._system import WINDOWS

#: Runs the handlers of signals that have arrived; raises what they raise. Does nothing outside the main thread.
check_signals = ctypes.pythonapi.PyErr_CheckSignals
check_signals.argtypes = []

#: A function that the library calls when a signal has come. It needs no argument, and a C function may ignore what it
#: gets.
Interrupted = ctypes.CFUNCTYPE(ctypes.c_int)
_interrupt_lookups = _library.quick("tabi_interrupt_lookups", Interrupted, ctypes.c_void_p)
_NOBODY = Interrupted()

#: Whether there is a token (``tabi.Cancel``). Under one, a look-up without a limit waits too. On Windows calls are always
#: made as if there were one: those that block in the system could be ended by nothing.
tokens_exist = WINDOWS

#: Whom the library asks in each thread. Kept here as long as the library may call it.
_asked = _thread._local()

#: The last moment that the library's deadlines can name. It means that there is no limit.
NEVER = 2**63 - 1


def interruptions(raised: list):
    """Runs the handlers of signals at each step, and says how many have raised something.

    A generator, because a signal's handler may raise as soon as Python runs: here that is within ``try``, and in a
    function it would be before its first line.
    """
    while True:
        try:
            while True:
                yield len(raised)
                check_signals()
        except GeneratorExit:
            return
        except BaseException as error:
            raised.append(error)


def looking_up(until: int, look_up: Callable[..., int], *arguments) -> int:
    """The result of a look-up that ends at ``until``. The handlers of signals run while it waits; what they raise ends it.

    A look-up without a limit (``NEVER``) and without a token runs in this thread, and nothing can end it.
    """
    if until == NEVER and not tokens_exist:
        return look_up(*arguments)
    raised: list = []
    steps = interruptions(raised)
    next(steps)
    # A handler may look something up while its thread does.
    before = getattr(_asked, "by", _NOBODY)
    _asked.by = by = Interrupted(steps.__next__)
    try:
        _interrupt_lookups(by, None)
        code = look_up(*arguments)
    finally:
        _interrupt_lookups(before, None)
        _asked.by = before
    if code == EINTR and raised:
        raise raised[0]
    return code


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
            code = until(min(began + int(timeout * 1e9), NEVER))
        else:
            code = plain()
    if code < 0:
        raise exception(code)
    return code
