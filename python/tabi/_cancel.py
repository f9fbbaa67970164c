"""Tokens that cancel calls."""

from __future__ import annotations

import ctypes
from typing import Optional

from . import _library, socket
from ._errors import check
from ._socket import interrupt
from ._socket.lifecycle import Lifecycle, parse_timeout

_HANDLE = ctypes.c_void_p
_new = _library.quick("tabi_cancel_new", ctypes.c_double, ctypes.POINTER(_HANDLE))
_free = _library.quick("tabi_cancel_free", _HANDLE, result=None)
_trigger = _library.quick("tabi_cancel_trigger", _HANDLE)
_is_triggered = _library.quick("tabi_cancel_is_triggered", _HANDLE)
_enter = _library.quick("tabi_cancel_enter", _HANDLE)
_leave = _library.quick("tabi_cancel_leave", _HANDLE)
_set_cancel = _library.quick("tabi_set_cancel")

_NO_TIMEOUT = float("inf")


class Cancel:
    """A token that ends calls, in every thread: once it is triggered, each call under it raises :class:`tabi.Cancelled`.

    ``with token:`` puts the calls of this thread under the token; threads may enter several tokens, and one several times.
    :meth:`attach` puts the calls on one socket under it, in all threads. All calls that may wait heed it: those of
    sockets, files of ``makefile`` and TLS sockets, ``connect`` and look-ups, ``tabi.create_connection``, ``tabi.poll``, and
    ``serve_forever`` and ``handle_request`` of servers. A call that begins under a triggered token fails at once and moves
    nothing. A call that waits ends at once. A call that has done something returns its result.

    With a ``timeout`` in seconds the token counts as triggered, too, once that time has passed: one deadline over many
    calls. Calls look at it when they have to wait.

    A file of ``makefile`` forgets what it had read of a line or a block when the call is cancelled, as it does after a
    timeout: that is how Python's ``io`` works. Sockets forget nothing.

    Calls that do not wait, such as ``bind`` and ``close``, are not under tokens, and neither is what does not belong to
    tabi: ``time.sleep``, ``select``, ``asyncio``. A forked child has a copy of the token: what is triggered in one of the two
    processes is not triggered in the other.

    Raises ``ValueError`` for a timeout that is negative or NaN.
    """

    __slots__ = ("_token", "__weakref__")

    def __init__(self, timeout: Optional[float] = None) -> None:
        timeout = parse_timeout(timeout)
        token = _HANDLE()
        check(_new(_NO_TIMEOUT if timeout is None else timeout, token))
        self._token = token
        if not interrupt.tokens_exist:
            _heed_tokens()

    # The default keeps what is needed: when the interpreter ends, the module's names may be gone already.
    def __del__(self, free=_free) -> None:
        # Threads and sockets to which the token is attached have references of their own.
        token = getattr(self, "_token", None)
        if token is not None:
            free(token)

    def __reduce__(self):
        # A copy would give the same token back a second time.
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self) -> str:
        return f"<tabi.Cancel, {'cancelled' if self.cancelled else 'not cancelled'}>"

    def cancel(self) -> None:
        """Triggers the token, once and for ever. Any thread may call this, and a handler of a signal too."""
        check(_trigger(self._token))

    @property
    def cancelled(self) -> bool:
        """Whether the token was triggered or its time has passed."""
        return check(_is_triggered(self._token)) == 1

    def __enter__(self) -> "Cancel":
        check(_enter(self._token))
        return self

    def __exit__(self, *_exception: object) -> None:
        """Raises ``ValueError`` when this thread has entered another token since and not left it: the order of ``with``
        statements can be broken by generators only.
        """
        check(_leave(self._token))

    def attach(self, sock) -> None:
        """Puts the calls on a socket that begin from now on under the token, in all threads. It replaces the token that
        the socket had. Duplicates and accepted sockets have none.

        Raises ``TypeError`` for what is no socket of this package, and ``OSError`` for a closed one.
        """
        check(_set_cancel(_handle_of(sock), self._token))

    @staticmethod
    def detach(sock) -> None:
        """Removes the token of a socket. Calls that have begun stay under it. The errors are those of :meth:`attach`."""
        check(_set_cancel(_handle_of(sock), None))


def _heed_tokens() -> None:
    """Lets the calls heed tokens that do not go through the library as long as there are none."""

    def give_up(self, *_arguments):
        raise socket._GiveupOnSendfile("the system's sendfile does not heed tokens")

    # The standard module calls `os.sendfile` itself. It sends the file in parts when that gives up.
    socket.socket._sendfile_use_sendfile = give_up
    interrupt.tokens_exist = True


def _handle_of(sock):
    if not isinstance(sock, Lifecycle):
        raise TypeError(f"a socket of this package is needed, not {type(sock).__name__}")
    return sock._tabi_handle
