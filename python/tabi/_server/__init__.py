"""What ``tabi.socketserver`` is made of: the serve loop, the threads, the limits and the end are the library's."""

from .. import _interpreter

# Before anything of it is there.
_interpreter.require_main()

from .._system import get_blocking, is_after_shutdown, set_blocking
from . import behind_proxy, process, tls, unix_path
from .daemon import notify, serve_until_signal
from .native import existing, native_of
from .reports import DrainReport, Statistics
from .selector import Selector
from .settings import seconds
from .turns import Next, handle, live, opened, proxy_header_of

__all__ = [
    "DrainReport",
    "Next",
    "Selector",
    "Statistics",
    "behind_proxy",
    "existing",
    "get_blocking",
    "handle",
    "is_after_shutdown",
    "live",
    "native_of",
    "notify",
    "opened",
    "proxy_header_of",
    "seconds",
    "serve_until_signal",
    "set_blocking",
    "tls",
    "unix_path",
]

process.watch()
