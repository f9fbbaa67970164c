"""``python3 -m tabi [OPTIONS] SCRIPT ARGS...``: a program on tabi, named as ``python3`` takes it."""

from __future__ import annotations

import sys

USAGE = """\
usage: python3 -m tabi [--servers] [--happy-eyeballs] SCRIPT ARGS...
       python3 -m tabi [--servers] [--happy-eyeballs] -m MODULE ARGS...
       python3 -m tabi [--servers] [--happy-eyeballs] -c PROGRAM ARGS...
       python3 -m tabi --version

Runs a Python program with its sockets on tabi. The SCRIPT - is the standard input.

--servers  puts tabi.socketserver in the place of socketserver, so that the servers
           of the program and of the modules that it uses are the library's
--happy-eyeballs
           makes socket.create_connection that of tabi, which tries the addresses of a
           host as RFC 8305 says, and whose timeout covers the look-up of the host"""

#: The switches, and what they are called in ``tabi.install()``.
SWITCHES = {"--servers": "servers", "--happy-eyeballs": "happy_eyeballs"}


def main() -> None:
    arguments = sys.argv[1:]
    wanted = {}
    while arguments and arguments[0] in SWITCHES:
        wanted[SWITCHES[arguments.pop(0)]] = True
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)
    try:
        import tabi

        if arguments[0] == "--version":
            print(f"tabi {tabi.library_version()} ({tabi.library_path()})")
            return
        tabi.install(**wanted)
    except (ImportError, RuntimeError) as error:
        sys.exit(f"tabi: {error}")

    from ._install import run

    if arguments[0] in ("-m", "-c"):
        if len(arguments) == 1:
            wrong(f"{arguments[0]} needs {'the name of a module' if arguments[0] == '-m' else 'a program'}")
        (run.module if arguments[0] == "-m" else run.command)(arguments[1:])
    elif arguments[0].startswith("-") and arguments[0] != "-":
        wrong(f"unknown option {arguments[0]}\n{USAGE}")
    else:
        run.script(arguments)


def wrong(what: str) -> None:
    """Ends the program as ``python3`` does when its own arguments are wrong."""
    print(f"tabi: {what}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
