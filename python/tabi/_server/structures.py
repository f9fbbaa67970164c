"""The structures and callbacks of the library's servers, as ``include/tabi.h`` declares them."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, c_char_p, c_double, c_int, c_size_t, c_uint64, c_void_p

from .._system import Descriptor

INLINE, THREADS = 0, 1
#: The policies of a threading server whose ``max_threads`` are all busy.
WHEN_FULL = {"wait": 0, "queue": 1, "refuse": 2}

#: The names of troubles, by their numbers.
TROUBLES = {
    1: "table_full",
    2: "table_free",
    3: "thread_refused",
    4: "thread_started",
    5: "accept_failed",
    6: "poll_failed",
    7: "listener_failed",
    8: "refused",
    9: "shed",
    10: "idle_timeout",
    11: "request_deadline",
    12: "min_rate",
    13: "handshake_timeout",
    14: "header_timeout",
    15: "header_refused",
}
#: What a job returns that is to run again.
PARK, AGAIN, MORE = -6001, -6002, -6003

_Step = CFUNCTYPE(c_int, c_void_p, c_void_p)
_End = CFUNCTYPE(None, c_void_p, c_void_p)

#: ``get_request`` and ``service_actions``. They need none of their arguments, and a C function may ignore what it gets.
InTheLoop = CFUNCTYPE(c_int)
#: ``tabi_job.run``, which is also what a handler is; and its ``cut`` and ``end``.
RunJob = _Step
TellJob = CFUNCTYPE(None, c_void_p)
ThreadBody = CFUNCTYPE(None, c_void_p)
ThreadMain = CFUNCTYPE(None, c_char_p, ThreadBody, c_void_p, c_void_p)
_HandleError = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_void_p)
HandleTrouble = _HandleError


class Hooks(ctypes.Structure):
    """``tabi_server_hooks``"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("userdata", c_void_p),
        ("server_bind", _Step),
        ("server_activate", _Step),
        ("get_request", InTheLoop),
        ("verify_request", _Step),
        ("process_request", _End),
        ("finish_request", _Step),
        ("shutdown_request", _End),
        ("close_request", _End),
        ("handle_error", _HandleError),
        ("handle_timeout", _Step),
        ("service_actions", InTheLoop),
        ("thread_main", ThreadMain),
        ("handle_trouble", HandleTrouble),
        ("handshake", _Step),
    ]


#: Kept, since ctypes may forget the types that it has made for pointers.
HooksPointer = ctypes.POINTER(Hooks)


class Options(ctypes.Structure):
    """``tabi_server_options``"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("address_family", c_int),
        ("socket_type", c_int),
        ("concurrency", c_int),
        ("bind_and_activate", c_int),
        ("allow_reuse_address", c_int),
        ("allow_reuse_port", c_int),
        ("dualstack_ipv6", c_int),
        ("request_queue_size", c_int),
        ("max_packet_size", c_size_t),
        ("timeout", c_double),
        ("request_timeout", c_double),
        ("wait_for_first_byte", c_int),
        ("request_end", ctypes.c_char_p),
        ("max_parked", c_size_t),
        ("idle_timeout", c_double),
        ("request_deadline", c_double),
        ("min_rate", c_size_t),
        ("min_rate_grace", c_double),
        ("handshake_timeout", c_double),
        ("proxy_protocol", c_char_p),
        ("proxy_version", c_int),
        ("header_timeout", c_double),
        ("max_connections", c_size_t),
        ("max_connections_per_address", c_size_t),
        ("loops", c_size_t),
        ("max_threads", c_size_t),
        ("when_full", c_int),
        ("queue_size", c_size_t),
        ("stack_size", c_size_t),
        ("thread_idle", c_double),
        ("thread_name", c_char_p),
        ("daemon_threads", c_int),
        ("block_on_close", c_int),
        ("max_children", c_size_t),
        ("hooks", HooksPointer),
        ("unlink_path", c_int),
        ("count_bytes", c_int),
        ("cancel", c_void_p),
    ]


class Job(ctypes.Structure):
    """``tabi_job``"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("userdata", c_void_p),
        ("run", RunJob),
        ("cut", TellJob),
        ("end", TellJob),
        ("fd", Descriptor),
        ("wait_for_first_byte", c_int),
        ("client_address", c_char_p),
        ("proxy_header", c_int),
    ]


class DrainReport(ctypes.Structure):
    """``tabi_drain_report``"""

    _fields_ = [(name, c_size_t) for name in ("struct_size", "finished", "parked", "cut", "left")]


class Statistics(ctypes.Structure):
    """``tabi_server_statistics``"""

    _fields_ = [("struct_size", c_size_t)] + [
        (name, c_uint64)
        for name in (
            "accepted",
            "active",
            "rejected",
            "failed",
            "finished",
            "threads",
            "idle_threads",
            "children",
            "table_full",
            "threads_refused",
            "accepts_failed",
            "polls_failed",
            "parked",
            "woken",
            "shed",
            "idle_cut",
            "request_cut",
            "rate_cut",
            "handshake_cut",
            "header_cut",
            "header_refused",
            "handshake_failed",
        )
    ] + [(name, c_double) for name in ("longest_wait", "mean_wait")] + [("bytes_received", c_uint64), ("bytes_sent", c_uint64)]
