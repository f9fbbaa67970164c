"""patient_client SECONDS: says hello to the chat server, and waits so many seconds for the answer."""

import socket
import sys

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1
try:
    with socket.create_connection(("127.0.0.1", 9001), timeout=seconds) as sk:
        sk.sendall(b"hello\n")
        print(sk.recv(1000).decode(), end="")
except TimeoutError:
    print(f"no answer within {seconds:g} seconds")
    sys.exit(1)
except OSError as error:
    sys.exit(f"patient_client: {error}")
