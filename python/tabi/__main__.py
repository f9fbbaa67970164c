"""``python3 -m tabi SCRIPT ARGS...`` and ``python3 -m tabi -m MODULE ARGS...``."""

from __future__ import annotations

import sys

USAGE = """\
usage: python3 -m tabi SCRIPT ARGS...
       python3 -m tabi -m MODULE ARGS...
       python3 -m tabi --version

Runs a Python program with its sockets on tabi."""


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)
    try:
        import tabi

        if arguments[0] == "--version":
            print(f"tabi {tabi.library_version()} ({tabi.library_path()})")
            return
        tabi.install()
    except (ImportError, RuntimeError) as error:
        sys.exit(f"tabi: {error}")

    from ._install import run

    if arguments[0] == "-m":
        if len(arguments) == 1:
            sys.exit("tabi: -m needs the name of a module")
        run.module(arguments[1:])
    elif arguments[0].startswith("-"):
        sys.exit(f"tabi: unknown option {arguments[0]}\n{USAGE}")
    else:
        run.script(arguments)


if __name__ == "__main__":
    main()
