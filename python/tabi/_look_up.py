"""The look-ups of this package, which have a limit."""

from __future__ import annotations

import math
from typing import Optional

from . import socket
from ._errors import Cancelled
from ._socket import address, resolve
from ._system import monotonic_ns


def until(timeout: Optional[float]) -> int:
    """The moment of the monotonic clock at which so many seconds from now have passed, in nanoseconds."""
    if timeout is None:
        return address.NEVER
    if not timeout >= 0:
        raise ValueError(f"timeout must be 0 seconds or more, got {timeout}")
    return min(monotonic_ns() + math.ceil(min(timeout, 2**33) * 1e9), address.NEVER)


def getaddrinfo(host, port, family, type, proto, flags, timeout: Optional[float]) -> list:
    """See :func:`tabi.getaddrinfo`."""
    answers = resolve.getaddrinfo_until(until(timeout), host, port, family, type, proto, flags)
    return [
        (_named(family, socket.AddressFamily), _named(kind, socket.SocketKind), proto, name, place)
        for family, kind, proto, name, place in answers
    ]


def _named(number: int, kind: type):
    """The member of an enum, or the number itself if it has no name."""
    try:
        return kind(number)
    except ValueError:
        return number


def getfqdn(name: str, timeout: Optional[float]) -> str:
    """See :func:`tabi.getfqdn`."""
    end = until(timeout)
    name = name.strip()
    if name in ("", "0.0.0.0", "::"):
        name = socket.gethostname()
    try:
        hostname, aliases, _ = resolve.gethostbyaddr_until(end, name)
    except Cancelled:
        raise
    except OSError:
        return name
    for found in (hostname, *aliases):
        if "." in found:
            return found
    return hostname
