"""``tabi.poll``: waiting for several sockets and descriptors at once."""

from __future__ import annotations

import ctypes
import math
import operator
from struct import Struct
from typing import Optional

from . import _library
from ._errors import EINTR, exception
from ._library import INT_MAX
from ._socket import handle as handles
from ._socket.interrupt import NEVER, check_signals
from ._socket.lifecycle import Lifecycle, parse_timeout
from ._system import NO_DESCRIPTOR, Descriptor, monotonic_ns, os_error

#: ``tabi_pollfd``: the socket, the descriptor, the events that are waited for and those that were found.
_entry = Struct(f"@P{Descriptor._type_}II0P")

#: The bits that are found without being in the system's: see ``tabi.h``.
CLOSED = 0x10000
_INTERRUPTIBLE = 0x20000

#: A signal that comes just before the library polls does not end the poll, so it is looked for after this time.
_LOOK_AT_SIGNALS = 500_000_000

_poll_until = _library.function(
    "tabi_poll_until", ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, result=ctypes.c_ssize_t
)


def poll(entries, timeout: Optional[float]) -> list:
    """See :func:`tabi.poll`."""
    timeout = parse_timeout(timeout)
    until = NEVER if timeout is None else min(monotonic_ns() + math.ceil(timeout * 1e9), NEVER)
    entries = [(polled, operator.index(events)) for polled, events in entries]
    # The list keeps the handles alive, even if another thread gives the objects new ones.
    handles_of = [getattr(polled, "_tabi_handle", None) for polled, _ in entries]
    packed = [_pack(handle, *entry) for handle, entry in zip(handles_of, entries)]
    if any(handle is handles.CLOSED for handle in handles_of):
        # That is what they are ready with.
        until = 0
    # The last entry is skipped. It says for all that signals end the call.
    packed.append(_entry.pack(0, -1, _INTERRUPTIBLE, 0))
    memory = ctypes.create_string_buffer(b"".join(packed), _entry.size * len(packed))
    while True:
        ready = _poll_until(memory, len(packed), min(until, monotonic_ns() + _LOOK_AT_SIGNALS))
        if ready > 0 or ready == 0 and monotonic_ns() >= until:
            break
        if ready not in (0, EINTR):
            raise exception(ready)
        check_signals()
    found = [revents for _, _, _, revents in _entry.iter_unpack(memory.raw)]
    events = [CLOSED if handle is handles.CLOSED else revents for handle, revents in zip(handles_of, found)]
    return [(polled, revents) for (polled, _), revents in zip(entries, events) if revents]


def _pack(handle, polled, events: int) -> bytes:
    # The library refuses what is no event. Here is only what would not fit, or means something else to it.
    if not 0 <= events < _INTERRUPTIBLE:
        raise ValueError(f"events of a poll must be 0-0x7fff, got {events:#x}")
    if not isinstance(polled, Lifecycle):
        return _entry.pack(0, _descriptor(polled), events, 0)
    if handle is handles.CLOSED:
        return _entry.pack(0, -1, events, 0)
    if handle is handles.NOTHING:
        raise os_error(NO_DESCRIPTOR)
    return _entry.pack(ctypes.addressof(handle._obj), -1, events, 0)


def _descriptor(polled) -> int:
    """The number of a descriptor, or of an object with a ``fileno``, as ``select`` takes them."""
    if isinstance(polled, int):
        fd = polled
    elif hasattr(polled, "fileno"):
        fd = polled.fileno()
        if not isinstance(fd, int):
            raise TypeError("fileno() returned a non-integer")
    else:
        raise TypeError("argument must be an int, or have a fileno() method.")
    if fd < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fd})")
    if fd > INT_MAX:
        raise OverflowError(f"file descriptor is too large: {fd}")
    return fd
