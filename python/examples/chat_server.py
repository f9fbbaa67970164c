"""chat_server [PORT]: prints what its clients say and answers each with a line from standard input."""

import socketserver
import sys
import threading

# The lock gives the console to one client at a time, so that a message, its prompt and its answer stay together.
console = threading.Lock()


class Chat(socketserver.BaseRequestHandler):
    """Talks with one client. It runs in a thread of the server."""

    def handle(self):
        try:
            while data := self.request.recv(1024):
                text = data.decode(errors="replace").rstrip("\r\n")
                if text == "exit":
                    return self.show(text)
                self.request.sendall(self.ask(text).encode() + b"\n")
            self.show("left")
        except OSError as error:
            self.show(error)
        except EOFError:
            # The input has ended, so the server can give no more answers and stops.
            self.server.shutdown()

    def show(self, text):
        with console:
            if not self.server.input_ended:
                print(f"{self.client_address}: {text}", flush=True)

    def ask(self, text):
        with console:
            if self.server.input_ended:
                raise EOFError
            print(f"{self.client_address}: {text}")
            try:
                return input(">>>")
            except EOFError:
                self.server.input_ended = True
                print("\nend of input", flush=True)
                raise


class ChatServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    input_ended = False


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9001"
    try:
        with ChatServer(("127.0.0.1", int(port)), Chat) as server:
            print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
            server.serve_forever()
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"chat_server: 127.0.0.1:{port}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
