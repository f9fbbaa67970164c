"""chat_client [PORT]: sends lines from standard input and prints the answers, until "exit"."""

import socket
import sys


def main(port):
    with socket.socket() as sk:
        sk.connect(("127.0.0.1", port))
        while True:
            try:
                line = input(">>>")
            except EOFError:
                print("\nend of input")
                return
            sk.sendall(line.encode() + b"\n")
            if line == "exit":
                return
            answer = sk.recv(1024)
            if not answer:
                raise ConnectionError("the server closed the connection")
            print(answer.decode(errors="replace").rstrip("\r\n"))


if __name__ == "__main__":
    port = sys.argv[1] if len(sys.argv) > 1 else "9001"
    try:
        main(int(port))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"chat_client: 127.0.0.1:{port}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
