"""Sending and receiving: the hot paths.

Each fast path accepts exact types only, and tries the call once without waiting. Other integers, large sizes and errors
are handled by the slow paths below, and what has to wait by ``waiting``. A small message is tried with the interpreter's
lock held. Between busy threads, giving the lock up and getting it back costs more than the system call itself.

A socket that receives only after waiting sends without the lock. What it sends wakes the peer, which may take the
processor at once and answer others, whose threads would then find the lock held by one that does not run.
"""

from __future__ import annotations

import ctypes
from sys import audit

from .._errors import EAGAIN, EINTR, ERR_CLOSED, ERR_NULL, exception
from .._library import INT_MAX
from .._system import monotonic_ns
from .address import NO_SENDER as _NO_SENDER
from .address import decode, encode
from .arguments import as_size, c_int, object_to, require_socket
from .buffers import SMALL as _SMALL
from .buffers import Buffer, new_buffer
from .native import never_try as _never_try
from .native import recv as _recv
from .native import recv_into as _recv_into
from .native import recvfrom as _recvfrom
from .native import try_recv as _try_recv
from .native import try_recv_into as _try_recv_into
from .native import try_recv_unlocked as _try_recv_unlocked
from .native import try_recvfrom as _try_recvfrom
from .native import try_recvfrom_into as _try_recvfrom_into
from .native import try_recvfrom_unlocked as _try_recvfrom_unlocked
from .native import try_send as _try_send
from .native import try_send_unlocked as _try_send_unlocked
from .native import try_sendto as _try_sendto
from .native import try_sendto_unlocked as _try_sendto_unlocked
from .sockaddr import LENGTH_AT as _LENGTH_AT
from .sockaddr import blank
from .waiting import (
    recv_into_on,
    recv_on,
    recv_waiting,
    recvfrom_on,
    recvfrom_waiting,
    send_rest,
    send_waiting,
    sendall_from,
    sendto_waiting,
)

_size = ctypes.c_size_t

#: CPython has only one object for zero. Nearly every call has it as its flags and as ``nbytes``.
_DEFAULT = 0

#: Results of a try after which a call that may wait can still have another result.
_UNDECIDED = frozenset((EAGAIN, EINTR, ERR_CLOSED, ERR_NULL))

# The patience of a socket says how its next receiving call begins. 0: with a try, as the last one has found something. 1: with a
# try once more. More than that: it waits at once, as one call less does after it. A program that waits for each answer
# would otherwise try in vain before nearly every wait. What the socket sends keeps the lock only while the patience is 0.
_TIME_TO_TRY = 1
#: The patience after a try that has found nothing: 16 calls wait without one.
MOST_PATIENCE = 17

#: The default of arguments of `sendto`: the caller has not given them.
_MISSING = object()


def never_try() -> None:
    """From now on no receiving call tries: every one waits in the kernel.

    This is called when some socket gets SO_RCVLOWAT, which accepted sockets inherit. A call that may wait then waits
    for that many bytes, but a try would return with fewer. The result of the tries is that of an interruption: it never
    decides anything, for sockets without waiting neither.
    """
    global _try_recv, _try_recv_unlocked, _try_recv_into, _try_recvfrom, _try_recvfrom_unlocked, _try_recvfrom_into
    _try_recv = _try_recv_unlocked = _try_recv_into = lambda *arguments: EINTR
    _try_recvfrom = _try_recvfrom_unlocked = _try_recvfrom_into = _try_recv
    _never_try()


class Transfer:
    """``send``, ``recv`` and their relatives."""

    __slots__ = ()

    def recv(self, bufsize, flags=0, /):
        if type(bufsize) is not int or flags is not _DEFAULT or not 0 < bufsize <= INT_MAX:
            return _recv_any(self, bufsize, flags)
        try:
            # Read once, as other threads count down too.
            patience = self._tabi_patience
        except AttributeError:
            return require_socket(self, "recv")
        if patience <= _TIME_TO_TRY:
            data = (_try_recv if bufsize <= _SMALL else _try_recv_unlocked)(self._tabi_capsule, bufsize)
            if type(data) is bytes:
                self._tabi_patience = 0
                return data
            _be_patient(self, data)
        else:
            self._tabi_patience = patience - 1
        began = monotonic_ns() if self._tabi_timeout else 0
        data = _recv(self._tabi_capsule, bufsize)
        return data if type(data) is bytes else recv_on(self, data, began, bufsize)

    def recv_into(self, buffer, nbytes=0, flags=0):
        if nbytes is not _DEFAULT or flags is not _DEFAULT or not _can_be_filled(buffer):
            return _recv_into_any(self, buffer, nbytes, flags)
        try:
            patience = self._tabi_patience
        except AttributeError:
            return require_socket(self, "recv_into")
        if patience <= _TIME_TO_TRY:
            n = _try_recv_into(self._tabi_capsule, buffer, _SMALL)
            if n >= 0:
                self._tabi_patience = 0
                return n
            _be_patient(self, n)
        else:
            self._tabi_patience = patience - 1
        began = monotonic_ns() if self._tabi_timeout else 0
        # While the view lives, nobody can resize the buffer, signal handlers included.
        with memoryview(buffer) as view:
            n = _recv_into(self._tabi_capsule, view)
            return n if n >= 0 else recv_into_on(self, n, began, view)

    def recvfrom(self, bufsize, flags=0, /):
        if type(bufsize) is not int or flags is not _DEFAULT or not 0 < bufsize <= INT_MAX:
            return _recvfrom_any(self, bufsize, flags)
        try:
            patience = self._tabi_patience
        except AttributeError:
            return require_socket(self, "recvfrom")
        if patience <= _TIME_TO_TRY:
            found = (_try_recvfrom if bufsize <= _SMALL else _try_recvfrom_unlocked)(self._tabi_capsule, bufsize)
            if type(found) is not int:
                self._tabi_patience = 0
                return _with_sender(self, found)
            _be_patient(self, found)
        else:
            self._tabi_patience = patience - 1
        began = monotonic_ns() if self._tabi_timeout else 0
        found = _recvfrom(self._tabi_capsule, bufsize)
        if type(found) is not int:
            return _with_sender(self, found)
        data, sender = recvfrom_on(self, found, began, bufsize)
        return data, _sender(self, sender)

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        require_socket(self, "recvfrom_into")
        is_plain = nbytes is _DEFAULT and flags is _DEFAULT
        if is_plain and self._tabi_patience <= _TIME_TO_TRY and _can_be_filled(buffer):
            found = _try_recvfrom_into(self._tabi_capsule, buffer, _SMALL)
            if type(found) is tuple or found >= 0:
                self._tabi_patience = 0
                return _with_sender(self, found)
            _be_patient(self, found)
        with _writable("recvfrom_into", buffer, nbytes, flags) as target:
            nbytes, flags = _numbers("recvfrom_into", nbytes, flags, buffer)
            _check_size("recvfrom_into", nbytes)
            if nbytes > target.size:
                raise ValueError("nbytes is greater than the length of the buffer")
            sender = blank()
            n = recvfrom_waiting(self, target.at(), _size(nbytes or target.size), flags, sender)
        return n, _sender(self, sender)

    def send(self, data, flags=0, /):
        if type(data) is not bytes or flags is not _DEFAULT or (size := len(data)) > INT_MAX:
            copy = _small_copy(data, flags)
            return _send_any(self, data, flags) if copy is None else Transfer.send(self, copy)
        try:
            capsule = self._tabi_capsule
        except AttributeError:
            return require_socket(self, "send")
        n = (_try_send if size <= _SMALL and not self._tabi_patience else _try_send_unlocked)(capsule, data)
        if n == size or n > 0 and self._tabi_timeout is not None:
            return n
        return _send_tried(self, n, 0, data)

    def sendall(self, data, flags=0, /):
        try:
            capsule = self._tabi_capsule
        except AttributeError:
            return require_socket(self, "sendall")
        if type(data) is not bytes:
            data = _small_copy(data, flags) or data
        if type(data) is bytes and flags is _DEFAULT and (size := len(data)) <= INT_MAX:
            n = (_try_send if size <= _SMALL and not self._tabi_patience else _try_send_unlocked)(capsule, data)
            return None if n == size else _sendall_tried(self, n, 0, data)
        _sendall_from(self, data, 0, flags)

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
        n = (_try_sendto if size <= _SMALL else _try_sendto_unlocked)(self._tabi_capsule, data, raw)
        if n == size or n >= 0 and self._tabi_timeout is not None:
            return n
        if n > 0:
            return send_rest(self, data, n)
        _check_undecided(self, n)
        return sendto_waiting(self, data, size, 0, raw)


# What goes on after a call of the library's methods that has not succeeded. The arguments are its result, when it began, and
# what it was called with (see `methods`).


def _recv_tried(self, code, _began, bufsize):
    _be_patient(self, code)
    # It waits now.
    return self._tabi_recv(bufsize)


def _recv_into_tried(self, code, _began, buffer):
    _be_patient(self, code)
    return self._tabi_recv_into(buffer)


def _recv_waited(self, code, began, bufsize):
    return recv_on(self, code, began, bufsize)


def _recv_into_waited(self, code, began, buffer):
    with memoryview(buffer) as view:
        return recv_into_on(self, code, began, view)


def _send_tried(self, n, _began, data):
    if n > 0:
        return send_rest(self, data, n)
    _check_undecided(self, n)
    return send_waiting(self, data, len(data), 0)


def _sendall_tried(self, n, _began, data):
    if n < 0:
        _check_undecided(self, n)
    _sendall_from(self, data, max(n, 0), _DEFAULT)


AFTERWARDS = {
    "_tabi_recv_tried": _recv_tried,
    "_tabi_recv_into_tried": _recv_into_tried,
    "_tabi_recv_waited": _recv_waited,
    "_tabi_recv_into_waited": _recv_into_waited,
    "_tabi_send_tried": _send_tried,
    "_tabi_sendall_tried": _sendall_tried,
}


def _sendall_from(self, data, done: int, flags) -> None:
    """Sends the rest, and waits for that."""
    began = monotonic_ns() if self._tabi_timeout else 0
    with _readable("sendall", data, flags) as source:
        flags = _flags("sendall", data, flags)
        sendall_from(self, source, done, flags, began)


def _sender(self, raw: bytes):
    return decode(raw, self._tabi_proto, self) if raw[_LENGTH_AT] else _NO_SENDER


def _with_sender(self, found) -> tuple:
    """What a native call has received, with the address of the sender in Python's form."""
    if type(found) is tuple:
        received, sender = found
        return received, decode(sender, self._tabi_proto, self)
    return found, _NO_SENDER


def _small_copy(data, flags):
    """The bytes of a buffer that costs less to copy than to pin, else ``None``."""
    if flags is _DEFAULT and type(data) in (bytearray, memoryview):
        with memoryview(data) as view:
            if view.c_contiguous and view.nbytes <= _SMALL:
                return view.tobytes()
    return None


def _check_undecided(self, code: int) -> None:
    """Raises the error of a try, unless waiting or a slow path may still have another result."""
    if code not in _UNDECIDED or (code == EAGAIN and self._tabi_timeout == 0.0):
        raise exception(code)


def _be_patient(self, code: int) -> None:
    """After a try that found nothing: lets the next receiving calls wait without trying."""
    _check_undecided(self, code)
    self._tabi_patience = MOST_PATIENCE


def _can_be_filled(buffer) -> bool:
    """Whether the library can fill the buffer as it is. For other objects, and for those that are wrong, others decide."""
    if type(buffer) is bytearray:
        return True
    try:
        return type(buffer) is memoryview and buffer.c_contiguous and not buffer.readonly
    except ValueError:
        # The view was released.
        return False


def _recv_any(self, bufsize, flags) -> bytes:
    require_socket(self, "recv")
    bufsize, flags = _sizes("recv", bufsize, flags)
    if bufsize == 0:
        return b""
    data = new_buffer(bufsize, flags)
    n = recv_waiting(self, data, _size(bufsize), flags)
    return data if n == bufsize else data[:n]


def _recvfrom_any(self, bufsize, flags) -> tuple:
    require_socket(self, "recvfrom")
    bufsize, flags = _sizes("recvfrom", bufsize, flags)
    data, sender = new_buffer(bufsize, flags), blank()
    n = recvfrom_waiting(self, data, _size(bufsize), flags, sender)
    return data if n == bufsize else data[:n], _sender(self, sender)


def _recv_into_any(self, buffer, nbytes, flags) -> int:
    require_socket(self, "recv_into")
    with _writable("recv_into", buffer, nbytes, flags) as target:
        nbytes, flags = _numbers("recv_into", nbytes, flags, buffer)
        _check_size("recv_into", nbytes)
        if nbytes > target.size:
            raise ValueError("buffer too small for requested bytes")
        size = nbytes or target.size
        return recv_waiting(self, target.at(), _size(size), flags) if size else 0


def _send_any(self, data, flags) -> int:
    require_socket(self, "send")
    with _readable("send", data, flags) as source:
        flags = _flags("send", data, flags)
        return send_waiting(self, source.at(), _size(source.size), flags)


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
        return sendto_waiting(self, source.at(), _size(source.size), flags, raw)


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
    """Pins a buffer to read from. This happens before ``__index__`` methods run, which could resize the buffer."""
    try:
        return Buffer(data)
    except TypeError:
        return object_to(method, data, *arguments)


def _writable(method: str, buffer, *arguments) -> Buffer:
    try:
        return Buffer(buffer, writable=True)
    except Exception:
        # A `__buffer__` method may raise anything. The built-in module raises a `TypeError` of its own then.
        return object_to(method, buffer, *arguments)
