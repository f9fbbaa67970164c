"""The standard ``ssl`` module on sockets of this package."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from programs import SEARCHED, python


class Tls(unittest.TestCase):
    def certificate(self) -> tuple:
        """The files of a new key and of its certificate for "localhost"."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        key = os.path.join(holder.name, "key.pem")
        certificate = os.path.join(holder.name, "certificate.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            # Windows has no openssl program to install.
            if os.environ.get("CI") == "true" and os.name != "nt":
                raise
            self.skipTest("openssl is not installed: no certificate for the test")
        return key, certificate

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
        key, certificate = self.certificate()
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

    @unittest.skipIf(sys.version_info < (3, 14), "http.server has its options for TLS since Python 3.14")
    def test_http_server_serves_a_folder_over_tls(self):
        key, certificate = self.certificate()
        folder = os.path.dirname(key)
        trusting = ssl.create_default_context(cafile=certificate)
        options = ["--tls-cert", certificate, "--tls-key", key, "--bind", "127.0.0.1", "--directory", folder, "0"]
        if sys.version_info >= (3, 15):
            options += ["--header", "Answered-By", "a test", "--content-type", "text/x-test"]
        for servers in [], ["--servers"]:
            with self.subTest(servers):
                process = subprocess.Popen(
                    [sys.executable, "-u", "-m", "tabi", *servers, "-m", "http.server", *options],
                    env={**os.environ, "PYTHONPATH": SEARCHED},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                try:
                    first = process.stdout.readline()
                    port = int(re.search(r"^Serving HTTPS on 127.0.0.1 port (\d+) ", first).group(1))
                    where = f"https://localhost:{port}/"
                    with urllib.request.urlopen(where + "certificate.pem", context=trusting, timeout=300) as answer:
                        with open(certificate, "rb") as file:
                            self.assertEqual(file.read(), answer.read())
                        if sys.version_info >= (3, 15):
                            self.assertEqual("a test", answer.headers["Answered-By"])
                    with urllib.request.urlopen(where, context=trusting, timeout=300) as answer:
                        self.assertIn(b"key.pem", answer.read())
                finally:
                    process.terminate()
                    process.communicate()


if __name__ == "__main__":
    unittest.main()
