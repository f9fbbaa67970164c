"""Requests that a thread of the library handles: each is a job of the native server.

The library gives a job a thread, counts it, waits for it when the server is closed, and tells it when its time is
over. What the job is about stays here, under the number that the library hands back.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import sys
import threading

from .. import _library
from .._errors import check
from . import structures, tls

_run_job = _library.function("tabi_server_run_job", ctypes.c_void_p, ctypes.POINTER(structures.Job))

#: What a job returns whose handler raised.
_FAILED = -errno.EIO

_numbers = itertools.count(1)
#: The jobs that have not ended, by number.
_jobs: dict[int, "_Request"] = {}


class _Request:
    """A request of a Python server."""

    __slots__ = ("server", "request", "client_address", "has_begun")

    def __init__(self, server, request, client_address) -> None:
        self.server, self.request, self.client_address = server, request, client_address
        self.has_begun = False


def run(handle: ctypes.c_void_p, server, request, client_address) -> None:
    """Has a thread of the native server handle a request, or ends it when the policy for that says so."""
    number = next(_numbers)
    _jobs[number] = _Request(server, request, client_address)
    code = _run_job(handle, structures.Job(ctypes.sizeof(structures.Job), number, _run, _cut, _end))
    if code < 0:
        del _jobs[number]
        check(code)


def forget() -> None:
    """After a fork the jobs are the parent's."""
    _jobs.clear()


@structures.RunJob
def _run(request, number) -> int:
    job = _jobs[number]
    job.has_begun = True
    try:
        failed = job.server.process_request_thread(job.request, job.client_address)
    except BaseException:
        failed = True
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))
    return _FAILED if failed else 0


@structures.TellJob
def _cut(number) -> None:
    """Shuts a connection down; its handler finds the end of the stream."""
    job = _jobs.get(number)
    try:
        tls.cut(job.request)
    except (AttributeError, OSError):
        pass  # A datagram, or a client that is gone.


@structures.TellJob
def _end(number) -> None:
    """The job is over. A request that was handled has ended itself."""
    job = _jobs.pop(number)
    if not job.has_begun:
        job.server.shutdown_request(job.request)
