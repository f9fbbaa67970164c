"""hello_server [PORT]: sends a greeting to one client and ends."""

import socket
import sys


def main(port):
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(5)
        print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
        client, _address = server.accept()
        with client:
            client.sendall(b"hello world")


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9000"
    try:
        main(int(port))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"hello_server: 127.0.0.1:{port}: {error}")
