"""TLS: OpenSSL gets a genuine socket object on the same descriptor.

``_ssl`` reads the descriptor and the timeout out of the built-in socket's own structure. So each
socket that is wrapped gets a sibling, a built-in object whose timeout is kept in step and which gives
the descriptor up without closing it. TLS bytes therefore go through OpenSSL, not through tabi.

OpenSSL's own waits know no tokens (``tabi.Cancel``). Once a program has made one, OpenSSL is only asked for what it can
do at once, and tabi waits for it: under the tokens of the thread and of the socket, and until its timeout. On Windows, where
no socket of the library blocks in the system, it is so from the beginning.
"""

from __future__ import annotations

import functools

from .. import _poll
from .._errors import timeout
from .._genuine import module as builtin
from .._socket import interrupt
from .._socket.lifecycle import Lifecycle
from .._system import POLLIN, POLLOUT, WINDOWS, monotonic_ns


class Sibling(builtin.socket):
    """OpenSSL's view of a socket; it never closes the descriptor."""

    # `_ssl` has only a weak reference to it. The socket itself keeps it alive.
    __slots__ = ("__weakref__", "never_waits")

    def __del__(self) -> None:
        self.detach()

    def settimeout(self, timeout) -> None:
        super().settimeout(0.0 if self.never_waits else timeout)


def sibling_of(sock: Lifecycle) -> Sibling:
    sibling = Sibling(sock._tabi_family, sock._tabi_type, sock._tabi_proto, fileno=sock._tabi_fd)
    sibling.never_waits = WINDOWS
    sibling.settimeout(sock._tabi_timeout)
    sock._tabi_sibling = sibling
    return sibling


def adjust(module) -> None:
    """Has ``ssl`` hand siblings to OpenSSL, and never to anybody else; and lets calls wait under tokens."""
    context, wrapped = module.SSLContext, module.SSLSocket
    unwrap = wrapped.unwrap

    def _wrap_socket(self, sock, *args, **kwargs):
        if isinstance(sock, Lifecycle) and sock._tabi_fd != -1:
            sock = sibling_of(sock)
        return super(context, self)._wrap_socket(sock, *args, **kwargs)

    @functools.wraps(unwrap)
    def _unwrap(self):
        plain = _waiting(module, self, "shutdown", unwrap)
        if not isinstance(plain, Sibling):
            return plain
        if plain.never_waits and not WINDOWS:
            # The socket of this object may wait in the system again.
            plain.never_waits = False
            plain.settimeout(self._tabi_timeout)
        return self

    context._wrap_socket = _wrap_socket
    wrapped.unwrap = _unwrap
    for name, what in (("read", "read"), ("write", "write"), ("send", "write"), ("do_handshake", "handshake")):
        setattr(wrapped, name, _under_tokens(module, getattr(wrapped, name), what))


def _under_tokens(module, method, what: str):
    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if not interrupt.tokens_exist:
            return method(self, *args, **kwargs)
        return _waiting(module, self, what, method, *args, **kwargs)

    return call


def _waiting(module, sock, what: str, method, *args, **kwargs):
    """The result of a method that OpenSSL carries out without waiting, as often as it takes."""
    sibling, limit = sock._tabi_sibling, sock._tabi_timeout
    if not interrupt.tokens_exist or sibling is None or limit == 0:
        return method(sock, *args, **kwargs)
    until = None if limit is None else monotonic_ns() + int(limit * 1e9)
    if not sibling.never_waits:
        sibling.never_waits = True
        sibling.settimeout(0.0)
    # A call that begins under a triggered token does nothing.
    _poll.poll([(sock, 0)], 0)
    while True:
        try:
            return method(sock, *args, **kwargs)
        except module.SSLWantReadError:
            events = POLLIN
        except module.SSLWantWriteError:
            events = POLLOUT
        left = None if until is None else max(until - monotonic_ns(), 0) / 1e9
        if not _poll.poll([(sock, events)], left):
            raise timeout(f"The {what} operation timed out")
