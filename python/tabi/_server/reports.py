"""What a server tells of itself."""

from __future__ import annotations

from typing import NamedTuple


class DrainReport(NamedTuple):
    """What became of the requests that were active when a server was closed."""

    #: How many ended by themselves.
    finished: int
    #: How many were parked: their connections were ended at once.
    parked: int
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
    #: How often the server became unable to accept clients, because there was no descriptor or no memory for them.
    table_full: int
    #: How often the system began to refuse threads.
    threads_refused: int
    #: How often taking a request failed for another reason.
    accepts_failed: int
    #: How often waiting for clients failed.
    polls_failed: int
    #: Requests that are parked: they wait without a thread.
    parked: int
    #: How often a parked request was woken, because there was something to read.
    woken: int
    #: Connections that were closed to make room for others while they waited for their clients, or because their urgent
    #: data hid the end of a request.
    shed: int
    #: Connections that were cut off because ``idle_timeout`` has passed.
    idle_cut: int
    #: Connections that were cut off because ``request_deadline`` has passed.
    request_cut: int
    #: Connections that were cut off because their clients sent more slowly than ``min_rate``.
    rate_cut: int
    #: Connections that were cut off because ``handshake_timeout`` has passed.
    handshake_cut: int
    #: Connections that were cut off because ``header_timeout`` has passed.
    header_cut: int
    #: Connections that were refused because their PROXY header was not valid or not complete, or because their peer is
    #: not trusted to send one.
    header_refused: int
    #: Seconds: the longest time that a request has waited for a thread in the queue.
    longest_wait: float
    #: Seconds: the mean time that requests have waited for a thread. Those that got one at once count as 0.
    mean_wait: float
    #: Clients whose TLS handshake failed, or did not end in time.
    handshake_failed: int
