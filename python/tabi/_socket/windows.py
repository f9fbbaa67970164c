"""What only sockets of Windows have: ``ioctl``, and sharing a socket with another process."""

from __future__ import annotations

import ctypes
import operator

from .. import _library
from .._errors import check
from .._genuine import module as builtin
from .._system import NO_DESCRIPTOR, WINDOWS, os_error
from .arguments import require_socket

#: The size of a shared socket: that of ``WSAPROTOCOL_INFOW``.
_SHARED_SIZE = 628

if WINDOWS:
    _share = _library.quick(
        "tabi_share", ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t, result=ctypes.c_ssize_t
    )
    _fromshare = _library.quick("tabi_fromshare", ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p)


class Windows:
    """The methods that the class has on Windows only."""

    __slots__ = ()

    def ioctl(self, *given):
        """The built-in class does it on the same number, because it reads the arguments in a way of its own."""
        require_socket(self, "ioctl")
        if self._tabi_fd == -1:
            raise os_error(NO_DESCRIPTOR)
        genuine = builtin.socket(self._tabi_family, self._tabi_type, self._tabi_proto, fileno=self._tabi_fd)
        try:
            return genuine.ioctl(*given)
        finally:
            genuine.detach()

    def share(self, process_id, /):
        require_socket(self, "share")
        # Python takes the lowest 32 bits of any number.
        process_id = operator.index(process_id) & 0xFFFFFFFF
        data = ctypes.create_string_buffer(_SHARED_SIZE)
        check(_share(self._tabi_handle, process_id, data, _SHARED_SIZE))
        return data.raw


def from_shared(data: bytes) -> ctypes.c_void_p:
    """A new handle of a socket that another process has shared with this one."""
    if len(data) != _SHARED_SIZE:
        raise ValueError(f"socket descriptor string has wrong size, should be {_SHARED_SIZE} bytes.")
    pointer = ctypes.c_void_p()
    check(_fromshare(data, len(data), ctypes.byref(pointer)))
    return pointer
