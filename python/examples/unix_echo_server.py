"""unix_echo_server [PATH]: sends each client its bytes back, one client after the other."""

import errno
import os
import socket
import sys


def bind(server, path):
    """Binds to the path; what a server that is gone has left there is taken away."""
    try:
        server.bind(path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == errno.ECONNREFUSED:
                os.unlink(path)
        server.bind(path)


def echo(client):
    while data := client.recv(4096):
        client.sendall(data)


def main(path):
    with socket.socket(socket.AF_UNIX) as server:
        bind(server, path)
        server.listen(5)
        print(f"listening on {path}", flush=True)
        while True:
            client, _address = server.accept()
            with client:
                try:
                    echo(client)
                except ConnectionError:
                    pass  # a client that vanishes is no reason to stop


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/tabi_echo"
    try:
        main(path)
    except OSError as error:
        sys.exit(f"unix_echo_server: {path}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
