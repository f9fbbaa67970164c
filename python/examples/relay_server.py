"""relay_server [PORT] [TARGET]: connects each client to the port TARGET of this machine, and relays the bytes of both."""

import sys

import tabi

tabi.install(servers=True)  # or run the program with `python3 -m tabi --servers`

import socket  # noqa: E402
import socketserver  # noqa: E402
from select import POLLIN, POLLOUT  # noqa: E402

LONGEST_SILENCE = 300  # in seconds


class Way:
    """One direction of a connection, with the bytes that are on their way."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.data = b""
        self.has_ended = False

    def move(self):
        """Moves what can be moved without waiting."""
        try:
            if not self.data and not self.has_ended:
                self.data = self.source.recv(16384)
                if not self.data:
                    self.has_ended = True
                    self.target.shutdown(socket.SHUT_WR)
            if self.data:
                self.data = self.data[self.target.send(self.data) :]
        except BlockingIOError:
            pass


def relay(client, target):
    client.setblocking(False)
    target.setblocking(False)
    there, back = Way(client, target), Way(target, client)
    while not (there.has_ended and back.has_ended):
        entries = []
        for sock, reads, writes in (client, there, back), (target, back, there):
            # A socket with neither bytes to read nor bytes to write is left out.
            events = POLLIN if not reads.data and not reads.has_ended else 0
            events |= POLLOUT if writes.data else 0
            if events:
                entries.append((sock, events))
        if not tabi.poll(entries, LONGEST_SILENCE):
            raise TimeoutError("nobody has sent anything")
        there.move()
        back.move()


class Relay(socketserver.BaseRequestHandler):
    """Runs in a thread of the server."""

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.target), 10) as target:
            relay(self.request, target)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9015
    target = int(sys.argv[2]) if len(sys.argv) > 2 else 9001
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Relay) as server:
        server.target = target
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"relay_server: {error}")
    except KeyboardInterrupt:
        pass
