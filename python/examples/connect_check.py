"""connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name."""

import errno
import socket
import sys


def check(host, port, seconds):
    with socket.socket() as sk:
        sk.settimeout(seconds)
        return sk.connect_ex((host, port))


if __name__ == "__main__":
    try:
        host, port, seconds = sys.argv[1:]
        port, seconds = int(port), float(seconds)
    except ValueError:
        sys.exit("usage: connect_check HOST PORT SECONDS")
    try:
        code = check(host, port, seconds)
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"connect_check: {host}:{port}: {error}")
    print(code, errno.errorcode[code] if code else "connected")
    sys.exit(1 if code else 0)
