"""TLS: OpenSSL gets a genuine socket object on the same descriptor.

``_ssl`` reads the descriptor and the timeout out of the built-in socket's own structure. So each
socket that is wrapped gets a sibling, a built-in object whose timeout is kept in step and which gives
the descriptor up without closing it. TLS bytes therefore go through OpenSSL, not through tabi.
"""

from __future__ import annotations

import functools

from .._genuine import module as builtin
from .._socket.lifecycle import Lifecycle


class Sibling(builtin.socket):
    """OpenSSL's view of a socket; it never closes the descriptor."""

    # `_ssl` has only a weak reference to it. The socket itself keeps it alive.
    __slots__ = ("__weakref__",)

    def __del__(self) -> None:
        self.detach()


def sibling_of(sock: Lifecycle) -> Sibling:
    sibling = Sibling(sock._tabi_family, sock._tabi_type, sock._tabi_proto, fileno=sock._tabi_fd)
    sibling.settimeout(sock._tabi_timeout)
    sock._tabi_sibling = sibling
    return sibling


def adjust(module) -> None:
    """Has ``ssl`` hand siblings to OpenSSL, and never to anybody else."""
    context, wrapped = module.SSLContext, module.SSLSocket
    unwrap = wrapped.unwrap

    def _wrap_socket(self, sock, *args, **kwargs):
        if isinstance(sock, Lifecycle) and sock._tabi_fd != -1:
            sock = sibling_of(sock)
        return super(context, self)._wrap_socket(sock, *args, **kwargs)

    @functools.wraps(unwrap)
    def _unwrap(self):
        plain = unwrap(self)
        return self if isinstance(plain, Sibling) else plain

    context._wrap_socket = _wrap_socket
    wrapped.unwrap = _unwrap
