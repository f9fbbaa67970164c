"""The standard ``ssl`` module on sockets of this package."""

from __future__ import annotations

import os
import ssl
import subprocess
import tempfile
import unittest

from programs import python


class Tls(unittest.TestCase):
    def test_a_wrapped_socket_has_the_timeout_that_was_set_last(self):
        program = """
import socket, ssl
plain, silent = socket.socketpair()
plain.settimeout(0)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
wrapped = context.wrap_socket(plain, do_handshake_on_connect=False)
for timeout in (0, 0.01, 0):
    wrapped.settimeout(timeout)
    try:
        wrapped.do_handshake()
    except socket.timeout:
        print("timeout")
    except ssl.SSLWantReadError:
        print("nothing to read")
"""
        done = python(program, through=("-m", "tabi"))
        self.assertEqual(["nothing to read", "timeout", "nothing to read"], done.stdout.splitlines(), done.stderr)

    def test_https_works_under_install(self):
        folder = self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") else None
        if folder is None:
            holder = tempfile.TemporaryDirectory()
            self.addCleanup(holder.cleanup)
            folder = holder.name
        key = os.path.join(folder, "key.pem")
        certificate = os.path.join(folder, "certificate.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            # Windows has no openssl program to install.
            if os.environ.get("CI") == "true" and os.name != "nt":
                raise
            self.skipTest("openssl is not installed: no certificate for the test")
        program = """
import http.server, socket, ssl, sys, threading, urllib.request
key, certificate = sys.argv[1:]

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"over TLS")

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
trusting = ssl.create_default_context(cafile=certificate)
with urllib.request.urlopen(f"https://localhost:{server.server_port}/", context=trusting, timeout=30) as answer:
    print(answer.read(), socket.socket.__mro__[2].__module__)
server.shutdown()
"""
        done = python(program, key, certificate, through=("-m", "tabi"))
        self.assertEqual("b'over TLS' tabi._socket.connection\n", done.stdout, done.stderr)
        self.assertTrue(ssl.OPENSSL_VERSION)


if __name__ == "__main__":
    unittest.main()
