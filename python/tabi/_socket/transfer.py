"""Sending and receiving: the hot paths.

Each fast path takes exact types only and tries once, without waiting. Everything else (other integers,
large sizes, waiting, errors, signals) is the business of the slow paths below. What is small is tried with
the interpreter's lock held: between busy threads to give it up and get it back costs more than the kernel's
part, and while it is held no other thread can resize the buffer.
"""

from __future__ import annotations

import ctypes
from _thread import _count as _other_threads
from sys import audit
from time import monotonic_ns

from .. import _library
from .._errors import EAGAIN, EINTR, ERR_CLOSED, ERR_NULL, exception
from .._library import INT_MAX
from .address import decode, encode
from .arguments import as_size, c_int, object_to, require_socket
from .buffers import BYTEARRAYS as _bytearrays
from .buffers import LASTING, Buffer, arguments_of, arguments_of_view, room, undefined_bytes
from .buffers import SMALL as _SMALL
from .handle import check_family
from .interrupt import again
from .sockaddr import LENGTH_AT as _LENGTH_AT
from .sockaddr import SIZE as _ADDRESS_SIZE
from .sockaddr import blank

_ssize = ctypes.c_ssize_t
_try_recv = _library.quick("tabi_try_recv", result=_ssize)
_try_recv_much = _library.function("tabi_try_recv", result=_ssize)
_try_recvfrom = _library.quick("tabi_try_recvfrom", result=_ssize)
_try_send = _library.quick("tabi_try_send", result=_ssize)
_try_send_much = _library.function("tabi_try_send", result=_ssize)
_try_sendto = _library.quick("tabi_try_sendto_addr", result=_ssize)
_try_sendto_much = _library.function("tabi_try_sendto_addr", result=_ssize)
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

#: The one object that CPython has for zero: the flags and the ``nbytes`` of nearly every call.
_DEFAULT = 0

#: Times n it is a new object, except for n = 1: the quickest way to memory that a call may fill.
_ZERO = b"\0"

#: What a try may come to although a call that may wait comes to something else.
_UNDECIDED = frozenset((EAGAIN, EINTR, ERR_CLOSED, ERR_NULL))

#: How many calls wait at once after one that tried in vain: who waits for each answer would nearly always do.
_CALLS_WITHOUT_TRY = 16

#: Buffers up to this size a socket keeps until it gets another one: passing them on again costs nothing.
_KEPT = _SMALL if LASTING else -1

#: What `sendto` sees where it got no argument.
_MISSING = object()


def never_try() -> None:
    """Has every receiving call wait in the kernel from now on.

    Once a socket has SO_RCVLOWAT, and whoever inherits it: a call that may wait then waits for that many bytes,
    where a try would return with fewer.
    """
    global _try_recv, _try_recv_much, _try_recvfrom
    _try_recv = _try_recv_much = _try_recvfrom = lambda *arguments: EAGAIN


class Transfer:
    """``send``, ``recv`` and their kin."""

    __slots__ = ()

    def recv(self, bufsize, flags=0, /):
        if type(bufsize) is not int or flags is not _DEFAULT or not 1 < bufsize <= INT_MAX:
            return _recv_any(self, bufsize, flags)
        try:
            tries = not self._tabi_patience
        except AttributeError:
            return require_socket(self, "recv")
        data = _ZERO * bufsize if bufsize <= _SMALL else undefined_bytes(None, bufsize)
        if tries:
            n = (_try_recv if bufsize <= _SMALL else _try_recv_much)(self._tabi_handle, data, bufsize)
            if n == bufsize:
                return data
            if n >= 0:
                return data[:n]
            _be_patient(self, n)
        n = _recv_waiting(self, data, bufsize, 0)
        return data if n == bufsize else data[:n]

    def recv_into(self, buffer, nbytes=0, flags=0):
        if nbytes is not _DEFAULT or flags is not _DEFAULT:
            return _recv_into_any(self, buffer, nbytes, flags)
        try:
            last, start, length = self._tabi_last_buffer
        except AttributeError:
            return require_socket(self, "recv_into")
        if last is not buffer:
            if type(buffer) is not bytearray:
                return _recv_into_view(self, buffer)
            try:
                start, length = _bytearrays[id(buffer)]
            except KeyError:
                start, length = arguments_of(buffer)
            if len(buffer) <= _KEPT:
                self._tabi_last_buffer = buffer, start, length
            elif _other_threads():
                return _recv_into_view(self, buffer)
        if not self._tabi_patience:
            n = _try_recv(self._tabi_handle, start, length)
            if n >= 0:
                return n
            _be_patient(self, n)
        return _recv_into_view(self, buffer)

    def recvfrom(self, bufsize, flags=0, /):
        if type(bufsize) is not int or flags is not _DEFAULT or not 1 < bufsize <= _SMALL:
            return _recvfrom_any(self, bufsize, flags)
        try:
            tries = not self._tabi_patience
        except AttributeError:
            return require_socket(self, "recvfrom")
        data = _ZERO * bufsize
        sender = _ZERO * _ADDRESS_SIZE
        if tries:
            n = _try_recvfrom(self._tabi_handle, data, bufsize, sender)
            if n >= 0:
                address = decode(sender, self._tabi_proto, self) if sender[_LENGTH_AT] else None
                return data if n == bufsize else data[:n], address
            _be_patient(self, n)
        n = _recvfrom_waiting(self, data, bufsize, 0, sender)
        return data if n == bufsize else data[:n], decode(sender, self._tabi_proto, self)

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        require_socket(self, "recvfrom_into")
        with _writable("recvfrom_into", buffer, nbytes, flags) as target:
            nbytes, flags = _numbers("recvfrom_into", nbytes, flags, buffer)
            _check_size("recvfrom_into", nbytes)
            if nbytes > target.size:
                raise ValueError("nbytes is greater than the length of the buffer")
            sender = blank()
            n = _recvfrom_waiting(self, target.at(), _size(nbytes or target.size), flags, sender)
        return n, decode(sender, self._tabi_proto, self)

    def send(self, data, flags=0, /):
        if type(data) is not bytes or flags is not _DEFAULT or (size := len(data)) > INT_MAX:
            copy = _small_copy(data, flags)
            return _send_any(self, data, flags) if copy is None else Transfer.send(self, copy)
        try:
            handle = self._tabi_handle
        except AttributeError:
            return require_socket(self, "send")
        n = (_try_send if size <= _SMALL else _try_send_much)(handle, data, size)
        if n == size or n > 0 and self._tabi_timeout is not None:
            return n
        if n > 0:
            return _send_rest(self, data, n)
        _check_undecided(self, n)
        return _send_waiting(self, data, size, 0)

    def sendall(self, data, flags=0, /):
        try:
            handle = self._tabi_handle
        except AttributeError:
            return require_socket(self, "sendall")
        done = 0
        if type(data) is not bytes:
            data = _small_copy(data, flags) or data
        if type(data) is bytes and flags is _DEFAULT and (size := len(data)) <= INT_MAX:
            n = (_try_send if size <= _SMALL else _try_send_much)(handle, data, size)
            if n == size:
                return
            if n < 0:
                _check_undecided(self, n)
            else:
                done = n
        began = monotonic_ns() if self._tabi_timeout else 0
        with _readable("sendall", data, flags) as source:
            flags = _flags("sendall", data, flags)
            _sendall_from(self, source, done, flags, began)

    def sendto(self, data, to=_MISSING, address=_MISSING, /, *more):
        if type(data) is not bytes or address is not _MISSING or to is _MISSING or (size := len(data)) > INT_MAX:
            return _sendto_any(self, data, to, address, *more)
        try:
            last, raw = self._tabi_last_address
        except AttributeError:
            return require_socket(self, "sendto")
        if last is not to:
            raw = encode(self, to, "sendto")
        audit("socket.sendto", self, to)
        n = (_try_sendto if size <= _SMALL else _try_sendto_much)(self._tabi_handle, data, size, raw)
        if n == size or n >= 0 and self._tabi_timeout is not None:
            return n
        if n > 0:
            return _send_rest(self, data, n)
        _check_undecided(self, n)
        return _sendto_waiting(self, data, size, 0, raw)


def _small_copy(data, flags):
    """The bytes of a buffer that costs less to copy than to pin, else ``None``."""
    if flags is _DEFAULT and type(data) in (bytearray, memoryview):
        with memoryview(data) as view:
            if view.c_contiguous and view.nbytes <= _SMALL:
                return view.tobytes()
    return None


def _check_undecided(self, code: int) -> None:
    """Raises what a try came to, unless waiting, or looking closer, may still come to something else."""
    if code not in _UNDECIDED or (code == EAGAIN and self._tabi_timeout == 0.0):
        raise exception(code)


def _be_patient(self, code: int) -> None:
    """Lets the next receiving calls wait at once, where this one tried in vain."""
    _check_undecided(self, code)
    self._tabi_patience = _CALLS_WITHOUT_TRY


def _can_be_filled(view: memoryview) -> bool:
    try:
        return view.c_contiguous and not view.readonly
    except ValueError:
        # It was released.
        return False


def _recv_waiting(self, start, size, flags: int) -> int:
    """``start`` and ``size``, here and below, are what ctypes passes on: bytes or a pointer; an int or a ``_size``."""
    # Read once: other threads count too, and below zero it would never be zero again.
    patience = self._tabi_patience
    if patience:
        self._tabi_patience = patience - 1
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _recv(self._tabi_handle, start, size, flags)
    if n >= 0:
        return n
    return again(
        self,
        n,
        began,
        lambda: _recv(self._tabi_handle, start, size, flags),
        lambda moment: _recv_until(self._tabi_handle, start, size, flags, _deadline(moment)),
    )


def _recvfrom_waiting(self, start, size, flags: int, sender: bytes) -> int:
    # Read once: other threads count too, and below zero it would never be zero again.
    patience = self._tabi_patience
    if patience:
        self._tabi_patience = patience - 1
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _recvfrom(self._tabi_handle, start, size, flags, sender)
    if n >= 0:
        return n
    check_family(self)
    return again(
        self,
        n,
        began,
        lambda: _recvfrom(self._tabi_handle, start, size, flags, sender),
        lambda moment: _recvfrom_until(self._tabi_handle, start, size, flags, sender, _deadline(moment)),
    )


def _send_waiting(self, start, size, flags: int) -> int:
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _send(self._tabi_handle, start, size, flags)
    if n >= 0:
        return n
    return again(
        self,
        n,
        began,
        lambda: _send(self._tabi_handle, start, size, flags),
        lambda moment: _send_until(self._tabi_handle, start, size, flags, _deadline(moment)),
    )


def _sendto_waiting(self, start, size, flags: int, raw: bytes) -> int:
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _sendto(self._tabi_handle, start, size, flags, raw)
    if n >= 0:
        return n
    return again(
        self,
        n,
        began,
        lambda: _sendto(self._tabi_handle, start, size, flags, raw),
        lambda moment: _sendto_until(self._tabi_handle, start, size, flags, raw, _deadline(moment)),
    )


def _send_rest(self, data: bytes, done: int) -> int:
    """What a blocking call does when there is room for a part only: it waits until the rest has gone too."""
    with Buffer(data) as source:
        n = _send(self._tabi_handle, source.at(done), _size(source.size - done), 0)
    # The next call meets the error again; what has gone is not to be reported as if it had not.
    return done + max(n, 0)


def _sendall_from(self, source: Buffer, done: int, flags: int, began: int) -> None:
    def send_rest(moment=None) -> int:
        nonlocal done
        sent = _size()
        rest = self._tabi_handle, source.at(done), _size(source.size - done), flags, ctypes.byref(sent)
        code = _sendall(*rest) if moment is None else _sendall_until(*rest, _deadline(moment))
        done += sent.value
        return code

    code = send_rest()
    if code < 0:
        again(self, code, began, send_rest, send_rest)


def _recv_any(self, bufsize, flags) -> bytes:
    require_socket(self, "recv")
    bufsize, flags = _sizes("recv", bufsize, flags)
    if bufsize == 0:
        return b""
    data = room(bufsize, flags)
    n = _recv_waiting(self, data, _size(bufsize), flags)
    return data if n == bufsize else data[:n]


def _recvfrom_any(self, bufsize, flags) -> tuple:
    require_socket(self, "recvfrom")
    bufsize, flags = _sizes("recvfrom", bufsize, flags)
    data, sender = room(bufsize, flags), blank()
    n = _recvfrom_waiting(self, data, _size(bufsize), flags, sender)
    return data if n == bufsize else data[:n], decode(sender, self._tabi_proto, self)


def _recv_into_view(self, buffer) -> int:
    if type(buffer) is not bytearray and (type(buffer) is not memoryview or not _can_be_filled(buffer)):
        return _recv_into_any(self, buffer, 0, 0)
    # While the view lives, nobody can resize the buffer.
    view = memoryview(buffer)
    try:
        start, length = arguments_of_view(view)
        return _recv_waiting(self, start, length, 0) if view.nbytes else 0
    finally:
        view.release()


def _recv_into_any(self, buffer, nbytes, flags) -> int:
    require_socket(self, "recv_into")
    with _writable("recv_into", buffer, nbytes, flags) as target:
        nbytes, flags = _numbers("recv_into", nbytes, flags, buffer)
        _check_size("recv_into", nbytes)
        if nbytes > target.size:
            raise ValueError("buffer too small for requested bytes")
        size = nbytes or target.size
        return _recv_waiting(self, target.at(), _size(size), flags) if size else 0


def _send_any(self, data, flags) -> int:
    require_socket(self, "send")
    with _readable("send", data, flags) as source:
        flags = _flags("send", data, flags)
        return _send_waiting(self, source.at(), _size(source.size), flags)


def _sendto_any(self, *given) -> int:
    require_socket(self, "sendto")
    given = [argument for argument in given if argument is not _MISSING]
    if not 2 <= len(given) <= 3:
        raise TypeError(f"sendto() takes 2 or 3 arguments ({len(given)} given)")
    data, *flags, address = given
    with _readable("sendto", data, *flags, address) as source:
        flags = _flags("sendto", data, *(flags or [0]), address)
        raw = encode(self, address, "sendto")
        audit("socket.sendto", self, address)
        return _sendto_waiting(self, source.at(), _size(source.size), flags, raw)


def _numbers(method: str, size, flags, *buffer) -> tuple[int, int]:
    """A size that fits a ``Py_ssize_t``, and flags that fit a C int."""
    arguments = (*buffer, size, flags)
    return as_size(size, method, *arguments), c_int(flags, method, *arguments)


def _check_size(method: str, size: int) -> None:
    if size < 0:
        raise ValueError(f"negative buffersize in {method}")


def _sizes(method: str, size, flags) -> tuple[int, int]:
    size, flags = _numbers(method, size, flags)
    _check_size(method, size)
    return size, flags


def _flags(method: str, data, flags, *address) -> int:
    return c_int(flags, method, data, flags, *address)


def _readable(method: str, data, *arguments) -> Buffer:
    """Pinned before the numbers are asked: an ``__index__`` must not resize it."""
    try:
        return Buffer(data)
    except TypeError:
        return object_to(method, data, *arguments)


def _writable(method: str, buffer, *arguments) -> Buffer:
    try:
        return Buffer(buffer, writable=True)
    except Exception:
        # Whatever a `__buffer__` raised, as in the built-in module.
        return object_to(method, buffer, *arguments)
