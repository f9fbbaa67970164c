"""The path of a unix server, which it removes on request when it is closed."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple, Optional


class OwnPath(NamedTuple):
    """A path at which a server has made its socket, and what tells that socket from others."""

    path: str
    device: int
    inode: int
    process: int


def bound(server) -> None:
    """Notes the path to which a server was bound just now, if the server removes its path."""
    address = server.server_address
    if not server.unlink_path or not isinstance(address, (str, bytes)) or address[:1] in ("", b"", "\0", b"\0"):
        return
    path = os.path.abspath(os.fsdecode(address))
    file = os.lstat(path)
    server._own_path = OwnPath(path, file.st_dev, file.st_ino, os.getpid())


def remove(server) -> None:
    """Removes the path of a server whose socket is still open, unless another file is there or this is a forked child."""
    own: Optional[OwnPath] = server._own_path
    server._own_path = None
    if own is None or own.process != os.getpid():
        return
    try:
        file = os.lstat(own.path)
        if stat.S_ISSOCK(file.st_mode) and (file.st_dev, file.st_ino) == (own.device, own.inode):
            os.unlink(own.path)
    except OSError:
        # Somebody else has removed it.
        pass
