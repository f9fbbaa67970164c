"""Servers and the life of the process: its end, and its forks."""

from __future__ import annotations

import atexit
import os

from . import jobs
from .native import inherit_all, natives

#: Seconds that the end of the program gives the loop and the threads of a server that may be left alone.
_DAEMONS_END = 0.1
#: More seconds than any program waits. Unlike no limit, it makes the library wait also for handlers that an earlier
#: ``server_close`` has left running.
_AS_LONG_AS_IT_TAKES = 1e9


def _end() -> None:
    """At exit: a native thread must not find the interpreter gone when it comes back to it.

    Waits for the threads as Python does for its own, and for daemons as long as ending them takes.
    """
    interrupted = None
    for native in list(natives.values()):
        try:
            native.close(_DAEMONS_END if native.daemon or interrupted else _AS_LONG_AS_IT_TAKES)
        except BaseException as error:
            # Ctrl-C: nothing is waited for any more.
            interrupted = error
            native.close(_DAEMONS_END)
    if interrupted is not None:
        raise interrupted


def _forget() -> None:
    """After a fork the threads are the parent's: there is nothing to stop or to wait for here."""
    inherit_all()
    jobs.forget()


def watch() -> None:
    """Registers what happens at the end of the program and after a fork. It is called once."""
    atexit.register(_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
