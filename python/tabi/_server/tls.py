"""TLS in servers: the handshake with a client is made where the client's request is handled, and within a limit.

``accept`` of a listener that ``ssl`` has wrapped makes the handshake itself: in the serve loop, where one client that
says nothing holds all others. Here the loop leaves it out. The socket that the loop gets is a genuine ``SSLSocket``
all the same, so that no step that a program replaces can ever read or write plain text.
"""

from __future__ import annotations

import sys
import threading

_counting = threading.Lock()


def check(server) -> None:
    """Raises ``ValueError`` or ``ssl.SSLError`` for settings that cannot be."""
    limit = server.handshake_timeout
    if limit is not None and not limit > 0:
        raise ValueError(f"handshake_timeout must be more than 0 seconds, got {limit}")
    if server.ssl_context is None:
        return
    import ssl

    if server.socket_type != ssl.SOCK_STREAM:
        raise ValueError("a server of datagrams has no ssl_context")
    # A context that is for clients is refused here, and not with each client.
    server.ssl_context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)


def is_wrapped(sock) -> bool:
    """Whether it is an ``SSLSocket``. Whoever has one has imported ``ssl``."""
    ssl = sys.modules.get("ssl")
    return ssl is not None and isinstance(sock, ssl.SSLSocket)


def get_request(server):
    """The server's ``get_request``, without a handshake."""
    listener = getattr(server, "socket", None)
    if is_wrapped(listener) and listener.do_handshake_on_connect:
        listener.do_handshake_on_connect = False
        try:
            request, client_address = server.get_request()
        finally:
            listener.do_handshake_on_connect = True
        if is_wrapped(request):
            request.do_handshake_on_connect = True
        return request, client_address
    request, client_address = server.get_request()
    context = getattr(server, "ssl_context", None)
    if context is not None and not is_wrapped(request):
        request = context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        request.do_handshake_on_connect = True
    return request, client_address


def handshake(server, request, client_address) -> bool:
    """Makes the handshake that ``get_request`` has left out. Returns False when there is nothing to handle: it failed."""
    if not (is_wrapped(request) and request.do_handshake_on_connect and request.version() is None):
        return True
    timeout = request.gettimeout()
    limits = [limit for limit in (timeout, server.handshake_timeout) if limit]
    try:
        # A limit for all of it, not for each of its packets.
        request.settimeout(min(limits, default=None))
        request.do_handshake()
        request.settimeout(timeout)
    except OSError:
        with _counting:
            server._handshakes_failed += 1
        server.handle_handshake_error(request, client_address)
        return False
    return True


def cut(sock) -> None:
    """Shuts a connection down, both ways.

    An ``SSLSocket`` must stay one: its own ``shutdown`` lets it read on as a plain socket, and bytes that have come
    already would be taken for what the client said.
    """
    if is_wrapped(sock):
        super(sys.modules["ssl"].SSLSocket, sock).shutdown(2)
    else:
        sock.shutdown(2)
