"""A second copy of a module of the standard library, which runs on tabi beside the first."""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import os
import sys
import sysconfig


def load(name: str, into: dict, replaced: dict) -> None:
    """Runs the source of a standard module in the namespace of a module of this package.

    ``replaced`` maps the names of modules that it imports to what it gets instead.
    """
    loader = importlib.machinery.SourceFileLoader(into["__name__"], _source(name))
    into["__builtins__"] = dict(vars(builtins), __import__=_importer(replaced))
    exec(loader.get_code(into["__name__"]), into)


def _source(name: str) -> str:
    path = os.path.join(sysconfig.get_path("stdlib"), f"{name}.py")
    if not os.path.exists(path):
        raise ImportError(f"the standard library's {name}.py is not at {path}")
    return path


def _importer(replaced: dict):
    def importer(name, globals=None, locals=None, fromlist=(), level=0):
        if level == 0 and name in replaced:
            return replaced[name]
        return __import__(name, globals, locals, fromlist, level)

    return importer


def stand_in(name: str, module: str) -> bool:
    """Whether tabi is installed: then the standard module itself is what this package's module should be."""
    import tabi

    if not tabi.installed():
        return False
    sys.modules[module] = importlib.import_module(name)
    return True
