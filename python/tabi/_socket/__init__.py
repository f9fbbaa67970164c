"""CPython's ``_socket`` on tabi: every name of the running Python's own module.

``python3 -m tabi`` and ``tabi.install()`` put this module in the place of the built-in one, so that
``import socket`` and all that is built on it run on tabi.
"""


def _fill(module: dict) -> None:
    """Gives this module the names of the built-in one, and takes every other name out of it."""
    from . import names

    # Each file of this package that was imported is an attribute now. `from . import FILE` works without it.
    for name in [name for name in module if not name.startswith("__")]:
        del module[name]
    module.update(names.PUBLIC)


_fill(globals())
