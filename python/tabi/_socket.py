"""CPython's ``_socket`` on tabi: every name of the running Python's own module.

``python3 -m tabi`` and ``tabi.install()`` put this module in the place of the built-in one, so that
``import socket`` and all that is built on it run on tabi.
"""

import sys as _sys

from . import _constants, _errors
from ._byte_order import htonl, htons, ntohl, ntohs  # noqa: F401
from ._functions import close, dup  # noqa: F401
from ._genuine import module as _builtin
from ._inet_text import inet_aton, inet_ntoa, inet_ntop, inet_pton  # noqa: F401
from ._lifecycle import getdefaulttimeout, setdefaulttimeout  # noqa: F401
from ._messages import CMSG_LEN, CMSG_SPACE  # noqa: F401
from ._resolve import (  # noqa: F401
    getaddrinfo,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    sethostname,
)
from ._services import (  # noqa: F401
    getprotobyname,
    getservbyname,
    getservbyport,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)
from ._sock import SocketType, freeze, socket, socketpair  # noqa: F401

globals().update(_constants.TABLE)

error = _errors.error
timeout = _errors.timeout
gaierror = _errors.gaierror
herror = _errors.herror

#: For `_ssl`, which takes the genuine socket type out of it; see `_tls`.
CAPI = _builtin.CAPI


def _document() -> None:
    """Gives the functions and methods the running Python's own help texts, and errors the names to speak of."""
    for original, target, prefix in ((_builtin, _sys.modules[__name__], ""), (_builtin.socket, socket, "socket.")):
        for name, described in vars(original).items():
            own = getattr(target, name, None)
            if type(own).__name__ == "function":
                own.__doc__ = own.__doc__ or described.__doc__
                own.__qualname__ = prefix + name


_document()
freeze()
del freeze
