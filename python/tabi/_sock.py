"""``_socket.socket``, put together."""

from __future__ import annotations

import ctypes
import sys

from ._arguments import plain_int
from ._connection import Connection
from ._genuine import module as builtin
from ._lifecycle import Lifecycle, pair
from ._messages import Messages
from ._transfer import Transfer


class socket(Connection, Transfer, Messages, Lifecycle):
    __slots__ = ()
    __doc__ = builtin.socket.__doc__


socket.__module__ = "_socket"
SocketType = socket


_PAIR_FAMILY = getattr(builtin, "AF_UNIX", builtin.AF_INET)


def socketpair(family=_PAIR_FAMILY, type=builtin.SOCK_STREAM, proto=0, /):
    given = family, type, proto
    return pair(socket, *(plain_int("socketpair", value, *given) for value in given))


#: Where `PyTypeObject` keeps its flags, and the flag that forbids changing the type.
_FLAGS_AT = object.__basicsize__ + 19 * ctypes.sizeof(ctypes.c_void_p)
_IMMUTABLE = 1 << 8


def freeze() -> None:
    """Makes the type as immutable as the running Python's own is."""
    if builtin.socket.__flags__ & _IMMUTABLE and sys.version_info >= (3, 10):
        flags = ctypes.c_ulong.from_address(id(socket) + _FLAGS_AT)
        if flags.value == socket.__flags__:
            flags.value |= _IMMUTABLE
