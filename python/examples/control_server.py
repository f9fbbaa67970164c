"""control_server PATH: accepts commands on a unix socket, only from processes of the same user.

`who` prints the client's process and user, `statistics` prints what the server has done, and `stop` stops the server.
"""

import os
import socket
import socketserver
import struct
import sys


def credentials(request):
    """Returns the process, user and group at the other end."""
    return struct.unpack("3i", request.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))


class Commands(socketserver.StreamRequestHandler):
    timeout = 60

    def handle(self):
        while command := self.rfile.readline(1000).decode(errors="replace").strip():
            self.wfile.write(f"{self.obey(command)}\n".encode())

    def obey(self, command):
        if command == "who":
            return "process {} of user {}".format(*credentials(self.request))
        if command == "statistics":
            return f"accepted: {self.server.accepted}"
        if command == "stop":
            self.server.shutdown()
            return "stopping"
        return f"unknown command: {command}"


class ControlServer(socketserver.ThreadingUnixStreamServer):
    accepted = 0

    def verify_request(self, request, client_address):
        self.accepted += 1
        return credentials(request)[1] == os.getuid()


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/tabi_control"
    with ControlServer(path, Commands) as server:
        print(f"listening on {path}", flush=True)
        server.serve_forever()
    # The server does not remove the socket's file.
    os.unlink(path)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"control_server: {error}")
    except KeyboardInterrupt:
        pass
