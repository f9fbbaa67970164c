"""How programs with servers of ``tabi.socketserver`` end."""

from __future__ import annotations

import unittest

from server_programs import Programs


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


if __name__ == "__main__":
    unittest.main()
