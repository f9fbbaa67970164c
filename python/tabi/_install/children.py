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
        return original(path, _with_tabi(args), passfds)

    module.spawnv_passfds = spawnv_passfds


def adjust_spawn(module) -> None:
    """Does so on Windows, where ``multiprocessing.spawn`` makes the command for each interpreter."""
    original = module.get_command_line

    def get_command_line(**kwds):
        return _with_tabi(original(**kwds))

    module.get_command_line = get_command_line


def _with_tabi(command) -> list:
    """The command with a program that installs tabi before all else."""
    command = list(command)
    if "-c" in command[:-1]:
        program = command.index("-c") + 1
        wanted = {"servers": has_servers(), "eyeballs": has_happy_eyeballs()}
        command[program] = _FIRST.format(folder=_FOLDER, **wanted) + command[program]
    return command
