"""chat_server: shows what its clients say, and answers each of them with a line from the keyboard."""

import socketserver
import sys
import threading

# The keyboard and the screen belong to one client at a time.
console = threading.Lock()


class Talk(socketserver.StreamRequestHandler):
    """Talks with one client. Each client has a thread."""

    def handle(self):
        try:
            for line in self.rfile:
                text = line.decode().rstrip("\n")
                if text == "exit":
                    break
                with console:
                    print(f"{self.client_address}: {text}")
                    answer = input(">>>")
                self.wfile.write(answer.encode() + b"\n")
            print(f"{self.client_address}: has left")
        except OSError as error:
            print(f"{self.client_address}: {error}")


class ChatServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


try:
    with ChatServer(("127.0.0.1", 9001), Talk) as server:
        print("listening on 127.0.0.1:9001")
        server.serve_forever()
except OSError as error:
    sys.exit(f"chat_server: {error}")
except KeyboardInterrupt:
    pass
