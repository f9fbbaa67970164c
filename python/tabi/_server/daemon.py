"""Servers as daemons: a service manager is told their state, and a signal ends them."""

from __future__ import annotations

import ctypes
import signal
from typing import Optional

from .. import _library
from .._errors import check
from .native import native_of

_notify = _library.function("tabi_notify", ctypes.c_char_p)


def notify(state: str) -> bool:
    """Tells the service manager about the state of this program: "READY=1", "STOPPING=1", "STATUS=some text".

    Returns False when there is none that wants to know: it names its socket in ``NOTIFY_SOCKET``. Raises ``OSError`` when
    it is not there, and ``TimeoutError`` when it takes no message for 5 seconds.
    """
    return check(_notify(state.encode())) > 0


def serve_until_signal(server, signals: tuple, drain: Optional[float], poll_interval: float):
    """Serves until one of the signals comes, and closes the server; a second signal ends the drain."""
    native = native_of(server)
    stopping = False

    def on_signal(number, frame):
        nonlocal stopping
        native.cut_at_once, stopping = stopping, True
        native.hooks.stop()

    replaced = {}
    try:
        for number in signals or (signal.SIGTERM, signal.SIGINT):
            replaced[number] = signal.signal(number, on_signal)
        notify("READY=1")
        try:
            if not stopping:
                server.serve_forever(poll_interval)
        finally:
            stopping = True
            try:
                notify("STOPPING=1")
            except OSError:
                pass  # It learns that the program has ended.
            report = server.server_close(drain) if native.threaded else server.server_close()
        return report
    finally:
        for number, handler in replaced.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
