"""udp_echo_client [PORT [TEXT]]: sends a datagram and prints the echo."""

import socket
import sys


def main(port, text):
    with socket.socket(type=socket.SOCK_DGRAM) as sk:
        sk.settimeout(5)
        sk.connect(("127.0.0.1", port))
        sk.send(text.encode())
        print(sk.recv(65536).decode(errors="replace"))


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9002"
    try:
        main(int(port), sys.argv[2] if len(sys.argv) > 2 else "hello")
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"udp_echo_client: 127.0.0.1:{port}: {error}")
