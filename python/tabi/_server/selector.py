"""How ``handle_request`` waits for a client."""

from __future__ import annotations

from .._poll import poll
from .._system import POLLIN


class Selector:
    """What ``handle_request`` needs of a selector: it waits for one server, and heeds tokens."""

    __slots__ = ("_entries",)

    def __enter__(self) -> "Selector":
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def register(self, server, _events) -> None:
        self._entries = [(_polled(server), POLLIN)]

    def select(self, timeout) -> list:
        # A selector takes any timeout that is not positive for "do not wait".
        return poll(self._entries, timeout if timeout is None else max(timeout, 0))


def _polled(server):
    """The server's socket, whose token and close end the wait, or the descriptor of a server that has chosen another."""
    listener = getattr(server, "socket", None)
    descriptor = server.fileno()
    return listener if hasattr(listener, "_tabi_handle") and listener.fileno() == descriptor else descriptor
