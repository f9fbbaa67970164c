"""``create_connection`` of this package, whose limit covers the look-up of the host."""

from __future__ import annotations

import ctypes
import sys
from typing import Optional

from . import _library, socket
from ._errors import EINTR, check, exception, exception_of
from ._socket import address
from ._socket.interrupt import Interrupted, interruptions, looking_up
from ._system import Descriptor

_INT = ctypes.c_int
_AttemptFailed = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _INT, ctypes.c_char_p, ctypes.c_void_p)


class _Options(ctypes.Structure):
    """``tabi_connection_options``"""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("timeout", ctypes.c_double),
        ("source_host", ctypes.c_char_p),
        ("source_port", _INT),
        ("attempt_delay", ctypes.c_double),
        ("resolution_delay", ctypes.c_double),
        ("first_family_count", ctypes.c_size_t),
        ("attempt_failed", _AttemptFailed),
        ("interrupted", Interrupted),
        ("userdata", ctypes.c_void_p),
    ]


_create = _library.function(
    "tabi_create_connection_with",
    ctypes.c_char_p,
    _INT,
    ctypes.POINTER(_Options),
    ctypes.POINTER(ctypes.c_void_p),
)
_options_init = _library.quick("tabi_connection_options_init", ctypes.POINTER(_Options), ctypes.c_size_t)
_detach = _library.quick("tabi_detach", ctypes.c_void_p, result=Descriptor)
_free = _library.quick("tabi_sock_free", ctypes.c_void_p, result=None)

_NO_TIMEOUT = float("inf")


def create_connection(where, timeout: Optional[tuple], source, all_errors: bool, settings: tuple):
    """See :func:`tabi.create_connection`. ``timeout`` is the given one in a tuple, if one was given."""
    if all_errors and sys.version_info < (3, 11):
        raise ValueError("all_errors needs ExceptionGroup, which is new in Python 3.11")
    host, port = where
    limit = timeout[0] if timeout else socket.getdefaulttimeout()
    errors, raised = [], []

    def failed(_address, code, text, _userdata) -> None:
        errors.append(exception_of(code, text.decode("utf-8", "replace")))

    steps = interruptions(raised)
    next(steps)
    options = _Options()
    check(_options_init(options, ctypes.sizeof(options)))
    options.timeout = _NO_TIMEOUT if limit is None else limit
    options.attempt_delay, options.resolution_delay, options.first_family_count = settings
    if source is not None:
        options.source_host, options.source_port = address.host_bytes(source[0]), source[1]
    # Kept in the structure, since the library calls them.
    options.attempt_failed, options.interrupted = _AttemptFailed(failed), Interrupted(steps.__next__)
    name = b"localhost" if host is None else address.host_bytes(host)
    sys.audit("socket.getaddrinfo", host, port, 0, socket.SOCK_STREAM, 0)
    handle = ctypes.c_void_p()
    # Without a limit, but under a token, the look-up waits before the connection does.
    code = looking_up(address.NEVER, _create, name, _port(port), options, handle)
    if code == EINTR and raised:
        raise raised[0]
    if code < 0:
        if all_errors and errors:
            raise ExceptionGroup("create_connection failed", errors)  # noqa: F821
        raise errors[-1] if errors else exception(code)
    connected = socket.socket(fileno=check(_detach(handle)))
    _free(handle)
    connected.settimeout(limit)
    return connected


def _port(port) -> int:
    if isinstance(port, (str, bytes)):
        text = port if isinstance(port, str) else port.decode()
        return int(text) if text.isdecimal() else socket.getservbyname(text, "tcp")
    return port
