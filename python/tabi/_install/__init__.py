"""Puts tabi's ``_socket``, and when asked ``tabi.socketserver``, in the place of the built-in modules."""

from __future__ import annotations

import importlib
import sys

from .. import _interpreter


def install(servers: bool, happy_eyeballs: bool) -> None:
    """See :func:`tabi.install`."""
    import tabi

    # Both are looked at before anything changes.
    if not tabi.installed():
        _not_too_late("socket", "python3 -m tabi")
    if servers and not has_servers():
        _not_too_late("socketserver", "python3 -m tabi --servers")
        _interpreter.require_main()
    if not tabi.installed():
        _install_sockets()
    if servers:
        sys.modules["socketserver"] = importlib.import_module("tabi.socketserver")
    if happy_eyeballs:
        importlib.import_module("socket").create_connection = tabi.create_connection


def has_servers() -> bool:
    """Whether ``import socketserver`` gives servers of tabi's in this process."""
    module = sys.modules.get("socketserver")
    return module is not None and module is sys.modules.get("tabi.socketserver")


def has_happy_eyeballs() -> bool:
    """Whether ``socket.create_connection`` is tabi's in this process."""
    import tabi

    return getattr(sys.modules.get("socket"), "create_connection", None) is tabi.create_connection


def _not_too_late(name: str, runner: str) -> None:
    if name in sys.modules:
        raise RuntimeError(
            f"tabi.install() comes too late: the {name} module has been imported already; "
            f"call it first, or run the program with `{runner}`"
        )


def _install_sockets() -> None:
    from .. import _socket
    from . import adjustments

    sys.modules["_socket"] = _socket
    adjustments.install()
