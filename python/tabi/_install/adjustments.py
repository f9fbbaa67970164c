"""Adjusts modules of the standard library right after they are imported, if they ever are."""

from __future__ import annotations

import importlib.util
import sys

from .._system import WINDOWS


def _adjust_ssl(module) -> None:
    from . import tls

    tls.adjust(module)


def _adjust_multiprocessing(module) -> None:
    from . import children

    children.adjust(module)


def _adjust_multiprocessing_spawn(module) -> None:
    from . import children

    children.adjust_spawn(module)


_ADJUSTMENTS = {
    "ssl": _adjust_ssl,
    **(
        {"multiprocessing.spawn": _adjust_multiprocessing_spawn}
        if WINDOWS
        else {"multiprocessing.util": _adjust_multiprocessing}
    ),
}


class _Loader:
    """The module's own loader, and then the adjustment."""

    def __init__(self, loader, adjust) -> None:
        self._loader = loader
        self._adjust = adjust

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module) -> None:
        # The module shall look as if its own loader had loaded it.
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._adjust(module)


class _Finder:
    """Finds nothing itself: wraps the loader of what the others find."""

    _busy = False

    def find_spec(self, name, path=None, target=None):
        if name not in _ADJUSTMENTS or self._busy:
            return None
        self._busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, _ADJUSTMENTS[name])
        return spec


def install() -> None:
    """Adjusts the modules that are imported already, and has each of the others adjusted when it is imported."""
    for name, adjust in _ADJUSTMENTS.items():
        if name in sys.modules:
            adjust(sys.modules[name])
    sys.meta_path.insert(0, _Finder())
