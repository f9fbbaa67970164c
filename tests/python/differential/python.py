"""Reads the cases from standard input, makes their calls, and prints a line for each case.

The calls are made on the running Python's own module, or with the argument "tabi" on this library's in its place.
"""

import enum
import faulthandler
import os
import re
import sys

if sys.argv[1:] == ["tabi"]:
    import tabi

    tabi.install()

import socket as module  # noqa: E402

HANG_GUARD = float(os.environ.get("HANG_GUARD", 30))

ASSIGNMENT = re.compile(r"[a-z][a-z0-9_, ]* = ")


def recv_into(sock, size, flags=0):
    buffer = bytearray(size)
    count = sock.recv_into(buffer, 0, flags)
    return count, bytes(buffer)


def recvfrom_into(sock, size, flags=0):
    buffer = bytearray(size)
    count, sender = sock.recvfrom_into(buffer, 0, flags)
    return count, bytes(buffer), sender


def recvmsg_into(sock, sizes, control=0, flags=0):
    buffers = [bytearray(size) for size in sizes]
    count, messages, flags, sender = sock.recvmsg_into(buffers, control, flags)
    return count, [bytes(buffer) for buffer in buffers], messages, flags, sender


def index_of(name):
    # Whether the error has a number depends on the version of Python.
    try:
        return module.if_nametoindex(name)
    except OSError:
        return None


HELPERS = {
    "index_of": index_of,
    "recv_into": recv_into,
    "recvfrom_into": recvfrom_into,
    "recvmsg_into": recvmsg_into,
    "repeat": lambda text, count: text * count,
    "fd_of": lambda sock: sock.fileno(),
    "from_fd": lambda fd, family=-1, type=-1, proto=-1: module.socket(family, type, proto, fileno=fd),
    "type_of": lambda sock: sock.type,
    "len": len,
    "hasattr": hasattr,
    "module": module,
    "own_process": os.getpid,
}


def show(value):
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, enum.IntEnum)):
        return str(int(value))
    if isinstance(value, float):
        return "%.9f" % value
    if isinstance(value, str):
        return "'" + value.replace("\n", "\\n") + "'"
    if isinstance(value, (bytes, bytearray)):
        return "b:" + bytes(value).hex()
    if isinstance(value, tuple):
        return "(" + ", ".join(map(show, value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, module.socket):
        return "<socket>"
    raise AssertionError(f"what is {value!r}")


#: Whether classes and texts of errors are compared, too. The Rust library has neither.
EXACT = "EXACT" in os.environ


def error(exception):
    if EXACT:
        return f"{type(exception).__qualname__}{exception.args}"
    if isinstance(exception, (module.gaierror, module.herror)):
        return f"{type(exception).__name__} {exception.args[0]}"
    # Before Python 3.10, the latter is a class of its own.
    if isinstance(exception, (TimeoutError, module.timeout)) and exception.errno is None:
        return "timeout"
    if isinstance(exception, OSError):
        return "OSError" if exception.errno is None else f"OSError {exception.errno}"
    return type(exception).__name__


def run(case):
    names = {**vars(module), **HELPERS}
    stock = set(names)
    shown = []
    for statement in case.split(" ; "):
        try:
            if ASSIGNMENT.match(statement):
                exec(statement, names)
                shown.append("=")
            else:
                shown.append(show(eval(statement, names)))
        except AssertionError:
            raise
        except Exception as exception:
            shown.append(error(exception))
    module.setdefaulttimeout(None)
    for name, value in names.items():
        if name not in stock and isinstance(value, module.socket):
            value.close()
    return " ; ".join(shown)


for line in sys.stdin.read().split("\n"):
    # A case that hangs ends the program. The last line then says which case it is.
    faulthandler.dump_traceback_later(HANG_GUARD, exit=True)
    print(run(line), flush=True)
