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

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._cancel import Cancel
    from ._errors import Cancelled

__all__ = [
    "POLL_CLOSED",
    "Cancel",
    "Cancelled",
    "create_connection",
    "getaddrinfo",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "getnameinfo",
    "install",
    "installed",
    "library_path",
    "library_version",
    "poll",
]

__version__ = "0.1.0"


def __getattr__(name: str):
    # The library is loaded when something needs it, and not by `import tabi`.
    if name == "Cancel":
        from ._cancel import Cancel

        return Cancel
    if name == "Cancelled":
        from ._errors import Cancelled

        return Cancelled
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def install(*, servers: bool = False, happy_eyeballs: bool = False) -> None:
    """Replaces the low-level ``_socket`` module by tabi's for this process, and with ``servers`` the standard
    ``socketserver`` by ``tabi.socketserver``. With ``happy_eyeballs``, ``socket.create_connection`` is this package's.

    Call it before the first ``import socket``, and with ``servers`` before the first ``import socketserver``: a program
    that has imported the built-in classes would use two kinds of socket, or of server, at the same time. Calling it again
    does nothing, except that ``servers`` may be asked for later.

    Raises ``RuntimeError`` when ``socket``, or with ``servers`` the standard ``socketserver``, has been imported
    already, and ``ImportError`` when ``libtabi`` cannot be found or loaded, and with ``servers`` in a subinterpreter.
    """
    from . import _install

    _install.install(servers, happy_eyeballs)


#: No timeout was given: that of new sockets counts.
_DEFAULT = object()


def create_connection(
    address,
    timeout=_DEFAULT,
    source_address=None,
    *,
    all_errors: bool = False,
    attempt_delay: float = 0.25,
    resolution_delay: float = 0.05,
    first_family_count: int = 1,
):
    """``socket.create_connection`` by Happy Eyeballs (RFC 8305): IPv6 and IPv4 addresses take turns, and while one does
    not answer, the next one is tried beside it after ``attempt_delay`` seconds.

    One ``timeout`` limits the look-up of the host and all attempts together; by default it is that of new sockets. IPv4
    addresses that are known wait ``resolution_delay`` seconds for the look-up of the IPv6 addresses, and
    ``first_family_count`` addresses of the preferred family are tried before the families take turns.

    Returns a connected ``socket.socket``. Raises the error of the last address, or with ``all_errors`` an
    ``ExceptionGroup`` of all (since Python 3.11), ``gaierror`` when the host is not found, ``TimeoutError``, and
    ``ValueError`` for a setting that is out of its range.
    """
    from . import _connect

    given = None if timeout is _DEFAULT else (timeout,)
    settings = attempt_delay, resolution_delay, first_family_count
    return _connect.create_connection(address, given, source_address, all_errors, settings)


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0, *, timeout=None):
    """``socket.getaddrinfo`` that raises ``TimeoutError`` after ``timeout`` seconds. ``None`` is no limit.

    With a limit, handlers of signals run while the call waits; what they raise ends it. The same is true of the other
    look-ups of this package.
    """
    from . import _look_up

    return _look_up.getaddrinfo(host, port, family, type, proto, flags, timeout)


def gethostbyname(hostname, *, timeout=None):
    """``socket.gethostbyname`` that raises ``TimeoutError`` after ``timeout`` seconds. ``None`` is no limit."""
    from . import _look_up

    return _look_up.resolve.gethostbyname_until(_look_up.until(timeout), hostname)


def gethostbyname_ex(hostname, *, timeout=None):
    """``socket.gethostbyname_ex`` that raises ``TimeoutError`` after ``timeout`` seconds. ``None`` is no limit."""
    from . import _look_up

    return _look_up.resolve.gethostbyname_ex_until(_look_up.until(timeout), hostname)


def gethostbyaddr(host, *, timeout=None):
    """``socket.gethostbyaddr`` that raises ``TimeoutError`` after ``timeout`` seconds. ``None`` is no limit."""
    from . import _look_up

    return _look_up.resolve.gethostbyaddr_until(_look_up.until(timeout), host)


def getnameinfo(sockaddr, flags, *, timeout=None):
    """``socket.getnameinfo`` that raises ``TimeoutError`` after ``timeout`` seconds. ``None`` is no limit."""
    from . import _look_up

    return _look_up.resolve.getnameinfo_until(_look_up.until(timeout), sockaddr, flags)


def getfqdn(name="", *, timeout=None):
    """``socket.getfqdn`` that returns ``name`` itself when nothing is known of it after ``timeout`` seconds. ``None`` is
    no limit.
    """
    from . import _look_up

    return _look_up.getfqdn(name, timeout)


#: What :func:`poll` finds for a socket that was closed before or during the call.
POLL_CLOSED = 0x10000


def poll(entries, timeout=None):
    """Waits until at least one of the entries is ready, at most ``timeout`` seconds; ``None`` is no limit.

    Each entry is a pair of a socket, a descriptor or an object with ``fileno()``, and of the events to wait for, such as
    ``select.POLLIN | select.POLLOUT``. Returns the pairs of those that are ready and of the events that were found, in
    the order of the entries; an empty list when the time has passed.

    Unlike ``select.poll`` it knows the sockets of this package: one that another thread closes ends the call, and its
    event is ``POLL_CLOSED``. The same event says that a socket was closed before. Nothing is polled by a number that
    may mean another file by then.

    Raises ``ValueError`` for a negative descriptor or timeout and for events that no system has, ``TypeError`` for an
    object without ``fileno()``, and what handlers of signals raise.
    """
    from . import _poll

    return _poll.poll(entries, timeout)


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
