"""datagram_client TEXT: sends a datagram and prints what comes back."""

import socket
import sys

text = sys.argv[1] if len(sys.argv) > 1 else "hello"
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sk:
        sk.settimeout(2)
        sk.sendto(text.encode(), ("127.0.0.1", 9002))
        answer, sender = sk.recvfrom(65536)
        print(f"{len(answer)} bytes: {answer.decode()}")
except OSError as error:
    sys.exit(f"datagram_client: {error}")
