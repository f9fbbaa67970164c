"""The functions of `native`, made of calls through ctypes, for an interpreter in which it cannot make its own.

They do the same, at ten times the cost.
"""

from __future__ import annotations

import ctypes
import sys

from .. import _library
from .._system import Descriptor
from .buffers import Buffer, new_buffer
from .sockaddr import LENGTH_AT as _LENGTH_AT
from .sockaddr import SIZE as _ADDRESS_SIZE
from .sockaddr import blank

_size = ctypes.c_size_t
_ssize = ctypes.c_ssize_t
_set_interruptible = _library.quick("tabi_set_interruptible", ctypes.c_void_p, ctypes.c_int)
_free = _library.quick("tabi_sock_free", ctypes.c_void_p, result=None)
_close = _library.function("tabi_close", ctypes.c_void_p)
_recv = _library.function("tabi_recv", result=_ssize)
_try_recv = _library.quick("tabi_try_recv", result=_ssize)
_try_recv_unlocked = _library.function("tabi_try_recv", result=_ssize)
_recvfrom = _library.function("tabi_recvfrom", result=_ssize)
_try_recvfrom = _library.quick("tabi_try_recvfrom", result=_ssize)
_try_recvfrom_unlocked = _library.function("tabi_try_recvfrom", result=_ssize)
_try_send = _library.quick("tabi_try_send", result=_ssize)
_try_send_unlocked = _library.function("tabi_try_send", result=_ssize)
_try_sendto = _library.quick("tabi_try_sendto_addr", result=_ssize)
_try_sendto_unlocked = _library.function("tabi_try_sendto_addr", result=_ssize)
_accept = _library.function("tabi_accept_fd", result=Descriptor)


class Owner:
    """What a capsule is in `native`: it owns a ``tabi_sock``, which is freed when no object and no call uses it any more."""

    __slots__ = ("pointer",)

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        self.pointer = pointer

    # Here and below, defaults keep what is needed: when the interpreter ends, the module's names may be gone already.
    def __del__(self, free=_free) -> None:
        free(self.pointer)


def adopt(address: int) -> Owner:
    pointer = ctypes.c_void_p(address)
    if not pointer:
        raise ValueError("there is no socket at the address 0")
    _set_interruptible(pointer, 1)
    return Owner(pointer)


def _pointer_of(owner: object, kind=Owner):
    """NULL for every other object, which stands for a socket that is closed or was never opened."""
    return owner.pointer if type(owner) is kind else None


def close(owner: object, call=_close, pointer_of=_pointer_of) -> int:
    return call(pointer_of(owner))


def _receiving(call, *more):
    def receive(owner: object, size: int):
        data = new_buffer(_checked("size", size), 0)
        n = call(_pointer_of(owner), data, _size(size), *more)
        if n < 0:
            return n
        return data if n == size else data[:n]

    return receive


#: ``tabi_recv`` takes flags, too.
recv = _receiving(_recv, 0)
try_recv = _receiving(_try_recv)
try_recv_unlocked = _receiving(_try_recv_unlocked)


def _receiving_from(call, *more):
    def receive(owner: object, size: int):
        data, sender = new_buffer(_checked("size", size), 0), blank()
        n = call(_pointer_of(owner), data, _size(size), *more, sender)
        if n < 0:
            return n
        return _with_address(data if n == size else data[:n], sender)

    return receive


recvfrom = _receiving_from(_recvfrom, 0)
try_recvfrom = _receiving_from(_try_recvfrom)
try_recvfrom_unlocked = _receiving_from(_try_recvfrom_unlocked)


def recv_into(owner: object, buffer) -> int:
    with Buffer(buffer, writable=True) as target:
        return _recv(_pointer_of(owner), target.at(), _size(target.size), 0) if target.size else 0


def try_recv_into(owner: object, buffer, small: int) -> int:
    with Buffer(buffer, writable=True) as target:
        call = _try_recv if target.size <= _checked("small", small) else _try_recv_unlocked
        return call(_pointer_of(owner), target.at(), _size(target.size)) if target.size else 0


def try_recvfrom_into(owner: object, buffer, small: int):
    with Buffer(buffer, writable=True) as target:
        call = _try_recvfrom if target.size <= _checked("small", small) else _try_recvfrom_unlocked
        sender = blank()
        return _with_address(call(_pointer_of(owner), target.at(), _size(target.size), sender), sender)


def _checked(name: str, size: int) -> int:
    if not 0 <= size <= sys.maxsize:
        raise OverflowError(f"{name} must be 0-{sys.maxsize}, got {size}")
    return size


def _with_address(received, sender: bytes):
    return (received, sender) if sender[_LENGTH_AT] else received


def _sending(call):
    def send(owner: object, data: bytes) -> int:
        return call(_pointer_of(owner), _checked_bytes(data), _size(len(data)))

    return send


try_send = _sending(_try_send)
try_send_unlocked = _sending(_try_send_unlocked)


def _sending_to(call):
    def send(owner: object, data: bytes, address: bytes) -> int:
        if len(_checked_bytes(address)) != _ADDRESS_SIZE:
            raise TypeError(f"an address has {_ADDRESS_SIZE} bytes, got {len(address)}")
        return call(_pointer_of(owner), _checked_bytes(data), _size(len(data)), address)

    return send


try_sendto = _sending_to(_try_sendto)
try_sendto_unlocked = _sending_to(_try_sendto_unlocked)


def _checked_bytes(data: bytes) -> bytes:
    if not isinstance(data, bytes):
        raise TypeError(f"expected bytes, {type(data).__name__} found")
    return data


def accept(owner: object):
    peer = blank()
    fd = _accept(_pointer_of(owner), peer)
    return fd if fd < 0 else (fd, peer)
