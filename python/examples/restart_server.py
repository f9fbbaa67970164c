"""restart_server [PORT]: tells its clients which process answers, and starts a new process on the line "restart".

No client is refused in the meantime, because the new process inherits the socket. The server also runs under
systemd-socket-activate, which passes the socket in the same way.
"""

import os
import socket
import socketserver
import subprocess
import sys


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline(100).strip():
            if line == b"restart":
                self.wfile.write(f"process {self.server.restart()} follows\n".encode())
            else:
                self.wfile.write(f"process {os.getpid()}\n".encode())


class RestartServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, address, handler, inherited):
        super().__init__(address, handler, bind_and_activate=not inherited)
        if inherited:
            self.socket.close()
            self.socket = socket.socket(fileno=3)
            self.server_address = self.socket.getsockname()

    def restart(self):
        # The new process finds the socket at descriptor 3, as if a service manager had started it.
        command = ["/bin/sh", "-c", f'exec "$@" 3<&{self.fileno()}', "sh", sys.executable, *sys.orig_argv[1:]]
        if self.fileno() == 3:
            command = [sys.executable, *sys.orig_argv[1:]]
        environment = dict(os.environ, LISTEN_FDS="1")
        environment.pop("LISTEN_PID", None)
        successor = subprocess.Popen(command, env=environment, pass_fds=[self.fileno()])
        self.shutdown()
        return successor.pid


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9013
    for_us = os.environ.get("LISTEN_PID", str(os.getpid())) == str(os.getpid())
    inherited = for_us and os.environ.get("LISTEN_FDS") == "1"
    with RestartServer(("127.0.0.1", port), Answer, inherited) as server:
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"restart_server: {error}")
    except KeyboardInterrupt:
        pass
