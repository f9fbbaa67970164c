"""Sending and receiving that may wait: in the kernel, until the timeout, and on through signals.

What goes on after a signal stands in functions of its own. Its lambdas would cost each call, as Python makes a cell for each
variable that they use when the function begins.
"""

from __future__ import annotations

import ctypes

from .. import _library
from .._errors import Cancelled
from .._system import monotonic_ns
from .buffers import Buffer, arguments_of_view, new_buffer
from .handle import check_family
from .interrupt import again
from .sockaddr import blank

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


def recv_waiting(self, start, size, flags: int) -> int:
    """Receives, and waits for that. ``start`` is bytes or a pointer, ``size`` an int or a ``_size``."""
    # The value is read once, as other threads count down too.
    patience = self._tabi_patience
    if patience > 1:
        self._tabi_patience = patience - 1
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _recv(self._tabi_handle, start, size, flags)
    return n if n >= 0 else _recv_again(self, n, began, start, size, flags)


def _recv_again(self, code: int, began: int, start, size, flags: int) -> int:
    return again(
        self,
        code,
        began,
        lambda: _recv(self._tabi_handle, start, size, flags),
        lambda moment: _recv_until(self._tabi_handle, start, size, flags, _deadline(moment)),
    )


def recv_on(self, code: int, began: int, size: int) -> bytes:
    """The bytes of a ``recv`` whose first call has returned an error: an interruption, or what is raised."""
    data = new_buffer(size, 0)
    n = _recv_again(self, code, began, data, size, 0)
    return data if n == size else data[:n]


def recv_into_on(self, code: int, began: int, view: memoryview) -> int:
    """As ``recv_on`` for a ``recv_into``."""
    start, size = arguments_of_view(view)
    return _recv_again(self, code, began, start, size, 0)


def recvfrom_waiting(self, start, size, flags: int, sender: bytes) -> int:
    # The value is read once, as other threads count down too.
    patience = self._tabi_patience
    if patience > 1:
        self._tabi_patience = patience - 1
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _recvfrom(self._tabi_handle, start, size, flags, sender)
    return n if n >= 0 else _recvfrom_again(self, n, began, start, size, flags, sender)


def recvfrom_on(self, code: int, began: int, size: int) -> tuple:
    """As ``recv_on`` for a ``recvfrom``: with the sender's address in the library's form."""
    data, sender = new_buffer(size, 0), blank()
    n = _recvfrom_again(self, code, began, data, size, 0, sender)
    return data if n == size else data[:n], sender


def _recvfrom_again(self, code: int, began: int, start, size, flags: int, sender: bytes) -> int:
    check_family(self)
    return again(
        self,
        code,
        began,
        lambda: _recvfrom(self._tabi_handle, start, size, flags, sender),
        lambda moment: _recvfrom_until(self._tabi_handle, start, size, flags, sender, _deadline(moment)),
    )


def send_waiting(self, start, size, flags: int) -> int:
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _send(self._tabi_handle, start, size, flags)
    return n if n >= 0 else _send_again(self, n, began, start, size, flags)


def _send_again(self, code: int, began: int, start, size, flags: int) -> int:
    return again(
        self,
        code,
        began,
        lambda: _send(self._tabi_handle, start, size, flags),
        lambda moment: _send_until(self._tabi_handle, start, size, flags, _deadline(moment)),
    )


def sendto_waiting(self, start, size, flags: int, raw: bytes) -> int:
    began = monotonic_ns() if self._tabi_timeout else 0
    n = _sendto(self._tabi_handle, start, size, flags, raw)
    return n if n >= 0 else _sendto_again(self, n, began, start, size, flags, raw)


def _sendto_again(self, code: int, began: int, start, size, flags: int, raw: bytes) -> int:
    return again(
        self,
        code,
        began,
        lambda: _sendto(self._tabi_handle, start, size, flags, raw),
        lambda moment: _sendto_until(self._tabi_handle, start, size, flags, raw, _deadline(moment)),
    )


def send_rest(self, data: bytes, done: int) -> int:
    """Sends what a first call could not: a blocking call returns only when everything has been sent."""
    with Buffer(data) as source:
        n = _send(self._tabi_handle, source.at(done), _size(source.size - done), 0)
    # An error is not reported here, as a part has been sent. The next call will meet the error again.
    return done + max(n, 0)


def sendall_from(self, source: Buffer, done: int, flags: int, began: int) -> None:
    def send_more(moment=None) -> int:
        nonlocal done
        sent = _size()
        rest = self._tabi_handle, source.at(done), _size(source.size - done), flags, ctypes.byref(sent)
        code = _sendall(*rest) if moment is None else _sendall_until(*rest, _deadline(moment))
        done += sent.value
        return code

    code = send_more()
    if code < 0:
        try:
            again(self, code, began, send_more, send_more)
        except Cancelled as cancelled:
            cancelled.sent = done
            raise
