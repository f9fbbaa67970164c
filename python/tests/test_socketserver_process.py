"""How programs with servers of ``tabi.socketserver`` end, are interrupted, and fork: each is a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unittest

PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

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


class End(Programs):
    def test_daemon_handlers_do_not_keep_the_program(self):
        for work in ("idle", "spin", "nap", "sleep"):
            with self.subTest(work):
                self.ends(
                    f"""
work = {work}
server = make(daemon_threads=True)
serve(server)
clients = [connect(server) for _ in range(3)]
print("end of main")
""",
                    "end of main\n",
                )

    def test_other_handlers_are_waited_for(self):
        for settings in ("", "block_on_close=False"):
            self.ends(
                f"""
def work(handler):
    # The end of the program has begun when its main thread has ended.
    threading.main_thread().join()
    print("done", flush=True)

server = make({settings})
serve(server)
client = connect(server)
""",
                "done\n",
            )

    def test_handlers_that_server_close_left_alone_are_waited_for(self):
        self.ends(
            """
def work(handler):
    threading.main_thread().join()
    print("done", flush=True)

server = make(block_on_close=False)
thread = serve(server)
client = connect(server)
server.shutdown()
server.server_close()
""",
            "done\n",
        )

    def test_a_serving_daemon_thread_ends_with_the_program(self):
        for kind in ("ThreadingTCPServer", "TCPServer"):
            self.ends(
                f"""
work = idle
server = make(socketserver.{kind})
serve(server)
connect(server).close()
print("end of main")
""",
                "end of main\n",
            )

    def test_an_inline_handler_in_a_daemon_thread_does_not_keep_the_program(self):
        for work in ("idle", "spin", "nap", "sleep"):
            with self.subTest(work):
                self.ends(
                    f"""
work = {work}
server = make(socketserver.TCPServer)
serve(server)
client = connect(server)
print("end of main")
""",
                    "end of main\n",
                )

    def test_a_server_that_nobody_holds_any_more(self):
        self.ends(
            """
work = idle
server = make(daemon_threads=True)
thread = serve(server)
client = connect(server)
server.shutdown()
thread.join()
del server, thread
import gc; gc.collect()
client.close()
"""
        )

    def test_exit_in_the_middle_of_clients_that_come_and_go(self):
        self.ends(
            """
served = threading.Semaphore(0)

def work(handler):
    served.release()

# Clients that the end of the program cuts off are no news.
server = make(daemon_threads=True, handle_error=lambda *_: None)
serve(server)

def ask():
    try:
        while True:
            connect(server).close()
    except (OSError, AssertionError):
        pass

for _ in range(4):
    threading.Thread(target=ask, daemon=True).start()
for _ in range(50):
    served.acquire()
"""
        )

    def test_sys_exit_keeps_its_status(self):
        self.ends(
            """
work = idle
server = make(daemon_threads=True)
serve(server)
client = connect(server)
sys.exit(3)
""",
            status=3,
        )


class Interrupt(Programs):
    def test_ctrl_c_ends_serve_forever_at_once(self):
        for kind in ("ThreadingTCPServer", "TCPServer", "ThreadingUDPServer", "UDPServer"):
            process = start(
                f"""
server = make(socketserver.{kind}, daemon_threads=True)
server.service_actions = lambda: print("serving", flush=True)
with server:
    try:
        server.serve_forever(0.01)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
            )
            self.assertEqual("serving\n", process.stdout.readline())
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LIMIT)
            self.assertEqual((0, "", "interrupted"), (process.returncode, errors, output.split()[-1]))

    def test_ctrl_c_is_not_lost_wherever_the_loop_is(self):
        self.ends(
            """
server = make(socketserver.TCPServer)
ended = threading.Event()

def interrupt():
    time.sleep(0.002)
    os.kill(os.getpid(), signal.SIGINT)
    if not ended.wait(60):
        print("lost")
        server.shutdown()

interrupted = 0
for _ in range(30):
    ended.clear()
    thread = threading.Thread(target=interrupt)
    try:
        thread.start()
        server.serve_forever(0)
    except KeyboardInterrupt:
        interrupted += 1
    ended.set()
    thread.join()
print(interrupted)
""",
            "30\n",
        )

    def test_ctrl_c_ends_the_wait_for_handlers(self):
        for kind, wait in (
            ("ThreadingTCPServer", "server.server_close()"),
            ("ThreadingTCPServer", "server.server_close(drain=60)"),
            ("TCPServer", "server.shutdown()"),
            # The end of the program waits as well.
            ("ThreadingTCPServer", "sys.exit()"),
        ):
            with self.subTest(wait):
                process = start(
                    f"""
work = idle
server = make(socketserver.{kind})
serve(server)
client = connect(server)

def interrupt():
    while True:
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    {wait}
except KeyboardInterrupt:
    os._exit(0)
"""
                )
                process.communicate(timeout=LIMIT)

    def test_a_close_that_ctrl_c_has_ended_goes_on_when_it_is_called_again(self):
        self.ends(
            """
let_go = threading.Event()

def work(handler):
    let_go.wait()

server = make()
thread = serve(server)
clients = [connect(server) for _ in range(2)]
server.shutdown()
closing = True

def interrupt():
    while closing:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

pressing = threading.Thread(target=interrupt)
try:
    pressing.start()
    server.server_close(drain=1000)
    print("not interrupted")
except KeyboardInterrupt:
    closing = False
    try:
        pressing.join()
    except KeyboardInterrupt:
        pressing.join()
threading.Timer(0.05, let_go.set).start()
print(tuple(server.server_close(drain=1000)))
""",
            "(2, 0, 0)\n",
        )

    def test_ctrl_c_ends_an_inline_handler(self):
        self.ends(
            """
def work(handler):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

server = make(socketserver.TCPServer)
client = socket.create_connection(server.server_address)
with server:
    try:
        server.serve_forever(60)
    except KeyboardInterrupt:
        print("interrupted")
""",
            "interrupted\n",
        )

    def test_a_signal_handler_may_shut_the_server_down(self):
        self.ends(
            """
server = make()
signal.signal(signal.SIGALRM, lambda *_: server.shutdown())
signal.setitimer(signal.ITIMER_REAL, 0.05)
with server:
    server.serve_forever(60)
print("stopped")
""",
            "stopped\n",
        )

    def test_a_signal_handler_that_returns_changes_nothing(self):
        self.ends(
            """
work = idle
told, tell = os.pipe()
server = make()
signal.signal(signal.SIGALRM, lambda *_: os.write(tell, b"x"))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)

def client():
    for _ in range(5):
        os.read(told, 1)
    connect(server).close()
    server.shutdown()

threading.Thread(target=client).start()
with server:
    server.serve_forever(60)
signal.setitimer(signal.ITIMER_REAL, 0)
print("served")
""",
            "served\n",
        )


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
class Fork(Programs):
    def test_a_child_ends_as_it_likes_while_the_parent_serves(self):
        for end in ("os._exit(0)", "sys.exit(0)", "server.server_close(); sys.exit(0)"):
            with self.subTest(end):
                self.ends(
                    f"""
import warnings
warnings.simplefilter("ignore")
work = idle
server = make()
thread = serve(server)
clients = [connect(server) for _ in range(3)]
child = os.fork()
if child == 0:
    {end}
assert os.waitpid(child, 0)[1] == 0
clients.append(connect(server))
for client in clients:
    client.close()
server.shutdown()
thread.join()
server.server_close()
print("served")
""",
                    "served\n",
                )

    def test_a_child_that_closes_the_server_does_not_keep_the_port(self):
        self.ends(
            """
import warnings
warnings.simplefilter("ignore")
# An address that only this process uses, so that nobody else takes the port that was closed.
number = os.getpid()
server = make(host=f"127.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}")
work = lambda handler: None
thread = serve(server)
connect(server).close()
told, tell = os.pipe()
child = os.fork()
if child == 0:
    server.server_close()
    os.write(tell, b"closed")
    signal.pause()
os.read(told, 6)
server.shutdown()
thread.join()
server.server_close()
try:
    socket.create_connection(server.server_address)
except ConnectionRefusedError:
    print("refused")
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
""",
            "refused\n",
        )

    def test_a_child_does_not_keep_the_clients_that_wait_for_a_thread(self):
        self.ends(
            """
import warnings
warnings.simplefilter("ignore")
let_go, both_taken = threading.Event(), threading.Event()
numbers = []

def work(handler):
    let_go.wait()

def verify_request(server, request, client_address):
    numbers.append(request.fileno())
    return True

# The loop calls this when it holds no client any more.
def service_actions(server):
    if len(numbers) == 2:
        both_taken.set()

settings = dict(verify_request=verify_request, service_actions=service_actions)
server = make(max_threads=1, when_full="queue", queue_size=1, **settings)
thread = serve(server)
clients = [connect(server), socket.create_connection(server.server_address)]
assert both_taken.wait(60)
child = os.fork()
if child == 0:
    try:
        os.fstat(numbers[1])
    except OSError:
        os._exit(0)
    os._exit(1)
print("kept" if os.waitpid(child, 0)[1] else "closed")
let_go.set()
server.shutdown()
thread.join()
server.server_close()
""",
            "closed\n",
        )

    def test_a_child_that_stops_the_server_does_not_stop_its_parent_s(self):
        self.ends(
            """
import warnings
warnings.simplefilter("ignore")
work = lambda handler: None
server = make()
thread = serve(server)
connect(server).close()
child = os.fork()
if child == 0:
    server.shutdown()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
connect(server).close()
print(thread.is_alive())
server.shutdown()
thread.join()
server.server_close()
""",
            "True\n",
        )

    def test_a_child_has_servers_of_its_own(self):
        self.ends(
            """
import warnings
warnings.simplefilter("ignore")
work = idle
server = make()
serve(server)
clients = [connect(server)]
child = os.fork()
if child == 0:
    own = make()
    thread = serve(own)
    connect(own).close()
    own.shutdown()
    thread.join()
    own.server_close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
clients[0].close()
server.shutdown()
server.server_close()
"""
        )

    def test_the_forking_servers(self):
        self.ends(
            """
def work(handler):
    handler.request.sendall(str(os.getpid() != parent).encode())

parent = os.getpid()
server = make(socketserver.ForkingTCPServer)

def ask():
    for _ in range(3):
        assert connect(server).recv(10) == b"True"
    server.shutdown()

thread = threading.Thread(target=ask)
thread.start()
with server:
    server.serve_forever(60)
thread.join()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child is left")
""",
            "no child is left\n",
        )


if __name__ == "__main__":
    unittest.main()
