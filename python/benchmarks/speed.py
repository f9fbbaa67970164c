#!/usr/bin/env python3
"""Times single calls on the built-in module and on tabi, in turns, and prints the ratio of the medians.

    python3 python/benchmarks/speed.py                                       prints them
    python3 benches/run.py --only python && python3 benches/report.py --only python    writes them to docs/benchmarks.md

A ratio of 1.00 is as fast as the built-in module. Each call that moves bytes moves one message over a pair of unix
sockets in one thread; the two modules take turns, so that a busy machine slows both. The memory of a connection is that
of a threading server, for each of many clients that have exchanged one message and then say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: How many messages wait in the socket at the same time. A unix socket accepts no more before it is full.
BATCH = {64: 50, 16384: 5, 65536: 1}
#: The calls that are timed for each size.
KINDS = {
    64: ["recv", "recv_into", "send", "recvfrom", "sendto"],
    16384: ["recv", "recv_into", "send"],
    65536: ["recv", "recv_into", "send"],
}

#: How many clients are idle.
IDLE = 500
#: A server whose threads wait for their clients, and one whose clients are parked.
SERVER = """
import sys

way = sys.argv[1]
if way == "builtin":
    import socketserver
else:
    from tabi import socketserver


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1024):
            self.request.sendall(data)
            if way == "parked":
                return socketserver.PARK


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 1024
    max_threads = 4 if way == "parked" else None


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""


def sender(module, kind: str, size: int, timeout):
    """A call that sends one message, and one that takes it away; and the sockets behind them."""
    one, other = module.socketpair(module.AF_UNIX, module.SOCK_DGRAM if kind == "sendto" else module.SOCK_STREAM)
    message = b"x" * size
    for sock in (one, other):
        sock.setsockopt(module.SOL_SOCKET, module.SO_SNDBUF, 1 << 20)
        sock.settimeout(timeout)
    if kind == "sendto":
        address = b"\0tabi-speed-%d-%d" % (os.getpid(), id(other))
        one = module.socket(module.AF_UNIX, module.SOCK_DGRAM)
        other = module.socket(module.AF_UNIX, module.SOCK_DGRAM)
        other.bind(address)
        for sock in (one, other):
            sock.settimeout(timeout)
        return (lambda: one.sendto(message, address)), (lambda: other.recv(size)), (one, other)
    return (lambda: one.send(message)), (lambda: other.recv(size)), (one, other)


def timed_call(module, kind: str, size: int, timeout):
    """``prepare``, ``call`` and ``clean up`` for one kind of call."""
    send, receive, sockets = sender(module, kind, size, timeout)
    if kind in ("send", "sendto"):
        return (lambda: None), send, receive, sockets
    other = sockets[1]
    buffer = bytearray(size)
    call = {
        "recv": lambda: other.recv(size),
        "recv_into": lambda: other.recv_into(buffer),
        "recvfrom": lambda: other.recvfrom(size),
    }[kind]
    return send, call, (lambda: None), sockets


def once(calls, batch: int) -> float:
    """Returns the seconds of one call."""
    before, call, after, _ = calls
    for _ in range(batch):
        before()
    began = time.perf_counter()
    for _ in range(batch):
        call()
    took = (time.perf_counter() - began) / batch
    for _ in range(batch):
        after()
    return took


def compare(modules, kind: str, size: int, timeout, rounds: int) -> list[float]:
    """Returns the median for each module."""
    # A large message may need more than the sockets hold at once: the quick pairs stay small.
    batch = 8 if kind == "sendto" else BATCH[size]
    calls = [timed_call(module, kind, size, timeout) for module in modules]
    times: list[list[float]] = [[] for _ in modules]
    for _ in range(rounds):
        for each, taken in zip(calls, times):
            taken.append(once(each, batch))
    for *_, sockets in calls:
        for sock in sockets:
            sock.close()
    return [statistics.median(taken) for taken in times]


def repeated(module, kind: str):
    """A function that makes a call without a message so many times."""
    if kind == "getaddrinfo":

        def look_up(times: int) -> None:
            for _ in range(times):
                module.getaddrinfo("127.0.0.1", 80, type=module.SOCK_STREAM)

        return look_up, lambda: None
    listener = module.create_server(("127.0.0.1", 0), backlog=16)
    address = listener.getsockname()

    def connect(times: int) -> None:
        for _ in range(times):
            client = module.create_connection(address)
            peer, _ = listener.accept()
            peer.close()
            client.close()

    return connect, listener.close


def compare_repeated(modules, kind: str, batch: int, rounds: int) -> list[float]:
    """Returns the median seconds of processor time for each module."""
    calls = [repeated(module, kind) for module in modules]
    times: list[list[float]] = [[] for _ in modules]
    for _ in range(rounds):
        for (call, _), taken in zip(calls, times):
            began = time.process_time()
            call(batch)
            taken.append((time.process_time() - began) / batch)
    for _, end in calls:
        end()
    return [statistics.median(taken) for taken in times]


def resident(pid: int) -> int:
    """KiB of memory and of page tables."""
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return sum(int(fields[name].split()[0]) for name in ("VmRSS", "VmPTE"))


def greet(port: int, count: int) -> list[socket.socket]:
    """Clients that have had one message echoed."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for client in clients:
        client.sendall(b"x" * 64)
        client.recv(64, socket.MSG_WAITALL)
    return clients


def idle() -> dict[str, float]:
    """KiB for each idle connection of the built-in server, of tabi's threads, and of tabi's server when it is parked."""
    found = {}
    for way in ("builtin", "tabi", "parked"):
        environment = {**os.environ, "PYTHONPATH": PACKAGES}
        command = [sys.executable, "-c", SERVER, way]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            port = int(server.stdout.readline())
            # What only the first clients cost is not counted.
            clients = greet(port, 20)
            before = resident(server.pid)
            clients += greet(port, IDLE)
            found[way] = (resident(server.pid) - before) / IDLE
            for client in clients:
                client.close()
            server.kill()
    return found


def start_up() -> list[tuple[float, int]]:
    """Milliseconds and KiB that a process takes to import ``socket``: the medians of the built-in module and of tabi.

    Both are compiled beforehand, as an installed package is.
    """
    show = "import socket; print(*[line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    programs = show, f"import tabi; tabi.install(); {show}"
    taken: list[list[float]] = [[] for _ in programs]
    sizes: list[list[int]] = [[] for _ in programs]
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPATH": PACKAGES, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(15):
            for program, milliseconds, kib in zip(programs, taken, sizes):
                began = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, check=True
                )
                milliseconds.append((time.perf_counter() - began) * 1e3)
                kib.append(int(done.stdout.split()[1]))
    return [(statistics.median(times), int(statistics.median(kib))) for times, kib in zip(taken, sizes)]


def build() -> None:
    """Has the release build loaded, whatever was built last, unless ``TABI_LIBRARY`` names a library."""
    root = os.path.dirname(PACKAGES)
    if os.environ.get("TABI_LIBRARY") or not os.path.exists(os.path.join(root, "Cargo.toml")):
        return
    built = subprocess.run(
        ["cargo", "build", "--release", "--lib", "--message-format=json"], cwd=root, stdout=subprocess.PIPE, check=True
    )
    for line in built.stdout.splitlines():
        for path in json.loads(line).get("filenames", []):
            if path.endswith((".so", ".dylib")):
                os.environ["TABI_LIBRARY"] = path


def measure(rounds: int) -> dict:
    """Nanoseconds of single calls, and what a start takes: the medians of the built-in module and of tabi."""
    build()
    if PACKAGES not in sys.path:
        sys.path.insert(0, PACKAGES)
    import _socket as builtin

    import tabi
    from tabi import _socket

    from tabi import socket as module

    calls, others = [], []
    for size, kinds in KINDS.items():
        for kind in kinds:
            for timeout in (None, 5.0):
                one, other = compare([builtin, _socket], kind, size, timeout, rounds)
                calls.append({"call": kind, "bytes": size, "timeout": timeout, "builtin": one * 1e9, "tabi": other * 1e9})
    for kind, batch in (("getaddrinfo", 200), ("create_connection", 20)):
        one, other = compare_repeated([socket, module], kind, batch, rounds // 4)
        others.append({"call": kind, "builtin": one * 1e9, "tabi": other * 1e9})
    return {
        "python": sys.version.split()[0],
        "library": tabi.library_path(),
        "calls": calls,
        "others": others,
        "idle": idle(),
        "start": dict(zip(("builtin", "tabi"), start_up())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400, help="how often each is timed (400)")
    found = measure(parser.parse_args().rounds)

    print(f"Python {found['python']}, {found['library']}\n")
    print(f"{'call':<12}{'bytes':>7}  {'timeout':>7}  {'built-in':>10}  {'tabi':>10}  {'ratio':>5}")
    for row in found["calls"]:
        limit = "none" if row["timeout"] is None else f"{row['timeout']:g} s"
        figures = f"{row['builtin']:>7.0f} ns  {row['tabi']:>7.0f} ns  {row['tabi'] / row['builtin']:>5.2f}"
        print(f"{row['call']:<12}{row['bytes']:>7}  {limit:>7}  {figures}")
    for row in found["others"]:
        figures = f"{row['builtin']:>7.0f} ns  {row['tabi']:>7.0f} ns  {row['tabi'] / row['builtin']:>5.2f}"
        print(f"{row['call']:<28}  {figures}")
    (builtin_ms, builtin_kib), (tabi_ms, tabi_kib) = found["start"].values()
    idle_kib = ", ".join(f"{way} {kib:.1f} KiB" for way, kib in found["idle"].items())
    print(f"\nidle connection: {idle_kib}")
    print(f"start and import: built-in {builtin_ms:.0f} ms, {builtin_kib} KiB; tabi {tabi_ms:.0f} ms, {tabi_kib} KiB")


if __name__ == "__main__":
    main()
