"""Puts tabi's ``_socket`` in the place of the built-in one."""

from __future__ import annotations

import sys


def install() -> None:
    """See :func:`tabi.install`."""
    import tabi

    if tabi.installed():
        return
    if "socket" in sys.modules:
        raise RuntimeError(
            "tabi.install() comes too late: the socket module has been imported already; "
            "call it first, or run the program with `python3 -m tabi`"
        )
    from .. import _socket
    from . import adjustments

    sys.modules["_socket"] = _socket
    adjustments.install()
