"""Echo on socketserver.ThreadingTCPServer: CPython's, or tabi's when the argument is `tabi`."""

import resource
import sys

if sys.argv[1:] == ["tabi"]:
    from tabi import socketserver
else:
    import socketserver


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(1024):
                self.request.sendall(data)
        except ConnectionError:
            pass


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 4096
    daemon_threads = True


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
with Server(("127.0.0.1", 0), Echo) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
