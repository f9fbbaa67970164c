"""What a server tells of itself."""

from __future__ import annotations

from typing import NamedTuple


class DrainReport(NamedTuple):
    """What became of the requests that were active when a server was closed."""

    #: How many ended by themselves.
    finished: int
    #: How many were cut off at the deadline, or never handled.
    cut: int
    #: How many of those were still running a second later.
    left: int


class Statistics(NamedTuple):
    """What the threads of a server have done so far."""

    #: Requests that were handed to the threads.
    accepted: int
    #: Those of them that have not ended.
    active: int
    #: Requests that no thread has handled: all were busy, or the server was closed.
    rejected: int
    #: Requests whose handler raised.
    failed: int
    #: Requests that have ended.
    finished: int
    #: Threads that handle requests or wait for them.
    threads: int
    #: Those of them that wait.
    idle_threads: int
    #: Clients whose TLS handshake failed, or did not end in time.
    handshake_failed: int = 0
