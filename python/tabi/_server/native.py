"""The serve loop and the threads of ``tabi.socketserver``: the library's.

A Python server gets a native one when it begins to serve. The native loop waits for clients and for
``shutdown``; each time a client is there it calls back, and Python's own code accepts and verifies it. A
threading server then hands the request to the native pool, whose threads keep their Python state
for as long as they live.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import itertools
import operator
import os
import sys
import threading
import time
import weakref
from typing import NamedTuple, Optional

from .. import _library
from .._errors import EINTR, check
from .._socket.descriptors import dup
from .._socket.interrupt import check_signals
from .._socket.sockaddr import blank
from . import structures as types

_pointer = ctypes.c_void_p
_by_reference = ctypes.POINTER
_options_init = _library.quick("tabi_server_options_init", _by_reference(types.Options), ctypes.c_size_t)
_socket_from_fd = _library.quick("tabi_socket_from_fd", *[ctypes.c_int] * 4, _by_reference(_pointer))
_from_sockets = _library.quick(
    "tabi_server_from_sockets",
    _by_reference(types.Options),
    _by_reference(_pointer),
    ctypes.c_size_t,
    types.Finish,
    _pointer,
    _by_reference(_pointer),
)
_server_sock = _library.quick("tabi_server_sock", _pointer, result=_pointer)
_request_from_packet = _library.quick(
    "tabi_request_from_packet",
    _pointer,
    _pointer,
    _pointer,
    ctypes.c_size_t,
    _pointer,
    _by_reference(_pointer),
)
_request_set_data = _library.quick("tabi_request_set_data", _pointer, _pointer)
_request_data = _library.quick("tabi_request_data", _pointer, result=_pointer)
_process = _library.function("tabi_request_process_default", _pointer)
_get_statistics = _library.quick("tabi_server_get_statistics", _pointer, _by_reference(types.Statistics))
_set_interruptible = _library.quick("tabi_server_set_interruptible", _pointer, ctypes.c_int)
_serve_forever = _library.function("tabi_server_serve_forever", _pointer, ctypes.c_double)
_fileno = _library.quick("tabi_server_fileno", _pointer)
_wake_fd = _library.quick("tabi_server_wake_fd", _pointer)
_close = _library.function("tabi_server_close", _pointer, ctypes.c_double, _by_reference(types.DrainReport))
_free_socket = _library.quick("tabi_sock_free", _pointer, result=None)
_free = _library.function("tabi_server_free", _pointer, result=None)

_NO_TIMEOUT = float("inf")
#: Seconds that the end of the program gives the loop and the threads of a server that may be left alone.
_DAEMONS_END = 0.1
#: What stops a loop when it is written to the wake descriptor.
_STOP = (1).to_bytes(8, sys.byteorder)
#: What a hook returns when the native loop has nothing more to do with the client, and when it must end.
_NO_REQUEST = -errno.EAGAIN
_CANNOT_GO_ON = -errno.EINVAL
#: What a request is counted as whose handler raised.
_FAILED = -errno.EIO
#: Errors of ``accept`` that mean "not now": the native loop waits until descriptors are back.
_TABLE_FULL = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
#: Bytes of stack: what the C code of extension modules is used to. Only what is touched is real memory.
_STACK_SIZE = 8 << 20

#: The native servers by the number that their hooks get as userdata.
_natives: dict[int, "Native"] = {}
_numbers = itertools.count(1)
_making = threading.Lock()


class DrainReport(NamedTuple):
    """What became of the requests that were active when a server was closed."""

    #: How many ended by themselves.
    finished: int
    #: How many were cut off at the deadline.
    cut: int
    #: How many of those were still running a second later.
    left: int


class Statistics(NamedTuple):
    """What the threads of a server have done so far."""

    #: Requests that were handed to the threads.
    accepted: int
    #: Those of them that have not ended.
    active: int
    #: Requests for which there was no thread.
    rejected: int
    #: Requests whose handler raised.
    failed: int
    #: Requests that have ended.
    finished: int
    #: Threads that handle requests or wait for them.
    threads: int
    #: Those of them that wait.
    idle_threads: int


def _whole(name: str, value: int, least: int) -> int:
    if operator.index(value) < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return value


def seconds(name: str, value: float) -> float:
    if not value >= 0:
        raise ValueError(f"{name} must be 0 seconds or more, got {value}")
    return value


def _policy(name: str) -> int:
    if name not in types.WHEN_FULL:
        raise ValueError(f"when_full must be one of {', '.join(map(repr, types.WHEN_FULL))}, got {name!r}")
    return types.WHEN_FULL[name]


def native_of(server) -> "Native":
    """The native server behind a Python server, made when it is first needed."""
    native = existing(server)
    if native is None:
        with _making:
            native = existing(server)
            if native is None:
                native = server._native = Native(server)
    return native


def existing(server) -> Optional["Native"]:
    """The native server behind a Python server, if it has one."""
    return server.__dict__.get("_native")


class Native:
    """A native server: its loop looks at a duplicate of the Python server's descriptor.

    What may take long is waited for here, not in native code, so that Ctrl-C ends it.
    """

    def __init__(self, server):
        self.number = next(_numbers)
        self.server = weakref.ref(server)
        self.threaded = hasattr(server, "max_threads")
        #: Whether the end of the program leaves its handlers alone; those in-line are their own thread's affair.
        self.daemon = bool(server.daemon_threads) if self.threaded else True
        #: Whether ``server_close`` waits for the handlers.
        self.waits = not self.threaded or bool(server.block_on_close and not server.daemon_threads)
        #: Server, request and client address by the key that the native request carries.
        self.requests: dict[int, tuple] = {}
        #: The keys of the requests that are being handled, by thread.
        self.handled: dict[int, int] = {}
        self.workers: dict[int, threading.Thread] = {}
        #: How many requests have been handled.
        self.ended = 0
        #: The thread that serves, and how often one has ended to do so.
        self.serving: Optional[int] = None
        self.served = 0
        #: The loop, a request or a thread has ended.
        self.changed = threading.Condition()
        self.closed = False
        #: It is a parent's: this process has a copy of its socket, and no more.
        self.inherited = False
        self.raised: Optional[BaseException] = None
        self._keys = itertools.count(1)
        #: Kept, as native code calls them.
        self._in_the_loop = [types.InTheLoop(_guarded(self, step).__next__) for step in (_get_request, _service_actions)]
        self.handle = self._make(server.fileno(), self._options(server))
        _natives[self.number] = self
        weakref.finalize(server, _discard, self).atexit = False

    def _options(self, server) -> types.Options:
        options = types.Options()
        check(_options_init(options, ctypes.sizeof(options)))
        get_request, service_actions = self._in_the_loop
        options.hooks = types.HooksPointer(
            types.Hooks(
                struct_size=ctypes.sizeof(types.Hooks),
                userdata=self.number,
                get_request=get_request,
                finish_request=_finish_request,
                shutdown_request=_shutdown_request,
                service_actions=service_actions,
                thread_main=_thread_main,
            )
        )
        if self.threaded:
            options.concurrency = types.THREADS
            options.max_threads = 0 if server.max_threads is None else _whole("max_threads", server.max_threads, 1)
            options.when_full = _policy(server.when_full)
            options.queue_size = _whole("queue_size", server.queue_size, 0)
            options.thread_idle = seconds("thread_idle", server.thread_idle)
            options.stack_size = threading.stack_size() or _STACK_SIZE
            options.thread_name = type(server).__name__.encode()
            options.daemon_threads = int(bool(server.daemon_threads))
            options.block_on_close = int(bool(server.block_on_close))
        return options

    @staticmethod
    def _make(fd: int, options: types.Options) -> _pointer:
        copy = dup(fd)
        sock, handle = _pointer(), _pointer()
        code = _socket_from_fd(copy, -1, -1, -1, sock)
        if code < 0:
            os.close(copy)
            check(code)
        # The handler is never asked: finish_request is a hook.
        code = _from_sockets(options, sock, 1, _finish_request, None, handle)
        if code < 0:
            _free_socket(sock)
            check(code)
        _set_interruptible(handle, 1)
        return handle

    def serve(self, poll_interval: Optional[float]) -> None:
        """Runs the loop until ``shutdown``. Signal handlers run; what they and the hooks raise ends it."""
        interval = _NO_TIMEOUT if poll_interval is None else max(poll_interval, 0)
        with self.changed:
            if self.serving is not None:
                raise ValueError("the server is serving already")
            self.serving = threading.get_ident()
        try:
            self._serve(interval)
        finally:
            with self.changed:
                self.serving = None
                self.served += 1
                self.changed.notify_all()

    def _serve(self, interval: float) -> None:
        while True:
            code = _serve_forever(self.handle, interval)
            raised, self.raised = self.raised, None
            if raised is not None:
                raise raised
            if code != EINTR:
                check(code)
                return
            check_signals()

    def shutdown(self, timeout: Optional[float] = None) -> None:
        """Stops the loop, and waits for that unless this is its own thread or one of the pool's."""
        me = threading.get_ident()
        with self.changed:
            os.write(_wake_fd(self.handle), _STOP)
            before = self.served
            if me != self.serving and me not in self.workers:
                self.changed.wait_for(lambda: self.serving is None or self.served != before, timeout)

    def hand_over(self, server, request, client_address) -> None:
        """Gives a request to a thread of the pool, or ends it when the policy says so."""
        key = next(self._keys)
        native = _pointer()
        sock = _server_sock(self.handle)
        check(_request_from_packet(self.handle, sock, None, 0, blank(), native))
        _request_set_data(native, key)
        self.requests[key] = server, request, client_address
        check(_process(native))

    def close(self, drain: Optional[float]) -> DrainReport:
        """Stops the loop and lets the threads end; with ``drain`` they have so many seconds."""
        with self.changed:
            if self.inherited:
                self.inherited = False
                os.close(_fileno(self.handle))
            if self.closed:
                return DrainReport(0, 0, 0)
            self.closed = True
        try:
            return self._close(drain)
        except BaseException:
            # Ctrl-C: nothing is closed yet.
            self.closed = False
            raise

    def _close(self, drain: Optional[float]) -> DrainReport:
        if drain is None and not self.waits:
            return DrainReport(0, 0, self._close_native(_NO_TIMEOUT))
        until = None if drain is None else time.monotonic() + drain
        own = self.handled.get(threading.get_ident())
        before = self.ended
        self.shutdown(drain)
        with self.changed:
            rest = None if until is None else max(until - time.monotonic(), 0)
            self.changed.wait_for(lambda: len(self.requests) == (own in self.requests), rest)
            finished = self.ended - before
            cut = [request for key, (_, request, _) in self.requests.items() if key != own]
        # The connections are Python's: it is Python that shuts them down.
        _cut(cut)
        left = self._close_native(_NO_TIMEOUT if drain is None else 0.0)
        return DrainReport(finished, len(cut), left)

    def _close_native(self, drain: float) -> int:
        """Lets the threads end; returns how many requests are left running."""
        report = types.DrainReport(struct_size=ctypes.sizeof(types.DrainReport))
        check(_close(self.handle, drain, report))
        return report.left

    def end(self) -> None:
        """At exit: waits for the threads as Python does for its own, and for daemons as long as ending them takes."""
        if not self.daemon:
            self.close(None)
            with self.changed:
                self.changed.wait_for(lambda: not self.requests and not self.workers)
        elif not self.closed:
            self.closed = True
            _cut([request for _, request, _ in list(self.requests.values())])
            self._close_native(_DAEMONS_END)

    def statistics(self) -> Statistics:
        """What the native server has counted."""
        read = types.Statistics(struct_size=ctypes.sizeof(types.Statistics))
        check(_get_statistics(self.handle, read))
        return Statistics(
            read.finished + read.active,
            read.active,
            read.rejected,
            read.failed,
            read.finished,
            read.threads,
            read.idle_threads,
        )


def _cut(requests: list) -> None:
    """Shuts connections down; their handlers find the end of the stream."""
    for request in requests:
        try:
            request.shutdown(2)
        except (AttributeError, OSError):
            pass  # A datagram, or a client that is gone.


def _discard(native: Native) -> None:
    """Frees the native server of a Python server that is gone. It has no requests: each would keep the server."""
    if _natives.pop(native.number, None) is not None:
        _free(native.handle)


def _guarded(native: Native, step):
    """Steps of the loop one after the other. What one of them raises does not pass through native code: it ends the loop
    and is raised behind it.

    A generator, because a signal's handler may raise as soon as Python runs: here that is within ``try``, and in
    a function it would be before its first line.
    """
    result = 0
    while True:
        try:
            while True:
                yield result
                # No name for the server: it would keep it for ever.
                result = step(native.server())
        except GeneratorExit:
            return
        except BaseException as error:
            native.raised, result = error, _CANNOT_GO_ON


def _get_request(server) -> int:
    number = server._handle_request_noblock()
    return -number if number in _TABLE_FULL else _NO_REQUEST


def _service_actions(server) -> int:
    server.service_actions()
    # What handlers set that know of no other way to stop Python's loop.
    if vars(server).get("_BaseServer__shutdown_request"):
        server.shutdown()
    return 0


@types.Finish
def _finish_request(request, number) -> int:
    native = _natives[number]
    key = _request_data(request)
    server, client, client_address = native.requests[key]
    native.handled[threading.get_ident()] = key
    try:
        failed = server.process_request_thread(client, client_address)
    except BaseException:
        failed = True
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))
    finally:
        with native.changed:
            del native.requests[key], native.handled[threading.get_ident()]
            native.ended += 1
            native.changed.notify_all()
    return _FAILED if failed else 0


@types.ShutdownRequest
def _shutdown_request(request, number) -> None:
    """Ends a request that no thread has handled; one that was handled has ended itself."""
    native = _natives.get(number)
    entry = native and native.requests.pop(_request_data(request), None)
    if entry is not None:
        server, client, _ = entry
        server.shutdown_request(client)


@types.ThreadMain
def _thread_main(name, body, argument, number) -> None:
    native = _natives[number]
    thread = threading.current_thread()
    thread.name = name.decode()
    native.workers[thread.ident] = thread
    try:
        body(argument)
    finally:
        native.workers.pop(thread.ident, None)
        with native.changed:
            native.changed.notify_all()
        # Python keeps what it knows of a thread that it did not start itself for ever.
        with threading._active_limbo_lock:
            threading._active.pop(thread.ident, None)
        threading._dangling.discard(thread)


def _end() -> None:
    """At exit: a native thread must not find the interpreter gone when it comes back to it."""
    interrupted = None
    for native in list(_natives.values()):
        try:
            native.daemon = native.daemon or interrupted is not None
            native.end()
        except BaseException as error:
            # Ctrl-C: nothing is waited for any more.
            interrupted = error
            native.daemon = True
            native.end()
    if interrupted is not None:
        raise interrupted


def _forget() -> None:
    """After a fork the threads are the parent's: there is nothing to stop or to wait for here."""
    for native in _natives.values():
        native.inherited = not native.closed
        native.closed = True
        native.serving = None
        native.workers.clear()
    _natives.clear()


atexit.register(_end)
os.register_at_fork(after_in_child=_forget)
