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
import weakref
from typing import Optional

from .. import _library
from .._errors import check
from .._socket import address
from . import behind_proxy, structures, tls, turns

_run_job = _library.function("tabi_server_run_job", ctypes.c_void_p, ctypes.POINTER(structures.Job))

#: What a job returns whose handler raised.
_FAILED = -errno.EIO

_numbers = itertools.count(1)
#: The connections whose jobs have not ended, by number. What is in the two dictionaries below keeps them.
_connections: weakref.WeakValueDictionary[int, turns.Connection] = weakref.WeakValueDictionary()
#: Those that have a thread or wait for one. They keep their servers.
_active: dict[int, turns.Connection] = {}


def run(handle: ctypes.c_void_p, connection: turns.Connection, counts_hosts: bool) -> None:
    """Has a thread of the native server handle a request, or ends it when the policy for that says so."""
    number = next(_numbers)
    waits = connection.waits_for_first_byte
    _connections[number] = connection
    keeping = _parked(connection) if waits or connection.awaits_header else _active
    keeping[number] = connection
    host = _host(connection) if counts_hosts else None
    job = structures.Job(ctypes.sizeof(structures.Job), number, _run, _cut, _end, connection.fd, waits, host)
    job.proxy_header = connection.awaits_header
    code = _run_job(handle, job)
    if code < 0:
        del keeping[number]
        check(code)


def _host(connection: turns.Connection) -> Optional[bytes]:
    """The internet address of the client in the library's form, without its port; None if there is none."""
    try:
        host = connection.client_address[0].partition("%")[0]
        return address.encode_numeric(connection.server.address_family, host, 0)
    except (AttributeError, IndexError, TypeError):
        return None  # A client of another family.


def forget() -> None:
    """After a fork the jobs are the parent's."""
    for connection in list(_connections.values()):
        _parked(connection).clear()
    _connections.clear()
    _active.clear()


def _parked(connection: turns.Connection) -> dict[int, turns.Connection]:
    """The parked connections of a server, by number. They are its own, so that they do not keep it."""
    return vars(connection.server).setdefault("_parked", {})


@structures.RunJob
def _run(request, number) -> int:
    connection = _connections.get(number)
    if connection is None:
        return 0  # Its server is gone.
    _active[number] = connection
    _parked(connection).pop(number, None)
    if connection.is_cut and not connection.has_begun:
        return 0
    if connection.awaits_header and not behind_proxy.admit(connection, request):
        return _FAILED if connection.failed else 0
    if not connection.is_ready():
        _park(number, connection)
        return structures.MORE
    try:
        turns.run(connection)
    except BaseException:
        connection.failed = True
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))
    if connection.next is turns.Next.PARK:
        _park(number, connection)
        return structures.PARK
    if connection.next is turns.Next.AGAIN:
        return structures.AGAIN
    return _FAILED if connection.failed else 0


def _park(number: int, connection: turns.Connection) -> None:
    _parked(connection)[number] = connection
    del _active[number]


@structures.TellJob
def _cut(number) -> None:
    """Shuts a connection down; its handler finds the end of the stream."""
    connection = _connections.get(number)
    if connection is None:
        return
    connection.is_cut = True
    try:
        tls.cut(connection.request)
    except (AttributeError, OSError):
        pass  # A datagram, or a client that is gone.


@structures.TellJob
def _end(number) -> None:
    """The job is over. A request that was handled has ended itself."""
    connection = _connections.pop(number, None)
    if connection is None:
        return
    _active.pop(number, None)
    _parked(connection).pop(number, None)
    if not connection.has_begun or connection.next is not None:
        connection.end()
        connection.server.shutdown_request(connection.request)
