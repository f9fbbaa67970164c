"""What a forked child and its parent have of the parent's servers."""

from __future__ import annotations

import os
import unittest

from server_programs import Programs


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

    def test_a_child_serves_with_a_server_that_its_parent_has_used(self):
        self.ends(
            """
import warnings
warnings.simplefilter("ignore")
work = lambda handler: handler.request.sendall(b"%d" % os.getpid())
def stop_parent():
    tasks = f"/proc/{os.getppid()}/task"
    os.kill(os.getppid(), signal.SIGSTOP)
    # The signal stops each thread when that runs again, which is later on a busy machine.
    states = lambda: {open(f"{tasks}/{task}/stat").read().rpartition(")")[2].split()[0] for task in os.listdir(tasks)}
    while states() != {"T"}:
        pass
server = make()
thread = serve(server)
connect(server).close()
for parent_serves in True, False:
    if not parent_serves:
        server.shutdown()
        thread.join()
    child = os.fork()
    if child == 0:
        # Nobody but this child accepts clients here.
        stop_parent() if parent_serves else None
        thread = serve(server)
        with connect(server) as client:
            is_mine = client.recv(10) == b"%d" % os.getpid()
        os.kill(os.getppid(), signal.SIGCONT) if parent_serves else None
        server.shutdown()
        thread.join()
        print(is_mine, server.statistics().accepted, flush=True)
        server.server_close()
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
thread = serve(server)
connect(server).close()
server.shutdown()
thread.join()
server.server_close()
print("served")
""",
            "True 1\n0\n" * 2 + "served\n",
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
