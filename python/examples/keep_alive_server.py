"""keep_alive_server [PORT]: a web server for the open internet. Between two requests a connection has no thread."""

import sys

import tabi

tabi.install(servers=True)  # or run an unchanged program with `python3 -m tabi --servers`

import http.server  # noqa: E402
import socketserver  # noqa: E402


class Counting(http.server.BaseHTTPRequestHandler):
    """One for each connection, for all of its requests."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_GET(self):
        self.requests += 1
        body = f"request {self.requests} of this connection\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(socketserver.InternetFacingMixIn, http.server.HTTPServer):
    """With the limits that a server on the open internet needs."""


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9014
    with Server(("127.0.0.1", port), Counting) as server:
        print("listening on {}:{}".format(*server.server_address), flush=True)
        try:
            server.serve_forever()
        finally:
            # Requests that have begun have five seconds to end; parked connections end at once.
            server.server_close(drain=5)


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"keep_alive_server: {error}")
    except KeyboardInterrupt:
        pass
