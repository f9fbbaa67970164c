"""Runs one operation many times, in a new process for each round."""

import resource
import subprocess
import time
from contextlib import contextmanager

from . import BUILD, rounds
from .peers import SERVERS

SIZES = [1, 64, 1024, 4096, 16384, 65536]
LARGEST_DATAGRAM = 65507
TIMEOUT = 5
# How long a process runs in each round. In a shorter time, the start of the process would count more than its work.
BUDGET_NS = 12e6
# The peers that differ from raw C only when there is a timeout.
TIMED_ONLY = {"poll", "try", "rcvtimeo"}
NO_SUCH_CASE = 3
# The operations that every program makes before it reads the clock.
WARM_UP = 200
THREADS = [1, 2, 4, 8, 16, 32, 64]
# The operations of all threads together. With fewer, the figures would show when the threads are started, and not what they do.
OPERATIONS_OF_THREADS = 200_000


def once(peer, case, size, timeout, iterations, extra="1", cpus=None):
    """Nanoseconds per operation, or None where the peer has no such case."""
    process = peer.start(
        case, size, timeout, iterations, extra, cpus=cpus, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, errors = process.communicate(timeout=600)
    if process.returncode == NO_SUCH_CASE:
        return None
    if process.returncode != 0:
        raise SystemExit(f"{peer.name} {case} {size} {timeout}: {errors}")
    return float(out)


def iterations_for(peer, case, size, timeout, extra, cpus):
    guess = once(peer, case, size, timeout, 500, extra, cpus) or 1000
    return max(200, int(BUDGET_NS / guess))


def record(peers, count, case, size, timeout, cpus, extra="1", iterations=None):
    """One row of the results: the nanoseconds of every peer in every round."""
    able = [peer for peer in peers if timeout or peer.name not in TIMED_ONLY]
    chosen = {}

    def measure(peer):
        if peer.name not in chosen:
            chosen[peer.name] = iterations or iterations_for(peer, case, size, timeout, extra, cpus)
        return once(peer, case, size, timeout, chosen[peer.name], extra, cpus)

    values = rounds.interleaved(able, count, measure)
    return {"case": case, "size": size, "timeout": timeout, "cpus": len(cpus), "extra": extra, "ns": values}


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e9


def record_threads(peers, count, threads, cpus):
    """One row of the results for many threads, and the CPU nanoseconds of an operation. If the threads waited for each other, or
    took a cache line from each other, an operation would take more CPU time than with one thread."""
    share = OPERATIONS_OF_THREADS // threads
    cpu = {}

    def measure(peer):
        before = cpu_of_children()
        elapsed = once(peer, "threads", 64, 0, share, str(threads), cpus)
        cpu.setdefault(peer.name, []).append((cpu_of_children() - before) / (threads * (share + WARM_UP)))
        return elapsed

    able = [peer for peer in peers if peer.name not in TIMED_ONLY]
    values = rounds.interleaved(able, count, measure)
    return {
        "case": "threads", "size": 64, "timeout": 0, "cpus": len(cpus), "extra": str(threads), "ns": values, "cpu": cpu
    }


@contextmanager
def echo_server(cpus, server=SERVERS[0], with_pid=False):
    """The other end of the ping-pong, the same for all: raw C."""
    process = server.start(cpus=cpus, stdout=subprocess.PIPE)
    try:
        port = process.stdout.readline().strip()
        yield (port, process.pid) if with_pid else port
    finally:
        process.kill()
        process.wait()


def cpu_nanoseconds(pid):
    """The CPU time of a whole process (clock_getcpuclockid(3) on Linux)."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def measure_pingpong(peers, count, cpus):
    """Measures the ping-pong, where no data is ready when a receive begins.

    Both ends use one CPU, so the sum of their CPU times is the time of the operation.
    """
    one, size, iterations = {cpus[0]}, 64, 4000
    rows = []
    for timeout in 0, TIMEOUT:
        able = [peer for peer in peers if timeout or peer.name not in TIMED_ONLY]
        with echo_server(one, with_pid=True) as (port, pid):

            def both(peer):
                before = cpu_nanoseconds(pid)
                own = once(peer, "pingpong", size, timeout, iterations, port, one)
                return own and own + (cpu_nanoseconds(pid) - before) / (iterations + WARM_UP)

            values = rounds.interleaved(able, count, both)
        rows.append({"case": "pingpong", "size": size, "timeout": timeout, "cpus": 1, "extra": "", "ns": values})
        print(f"pingpong: timeout {timeout}", flush=True)
    return rows


def measure(peers, count, cpus):
    """Measures send and receive on one thread for all sizes. The most important size has more rounds."""
    one = {cpus[0]}
    rows = []
    for timeout in 0, TIMEOUT:
        for case in "unix", "tcp", "udp":
            for size in SIZES:
                bytes_ = min(size, LARGEST_DATAGRAM) if case == "udp" else size
                many = count * 3 if size == 64 else count
                rows.append(record(peers, many, case, bytes_, timeout, one))
                print(f"primitives: {case} {bytes_} B timeout {timeout}", flush=True)
    return rows


def measure_threads(peers, count, cpus):
    """Measures sends and receives of many threads, each of which has sockets of its own."""
    rows = []
    for threads in THREADS:
        rows.append(record_threads(peers, count, threads, set(cpus)))
        print(f"threads: {threads}", flush=True)
    return rows


def measure_bulk(peers, count, cpus):
    """1 GiB through TCP, files, datagrams, lookups and new connections."""
    one, two = {cpus[0]}, set(cpus)
    file = BUILD / "256MiB"
    if not file.exists() or file.stat().st_size != 256 << 20:
        file.write_bytes(bytes(256 << 20))
    peers = [peer for peer in peers if peer.name not in ("guard",)]
    rows = []
    for arguments in [
        ("bulk", 1 << 30, 0, two, "1", 1),
        ("bulk", 1 << 30, TIMEOUT, two, "1", 1),
        ("sendfile", 0, 0, two, str(file), 4),
        ("datagrams", 64, 0, one, "one", 12800),
        ("datagrams", 64, 0, one, "many", 12800),
        ("getaddrinfo", 0, 0, one, "1", None),
        ("create_connection", 0, 0, one, "1", 800),
    ]:
        row = record(peers, count, *arguments)
        rows.append({**row, "extra": "" if arguments[0] == "sendfile" else row["extra"]})
        print(f"bulk: {arguments[0]} {arguments[4] if arguments[0] == 'datagrams' else ''}", flush=True)
    return rows
