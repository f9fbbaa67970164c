"""chat_room [PORT]: everybody receives what one client says.

The first line is the client's name. An empty line ends the connection.
"""

import socket
import socketserver
import sys
import threading

members = {}
lock = threading.Lock()


def tell(text):
    """Sends a line to all members. A member that does not read is disconnected, so that nobody has to wait for it."""
    with lock:
        for member in members.values():
            try:
                member.sendall(f"{text}\n".encode(), socket.MSG_DONTWAIT)
            except OSError:
                member.shutdown(socket.SHUT_RDWR)


class Visitor(socketserver.StreamRequestHandler):
    def handle(self):
        name = self.line()
        if not name:
            return
        with lock:
            if members.setdefault(name, self.request) is not self.request:
                self.wfile.write(b"that name is taken\n")
                return
        tell(f"{name} is here")
        try:
            while text := self.line():
                tell(f"{name}: {text}")
        finally:
            with lock:
                del members[name]
            tell(f"{name} has left")

    def line(self):
        return self.rfile.readline(1000).decode(errors="replace").strip()


class Room(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9010
    with Room(("127.0.0.1", port), Visitor) as server:
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"chat_room: {error}")
    except KeyboardInterrupt:
        pass
