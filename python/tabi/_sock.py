"""``_socket.socket``, put together."""

from __future__ import annotations

from ._genuine import module as builtin

from ._arguments import c_int
from ._connection import Connection
from ._lifecycle import Lifecycle, pair
from ._messages import Messages
from ._transfer import Transfer


class socket(Connection, Transfer, Messages, Lifecycle):
    __slots__ = ()
    __doc__ = builtin.socket.__doc__


socket.__module__ = "_socket"
SocketType = socket


def socketpair(family=None, type=builtin.SOCK_STREAM, proto=0, /):
    given = (getattr(builtin, "AF_UNIX", builtin.AF_INET) if family is None else family), type, proto
    return pair(socket, *(c_int(value, "__init__", *given) for value in given))
