"""The running Python's ``socket`` module on tabi, beside the built-in one.

Everything that the standard module has is here, for sockets of tabi's. When ``tabi.install()`` was
called, this is the standard module itself.
"""

from . import _socket
from ._install import beside

if not beside.stand_in("socket", __name__):
    beside.load("socket", globals(), {"_socket": _socket})
