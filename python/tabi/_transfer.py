"""Sending and receiving: the hot paths.

Each fast path takes exact types only and makes one call into the library. Everything else (other
integers, large sizes, errors, signals) is the business of the slow paths below.
"""

from __future__ import annotations

import ctypes
from sys import audit
from time import monotonic_ns

from . import _library
from ._address import LENGTH_AT as _LENGTH_AT
from ._address import SIZE as _ADDRESS_SIZE
from ._address import blank, decode, encode
from ._arguments import as_size, c_int, object_to
from ._buffers import SMALL as _SMALL
from ._buffers import Buffer, room, start_of, undefined_bytes
from ._buffers import STARTS as _starts
from ._errors import EINTR, exception
from ._handle import check_family
from ._interrupt import again
from ._library import INT_MAX

_ssize = ctypes.c_ssize_t
_recv = _library.function("tabi_recv", result=_ssize)
_recv_until = _library.function("tabi_recv_until", result=_ssize)
_recvfrom = _library.function("tabi_recvfrom", result=_ssize)
_recvfrom_until = _library.function("tabi_recvfrom_until", result=_ssize)
_send = _library.function("tabi_send", result=_ssize)
_send_until = _library.function("tabi_send_until", result=_ssize)
_sendto = _library.function("tabi_sendto_addr", result=_ssize)
_sendto_until = _library.function("tabi_sendto_addr_until", result=_ssize)
_sendall = _library.function("tabi_sendall")
_sendall_until = _library.function("tabi_sendall_until")

_size = ctypes.c_size_t
_deadline = ctypes.c_int64


#: The one object that CPython has for zero: the flags of nearly every call.
_NO_FLAGS = 0

#: Times n it is a new object, except for n = 1: the quickest way to memory that a call may fill.
_ZERO = b"\0"


class Transfer:
    """``send``, ``recv`` and their kin."""

    __slots__ = ()

    def recv(self, bufsize, flags=0, /):
        if type(bufsize) is int and flags is _NO_FLAGS and 1 < bufsize <= _SMALL:
            data = _ZERO * bufsize
        elif type(bufsize) is int and flags is _NO_FLAGS and 1 < bufsize <= INT_MAX:
            data = undefined_bytes(None, bufsize)
        else:
            return _recv_any(self, bufsize, flags)
        began = monotonic_ns() if self._timeout else 0
        n = _recv(self._handle, data, bufsize, 0)
        if n == bufsize:
            return data
        if n < 0:
            n = _recv_again(self, n, began, data, bufsize, 0)
        return data[:n]

    def recv_into(self, buffer, nbytes=0, flags=0):
        if type(buffer) is not bytearray or type(nbytes) is not int or flags is not _NO_FLAGS:
            return _recv_into_any(self, buffer, nbytes, flags)
        # While the view lives, nobody can resize the buffer.
        view = memoryview(buffer)
        size = nbytes or len(buffer)
        if not 0 < size <= len(buffer) <= INT_MAX:
            view.release()
            return _recv_into_any(self, buffer, nbytes, flags)
        began = monotonic_ns() if self._timeout else 0
        start = _starts.get(id(buffer)) or start_of(buffer)
        n = _recv(self._handle, start, size, 0)
        if n >= 0:
            return n
        # An exception's traceback would keep the view.
        with view:
            return _recv_again(self, n, began, start, size, 0)

    def recvfrom(self, bufsize, flags=0, /):
        if type(bufsize) is not int or flags is not _NO_FLAGS or not 1 < bufsize <= _SMALL:
            return _recvfrom_any(self, bufsize, flags)
        data = _ZERO * bufsize
        sender = _ZERO * _ADDRESS_SIZE
        began = monotonic_ns() if self._timeout else 0
        n = _recvfrom(self._handle, data, bufsize, 0, sender)
        if n < 0:
            n = _recvfrom_again(self, n, began, data, bufsize, 0, sender)
        address = decode(sender, self._proto, self) if sender[_LENGTH_AT] else None
        return data if n == bufsize else data[:n], address

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        nbytes, flags = _sizes("recvfrom_into", nbytes, flags, buffer)
        with _writable("recvfrom_into", buffer, nbytes, flags) as target:
            if nbytes > target.size:
                raise ValueError("nbytes is greater than the length of the buffer")
            size, start, sender = nbytes or target.size, target.at(), blank()
            began = monotonic_ns() if self._timeout else 0
            n = _recvfrom(self._handle, start, _size(size), flags, sender)
            if n < 0:
                n = _recvfrom_again(self, n, began, start, size, flags, sender)
        return n, decode(sender, self._proto, self)

    def send(self, data, flags=0, /):
        if type(data) is bytes and flags is _NO_FLAGS and (size := len(data)) <= INT_MAX:
            began = monotonic_ns() if self._timeout else 0
            n = _send(self._handle, data, size, 0)
            return n if n >= 0 else _send_again(self, n, began, data, size, 0)
        flags = _flags("send", data, flags)
        with _readable("send", data, flags) as source:
            began = monotonic_ns() if self._timeout else 0
            n = _send(self._handle, source.at(), _size(source.size), flags)
            return n if n >= 0 else _send_again(self, n, began, source.at(), source.size, flags)

    def sendall(self, data, flags=0, /):
        began = monotonic_ns() if self._timeout else 0
        if type(data) is bytes and flags is _NO_FLAGS and len(data) <= INT_MAX:
            sent = _size()
            code = _sendall(self._handle, data, len(data), 0, ctypes.byref(sent))
            if code == 0:
                return
            if code != EINTR:
                raise exception(code)
            done = sent.value
        else:
            flags = _flags("sendall", data, flags)
            done, code = 0, None
        with _readable("sendall", data, flags) as source:
            _sendall_from(self, source, done, flags, began, code)

    def sendto(self, data, *arguments):
        if len(arguments) == 1 and type(data) is bytes and (size := len(data)) <= INT_MAX:
            (address,) = arguments
            raw = encode(self, address, "sendto")
            audit("socket.sendto", self, address)
            began = monotonic_ns() if self._timeout else 0
            n = _sendto(self._handle, data, size, 0, raw)
            return n if n >= 0 else _sendto_again(self, n, began, data, size, 0, raw)
        return _sendto_any(self, data, *arguments)


def _sendto_any(self, data, *arguments) -> int:
    if not 1 <= len(arguments) <= 2:
        raise TypeError(f"sendto() takes 2 or 3 arguments ({len(arguments) + 1} given)")
    *flags, address = arguments
    flags = _flags("sendto", data, *(flags or [0]), address)
    with _readable("sendto", data, flags, address) as source:
        raw = encode(self, address, "sendto")
        audit("socket.sendto", self, address)
        began = monotonic_ns() if self._timeout else 0
        n = _sendto(self._handle, source.at(), _size(source.size), flags, raw)
        return n if n >= 0 else _sendto_again(self, n, began, source.at(), source.size, flags, raw)


def _sendto_again(self, code: int, began: int, start, size: int, flags: int, raw: bytes) -> int:
    return again(
        self,
        code,
        began,
        lambda: _sendto(self._handle, start, _size(size), flags, raw),
        lambda moment: _sendto_until(self._handle, start, _size(size), flags, raw, _deadline(moment)),
    )


def _recv_any(self, bufsize, flags) -> bytes:
    bufsize, flags = _sizes("recv", bufsize, flags)
    if bufsize == 0:
        return b""
    data = room(bufsize)
    began = monotonic_ns() if self._timeout else 0
    n = _recv(self._handle, data, _size(bufsize), flags)
    if n < 0:
        n = _recv_again(self, n, began, data, bufsize, flags)
    return data if n == bufsize else data[:n]


def _recvfrom_any(self, bufsize, flags) -> tuple:
    bufsize, flags = _sizes("recvfrom", bufsize, flags)
    data, sender = room(bufsize), blank()
    began = monotonic_ns() if self._timeout else 0
    n = _recvfrom(self._handle, data, _size(bufsize), flags, sender)
    if n < 0:
        n = _recvfrom_again(self, n, began, data, bufsize, flags, sender)
    return data if n == bufsize else data[:n], decode(sender, self._proto, self)


def _recv_again(self, code: int, began: int, start, size: int, flags: int) -> int:
    return again(
        self,
        code,
        began,
        lambda: _recv(self._handle, start, _size(size), flags),
        lambda moment: _recv_until(self._handle, start, _size(size), flags, _deadline(moment)),
    )


def _recvfrom_again(self, code: int, began: int, start, size: int, flags: int, sender: bytes) -> int:
    check_family(self)
    return again(
        self,
        code,
        began,
        lambda: _recvfrom(self._handle, start, _size(size), flags, sender),
        lambda moment: _recvfrom_until(self._handle, start, _size(size), flags, sender, _deadline(moment)),
    )


def _send_again(self, code: int, began: int, start, size: int, flags: int) -> int:
    return again(
        self,
        code,
        began,
        lambda: _send(self._handle, start, _size(size), flags),
        lambda moment: _send_until(self._handle, start, _size(size), flags, _deadline(moment)),
    )


def _sendall_from(self, source: Buffer, done: int, flags: int, began: int, code) -> None:
    """Sends a buffer from an offset; ``code`` is how the call before ended, if there was one."""

    def send_rest(moment=None) -> int:
        nonlocal done
        sent = _size()
        rest = self._handle, source.at(done), _size(source.size - done), flags, ctypes.byref(sent)
        code = _sendall(*rest) if moment is None else _sendall_until(*rest, _deadline(moment))
        done += sent.value
        return code

    if code is None:
        code = send_rest()
    if code < 0:
        again(self, code, began, send_rest, send_rest)


def _recv_into_any(self, buffer, nbytes, flags) -> int:
    nbytes, flags = _sizes("recv_into", nbytes, flags, buffer)
    with _writable("recv_into", buffer, nbytes, flags) as target:
        if nbytes > target.size:
            raise ValueError("buffer too small for requested bytes")
        size = nbytes or target.size
        if size == 0:
            return 0
        began = monotonic_ns() if self._timeout else 0
        start = target.at()
        n = _recv(self._handle, start, _size(size), flags)
        return n if n >= 0 else _recv_again(self, n, began, start, size, flags)


def _sizes(method: str, size, flags, *buffer) -> tuple[int, int]:
    """A size that is not negative, and flags that fit a C int."""
    arguments = (*buffer, size, flags)
    size = as_size(size, method, *arguments)
    flags = c_int(flags, method, *arguments)
    if size < 0:
        raise ValueError(f"negative buffersize in {method}")
    return size, flags


def _flags(method: str, data, flags, *address) -> int:
    return c_int(flags, method, data, flags, *address)


def _readable(method: str, data, *arguments) -> Buffer:
    try:
        return Buffer(data)
    except TypeError:
        return object_to(method, data, *arguments)


def _writable(method: str, buffer, *arguments) -> Buffer:
    try:
        return Buffer(buffer, writable=True)
    except (TypeError, BufferError, ValueError):
        return object_to(method, buffer, *arguments)
