"""What the native server calls: the steps of its loop that are Python's, and the life of its threads."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import itertools
import threading
import weakref
from typing import Optional

from .._errors import EAGAIN, is_errno
from .._system import error_number
from . import structures

#: What a step of the loop returns when the native loop has nothing more to do with the client.
_NO_REQUEST = EAGAIN
#: What it returns for an ``OSError`` that has no number of the system's.
_FAILED = -errno.EIO

# What `threading` knows of all threads. These names are private, and a later Python may not have them.
_THREADS_LOCK = getattr(threading, "_active_limbo_lock", contextlib.nullcontext())
_THREADS = getattr(threading, "_active", {})
_DANGLING = getattr(threading, "_dangling", set())

_numbers = itertools.count(1)
#: The threads of each server, by the number that the hooks get as userdata.
_workers: dict[int, dict[int, threading.Thread]] = {}

#: The native server has to have a handler, and never asks it: its loop takes no request itself.
NO_HANDLER = structures.RunJob(lambda request, userdata: _NO_REQUEST)


class LoopHooks:
    """The hooks of one server."""

    def __init__(self, server) -> None:
        self.number = next(_numbers)
        self.workers: dict[int, threading.Thread] = {}
        _workers[self.number] = self.workers
        self._server = weakref.ref(server)
        self._raised: Optional[BaseException] = None
        #: Stops the loop. Who makes the native server says how.
        self.stop = lambda: None
        #: Kept, as native code calls them.
        guarded = [self._guarded(step) for step in (_get_request, _service_actions)]
        for steps in guarded:
            # Up to where the first step begins.
            next(steps)
        self._steps = [structures.InTheLoop(steps.__next__) for steps in guarded]
        get_request, service_actions = self._steps
        self._tell = structures.HandleTrouble(self._handle_trouble)
        self.table = structures.Hooks(
            struct_size=ctypes.sizeof(structures.Hooks),
            userdata=self.number,
            get_request=get_request,
            service_actions=service_actions,
            thread_main=_thread_main,
            handle_trouble=self._tell,
        )

    def discard(self) -> None:
        """The native server is gone, and its threads with it."""
        del _workers[self.number]
        # A generator that waits to go on would keep this object.
        self._steps = self._tell = self.table = None

    def raise_what_was_raised(self) -> None:
        """Raises what a step has raised. It has ended the loop."""
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def _handle_trouble(self, _server, number, message, _userdata) -> None:
        """Runs in any thread. What the method raises ends the loop, as in a step."""
        try:
            server = self._server()
            if server is not None:
                server.handle_trouble(structures.TROUBLES[number], message.decode())
        except BaseException as error:
            self._raised = error
            self.stop()

    def _guarded(self, step):
        """Steps of the loop one after the other. What one of them raises does not pass through native code: it ends the
        loop, and ``raise_what_was_raised`` raises it.

        A generator, because a signal's handler may raise as soon as Python runs: here that is within ``try``, and in
        a function it would be before its first line.
        """
        result = None
        while True:
            try:
                while True:
                    try:
                        yield result
                    except GeneratorExit:
                        # Of this generator; a step may raise it, too.
                        return
                    # No name for the server: it would keep it for ever. After an exception no step runs any more.
                    result = _NO_REQUEST if self._raised is not None else step(self._server())
            except BaseException as error:
                self._raised, result = error, _NO_REQUEST
                self.stop()


def _get_request(server) -> int:
    failure = server._handle_request_noblock()
    if failure is None:
        return _NO_REQUEST
    number = error_number(failure)
    return -number if isinstance(number, int) and is_errno(-number) else _FAILED


def _service_actions(server) -> int:
    server.service_actions()
    # What handlers set that know of no other way to stop Python's loop.
    if vars(server).get("_BaseServer__shutdown_request"):
        server.shutdown()
    return 0


@structures.ThreadMain
def _thread_main(name, body, argument, number) -> None:
    workers = _workers[number]
    thread = threading.current_thread()
    thread.name = name.decode()
    workers[thread.ident] = thread
    try:
        body(argument)
    finally:
        workers.pop(thread.ident, None)
        # Older Pythons keep what they know of a thread that they did not start themselves for ever.
        with _THREADS_LOCK:
            _THREADS.pop(thread.ident, None)
        _DANGLING.discard(thread)
