"""The names of the module, collected from the files that define them."""

from __future__ import annotations

import operator
import sys

from .. import _errors
from .._genuine import module as builtin
from . import byte_order, constants, descriptors, inet_text, lifecycle, messages, resolve, services, socket_class

#: Not every system has all of them.
_FUNCTIONS = {
    function.__name__: function
    for function in (
        byte_order.htonl,
        byte_order.htons,
        byte_order.ntohl,
        byte_order.ntohs,
        descriptors.close,
        descriptors.dup,
        inet_text.inet_aton,
        inet_text.inet_ntoa,
        inet_text.inet_ntop,
        inet_text.inet_pton,
        lifecycle.getdefaulttimeout,
        lifecycle.setdefaulttimeout,
        messages.CMSG_LEN,
        messages.CMSG_SPACE,
        resolve.getaddrinfo,
        resolve.gethostbyaddr,
        resolve.gethostbyname,
        resolve.gethostbyname_ex,
        resolve.gethostname,
        resolve.getnameinfo,
        resolve.sethostname,
        services.getprotobyname,
        services.getservbyname,
        services.getservbyport,
        services.if_indextoname,
        services.if_nameindex,
        services.if_nametoindex,
        socket_class.socketpair,
    )
}


class _Function(staticmethod):
    """A function of the module. Like a built-in one, it does not become a method when it is an attribute of a class."""

    if sys.version_info < (3, 10):

        # A call without a frame of its own, which would keep the arguments in a traceback.
        __call__ = property(operator.attrgetter("__func__"))

    def __reduce__(self) -> str:
        # Pickled by its name, as functions are.
        return self.__name__


def _described(function) -> _Function:
    """The function as a name of the module, with the running Python's own help text."""
    name = function.__name__
    function.__module__ = "tabi._socket"
    function.__doc__ = function.__doc__ or getattr(builtin, name).__doc__
    described = _Function(function)
    described.__name__, described.__module__, described.__doc__ = name, function.__module__, function.__doc__
    return described


#: Every name of the built-in module, with the value that it has on tabi.
PUBLIC = {
    **constants.TABLE,
    **{name: _described(function) for name, function in _FUNCTIONS.items() if hasattr(builtin, name)},
    "socket": socket_class.socket,
    "SocketType": socket_class.socket,
    # The exceptions are the built-in module's own, so that `except socket.gaierror` catches both.
    "error": _errors.error,
    "gaierror": _errors.gaierror,
    "herror": _errors.herror,
    "timeout": _errors.timeout,
    # `_ssl` takes the genuine socket type out of it; see `tabi._install.tls`.
    "CAPI": builtin.CAPI,
}
