"""The primitives on Python's socket module: CPython's, or tabi's when PRIMITIVES_MODULE is `tabi`.

    primitives.py CASE SIZE TIMEOUT ITERATIONS [EXTRA]

prints the nanoseconds that one operation took; the C programs beside it say the rest.
"""

import os
import sys
import threading
import time

if os.environ.get("PRIMITIVES_MODULE") == "tabi":
    import tabi

    tabi.install()

import socket

WARM_UP = 200
BULK_CHUNK = 1 << 20
BULK_READ = 256 << 10
KERNEL_BUFFER = 212992
BATCH = 64
# The exit status that tells the harness to leave the cell empty.
NO_SUCH_CASE = 3


def enlarge(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)


def tcp_pair(fixed_buffers):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        client = socket.socket()
        if fixed_buffers:
            enlarge(listener)
            enlarge(client)
        listener.listen(1)
        client.connect(listener.getsockname())
        peer, _ = listener.accept()
    for sock in client, peer:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client, peer


def udp_pair():
    one, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for sock in one, other:
        enlarge(sock)
        sock.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    other.connect(one.getsockname())
    return one, other


def make_pair(kind):
    if kind == "unix":
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return tcp_pair(True) if kind == "tcp" else udp_pair()


def exchange(sender, receiver, size, times):
    data = b"x" * size
    send, recv = sender.send, receiver.recv
    for _ in range(times):
        sent = send(data)
        while sent < size:
            sent += send(data[sent:])
        got = len(recv(size))
        while got < size:
            got += len(recv(size - got))


def timed(clock, iterations, work, *arguments):
    begin = clock()
    work(*arguments, iterations)
    return (clock() - begin) / iterations


def run_exchange(case, size, timeout, iterations, extra):
    pair = make_pair(case)
    for sock in pair:
        sock.settimeout(timeout)
    exchange(*pair, size, WARM_UP)
    return timed(time.process_time_ns, iterations, exchange, *pair, size)


def run_pingpong(case, size, timeout, iterations, extra):
    sock = socket.create_connection(("127.0.0.1", int(extra)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(timeout)
    exchange(sock, sock, size, WARM_UP)
    return timed(time.process_time_ns, iterations, exchange, sock, sock, size)


def run_threads(case, size, timeout, iterations, extra):
    count = int(extra)
    gate = threading.Barrier(count)
    spans = []

    def work():
        pair = make_pair("unix")
        for sock in pair:
            sock.settimeout(timeout)
        exchange(*pair, size, WARM_UP)
        gate.wait()
        begin = time.monotonic_ns()
        exchange(*pair, size, iterations)
        spans.append((begin, time.monotonic_ns()))

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begins, ends = zip(*spans)
    return (max(ends) - min(begins)) / (iterations * count)


def drain(sock):
    buffer = bytearray(BULK_READ)
    while sock.recv_into(buffer):
        pass


def run_bulk(case, size, timeout, iterations, extra):
    sender, receiver = tcp_pair(False)
    for sock in sender, receiver:
        sock.settimeout(timeout)
    data = b"x" * BULK_CHUNK
    begin = time.monotonic_ns()
    reader = threading.Thread(target=drain, args=(receiver,))
    reader.start()
    for _ in range(iterations):
        if case == "bulk":
            for _ in range(size // BULK_CHUNK):
                sender.sendall(data)
        else:
            with open(extra, "rb") as file:
                sender.sendfile(file)
    sender.shutdown(socket.SHUT_WR)
    reader.join()
    return (time.monotonic_ns() - begin) / iterations


def exchange_datagrams(sender, receiver, data, many, times):
    address = receiver.getsockname()
    if many:
        batch = [([data], [], 0, address)] * BATCH
    for _ in range(0, times, BATCH):
        if many:
            sender.sendmany(batch)
        else:
            for _ in range(BATCH):
                sender.sendto(data, address)
        for _ in range(BATCH):
            receiver.recv(65536)


def run_datagrams(case, size, timeout, iterations, extra):
    sender, receiver = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for sock in sender, receiver:
        enlarge(sock)
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(timeout)
    arguments = sender, receiver, b"x" * size, extra == "many"
    exchange_datagrams(*arguments, BATCH)
    return timed(time.process_time_ns, iterations, exchange_datagrams, *arguments)


def look_up(times):
    for _ in range(times):
        socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)


def run_getaddrinfo(case, size, timeout, iterations, extra):
    look_up(WARM_UP)
    return timed(time.process_time_ns, iterations, look_up)


def look_up_name(limit, times):
    """The look-up of a name in /etc/hosts. Only tabi's has a limit."""
    arguments = {} if limit is None else {"timeout": limit}
    look_up = socket.getaddrinfo if limit is None else tabi.getaddrinfo
    for _ in range(times):
        look_up("localhost", 80, type=socket.SOCK_STREAM, **arguments)


def run_lookup(case, size, timeout, iterations, extra):
    look_up_name(timeout, WARM_UP)
    return timed(time.process_time_ns, iterations, look_up_name, timeout)


def connect_often(listener, times):
    address = listener.getsockname()
    for _ in range(times):
        client = socket.create_connection(address)
        peer, _ = listener.accept()
        peer.close()
        client.close()


def run_create_connection(case, size, timeout, iterations, extra):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        connect_often(listener, WARM_UP)
        return timed(time.process_time_ns, iterations, connect_often, listener)


CASES = {
    "unix": run_exchange,
    "tcp": run_exchange,
    "udp": run_exchange,
    "threads": run_threads,
    "pingpong": run_pingpong,
    "bulk": run_bulk,
    "sendfile": run_bulk,
    "datagrams": run_datagrams,
    "getaddrinfo": run_getaddrinfo,
    "lookup": run_lookup,
    "create_connection": run_create_connection,
}

if __name__ == "__main__":
    case, size, timeout, iterations = sys.argv[1:5]
    extra = sys.argv[5] if len(sys.argv) > 5 else "1"
    try:
        print(CASES[case](case, int(size), float(timeout) or None, int(iterations), extra))
    except (AttributeError, NameError) as missing:
        print(missing, file=sys.stderr)
        sys.exit(NO_SUCH_CASE)
