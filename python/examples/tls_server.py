"""tls_server CERTIFICATE KEY [PORT]: answers HTTPS requests, with Python's http.server and ssl. SIGTERM stops it.

Run it with `python3 -m tabi --servers`: a client that says nothing then holds neither the others nor the stop.
"""

import http.server
import signal
import ssl
import sys


class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # TLS sends records of its own after the handshake, and an answer must not wait until they are acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self):
        answer = b"hello over TLS\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


def main():
    certificate, key = sys.argv[1:3]
    port = int(sys.argv[3]) if len(sys.argv) > 3 else 8443
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(("127.0.0.1", port), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        signal.signal(signal.SIGTERM, lambda *arguments: server.shutdown())
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()
        print("stopped", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"tls_server: {error}")
    except KeyboardInterrupt:
        pass
