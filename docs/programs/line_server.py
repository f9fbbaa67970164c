"""line_server: answers every line in capital letters. It is fit for the open internet."""

import sys

from tabi import socketserver


class Answer(socketserver.StreamRequestHandler):
    """Answers one line. Until the next line comes, the connection has no thread."""

    def handle(self):
        line = self.rfile.readline(1000)
        if line in (b"", b"exit\n"):
            return None  # the client has left, or wants to
        self.wfile.write(line.upper())
        return socketserver.PARK


class LineServer(socketserver.InternetFacingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    idle_timeout = 2  # short, so that you need not wait long
    request_end = b"\n"  # a client has no thread before its line is complete


try:
    server = LineServer(("127.0.0.1", 9001), Answer)
    print("listening on 127.0.0.1:9001")
    server.serve_until_signal(drain=10)
    print("line_server: stopped")
except OSError as error:
    sys.exit(f"line_server: {error}")
