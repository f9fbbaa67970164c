"""hello_server: greets one client and ends."""

import socket

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 9000))
    server.listen(5)
    print("listening on 127.0.0.1:9000")
    client, address = server.accept()
    with client:
        client.sendall(b"hello world\n")
