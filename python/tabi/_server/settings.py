"""The settings of a Python server, checked and as the library takes them."""

from __future__ import annotations

import ctypes
import functools
import operator
import threading
from typing import Optional

from .. import _library, socket
from .._cancel import Cancel
from .._errors import check
from . import behind_proxy, heads, structures, tls

_options_init = _library.quick(
    "tabi_server_options_init", ctypes.POINTER(structures.Options), ctypes.c_size_t
)

#: Bytes of stack: what the C code of extension modules is used to. Only what is touched is real memory.
_STACK_SIZE = 8 << 20

#: The most bytes of a ``request_end``.
_LONGEST_END = 64
#: The families in which a stream is TCP.
_INTERNET = (socket.AF_INET, getattr(socket, "AF_INET6", socket.AF_INET))


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
        _set_limits(found, server)
        if behind_proxy.is_expected(server):
            behind_proxy.set_options(found, server)
    elif behind_proxy.is_expected(server):
        raise ValueError("proxy_protocol is for threading servers")
    return found


def _set_limits(found: structures.Options, server) -> None:
    request_end(server)
    found.wait_for_first_byte = int(waits_for_first_byte(server))
    idle = idle_timeout(server)
    if idle is not None:
        found.idle_timeout = _more_than_0("idle_timeout", idle)
    if server.request_deadline is not None:
        found.request_deadline = _more_than_0("request_deadline", server.request_deadline)
    if server.min_rate is not None:
        rate, grace = server.min_rate
        found.min_rate = _whole("the bytes per second of min_rate", rate, 1)
        found.min_rate_grace = _more_than_0("the grace of min_rate", grace)
    if server.cancel is not None:
        if not isinstance(server.cancel, Cancel):
            raise TypeError(f"cancel must be a tabi.Cancel or None, not {type(server.cancel).__name__}")
        found.cancel = server.cancel._token
    for name in ("max_parked", "max_connections", "max_connections_per_address"):
        limit = getattr(server, name)
        if limit is not None:
            setattr(found, name, _whole(name, limit, 1))


def request_end(server) -> Optional[bytes]:
    """The bytes that end a request of a server; raises ``ValueError`` where they cannot be."""
    end = getattr(server, "request_end", None)
    if end is None:
        return None
    length = len(memoryview(end))
    if not 1 <= length <= _LONGEST_END:
        raise ValueError(f"request_end must have 1 to {_LONGEST_END} bytes, got {length}")
    if server.socket_type != socket.SOCK_STREAM or server.address_family not in _INTERNET:
        raise ValueError("request_end is for TCP sockets, and the server has others")
    if server.ssl_context is not None or tls.is_wrapped(server.socket):
        raise ValueError("request_end is for servers without TLS, whose bytes can be looked at")
    return bytes(end)


def waits_for_first_byte(server) -> bool:
    """Whether a new client waits without a thread until it has sent something."""
    if server.request_end is not None:
        return True
    asked = server.wait_for_first_byte
    return heads.is_http(handler_class(server)) if asked is None else bool(asked)


def idle_timeout(server) -> Optional[float]:
    """Seconds that a connection may be parked: what the server says, or else its handlers' class; None is no limit."""
    if server.idle_timeout is not None:
        return server.idle_timeout
    timeout = getattr(handler_class(server), "timeout", None)
    is_limit = isinstance(timeout, (int, float)) and timeout > 0
    return timeout if is_limit and server.socket_type == socket.SOCK_STREAM else None


def handler_class(server) -> object:
    """What makes the handlers: their class, unless it is a function."""
    kind = server.RequestHandlerClass
    while isinstance(kind, functools.partial):
        kind = kind.func
    return kind


def is_threading(server) -> bool:
    """Whether threads handle the server's requests."""
    return hasattr(server, "max_threads")


def _more_than_0(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{name} must be more than 0 seconds, got {value}")
    return value


def _whole(name: str, value: int, least: int) -> int:
    if operator.index(value) < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return value


def _policy(name: str) -> int:
    if name not in structures.WHEN_FULL:
        raise ValueError(f"when_full must be one of {', '.join(map(repr, structures.WHEN_FULL))}, got {name!r}")
    return structures.WHEN_FULL[name]
