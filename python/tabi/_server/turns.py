"""The turns of a handler: between two of them its connection waits without a thread.

A handler's ``setup`` runs before its first turn and ``finish`` after its last. A turn is a call of ``handle``; where that
is only a loop over ``handle_one_request``, as in ``http.server``, it is a call of ``handle_one_request``.
"""

from __future__ import annotations

import contextvars
import enum
import io
import sys
import threading
from typing import Optional

from . import heads, settings, tls


#: What Python 3.9 keeps for itself.
_trace_of_threads = getattr(threading, "gettrace", lambda: threading._trace_hook)
_profile_of_threads = getattr(threading, "getprofile", lambda: threading._profile_hook)

#: Whether a new thread begins with the context variables of the thread that starts it.
_INHERITS_CONTEXT = bool(getattr(sys.flags, "thread_inherit_context", False))


class Next(enum.Enum):
    """What ``handle`` returns to be called again. Everything else that it returns ends the connection."""

    #: When the client has sent more, or its connection has ended or failed.
    PARK = "park"
    #: At once, behind those who wait for a thread: the handler holds bytes that it has read and not used.
    AGAIN = "again"


class Connection:
    """A client's connection, or a datagram, from one turn of its handler to the next."""

    __slots__ = (
        "server",
        "request",
        "client_address",
        "fd",
        "may_park",
        "idle_is_limited",
        "waits_for_first_byte",
        "is_open",
        "head",
        "handler",
        "next",
        "failed",
        "has_begun",
        "is_cut",
        "awaits_header",
        "proxy_header",
        "context",
        "__weakref__",
    )

    def __init__(self, server, request, client_address) -> None:
        self.server, self.request, self.client_address = server, request, client_address
        #: The descriptor to wait for; -1 where there is none, as for a datagram.
        self.fd = _descriptor(request)
        #: A serve loop runs, which looks at what is parked.
        self.may_park = False
        #: The server ends a connection that is parked for too long.
        self.idle_is_limited = False
        #: Its client is to say something before there is a handler.
        self.waits_for_first_byte = False
        #: ``process_request_thread`` leaves the request open when its connection parks. A server that has replaced it by
        #: one of its own ends every request there.
        self.is_open = False
        #: What watches for the head of the next request; None where the handler reads something else.
        self.head: Optional[heads.Head] = None
        #: The handler whose turns these are: the first that is made for the request.
        self.handler = None
        #: What comes after the turn that has ended; None is the end.
        self.next: Optional[Next] = None
        #: The last turn has raised.
        self.failed = False
        #: A thread has taken it up. From then on its turns end it.
        self.has_begun = False
        #: The server has shut it down, because it was late or the server is closed.
        self.is_cut = False
        #: Its PROXY header has not come: its client is not known, and no step of the server's has seen it.
        self.awaits_header = False
        #: Its PROXY header, if it has one.
        self.proxy_header = None
        #: Its context variables, which a thread of its own would have.
        self.context = contextvars.copy_context() if _INHERITS_CONTEXT else contextvars.Context()

    def allow_parking(self, idle_is_limited: bool, waits_for_first_byte: bool) -> None:
        """Lets the connection park from now on, if it has a descriptor to wait for."""
        if self.fd > 0:
            self.may_park, self.idle_is_limited = True, idle_is_limited
            self.waits_for_first_byte = waits_for_first_byte
            self.head = self._head_for(settings.handler_class(self.server))

    def _head_for(self, kind: object) -> Optional[heads.Head]:
        return heads.head_of(self.request, kind, settings.request_end(self.server))

    def is_ready(self) -> bool:
        """Whether it has something to do in a thread; else it waits on."""
        if self.head is None or self.next is Next.AGAIN or self.is_cut:
            return True
        held = b"" if self.handler is None else _unused_bytes(self.handler)
        return held is None or self.head.is_ready(held)

    def parks_before_it_begins(self) -> bool:
        """Whether it waits for its client once more, because all that the client has sent so far was a TLS handshake."""
        waits, self.waits_for_first_byte = self.waits_for_first_byte, False
        parks = waits and tls.is_wrapped(self.request) and not self.request.pending()
        self.next = Next.PARK if parks else None
        return parks

    def begin(self, handler) -> None:
        """The first turn, and all that a handler's life has around it if there is no second."""
        self.handler = handler
        if self.head is None:
            self.head = self._head_for(type(handler))
        handler.setup()
        self._turn(is_first=True)

    def go_on(self) -> None:
        """One turn more."""
        self._turn(is_first=False)

    def __enter__(self) -> Connection:
        self.failed = False
        return self

    def __exit__(self, kind, error, traceback) -> None:
        """What the server has around a turn may fail when the handler itself has not."""
        if kind is not None:
            self.failed = True
            self.end()

    def end(self) -> None:
        """There is no further turn, whatever the handler has answered."""
        if self.next is not None:
            self.next = None
            if self.handler is not None:
                self.handler.finish()

    def _turn(self, is_first: bool) -> None:
        self.next = None
        try:
            if self.head is not None and self.is_cut:
                # Before this turn: an answer to what has come would not reach the client.
                return
            if self.head is not None and self.head.error is not None:
                raise self.head.error
            self.next = self._one_request(is_first) if _loops_over_requests(self.handler) else self._one_call()
        finally:
            if self.next is None:
                self.handler.finish()

    def _one_call(self) -> Optional[Next]:
        answer = self.handler.handle()
        if not isinstance(answer, Next):
            return None
        if not self._is_connected:
            raise RuntimeError(f"{type(self.handler).__name__} cannot park a connection that it has closed or detached")
        _flush(self.handler)
        return answer if answer is Next.AGAIN else self._after(_unused_bytes(self.handler) or b"")

    def _one_request(self, is_first: bool) -> Optional[Next]:
        handler = self.handler
        if is_first:
            handler.close_connection = True
        handler.handle_one_request()
        if handler.close_connection:
            return None
        _flush(handler)
        timeout = getattr(self.request, "gettimeout", lambda: None)()
        unused = _unused_bytes(handler)
        if not self._is_connected or unused is None or (timeout is not None and not self.idle_is_limited):
            # The next call waits in a thread: nothing but the socket's own timeout ends an idle client, or nobody can
            # tell what is left in the buffer of `rfile`.
            return Next.AGAIN
        return self._after(unused)

    def _after(self, unused: bytes) -> Next:
        """What comes after a turn that has left so many bytes in the buffer of ``rfile``."""
        if unused and (self.head is None or self.head.is_whole(unused)):
            return Next.AGAIN
        if unused:
            self.head.wait(unused)
        return Next.PARK

    @property
    def _is_connected(self) -> bool:
        return _descriptor(self.request) == self.fd


def _descriptor(request) -> int:
    try:
        return request.fileno()
    except AttributeError:
        return -1


def _loops_over_requests(handler) -> bool:
    http = sys.modules.get("http.server")
    loops = (handle, http.BaseHTTPRequestHandler.handle) if http else (handle,)
    return getattr(handler.handle, "__func__", None) in loops and hasattr(handler, "handle_one_request")


def _flush(handler) -> None:
    """Sends what a handler has written, as its ``finish`` would."""
    wfile = getattr(handler, "wfile", None)
    if wfile is not None and not wfile.closed:
        wfile.flush()


def _unused_bytes(handler) -> Optional[bytes]:
    """What was read from the connection and the handler has not got; None if nobody can tell.

    Of what TLS has decrypted, only that it is there.
    """
    pending = getattr(handler.request, "pending", None)
    if pending is not None and pending():
        return b"..."
    rfile = getattr(handler, "rfile", None)
    if rfile is None or isinstance(rfile, io.RawIOBase):
        return b""
    if not isinstance(rfile, io.BufferedReader):
        return None
    # A look into an empty buffer would read from the connection, and wait.
    try:
        rfile.raw.readinto = _reads_nothing
    except AttributeError:
        return None
    try:
        return rfile.peek()
    finally:
        del rfile.raw.readinto


def _reads_nothing(buffer) -> None:
    """What a raw file's ``readinto`` returns when it would have to wait."""


_this_thread = threading.local()


def run(connection: Connection) -> None:
    """Has the server process a turn in this thread."""
    _this_thread.connection = connection
    connection.has_begun = True
    _trace()
    process = connection.server.process_request_thread
    try:
        connection.context.run(process, connection.request, connection.client_address)
    finally:
        _this_thread.connection = None


def _trace() -> None:
    """Has this thread traced and profiled as a new one would be: by what was given to ``threading`` last."""
    if _trace_of_threads() is not sys.gettrace():
        sys.settrace(_trace_of_threads())
    if _profile_of_threads() is not sys.getprofile():
        sys.setprofile(_profile_of_threads())


def this_thread_is_for(connection: Connection) -> None:
    """Lets the server's steps that this thread runs find the connection."""
    _this_thread.connection = connection


def proxy_header_of(request):
    """The PROXY header of the request that this thread handles; None if it has none."""
    connection = getattr(_this_thread, "connection", None)
    return connection.proxy_header if connection is not None and connection.request is request else None


def opened(server, request, client_address) -> Connection:
    """The connection whose turn this thread runs. Elsewhere than in a thread of the pool, one that does not park."""
    connection = getattr(_this_thread, "connection", None)
    if connection is None or connection.request is not request:
        return Connection(server, request, client_address)
    connection.is_open = True
    return connection


def live(handler) -> None:
    """A handler's life: up to where its connection first parks, or all of it."""
    connection = getattr(_this_thread, "connection", None)
    if (
        connection is not None
        and connection.may_park
        and connection.is_open
        and connection.handler is None
        and connection.request is handler.request
    ):
        connection.begin(handler)
        return
    handler.setup()
    try:
        if isinstance(handler.handle(), Next):
            raise RuntimeError(
                f"{type(handler.server).__name__} cannot park a connection: "
                "only a threading server of streams can, while serve_forever runs"
            )
    finally:
        handler.finish()


def handle(self) -> None:
    """Handles requests by ``handle_one_request`` until ``close_connection`` is true; does nothing without it.

    A subclass has ``handle`` or ``handle_one_request``. ``close_connection`` is true before the first request.
    """
    if hasattr(self, "handle_one_request"):
        self.close_connection = True
        self.handle_one_request()
        while not self.close_connection:
            self.handle_one_request()
