"""unix_echo_server [PATH]: sends the bytes of each client back to it, one client after the other."""

import errno
import os
import socket
import sys


def bind(server, path):
    """Binds to the path; if a server that has ended left its file there, the file is removed."""
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
                    pass  # the server goes on when a client disconnects


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/tabi_echo"
    try:
        main(path)
    except OSError as error:
        sys.exit(f"unix_echo_server: {path}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
