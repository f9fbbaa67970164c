"""What the running interpreter allows."""

from __future__ import annotations

import ctypes


def is_main() -> bool:
    """Whether this is the program's main interpreter, and not a subinterpreter (``concurrent.interpreters``)."""
    current, main = ctypes.pythonapi.PyInterpreterState_Get, ctypes.pythonapi.PyInterpreterState_Main
    current.restype = main.restype = ctypes.c_void_p
    return current() == main()


def require_main() -> None:
    """Raises ``ImportError`` in a subinterpreter, where servers cannot be.

    A thread that the library has started calls back into the main interpreter, whichever interpreter the callback is of.
    """
    if not is_main():
        raise ImportError(
            "tabi.socketserver cannot be imported in a subinterpreter: its threads run in the main interpreter; "
            "the standard socketserver on tabi's sockets can"
        )
