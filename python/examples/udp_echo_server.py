"""udp_echo_server [PORT]: sends every datagram back to its sender."""

import socket
import sys


def main(port):
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        print(f"listening on 127.0.0.1:{server.getsockname()[1]}", flush=True)
        while True:
            datagram, client = server.recvfrom(65536)
            server.sendto(datagram, client)


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9002"
    try:
        main(int(port))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"udp_echo_server: 127.0.0.1:{port}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
