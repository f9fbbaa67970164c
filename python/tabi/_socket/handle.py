"""The library's handle of a socket, and which object owns which descriptor."""

from __future__ import annotations

import ctypes
import weakref

from .. import _library

_free = _library.quick("tabi_sock_free", result=None)
_set_shared = _library.quick("tabi_set_shared")
_set_interruptible = _library.quick("tabi_set_interruptible")


class Handle(ctypes.Structure):
    """A ``tabi_sock`` where the library has put it; freed when no object and no call uses it any more."""

    _fields_ = [("opaque", ctypes.c_char)]

    def __del__(self, free=_free, byref=ctypes.byref) -> None:
        free(byref(self))


#: What a socket has that was never opened: NULL. The library calls it an error, and Python EBADF.
NOTHING = None

#: The handle of each descriptor, as far as this module knows.
_owners: dict[int, weakref.ref] = {}


def adopt(pointer: ctypes.c_void_p):
    """A new handle as calls take it, ready for Python: signals interrupt its calls.

    The result is what ``byref`` makes, the quickest pointer that ctypes passes; it keeps the handle alive.
    """
    handle = ctypes.byref(Handle.from_address(pointer.value))
    _set_interruptible(handle, 1)
    return handle


def register(handle, fd: int) -> None:
    """Lets ``share`` find the handle of a descriptor."""
    _owners[fd] = weakref.ref(handle._obj)


def share(fd: int) -> None:
    """Says that the descriptor has been duplicated: closing the socket must not end the connection."""
    owner = _owners.get(fd)
    handle = owner() if owner is not None else None
    if handle is not None:
        _set_shared(ctypes.byref(handle))


def check_family(sock) -> None:
    """Python's error of a socket that was never opened, where an address is to be received."""
    if sock._tabi_handle is NOTHING:
        raise OSError("getsockaddrlen: bad family")
