"""The running Python's ``socketserver`` module on tabi, beside the built-in one: see ``tabi.socket``."""

from . import _beside

if not _beside.stand_in("socketserver", __name__):
    from . import socket

    _beside.load("socketserver", globals(), {"socket": socket})
