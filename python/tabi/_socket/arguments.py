"""Checks of arguments, worded as the running Python words them.

The fast paths accept only exact ``int`` and ``bytes``. All other arguments come here. A wrong argument is given to the
built-in method of a socket that was never opened, which can do nothing but raise the error that it has for it.
"""

from __future__ import annotations

import contextlib
import operator
import sys
import warnings

from .._genuine import module as builtin
from .._library import INT_MAX, INT_MIN

#: A socket that was never opened: its methods check their arguments, and then fail.
_nobody = builtin.socket.__new__(builtin.socket)


def object_to(method: str, *arguments, **keywords):
    """Raises what the built-in method raises for these arguments, which were found wrong."""
    getattr(_nobody, method)(*arguments, **keywords)
    raise TypeError(f"{method}() does not take these arguments: {arguments!r}")


def objects(method: str, *arguments) -> None:
    """Raises what the built-in method raises for wrong arguments; returns when it has nothing against them."""
    try:
        getattr(_nobody, method)(*arguments)
    except OSError:
        # Only the descriptor is missing.
        pass


def timeout(value) -> float:
    """The seconds that a number stands for; raises what the built-in module raises for it.

    Which numbers may be a timeout depends on the version of Python, and the built-in module knows.
    """
    nobody = builtin.socket.__new__(builtin.socket)
    try:
        nobody.settimeout(value)
    except OSError:
        # Only the descriptor is missing, unless a method of the number itself has raised this.
        if nobody.gettimeout() is None:
            raise
    return nobody.gettimeout()


def blocking(value) -> float | None:
    """The timeout that `setblocking` sets for a value that is no ``bool``; raises what the built-in module raises for it.

    Python 3.9 makes an integer of it, later versions a truth value.
    """
    nobody = builtin.socket.__new__(builtin.socket)
    with contextlib.suppress(OSError):
        # A timeout that `setblocking` never sets.
        nobody.settimeout(1)
    try:
        nobody.setblocking(value)
    except OSError:
        # Only the descriptor is missing, unless a method of the value itself has raised this.
        if nobody.gettimeout() == 1:
            raise
    return nobody.gettimeout()


def require_socket(self: object, method: str) -> None:
    """Raises what a built-in method raises when ``self`` is no socket."""
    if not hasattr(self, "_tabi_handle"):
        raise TypeError(
            f"descriptor '{method}' for '_socket.socket' objects doesn't apply to a '{type(self).__name__}' object"
        ) from None


def by_int_method(value: object) -> int | None:
    """The integer of an object that has no ``__index__``: Python 3.9 asks its ``__int__``, and warns. ``None`` for anything else,
    and in later versions.
    """
    if sys.version_info >= (3, 10) or not hasattr(type(value), "__int__"):
        return None
    text = f"an integer is required (got type {type(value).__name__}).  Implicit conversion to integers using __int__ is "
    warnings.warn(f"{text}deprecated, and may be removed in a future version of Python.", DeprecationWarning, 3)
    return int(value)


def _number(value: object) -> int | None:
    """The plain integer that the value is, or, asked once, stands for; ``None`` for anything else."""
    if isinstance(value, int):
        # The number itself, as in the built-in module, and not what a subclass says of it.
        return int.__index__(value)
    return int(operator.index(value)) if hasattr(type(value), "__index__") else None


def fitting(value: object) -> int | None:
    """The integer that the value is or stands for; ``None`` unless it fits a C ``int``."""
    number = _number(value)
    if number is None and not isinstance(value, float):
        number = by_int_method(value)
    return number if number is not None and INT_MIN <= number <= INT_MAX else None


def c_int(value, method: str, *arguments) -> int:
    """The value as a C ``int``; else the error of the built-in method for all the arguments."""
    if isinstance(value, int) and INT_MIN <= (number := int.__index__(value)) <= INT_MAX:
        return number
    number = fitting(value)
    return object_to(method, *arguments) if number is None else number


def c_ints(method: str, *values) -> list[int]:
    """The values as C ``int`` each; else the error of the built-in method for all of them."""
    numbers = []
    for value in values:
        # As in `c_int`, without its calls.
        number = int.__index__(value) if isinstance(value, int) else None
        if number is None or not INT_MIN <= number <= INT_MAX:
            number = c_int(value, method, *values)
        numbers.append(number)
    return numbers


def as_size(value, method: str, *arguments) -> int:
    """The value as a ``Py_ssize_t``, perhaps negative; else the error of the built-in method."""
    size = _number(value)
    if size is not None and -sys.maxsize - 1 <= size <= sys.maxsize:
        return size
    return object_to(method, *arguments)


def delegate(function: str, *arguments):
    """Raises what the built-in function raises for these arguments, which were found wrong; or what it returns."""
    return getattr(builtin, function)(*arguments)


def plain_int(function: str, value, *arguments) -> int:
    """The value as a C ``int``; else the error of the built-in function for all the arguments."""
    number = fitting(value)
    if number is not None:
        return number
    delegate(function, *arguments)
    raise OverflowError(f"{function}() takes no such number: {value!r}")
