"""hello_client [PORT]: prints what the server sends."""

import socket
import sys


def main(port):
    with socket.socket() as sk:
        sk.connect(("127.0.0.1", port))
        text = sk.recv(1024)
    if not text:
        raise EOFError("the server said nothing")
    print(text.decode(errors="replace"))


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9000"
    try:
        main(int(port))
    except (OSError, OverflowError, ValueError, EOFError) as error:
        sys.exit(f"hello_client: 127.0.0.1:{port}: {error}")
