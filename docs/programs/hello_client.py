"""hello_client: prints what the server says."""

import socket
import sys

try:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sk:
        sk.connect(("127.0.0.1", 9000))
        print(sk.recv(1024).decode(), end="")
except OSError as error:
    sys.exit(f"hello_client: {error}")
