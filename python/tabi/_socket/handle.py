"""The library's handle of a socket, and which object owns which descriptor."""

from __future__ import annotations

import ctypes

from .. import _library
from . import native

_set_shared = _library.quick("tabi_set_shared")
_free = _library.quick("tabi_sock_free", ctypes.c_void_p, result=None)


class New(ctypes.c_void_p):
    """Where the library puts a new ``tabi_sock``. It is freed here when nobody adopts it: the handler of a signal may raise
    before that.
    """

    # The default keeps the function: when the interpreter ends, the module's names may be gone already.
    def __del__(self, free=_free) -> None:
        if self:
            free(self)


class Handle(ctypes.Structure):
    """A ``tabi_sock`` where the library has put it. Its capsule owns it (see `native`): it is freed when no object and no
    call uses it any more.
    """

    __slots__ = ("capsule",)
    _fields_ = [("opaque", ctypes.c_char)]


#: The handle of a socket that was never opened, and that of a socket that is closed: NULL. The library's error for it is
#: EBADF in Python.
NOTHING = None
CLOSED = ctypes.c_void_p()

#: The handles of all open sockets by their descriptor.
_owners: dict[int, object] = {}


def adopt(pointer: New):
    """A new handle as calls through ctypes take it, ready for Python: signals interrupt its calls.

    The result is what ``byref`` makes, the quickest pointer that ctypes passes; it keeps the handle alive.
    """
    handle = Handle.from_address(pointer.value)
    # In one line without other calls: no signal's handler can run in between.
    address, pointer.value = pointer.value, None
    handle.capsule = native.adopt(address)
    return ctypes.byref(handle)


def register(handle, fd: int) -> None:
    """Lets ``share`` find the handle of a descriptor, until ``forget``."""
    _owners[fd] = handle


# The default keeps the table: when the interpreter ends, the module's names may be gone already.
def forget(handle, fd: int, owners=_owners) -> None:
    """Says that the socket is about to give the descriptor up: its number may soon be another socket's."""
    found = owners.pop(fd, handle)
    if found is not handle:
        owners.setdefault(fd, found)


def share(fd: int) -> None:
    """Says that the descriptor has been duplicated: closing the socket must not end the connection."""
    handle = _owners.get(fd)
    if handle is not None:
        _set_shared(handle)


def check_family(sock) -> None:
    """Python's error of a socket that was never opened, where an address is to be received."""
    if sock._tabi_handle is NOTHING:
        raise OSError("getsockaddrlen: bad family")
