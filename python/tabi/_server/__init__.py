"""What ``tabi.socketserver`` is made of: the serve loop, the threads, the limits and the end are the library's."""

from . import process, tls
from .native import existing, native_of
from .reports import DrainReport, Statistics
from .settings import seconds

__all__ = ["DrainReport", "Statistics", "existing", "native_of", "seconds", "tls"]

process.watch()
