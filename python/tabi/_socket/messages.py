"""``sendmsg``, ``recvmsg`` and control messages (ancillary data)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
import warnings

from .. import _library
from .._errors import check
from .._genuine import module as builtin
from .._library import INT_MAX
from .._system import monotonic_ns
from .address import decode, encode
from .arguments import as_size, c_int, object_to, require_socket
from .buffers import Buffer, address_of, new_buffer, zeros
from .handle import check_family
from .interrupt import again
from .sockaddr import blank
from .transfer import Transfer

_SSIZE = ctypes.c_ssize_t
_sendmsg = _library.function("tabi_sendmsg", result=_SSIZE)
_sendmsg_until = _library.function("tabi_sendmsg_until", result=_SSIZE)
_recvmsg = _library.function("tabi_recvmsg", result=_SSIZE)
_recvmsg_until = _library.function("tabi_recvmsg_until", result=_SSIZE)
_cmsg_len = _library.quick("tabi_cmsg_len", ctypes.c_size_t, result=_SSIZE)
_cmsg_space = _library.quick("tabi_cmsg_space", ctypes.c_size_t, result=_SSIZE)
_deadline = ctypes.c_int64

#: CPython has only one object for zero. Nearly every call has it as its flags.
_DEFAULT = 0

#: Up to this many bytes and this many buffers, copying costs less than pinning each buffer.
_COPIED = 1 << 16
_COPIED_BUFFERS = 1024


class _IoVec(ctypes.Structure):
    """``struct iovec``"""

    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class _Control(ctypes.Structure):
    """``struct tabi_control``"""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("len", ctypes.c_size_t)]


#: ``struct cmsghdr``: length with the header, level, type. Linux's kernel has a ``size_t`` for the length.
_HEADER = struct.Struct("@Nii" if sys.platform.startswith("linux") else "@Iii")
#: To how many bytes the system pads control messages.
_ALIGNMENT = _cmsg_space(1) - _cmsg_space(0)

#: How far behind the beginning of its header the data of a control message is.
_DATA_AT = _cmsg_len(0)


class Messages:
    """Scatter, gather, and what travels beside the bytes."""

    __slots__ = ()

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None, /):
        require_socket(self, "sendmsg")
        if type(ancdata) in (tuple, list) and not ancdata and address is None and flags is _DEFAULT:
            joined = _joined(buffers)
            if joined is not None:
                sys.audit("socket.sendmsg", self, None)
                return Transfer.send(self, joined)
        given = buffers, ancdata, flags, address
        flags = c_int(flags, "sendmsg", *given)
        raw = None
        if address is not None:
            raw = encode(self, address, "sendmsg")
        sys.audit("socket.sendmsg", self, address)
        with _Pins() as pins:
            vectors, count = _vectors(pins, "sendmsg", _sequence(buffers, "sendmsg() argument 1"), False)
            control = _pack(_sequence(ancdata, "sendmsg() argument 2"))
            return _send(self, vectors, count, control, flags, raw)

    def recvmsg(self, bufsize, ancbufsize=0, flags=0, /):
        require_socket(self, "recvmsg")
        given = bufsize, ancbufsize, flags
        bufsize, ancbufsize = as_size(bufsize, "recvmsg", *given), as_size(ancbufsize, "recvmsg", *given)
        flags = c_int(flags, "recvmsg", *given)
        if bufsize < 0:
            raise ValueError("negative buffer size in recvmsg()")
        data = new_buffer(bufsize, flags)
        n, *rest = _receive(self, _IoVec(address_of(data), bufsize), 1, ancbufsize, flags)
        return (data if n == bufsize else data[:n], *rest)

    def recvmsg_into(self, buffers, ancbufsize=0, flags=0, /):
        require_socket(self, "recvmsg_into")
        given = buffers, ancbufsize, flags
        ancbufsize, flags = as_size(ancbufsize, "recvmsg_into", *given), c_int(flags, "recvmsg_into", *given)
        with _Pins() as pins:
            parts = _sequence(buffers, "recvmsg_into() argument 1")
            vectors, count = _vectors(pins, "recvmsg_into", parts, True)
            return _receive(self, vectors, count, ancbufsize, flags)

    def sendmsg_afalg(self, *given, **named):
        require_socket(self, "sendmsg_afalg")
        if self._tabi_family != getattr(builtin, "AF_ALG", None):
            # Whatever the arguments are.
            raise OSError("algset is only supported for AF_ALG")
        return _sendmsg_afalg(self, *given, **named)


def _sendmsg_afalg(self, msg=(), *, op, iv=None, assoclen=-1, flags=0):
    op, flags = c_int(op, "sendmsg_afalg"), c_int(flags, "sendmsg_afalg")
    if op < 0:
        raise ValueError("invalid or missing argument 'op'")
    assoclen = c_int(assoclen, "sendmsg_afalg")
    if assoclen < -1:
        raise TypeError("assoclen must be positive")
    level = builtin.SOL_ALG
    control = [(level, builtin.ALG_SET_OP, struct.pack("@i", op))]
    if iv is not None:
        with Buffer(iv) as vector:
            content = ctypes.string_at(vector.at(), vector.size)
        control.append((level, builtin.ALG_SET_IV, struct.pack("@i", len(content)) + content))
    if assoclen >= 0:
        control.append((level, builtin.ALG_SET_AEAD_ASSOCLEN, struct.pack("@i", assoclen)))
    with _Pins() as pins:
        parts = _sequence(msg, "sendmsg_afalg() argument 1")
        vectors, count = _vectors(pins, "sendmsg_afalg", parts, False)
        return _send(self, vectors, count, _pack(control), flags, None)


def _joined(buffers):
    """A few small buffers as one, else ``None``."""
    if type(buffers) not in (list, tuple) or not 0 < len(buffers) <= _COPIED_BUFFERS:
        return None
    size = 0
    try:
        for buffer in buffers:
            if type(buffer) is memoryview:
                size += buffer.nbytes
            elif type(buffer) is bytes or type(buffer) is bytearray:
                size += len(buffer)
            else:
                return None
        return b"".join(buffers) if size <= _COPIED else None
    except (TypeError, ValueError):
        # A view that is not contiguous, or that was released.
        return None


def CMSG_LEN(length, /):
    return _control_size(length, _cmsg_len, "CMSG_LEN() argument out of range")


def CMSG_SPACE(length, /):
    return _control_size(length, _cmsg_space, "CMSG_SPACE() argument out of range")


def _control_size(length, size, message: str) -> int:
    # The built-in module parses this argument as it parses the buffer size of recv.
    length = as_size(length, "recv", length)
    if not 0 <= length <= INT_MAX:
        raise OverflowError(message)
    found = size(length)
    if found < 0:
        raise OverflowError(message)
    return found


#: Newer Pythons read the items that a tuple or a list holds, whatever the methods of a subclass say.
_SUBCLASSES_ARE_READ = sys.version_info >= (3, 14)


class _Fails:
    def __iter__(self):
        raise LookupError


def _hides_errors() -> bool:
    """Whether the built-in module has one error for all that fails while it reads an iterable, as newer Pythons have."""
    try:
        builtin.socket.__new__(builtin.socket).recvmsg_into(_Fails())
    except (LookupError, AttributeError):
        # Windows has no such method.
        return False
    except TypeError:
        return True


#: The errors of the items of an iterable that become that `TypeError`.
_HIDDEN = (Exception,) if _hides_errors() else ()


def _sequence(values, what: str) -> list:
    """The items of any iterable; Python's ``TypeError`` for what is none."""
    try:
        # Without asking how many there are.
        return list(iter(values))
    except _HIDDEN:
        raise TypeError(f"{what} must be an iterable") from None
    except SystemError:
        # That is how `iter` fails for a view that was released, on Python 3.10. A loop says what is wrong.
        return [item for item in values]
    except TypeError:
        if hasattr(type(values), "__iter__"):
            raise
        raise TypeError(f"{what} must be an iterable") from None


class _Pins(list):
    """The buffers of a call; they cannot be resized before the end of the ``with``."""

    def __enter__(self) -> _Pins:
        return self

    def __exit__(self, *exc_info) -> None:
        for buffer in self:
            buffer.release()


def _vectors(pins: _Pins, method: str, parts: list, writable: bool):
    """The buffers of a call as ``struct iovec``s."""
    if len(parts) > INT_MAX:
        raise OSError(f"{method}() argument 1 is too long")
    vectors = (_IoVec * len(parts))()
    for vector, part in zip(vectors, parts):
        try:
            buffer = Buffer(part, writable)
        except Exception:
            if writable:
                return object_to(method, parts)
            return object_to("send", part)
        pins.append(buffer)
        vector.base, vector.len = buffer.address, buffer.size
    return vectors, len(parts)


def _pack(ancdata: list):
    """Control messages in a buffer, or ``None`` for none."""
    if not ancdata:
        return None
    packed = bytearray()
    for number, item in enumerate(ancdata, 1):
        if _SUBCLASSES_ARE_READ and isinstance(item, (tuple, list)):
            item = list(tuple.__iter__(item) if isinstance(item, tuple) else list.__iter__(item))
        # Every kind of sequence is accepted.
        if isinstance(item, (bytes, dict)) or not hasattr(type(item), "__getitem__") or len(item) != 3:
            # The built-in method objects to this list before it looks for a descriptor.
            return object_to("sendmsg", [], ancdata)
        level, kind, data = item[0], item[1], item[2]
        level, kind = c_int(level, "sendmsg", [], [item]), c_int(kind, "sendmsg", [], [item])
        try:
            buffer = Buffer(data)
        except TypeError:
            return object_to("sendmsg", [], [item])
        with buffer:
            if buffer.size > INT_MAX or _cmsg_space(buffer.size) < 0:
                raise OSError("ancillary data item too large")
            packed += _HEADER.pack(_cmsg_len(buffer.size), level, kind).ljust(_DATA_AT, b"\0")
            packed += ctypes.string_at(buffer.at(), buffer.size)
            packed += bytes(-len(packed) % _ALIGNMENT)
        if len(packed) > INT_MAX:
            raise OSError("too much ancillary data")
    content = bytes(packed)
    control = _Control(address_of(content), len(content), len(content))
    control.content = content
    return control


def _send(self, vectors, count: int, control, flags: int, raw) -> int:
    began = monotonic_ns() if self._tabi_timeout else 0
    control = None if control is None else ctypes.byref(control)
    arguments = self._tabi_handle, ctypes.byref(vectors), count, control, flags, raw
    n = _sendmsg(*arguments)
    if n >= 0:
        return n
    return again(
        self,
        n,
        began,
        lambda: _sendmsg(*arguments),
        lambda moment: _sendmsg_until(*arguments, _deadline(moment)),
    )


def _receive(self, vectors, count: int, ancbufsize: int, flags: int) -> tuple:
    check_family(self)
    if not 0 <= ancbufsize <= INT_MAX:
        raise ValueError("invalid ancillary data buffer length")
    store = zeros(ancbufsize)
    control = _Control(address_of(store), ancbufsize, 0)
    msg_flags, sender = ctypes.c_int(), blank()
    began = monotonic_ns() if self._tabi_timeout else 0
    arguments = (
        self._tabi_handle,
        ctypes.byref(vectors),
        count,
        ctypes.byref(control),
        flags,
        ctypes.byref(msg_flags),
        sender,
    )
    n = _recvmsg(*arguments)
    if n < 0:
        n = again(
            self,
            n,
            began,
            lambda: _recvmsg(*arguments),
            lambda moment: _recvmsg_until(*arguments, _deadline(moment)),
        )
    if not control.len:
        return n, [], msg_flags.value, decode(sender, self._tabi_proto, self)
    received = store[: control.len]
    try:
        return n, _unpack(received), msg_flags.value, decode(sender, self._tabi_proto, self)
    except BaseException:
        _close_descriptors(received)
        raise


def _items(received: bytes):
    """Level, type, data and whether the data was cut short, for each control message."""
    at = 0
    while at + _DATA_AT <= len(received):
        size, level, kind = _HEADER.unpack_from(received, at)
        if size < _DATA_AT:
            return
        yield level, kind, received[at + _DATA_AT : at + size], at + size > len(received)
        at += check(_cmsg_space(size - _DATA_AT))


def _unpack(received: bytes) -> list:
    found = []
    for level, kind, data, cut in _items(received):
        found.append((level, kind, data))
        if cut:
            warnings.warn("received malformed or improperly-truncated ancillary data", RuntimeWarning, stacklevel=4)
    return found


def _close_descriptors(received: bytes) -> None:
    """Closes received descriptors that will not reach the caller."""
    for level, kind, data, _ in _items(received):
        if level == builtin.SOL_SOCKET and kind == getattr(builtin, "SCM_RIGHTS", None):
            for fd in struct.unpack_from(f"@{len(data) // 4}i", data):
                with contextlib.suppress(OSError):
                    os.close(fd)
