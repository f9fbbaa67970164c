"""Servers behind a proxy: the library reads the PROXY header of each connection, and the server's own steps come then.

The loop accepts a client and gives it away at once. Its job runs when the header is complete: only then is the address of
the client known, with which ``verify_request`` is asked, in a thread of the pool.
"""

from __future__ import annotations

import ctypes

from .. import _library
from ..proxy import header_at
from . import structures, turns

_header_of = _library.quick("tabi_request_proxy_header", ctypes.c_void_p, result=ctypes.c_void_p)

_NO_TIMEOUT = float("inf")


def is_expected(server) -> bool:
    """Whether each connection of a server begins with a PROXY header."""
    return getattr(server, "proxy_protocol", None) is not None


def set_options(found: structures.Options, server) -> None:
    """The settings of a server behind a proxy in the library's form; raises ``ValueError`` for those that cannot be."""
    networks = server.proxy_protocol
    found.proxy_protocol = (networks if isinstance(networks, str) else " ".join(networks)).encode()
    found.proxy_version = 0 if server.proxy_version is None else server.proxy_version
    timeout = server.header_timeout
    if timeout is not None and not timeout > 0:
        raise ValueError(f"header_timeout must be more than 0 seconds, got {timeout}")
    found.header_timeout = _NO_TIMEOUT if timeout is None else timeout


def admit(connection, request: int) -> bool:
    """The header of a connection has come. Returns whether the server wants the request, and reports what it raises."""
    connection.awaits_header = False
    header = connection.proxy_header = header_at(ctypes.c_void_p(_header_of(request)))
    if header.source is not None:
        connection.client_address = header.source
    server = connection.server
    turns.this_thread_is_for(connection)
    try:
        return server.verify_request(connection.request, connection.client_address)
    except Exception:
        connection.failed = True
        server.handle_error(connection.request, connection.client_address)
        return False
    finally:
        turns.this_thread_is_for(None)
