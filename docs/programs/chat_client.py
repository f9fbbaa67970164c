"""chat_client: sends lines from the keyboard and shows the answers, until the line "exit"."""

import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", 9001)) as sk, sk.makefile("r") as lines:
        while True:
            text = input(">>>")
            sk.sendall(text.encode() + b"\n")
            if text == "exit":
                break
            answer = lines.readline()
            if not answer:
                print("the server has closed the connection")
                break
            print(answer, end="")
except (OSError, EOFError) as error:
    sys.exit(f"chat_client: {error}")
