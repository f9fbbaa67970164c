"""The native server behind a Python server: the library's loop, threads, limits, counts and end.

The native loop waits for clients and for ``shutdown``. Each time a client is there it calls back, and Python's own code
accepts and verifies it. A threading server then gives the request to the library as a job (see ``jobs``).
"""

from __future__ import annotations

import ctypes
import functools
import threading
import time
import weakref
from typing import Optional

from .. import _library
from .._errors import EINTR, ERR_CLOSED, check
from .._socket.descriptors import close, dup
from .._socket.interrupt import check_signals
from .._system import Descriptor, write_byte
from . import behind_proxy, hooks, jobs, settings, structures, turns
from .reports import DrainReport, Statistics

_pointer = ctypes.c_void_p
_by_reference = ctypes.POINTER
_socket_from_fd = _library.quick(
    "tabi_socket_from_fd", Descriptor, *[ctypes.c_int] * 3, _by_reference(_pointer)
)
_from_sockets = _library.quick(
    "tabi_server_from_sockets",
    _by_reference(structures.Options),
    _by_reference(_pointer),
    ctypes.c_size_t,
    structures.RunJob,
    _pointer,
    _by_reference(_pointer),
)
_get_statistics = _library.quick("tabi_server_get_statistics", _pointer, _by_reference(structures.Statistics))
_set_interruptible = _library.quick("tabi_server_set_interruptible", _pointer, ctypes.c_int)
_serve_forever = _library.function("tabi_server_serve_forever", _pointer, ctypes.c_double)
_fileno = _library.quick("tabi_server_fileno", _pointer, result=Descriptor)
_wake_fd = _library.quick("tabi_server_wake_fd", _pointer, result=Descriptor)
_close = _library.function("tabi_server_close", _pointer, ctypes.c_double, _by_reference(structures.DrainReport))
_free_socket = _library.quick("tabi_sock_free", _pointer, result=None)
_free = _library.function("tabi_server_free", _pointer, result=None)

_NO_TIMEOUT = float("inf")

#: All native servers of this process, by the number that their hooks get as userdata.
natives: dict[int, "Native"] = {}
_making = threading.Lock()


def native_of(server) -> "Native":
    """The native server behind a Python server, made when it is first needed in this process."""
    native = existing(server)
    if native is None or native.inherited:
        with _making:
            native = existing(server)
            if native is None or native.inherited:
                if native is not None:
                    native.close(None)
                native = server._native = Native(server)
    return native


def existing(server) -> Optional["Native"]:
    """The native server behind a Python server, if it has one. In a forked child it may be the parent's (``inherited``)."""
    return server.__dict__.get("_native")


def inherit_all() -> None:
    """After a fork: all native servers are the parent's, and one of its threads may have held the lock."""
    global _making
    for native in natives.values():
        native.inherit()
    natives.clear()
    _making = threading.Lock()


class Native:
    """A native server: its loop looks at a duplicate of the Python server's descriptor."""

    def __init__(self, server):
        self.threaded = settings.is_threading(server)
        #: Whether the end of the program leaves its handlers alone; those in-line are their own thread's affair.
        self.daemon = bool(server.daemon_threads) if self.threaded else True
        #: Whether a connection that is parked for too long is closed, and whether new clients are parked.
        self.idle_is_limited = self.threaded and settings.idle_timeout(server) is not None
        self.waits_for_first_byte = self.threaded and settings.waits_for_first_byte(server)
        self.counts_hosts = self.threaded and server.max_connections_per_address is not None
        self.hooks = hooks.LoopHooks(server)
        self.handle = self._make(server.fileno(), settings.options(server, self.hooks.table))
        self.hooks.stop = functools.partial(write_byte, _wake_fd(self.handle))
        #: It is a parent's: this process has a copy of its socket, and no more.
        self.inherited = False
        #: Set to end the drain of a ``close`` that is running, at the next signal.
        self.cut_at_once = False
        self._serving = threading.Lock()
        self._served_by: Optional[int] = None
        #: Set when nobody serves. Ctrl-C can end a wait for it, but not a wait in ``tabi_server_shutdown``.
        self._served = threading.Event()
        self._served.set()
        natives[self.hooks.number] = self
        weakref.finalize(server, _discard, self).atexit = False

    @staticmethod
    def _make(fd: int, options: structures.Options) -> _pointer:
        copy = dup(fd)
        sock, handle = _pointer(), _pointer()
        code = _socket_from_fd(copy, -1, -1, -1, sock)
        if code < 0:
            close(copy)
            check(code)
        # The handler is never asked: the loop takes no request itself.
        code = _from_sockets(options, sock, 1, hooks.NO_HANDLER, None, handle)
        if code < 0:
            _free_socket(sock)
            check(code)
        _set_interruptible(handle, 1)
        return handle

    @property
    def workers(self) -> dict:
        """The threads of the pool, by their number."""
        return self.hooks.workers

    def serve(self, poll_interval: Optional[float]) -> None:
        """Runs the loop until ``shutdown``. Signal handlers run; what they and the hooks raise ends it."""
        interval = _NO_TIMEOUT if poll_interval is None else max(poll_interval, 0)
        if not self._serving.acquire(blocking=False):
            raise ValueError("the server is serving already")
        try:
            self._served_by, self._served = threading.get_ident(), threading.Event()
            try:
                self._serve(interval)
            finally:
                self._served.set()
        finally:
            self._serving.release()

    def _serve(self, interval: float) -> None:
        code = _serve_forever(self.handle, interval)
        self.hooks.raise_what_was_raised()
        while code == EINTR:
            check_signals()
            code = _serve_forever(self.handle, interval)
            self.hooks.raise_what_was_raised()
            if code == ERR_CLOSED:
                # That is what a signal handler, or another thread, did meanwhile.
                return
        check(code)

    def shutdown(self) -> None:
        """Stops the loop, and waits for that unless this is its own thread or one of the pool's."""
        if self.inherited:
            return
        served, me = self._served, threading.get_ident()
        self.hooks.stop()
        if me != self._served_by and me not in self.workers:
            served.wait()

    def hand_over(self, server, request, client_address) -> None:
        """Gives a request to a thread of the pool, or ends it when the policy says so."""
        connection = turns.Connection(server, request, client_address)
        if not self._served.is_set():
            connection.allow_parking(self.idle_is_limited, self.waits_for_first_byte)
        if behind_proxy.is_expected(server):
            if not connection.may_park:
                server.shutdown_request(request)
                raise RuntimeError("proxy_protocol needs serve_forever, which waits for the headers")
            connection.awaits_header = True
        jobs.run(self.handle, connection, self.counts_hosts)

    def close(self, drain: Optional[float]) -> DrainReport:
        """Stops the loop and lets the threads end; with ``drain`` they have so many seconds. Ctrl-C ends the wait."""
        if self.inherited:
            self._close_copy()
            return DrainReport(0, 0, 0, 0)
        until = None if drain is None else time.monotonic() + drain
        finished = parked = cut = 0
        while True:
            report = structures.DrainReport(struct_size=ctypes.sizeof(structures.DrainReport))
            rest = 0 if self.cut_at_once else _NO_TIMEOUT if until is None else max(until - time.monotonic(), 0)
            code = _close(self.handle, rest, report)
            finished, parked, cut = finished + report.finished, parked + report.parked, cut + report.cut
            if code != EINTR:
                check(code)
                return DrainReport(finished, parked, cut, report.left)
            check_signals()

    def inherit(self) -> None:
        """After a fork: the loop and the threads are the parent's, and their locks may be held for ever."""
        self.inherited = True
        self._served.set()
        self.workers.clear()

    def _close_copy(self) -> None:
        fd = _fileno(self.handle)
        if fd >= 0 and self.handle:
            close(fd)
            # The number may be another file's when this is called again.
            self.handle = None

    def statistics(self) -> Statistics:
        """What the library has counted."""
        read = structures.Statistics(struct_size=ctypes.sizeof(structures.Statistics))
        check(_get_statistics(self.handle, read))
        return Statistics(*(getattr(read, name) for name in Statistics._fields))


def _discard(native: Native) -> None:
    """Frees the native server of a Python server that is gone. It has no requests: each would keep the server."""
    if natives.pop(native.hooks.number, None) is not None:
        _free(native.handle)
        native.hooks.discard()
