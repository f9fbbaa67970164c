"""Python's ``socket`` on tabi: the same module, on one library with C and Rust.

Run any program on it, unchanged::

    python3 -m tabi SCRIPT ARGS...
    python3 -m tabi -m MODULE ARGS...

or put it in place inside a program, before its first ``import socket``::

    import tabi
    tabi.install()

or use it for some sockets only, beside the built-in module::

    from tabi import socket, socketserver

``python3 -m tabi --servers`` and ``tabi.install(servers=True)`` put ``tabi.socketserver`` in the place of the standard
module, too. The servers of ``http.server``, ``xmlrpc.server``, ``wsgiref``, ``logging.config`` and of the program itself
then have the library's serve loop and threads.

Otherwise only the low-level ``_socket`` is replaced: ``socket``, ``socketserver``, ``asyncio``, ``http`` and
all that is built on them are the running Python's own. TLS works; its bytes go through OpenSSL,
which reads and writes the descriptor itself.

The library is the one that the environment variable ``TABI_LIBRARY`` names (an absolute path), else the one
beside this package, else the newest in the ``target`` folder of the checkout that this package stands in.
"""

from __future__ import annotations

__all__ = ["install", "installed", "library_path", "library_version"]

__version__ = "0.1.0"


def install(*, servers: bool = False) -> None:
    """Replaces the low-level ``_socket`` module by tabi's for this process, and with ``servers`` the standard
    ``socketserver`` by ``tabi.socketserver``.

    Call it before the first ``import socket``, and with ``servers`` before the first ``import socketserver``: a program
    that has the built-in classes in its hands would use two kinds of socket, or of server, at once. Calling it again
    does nothing, except that ``servers`` may be asked for later.

    Raises ``RuntimeError`` when ``socket``, or with ``servers`` the standard ``socketserver``, has been imported
    already, and ``ImportError`` when ``libtabi`` cannot be found or loaded.
    """
    from . import _install

    _install.install(servers)


def installed() -> bool:
    """Whether ``import socket`` gives sockets of tabi's in this process."""
    import sys

    return getattr(sys.modules.get("_socket"), "__name__", None) == "tabi._socket"


def library_path() -> str:
    """The file of the library in use. Raises ``ImportError`` when it cannot be found."""
    from . import _library

    return _library.PATH


def library_version() -> str:
    """The version of the library in use, such as "0.1.0"."""
    from . import _library

    return _library.version()
