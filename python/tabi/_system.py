"""What differs between systems: each difference has one place here, and the rest of the package asks for it."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import sys
from typing import Optional

WINDOWS = os.name == "nt"

#: The file of the library.
LIBRARY_NAME = {"darwin": "libtabi.dylib", "win32": "tabi.dll"}.get(sys.platform, "libtabi.so")

#: The number of a descriptor in C (``tabi_fd``). On Windows it is that of a socket, which is no file.
Descriptor = ctypes.c_ssize_t if WINDOWS else ctypes.c_int

#: The system's numbers for: the call would have to wait; a signal has interrupted the call; there is no such descriptor.
WOULD_WAIT = errno.EWOULDBLOCK
INTERRUPTED = errno.WSAEINTR if WINDOWS else errno.EINTR
NO_DESCRIPTOR = errno.ENOTSOCK if WINDOWS else errno.EBADF

#: What may be read, or written, without waiting, as :func:`tabi.poll` takes it. Windows' ``select`` has no names for them.
POLLIN = getattr(select, "POLLIN", 0x100)
POLLOUT = getattr(select, "POLLOUT", 0x10)
#: Urgent data. No other system is asked for it.
POLLPRI = getattr(select, "POLLPRI", 0)

#: Python takes no number for a descriptor that does not fit into a C type, whose numbers are below this.
DESCRIPTORS_IN_PYTHON = 1 << 8 * ctypes.sizeof(ctypes.c_longlong if WINDOWS else ctypes.c_long) - 1

#: The longest timeout in seconds that Python takes on this system without a doubt.
LONGEST_TIMEOUT = 2e6 if WINDOWS else 9.2e9

# The clock of the library's deadlines, in nanoseconds. On Windows that is the performance counter; `monotonic_ns` of older
# Pythons has another clock there.
if WINDOWS:
    from time import perf_counter_ns as monotonic_ns
else:
    from time import monotonic_ns

__all__ = [
    "DESCRIPTORS_IN_PYTHON",
    "Descriptor",
    "INTERRUPTED",
    "LIBRARY_NAME",
    "LONGEST_TIMEOUT",
    "NO_DESCRIPTOR",
    "POLLIN",
    "POLLOUT",
    "POLLPRI",
    "WINDOWS",
    "WOULD_WAIT",
    "error_number",
    "is_after_shutdown",
    "get_blocking",
    "monotonic_ns",
    "os_error",
    "set_blocking",
    "write_byte",
]


if WINDOWS:
    # The function with which Python itself makes such an exception. It takes any number.
    _raise = ctypes.pythonapi["PyErr_SetExcFromWindowsErr"]
    _raise.argtypes, _raise.restype = [ctypes.py_object, ctypes.c_int], None


def os_error(number: int, kind: type[OSError] = OSError) -> OSError:
    """The exception for an error of the system, as Python itself makes it: on Windows it has the ``winerror``."""
    if not WINDOWS:
        return kind(number, os.strerror(number))
    try:
        _raise(kind, number)
    except OSError as error:
        return error.with_traceback(None)
    raise SystemError(f"no exception for the error {number}")


def is_after_shutdown(error: BaseException) -> bool:
    """Whether a call found that its connection was shut down here, which on other systems is the end of the stream."""
    return WINDOWS and getattr(error, "winerror", None) == errno.WSAESHUTDOWN


def error_number(error: OSError) -> Optional[int]:
    """The system's number for the error, which on Windows is not always the ``errno``."""
    return getattr(error, "winerror", None) or error.errno


if WINDOWS:
    _send = ctypes.WinDLL("ws2_32")["send"]
    _send.argtypes = [Descriptor, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]

    def write_byte(fd: int) -> None:
        """Writes a byte to a descriptor through which something is woken."""
        _send(fd, b"\0", 1, 0)

    # No socket of the library blocks in the system, whatever its timeout is. Nobody can ask the system for that.
    def get_blocking(fd: int) -> bool:
        return False

    def set_blocking(fd: int, blocking: bool) -> None:
        pass

else:
    from os import get_blocking, set_blocking

    def write_byte(fd: int) -> None:
        """Writes a byte to a descriptor through which something is woken."""
        os.write(fd, b"\0")
