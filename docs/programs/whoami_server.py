"""whoami_server [PORT]: tells each client its address. It can be started by systemd and stand behind HAProxy."""

import os
import sys

from tabi import socket, socketserver


class Tell(socketserver.StreamRequestHandler):
    def handle(self):
        # The address is that of the client, not that of the proxy.
        self.wfile.write(f"you are {self.client_address}\n".encode())


class Server(socketserver.InternetFacingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    wait_for_first_byte = False  # this server speaks first
    proxy_protocol = ["127.0.0.1", "::1"]  # who may say for whom it connects


if os.environ.get("LISTEN_PID") == str(os.getpid()):  # systemd has opened the socket: it is descriptor 3
    server = Server(("", 0), Tell, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=3)
else:
    server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9004), Tell)
server.serve_until_signal(drain=30)
