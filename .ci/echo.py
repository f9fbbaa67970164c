"""An echo between two threads, with an installed wheel: on tabi's own modules, or under `python -m tabi` on the standard ones."""

import platform
import sys
import threading

import tabi

if tabi.installed():
    import socket
    import socketserver
else:
    from tabi import socket, socketserver


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
thread = threading.Thread(target=server.serve_forever)
thread.start()
with socket.create_connection(server.server_address, 30) as sk:
    assert hasattr(sk, "_tabi_fd"), "the socket is the built-in module's"
    sk.sendall(b"an echo\n")
    assert sk.makefile("rb").readline() == b"an echo\n"
server.shutdown()
thread.join()
server.server_close()
print(f"an echo on {platform.machine()}, {platform.libc_ver()[0] or sys.platform}, with {tabi.library_path()}")
