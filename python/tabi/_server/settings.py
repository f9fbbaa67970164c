"""The settings of a Python server, checked and as the library takes them."""

from __future__ import annotations

import ctypes
import operator
import threading

from .. import _library
from .._errors import check
from . import structures

_options_init = _library.quick(
    "tabi_server_options_init", ctypes.POINTER(structures.Options), ctypes.c_size_t
)

#: Bytes of stack: what the C code of extension modules is used to. Only what is touched is real memory.
_STACK_SIZE = 8 << 20


def seconds(name: str, value: float) -> float:
    """A time in seconds; raises ``ValueError`` for a negative one and NaN."""
    if not value >= 0:
        raise ValueError(f"{name} must be 0 seconds or more, got {value}")
    return value


def options(server, hooks: structures.Hooks) -> structures.Options:
    """The library's form of a server's settings; raises ``ValueError`` for settings that cannot be."""
    found = structures.Options()
    check(_options_init(found, ctypes.sizeof(found)))
    found.hooks = structures.HooksPointer(hooks)
    if is_threading(server):
        found.concurrency = structures.THREADS
        found.max_threads = 0 if server.max_threads is None else _whole("max_threads", server.max_threads, 1)
        found.when_full = _policy(server.when_full)
        found.queue_size = _whole("queue_size", server.queue_size, 0)
        found.thread_idle = seconds("thread_idle", server.thread_idle)
        found.stack_size = threading.stack_size() or _STACK_SIZE
        found.thread_name = type(server).__name__.encode()
        found.daemon_threads = int(bool(server.daemon_threads))
        found.block_on_close = int(bool(server.block_on_close))
    return found


def is_threading(server) -> bool:
    """Whether threads handle the server's requests."""
    return hasattr(server, "max_threads")


def _whole(name: str, value: int, least: int) -> int:
    if operator.index(value) < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return value


def _policy(name: str) -> int:
    if name not in structures.WHEN_FULL:
        raise ValueError(f"when_full must be one of {', '.join(map(repr, structures.WHEN_FULL))}, got {name!r}")
    return structures.WHEN_FULL[name]
