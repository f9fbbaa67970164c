"""``python3 -m tabi [--servers] SCRIPT ARGS...`` and ``python3 -m tabi [--servers] -m MODULE ARGS...``."""

from __future__ import annotations

import sys

USAGE = """\
usage: python3 -m tabi [--servers] SCRIPT ARGS...
       python3 -m tabi [--servers] -m MODULE ARGS...
       python3 -m tabi --version

Runs a Python program with its sockets on tabi.

--servers  puts tabi.socketserver in the place of socketserver, so that the servers
           of the program and of the modules that it uses are the library's"""


def main() -> None:
    arguments = sys.argv[1:]
    servers = arguments[:1] == ["--servers"]
    if servers:
        del arguments[0]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)
    try:
        import tabi

        if arguments[0] == "--version":
            print(f"tabi {tabi.library_version()} ({tabi.library_path()})")
            return
        tabi.install(servers=servers)
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
