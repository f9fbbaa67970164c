"""http.server: CPython's with a thread for each connection, or with the argument `tabi` with sixteen and parking.

Behind it may be another number of threads, and the interpreter's switch interval in seconds.
"""

import resource
import sys

if sys.argv[1:2] == ["tabi"]:
    import tabi

    tabi.install(servers=True)
if sys.argv[3:]:
    sys.setswitchinterval(float(sys.argv[3]))

import http.server  # noqa: E402

BODY = b"hello, world\n"


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write for the head and the body.
    wbufsize = -1

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 4096
    # Only tabi's servers heed it.
    max_threads = int((sys.argv[2:3] or [16])[0])


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
with Server(("127.0.0.1", 0), Answer) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
