"""The serve loop and the threads of ``tabi.socketserver``: the library's."""

from .native import DrainReport, Statistics, existing, native_of, seconds

__all__ = ["DrainReport", "Statistics", "existing", "native_of", "seconds"]
