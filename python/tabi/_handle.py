"""The library's handle of a socket, and which object owns which descriptor."""

from __future__ import annotations

import ctypes
import weakref

from . import _library

_free = _library.quick("tabi_sock_free", ctypes.c_void_p, result=None)
_set_shared = _library.quick("tabi_set_shared", ctypes.c_void_p)
_set_interruptible = _library.quick("tabi_set_interruptible", ctypes.c_void_p, ctypes.c_int)


class Handle(ctypes.c_void_p):
    """A ``tabi_sock *``; freed when no object and no call uses it any more."""

    __slots__ = ()

    def __del__(self, free=_free) -> None:
        free(self)


#: What a socket has that was never opened; the library calls it an error, and Python EBADF.
NOTHING = Handle()

#: The handle of each descriptor, as far as this module knows.
_owners: dict[int, weakref.ref] = {}


def adopt(handle: Handle, fd: int) -> None:
    """Prepares a new handle for Python: signals interrupt its calls, and ``dup`` can find it."""
    _set_interruptible(handle, 1)
    _owners[fd] = weakref.ref(handle)


def share(fd: int) -> None:
    """Says that the descriptor has been duplicated: closing the socket must not end the connection."""
    owner = _owners.get(fd)
    handle = owner() if owner is not None else None
    if handle is not None:
        _set_shared(handle)


def check_family(sock) -> None:
    """Python's error of a socket that was never opened, where an address is to be received."""
    if sock._handle is NOTHING:
        raise OSError("getsockaddrlen: bad family")
