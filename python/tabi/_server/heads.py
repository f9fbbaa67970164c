"""A request, or its head, is there before a thread reads it.

Handlers read with calls that wait. A client that sends a byte a second would keep a thread for as long as its request
takes to come, so its connection stays parked until the bytes have come that end the request: those of the server's
``request_end``, and for the handlers of ``http.server`` the empty line that ends the head.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Optional

from .. import socket
from .._poll import poll
from .._system import POLLIN, POLLPRI

#: Windows has no such flag.
_DONTWAIT = getattr(socket, "MSG_DONTWAIT", None)

#: Bytes that are looked at. A longer head, or request, is read by the handler, as it comes.
_MOST = 8192
_MOST_OF_A_REQUEST = 16 * 1024
#: How the first line of a request begins after which a handler of `http.server` reads on. It refuses others at once.
_FIRST_LINE = re.compile(rb"\S+[ \t]+\S+([ \t]+HTTP/1\.\d+)?[ \t]*\r?\n")
_END = re.compile(rb"\n\r?\n")


def head_of(request, kind: object, end: Optional[bytes]) -> Optional[Head]:
    """What watches for a request that ends with those bytes, or without them for the head of one, if handlers of that
    class read one as ``http.server`` does.

    What TLS has encrypted cannot be looked at.
    """
    if hasattr(request, "pending"):
        return None
    if end is not None:
        return Head(request, _MOST_OF_A_REQUEST, lambda received: end in received)
    return Head(request, _MOST, _ends_or_is_wrong) if _are_read_by(kind) else None


def _are_read_by(kind: object) -> bool:
    if not is_http(kind):
        return False
    wsgiref = sys.modules.get("wsgiref.simple_server")
    if wsgiref is not None and kind.handle is wsgiref.WSGIRequestHandler.handle:
        return True
    standard = sys.modules["http.server"].BaseHTTPRequestHandler
    return kind.handle is standard.handle and kind.handle_one_request is standard.handle_one_request


def is_http(kind: object) -> bool:
    """Whether it is a class of ``http.server``'s handlers, or is derived from one."""
    http = sys.modules.get("http.server")
    return http is not None and isinstance(kind, type) and issubclass(kind, http.BaseHTTPRequestHandler)


def _ends_or_is_wrong(head: bytes) -> bool:
    """Whether a handler of ``http.server`` reads without waiting for more, up to the end of the head or to an error."""
    if _END.search(head):
        return True
    line_end = head.find(b"\n") + 1
    return line_end > 0 and not _FIRST_LINE.fullmatch(head[:line_end])


def _peek(sock, most: int) -> bytes:
    """What has come, without taking it away and without waiting. Raises ``BlockingIOError`` when that is nothing."""
    if _DONTWAIT is not None:
        return sock.recv(most, socket.MSG_PEEK | _DONTWAIT)
    if not poll([(sock, POLLIN)], 0):
        raise BlockingIOError
    return sock.recv(most, socket.MSG_PEEK)


def _has_urgent_byte(sock) -> bool:
    return POLLPRI != 0 and any(events & POLLPRI for _, events in poll([(sock, POLLPRI)], 0))


class Head:
    """The next request of a connection, or its head. It stays in the kernel until the handler reads it."""

    __slots__ = ("error", "_request", "_most", "_ends", "_seen", "_waits_for_more")

    def __init__(self, request, most: int, ends: Callable[[bytes], bool]) -> None:
        #: What a look at the connection has raised. The system tells it once, and it is the handler's to raise.
        self.error: Optional[OSError] = None
        self._request = request
        self._most, self._ends = most, ends
        #: Bytes that were there when it was last looked at.
        self._seen = 0
        #: The connection counts as readable only when there are more.
        self._waits_for_more = False

    def is_whole(self, received: bytes) -> bool:
        """Whether a handler can read so much without waiting for more."""
        return len(received) >= self._most or self._ends(received)

    def is_ready(self, held: bytes) -> bool:
        """Whether a thread should read it: it is whole, or no more of it has come although the connection is readable.

        ``held`` is what the buffer of the handler's `rfile` has of it.
        """
        try:
            fresh = _peek(self._request, self._most)
        except (BlockingIOError, socket.timeout):
            return False
        except OSError as error:
            self.error = error
            return True
        stands = len(held) + len(fresh) == self._seen
        if stands and fresh and _has_urgent_byte(self._request):
            # No look goes beyond it, and the handler would wait there for as long as the client likes.
            self._request.shutdown(socket.SHUT_RD)
        if stands or self.is_whole(held + fresh):
            self._seen = 0
            self._wait_for(1)
            return True
        self.wait(held, fresh)
        return False

    def wait(self, held: bytes, fresh: bytes = b"") -> None:
        """Has the connection be readable when there is more than that, or its end."""
        self._seen = len(held) + len(fresh)
        self._wait_for(len(fresh) + 1)

    def _wait_for(self, count: int) -> None:
        if count > 1 or self._waits_for_more:
            self._waits_for_more = count > 1
            try:
                self._request.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            except OSError:
                pass  # A connection that has failed is readable.
