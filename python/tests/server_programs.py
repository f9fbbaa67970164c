"""Programs with servers of ``tabi.socketserver``, each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unittest

from programs import PACKAGES

#: Seconds after which a program hangs.
LIMIT = 120

#: What every program begins with: a server whose handlers say that they have begun, and a client of each.
BEGIN = """
import os, signal, sys, threading, time
from tabi import socket, socketserver

# Whoever started the tests in the background has had Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"begun")
        work(self)

def make(kind=socketserver.ThreadingTCPServer, host="127.0.0.1", **settings):
    return type("Server", (kind,), settings)((host, 0), Handler)

def serve(server, daemon=True):
    thread = threading.Thread(target=server.serve_forever, args=(60,), daemon=daemon)
    thread.start()
    return thread

def connect(server):
    client = socket.create_connection(server.server_address)
    client.settimeout(60)
    assert client.recv(5) == b"begun"
    return client

def idle(handler):
    handler.request.recv(1)

def spin(handler):
    while True:
        pass

def nap(handler):
    while True:
        time.sleep(0.001)

def sleep(handler):
    time.sleep(1000)
"""


def start(program: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", BEGIN + program],
        env={**os.environ, "PYTHONPATH": PACKAGES},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Programs(unittest.TestCase):
    def ends(self, program: str, printed: str = "", status: int = 0):
        self.ended(start(program), printed, status)

    def ended(self, process: subprocess.Popen, printed: str = "", status: int = 0):
        try:
            output, errors = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            self.fail(f"the program hangs:\n{process.communicate()[1]}")
        self.assertEqual((status, printed, ""), (process.returncode, output, errors))
