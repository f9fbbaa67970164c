"""What only sockets of Windows have: ``ioctl``, and sharing a socket with another process."""

from __future__ import annotations

import contextlib

from .._errors import check
from .._genuine import module as builtin
from .._system import NO_DESCRIPTOR, os_error
from . import handle
from .arguments import require_socket


class Windows:
    """The built-in class does it: on the same number, which it gives up unchanged."""

    __slots__ = ()

    def ioctl(self, *given):
        require_socket(self, "ioctl")
        with _genuine(self) as genuine:
            return genuine.ioctl(*given)

    def share(self, process_id, /):
        require_socket(self, "share")
        with _genuine(self) as genuine:
            data = genuine.share(process_id)
        handle.share(self._tabi_fd)
        return data


@contextlib.contextmanager
def _genuine(sock):
    if sock._tabi_fd == -1:
        raise os_error(NO_DESCRIPTOR)
    genuine = builtin.socket(sock._tabi_family, sock._tabi_type, sock._tabi_proto, fileno=sock._tabi_fd)
    try:
        yield genuine
    finally:
        genuine.detach()


def descriptor_of_shared(data: bytes) -> tuple:
    """The descriptor, family, type and protocol of a socket that another process has shared with this one."""
    genuine = builtin.socket(fileno=data)
    return genuine.detach(), genuine.family, genuine.type, genuine.proto
