"""Names and connections: ``bind``, ``listen``, ``accept``, ``connect``, options."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from sys import audit

from .. import _library
from .._errors import EINTR, check, connect_number, exception, timeout
from .._genuine import module as builtin
from .._library import INT_MAX, INT_MIN
from .._system import WOULD_WAIT, Descriptor, monotonic_ns
from .address import AF_UNIX, NEVER, deadline, decode, encode
from .arguments import c_int, fitting, object_to, objects, require_socket
from .buffers import Buffer, zeros
from .handle import check_family
from .interrupt import again, check_signals
from .native import accept as _accept
from .sockaddr import blank, unsigned
from .transfer import never_try

_HANDLE = ctypes.c_void_p
_INT = ctypes.c_int
_bind = _library.function("tabi_bind_addr")
_listen = _library.function("tabi_listen")
_accept_fd = _library.function("tabi_accept_fd", result=Descriptor)
_accept_fd_until = _library.function(
    "tabi_accept_fd_until", _HANDLE, ctypes.c_char_p, ctypes.c_int64, result=Descriptor
)
_connect_until = _library.function("tabi_connect_addr_until", _HANDLE, ctypes.c_char_p, ctypes.c_int64)
_connect = _library.function("tabi_connect_addr")
_finish_connect = _library.function("tabi_finish_connect_until", _HANDLE, ctypes.c_int64)
_shutdown = _library.function("tabi_shutdown")
_getsockname = _library.quick("tabi_getsockname")
_getpeername = _library.quick("tabi_getpeername")
_getsockopt = _library.quick("tabi_getsockopt")
_getsockopt_bytes = _library.quick("tabi_getsockopt_bytes", result=ctypes.c_ssize_t)
_setsockopt = _library.quick("tabi_setsockopt")
_setsockopt_bytes = _library.quick(
    "tabi_setsockopt_bytes", _HANDLE, _INT, _INT, ctypes.c_void_p, ctypes.c_size_t
)
_setsockopt_null = _library.quick("tabi_setsockopt_null", _HANDLE, _INT, _INT, ctypes.c_size_t)

_LONGEST_OPTION = 1024
_SO_RCVLOWAT = getattr(builtin, "SO_RCVLOWAT", None)
_AF_VSOCK = getattr(builtin, "AF_VSOCK", None)

#: Python's backlog when none is given.
_DEFAULT_BACKLOG = min(builtin.SOMAXCONN, 128)


class Connection:
    """Everything between creation and the first byte."""

    __slots__ = ()

    def bind(self, address, /):
        require_socket(self, "bind")
        raw = encode(self, address, "bind")
        audit("socket.bind", self, address)
        check(_bind(self._tabi_handle, raw))

    def listen(self, backlog=_DEFAULT_BACKLOG, /):
        require_socket(self, "listen")
        check(_listen(self._tabi_handle, c_int(backlog, "listen", backlog)))

    def _accept(self):
        try:
            capsule = self._tabi_capsule
        except AttributeError:
            return require_socket(self, "_accept")
        began = monotonic_ns() if self._tabi_timeout else 0
        accepted = _accept(capsule)
        fd, peer = accepted if type(accepted) is tuple else _accept_again(self, accepted, began)
        return fd, decode(peer, self._tabi_proto, self)

    def connect(self, address, /):
        try:
            has_limit = self._tabi_timeout
        except AttributeError:
            return require_socket(self, "connect")
        began, until = (monotonic_ns(), deadline(self)) if has_limit else (0, NEVER)
        raw = encode(self, address, "connect", until)
        audit("socket.connect", self, address)
        code = _begin_to_connect(self, raw, until)
        if code < 0:
            _connect_again(self, code, began, raw)

    def connect_ex(self, address, /):
        require_socket(self, "connect_ex")
        until = deadline(self)
        try:
            raw = encode(self, address, "connect_ex", until)
        except timeout:
            # As when the timeout passes during the connect.
            return WOULD_WAIT
        audit("socket.connect", self, address)
        code = _begin_to_connect(self, raw, until)
        # Exceptions of signal handlers are raised. Every error of the connection itself is returned as a number.
        while code == EINTR:
            check_signals()
            code = _go_on_to_connect(self, raw, until)
        return connect_number(code) if code < 0 else 0

    def shutdown(self, how, /):
        require_socket(self, "shutdown")
        number = fitting(how)
        if number is None:
            # Python 3.9 accepts floats here.
            objects("shutdown", how)
            number = int(how)
        check(_shutdown(self._tabi_handle, number))

    def getsockname(self):
        require_socket(self, "getsockname")
        return _name(self, _getsockname)

    def getpeername(self):
        require_socket(self, "getpeername")
        return _name(self, _getpeername)

    def getsockopt(self, level, option, buflen=0, /):
        require_socket(self, "getsockopt")
        given = level, option, buflen
        level, option = c_int(level, "getsockopt", *given), c_int(option, "getsockopt", *given)
        buflen = c_int(buflen, "getsockopt", *given)
        if buflen == 0:
            return _int_option(self, level, option)
        if self._tabi_family == _AF_VSOCK:
            raise OSError("getsockopt string buffer not allowed")
        if not 0 < buflen <= _LONGEST_OPTION:
            raise OSError("getsockopt buflen out of range")
        value = zeros(buflen)
        return value[: check(_getsockopt_bytes(self._tabi_handle, level, option, value, buflen))]

    def setsockopt(self, *given):
        require_socket(self, "setsockopt")
        # A length belongs to None, and to nothing else.
        if len(given) != (4 if len(given) > 2 and given[2] is None else 3):
            return object_to("setsockopt", *given)
        level, option, value, *optlen = given
        level, option = c_int(level, "setsockopt", *given), c_int(option, "setsockopt", *given)
        if option == _SO_RCVLOWAT and level == builtin.SOL_SOCKET:
            never_try()
        if value is None:
            try:
                size = unsigned(optlen[0])
            except Exception:
                return object_to("setsockopt", *given)
            check(_setsockopt_null(self._tabi_handle, level, option, size))
        elif self._tabi_family == _AF_VSOCK and isinstance(value, int):
            _set_other(self, level, option, value.to_bytes(8, sys.byteorder))
        elif type(value) is int and INT_MIN <= value <= INT_MAX:
            check(_setsockopt(self._tabi_handle, level, option, value))
        else:
            _set_other(self, level, option, value)


def _accept_again(self, code: int, began: int) -> tuple:
    """The descriptor and the client's address of an ``accept`` whose first call has returned an error."""
    check_family(self)
    peer = blank()
    fd = again(
        self,
        code,
        began,
        lambda: _accept_fd(self._tabi_handle, peer),
        lambda moment: _accept_fd_until(self._tabi_handle, peer, moment),
    )
    return fd, peer


def _connect_again(self, code: int, began: int, raw: bytes) -> None:
    again(
        self,
        code,
        began,
        lambda: _go_on_to_connect(self, raw, NEVER),
        lambda moment: _go_on_to_connect(self, raw, moment),
    )


def _go_on_to_connect(self, raw: bytes, until: int) -> int:
    """An interrupted connect goes on in the kernel: it is not repeated, and its end is waited for. Only that of a unix socket,
    which waits for a place in the queue of the listener, has not begun.
    """
    if self._tabi_family == AF_UNIX:
        return _begin_to_connect(self, raw, until)
    return _finish_connect(self._tabi_handle, until)


def _begin_to_connect(self, raw: bytes, until: int) -> int:
    """Connects with what the look-up of the host has left of the timeout."""
    if until == NEVER:
        return _connect(self._tabi_handle, raw)
    return _connect_until(self._tabi_handle, raw, until)


def _name(self, function):
    raw = blank()
    code = function(self._tabi_handle, raw)
    if code < 0:
        check_family(self)
        raise exception(code)
    return decode(raw, self._tabi_proto, self)


def _int_option(self, level: int, option: int) -> int:
    if self._tabi_family == _AF_VSOCK:
        value = zeros(8)
        check(_getsockopt_bytes(self._tabi_handle, level, option, value, len(value)))
        return int.from_bytes(value, sys.byteorder)
    value = _INT()
    check(_getsockopt(self._tabi_handle, level, option, ctypes.byref(value)))
    return value.value


def _set_other(self, level: int, option: int, value) -> None:
    """An option from an object that stands for an integer, or from a buffer."""
    number = None
    with contextlib.suppress(Exception):
        # Whatever is wrong with the number, Python looks for a buffer next.
        number = fitting(value)
    if number is not None:
        check(_setsockopt(self._tabi_handle, level, option, number))
        return
    try:
        source = Buffer(value)
    except (TypeError, ValueError, BufferError):
        return object_to("setsockopt", level, option, value)
    with source:
        if source.size > INT_MAX:
            raise OverflowError("the option is too long")
        check(_setsockopt_bytes(self._tabi_handle, level, option, source.at(), source.size))
