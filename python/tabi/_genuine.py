"""CPython's own ``_socket``, taken before anything replaces it in ``sys.modules``."""

import _socket as module

__all__ = ["module"]
