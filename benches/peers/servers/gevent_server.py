"""Echo on gevent's StreamServer."""

import resource

from gevent.server import StreamServer


def echo(client, address):
    try:
        while data := client.recv(1024):
            client.sendall(data)
    except ConnectionError:
        pass
    finally:
        client.close()


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
server = StreamServer(("127.0.0.1", 0), echo, backlog=4096)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
