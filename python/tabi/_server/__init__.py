"""What ``tabi.socketserver`` is made of: the serve loop, the threads, the limits and the end are the library's."""

from . import process, tls, unix_path
from .native import existing, native_of
from .reports import DrainReport, Statistics
from .settings import seconds
from .turns import Next, handle, live, opened

__all__ = [
    "DrainReport",
    "Next",
    "Statistics",
    "existing",
    "handle",
    "live",
    "native_of",
    "opened",
    "seconds",
    "tls",
    "unix_path",
]

process.watch()
