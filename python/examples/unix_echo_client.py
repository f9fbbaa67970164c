"""unix_echo_client [PATH [TEXT]]: sends a text and prints the echo."""

import socket
import sys


def main(path, text):
    with socket.socket(socket.AF_UNIX) as sk:
        sk.connect(path)
        sk.sendall(text.encode())
        sk.shutdown(socket.SHUT_WR)
        with sk.makefile("rb") as answer:
            print(answer.read().decode(errors="replace"))


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/tabi_echo"
    try:
        main(path, sys.argv[2] if len(sys.argv) > 2 else "hello")
    except OSError as error:
        sys.exit(f"unix_echo_client: {path}: {error}")
