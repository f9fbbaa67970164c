"""How programs with servers of ``tabi.socketserver`` are interrupted."""

from __future__ import annotations

import signal
import unittest

from server_programs import LIMIT, Programs, start


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
# A lock, which the first round of the loop releases: Ctrl-C may come within the method of an Event, and leave its own
# lock held.
serving, ended = threading.Lock(), threading.Event()
server.service_actions = lambda: serving.locked() and serving.release()

def interrupt():
    serving.acquire()
    os.kill(os.getpid(), signal.SIGINT)
    if not ended.wait(60):
        print("lost")
        server.shutdown()

interrupted = 0
for _ in range(30):
    serving.acquire(blocking=False)
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
done = []

def work(handler):
    let_go.wait()
    done.append(handler)

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
# The close has begun by then, unless the machine is very slow.
threading.Timer(0.05, let_go.set).start()
report = server.server_close(drain=1000)
print(len(done), report.cut, report.left)
""",
            "2 0 0\n",
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

def serves():
    server.service_actions = lambda: None
    signal.setitimer(signal.ITIMER_REAL, 0.05)

server.service_actions = serves
with server:
    server.serve_forever(0.01)
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


if __name__ == "__main__":
    unittest.main()
