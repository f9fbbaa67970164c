"""datagram_server: sends every datagram back to its sender."""

import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 9002))
    print("waiting for datagrams at 127.0.0.1:9002", flush=True)
    try:
        while True:
            datagram, sender = server.recvfrom(65536)
            server.sendto(datagram, sender)
    except KeyboardInterrupt:
        pass
