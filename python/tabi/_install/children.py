"""Child processes of multiprocessing's "spawn" and "forkserver": they run on tabi as their parent does."""

from __future__ import annotations

import os

from . import has_happy_eyeballs, has_servers

_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

#: Runs in the child before anything else. The child finds this package in the folder where this process found it.
_FIRST = (
    "import sys; sys.path.insert(0, {folder!r}); import tabi; "
    "sys.path.remove({folder!r}); tabi.install(servers={servers}, happy_eyeballs={eyeballs}); "
)


def adjust(module) -> None:
    """Has ``multiprocessing.util`` start interpreters that install tabi first."""
    original = module.spawnv_passfds

    def spawnv_passfds(path, args, passfds):
        args = list(args)
        if "-c" in args[:-1]:
            program = args.index("-c") + 1
            wanted = {"servers": has_servers(), "eyeballs": has_happy_eyeballs()}
            args[program] = _FIRST.format(folder=_FOLDER, **wanted) + args[program]
        return original(path, args, passfds)

    module.spawnv_passfds = spawnv_passfds
