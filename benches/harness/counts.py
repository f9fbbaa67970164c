"""Counts that do not depend on how busy the machine is: instructions, system calls, sizes.

Each is the difference of two runs of different length, so that start-up falls out.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from . import BUILD, PEERS, ROOT
from .peers import LATE, LIBRARY, STATIC_LIBRARIES, Missing, Peer, run
from .primitives import TIMED_ONLY, TIMEOUT, echo_server, once
from .servers import CLIENTS, MESSAGE, load, served

# Multiples of a batch of datagrams.
SHORT, LONG = 512, 2560
# The ping-pong with answers that come 3 ms late.
SHORT_LATE, LONG_LATE = 20, 220
SHORT_CHURN, LONG_CHURN = 100, 600


def need(tool):
    if not shutil.which(tool):
        raise Missing(tool)


def wrapped(peer, *wrapper):
    # Python's start depends on the seed of its hashes, and varies by more than two short runs differ.
    environment = {**peer.environment, "PYTHONHASHSEED": "0"}
    return Peer(peer.name, peer.label, [*wrapper, *peer.command], None, environment)


def lengths(case):
    return (SHORT_LATE, LONG_LATE) if case == "pingpong" else (SHORT, LONG)


def instructions(peer, case, timeout, extra="1"):
    """User-space instructions of one operation of 64 bytes; None where the peer has no such case."""
    need("valgrind")

    def total(iterations):
        with tempfile.NamedTemporaryFile() as out:
            tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
            if once(wrapped(peer, *tool), case, 64, timeout, iterations, extra) is None:
                return None
            found = re.search(r"^(?:summary|totals): (\d+)", Path(out.name).read_text(), re.M)
        return int(found[1])

    few, many = lengths(case)
    short = total(few)
    return None if short is None else (total(many) - short) / (many - few)


def calls_in(summary):
    """The number of system calls in a summary of strace, and of each by name."""
    calls = {}
    for line in Path(summary).read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total":
            calls[fields[-1]] = calls.get(fields[-1], 0) + int(fields[3])
    return calls


def difference(long, short, times):
    """Returns the number of calls per operation by name. Less than a hundredth is noise of the program's start."""
    each = {name: (long.get(name, 0) - short.get(name, 0)) / times for name in long | short}
    return {name: round(value, 3) for name, value in each.items() if abs(value) >= 0.01}


def system_calls(peer, case, timeout, extra="1"):
    """System calls of one operation, by name; None where the peer has no such case."""
    need("strace")

    def total(iterations):
        with tempfile.NamedTemporaryFile() as out:
            tool = ["strace", "-f", "-c", "-o", out.name]
            if once(wrapped(peer, *tool), case, 64, timeout, iterations, extra) is None:
                return None
            return calls_in(out.name)

    few, many = lengths(case)
    short = total(few)
    return None if short is None else difference(total(many), short, many - few)


def connection_calls(peer, clients=CLIENTS):
    """System calls of a server for one connection with one message, by name."""
    need("strace")

    def total(connections):
        with tempfile.NamedTemporaryFile() as out:
            # -D makes the tracer the child, so that the process that was started is the server.
            with served(peer, wrapper=["strace", "-D", "-f", "-c", "-o", out.name]) as (process, port):
                load("churn", port, process.pid, clients, MESSAGE, connections)
            deadline = time.monotonic() + 20
            while not Path(out.name).read_text().rstrip().endswith("total"):
                if time.monotonic() > deadline:
                    raise SystemExit(f"{peer.name}: strace wrote no summary")
                time.sleep(0.02)
            return calls_in(out.name)

    return difference(total(LONG_CHURN), total(SHORT_CHURN), LONG_CHURN - SHORT_CHURN)


def measure(primitives, servers):
    rows = []
    LATE.build()
    with echo_server(None, LATE) as port:
        for peer in primitives:
            for case, extra in ("unix", "1"), ("pingpong", port):
                for timeout in 0, TIMEOUT:
                    if not timeout and peer.name in TIMED_ONLY:
                        continue
                    row = {"peer": peer.name, "case": case, "timeout": timeout}
                    row["calls"] = system_calls(peer, case, timeout, extra)
                    row["instructions"] = instructions(peer, case, timeout, extra)
                    rows.append(row)
            print(f"counts: {peer.name}", flush=True)
    connections = {}
    for peer in servers:
        connections[peer.name] = [connection_calls(peer) for _ in range(3)]
        print(f"counts: {peer.name} connections", flush=True)
    return {"primitives": rows, "connections": connections}


def stripped_size(source):
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "stripped"
        run(["strip", "-o", copy, source])
        return copy.stat().st_size


def build_seconds(package):
    """Returns the CPU seconds of a release build that starts with the sources only, which are on the disk."""
    with tempfile.TemporaryDirectory() as directory:
        before = os.times()
        run(["cargo", "build", "--release", "--quiet", "--target-dir", directory, "--package", package], cwd=ROOT)
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def crates(package):
    """Returns how many crates of others are compiled, build dependencies included."""
    tree = run(["cargo", "tree", "--prefix", "none", "--edges", "normal,build", "--package", package], cwd=ROOT)
    return len({line.split()[0] for line in tree.splitlines() if line.strip()} - {"tabi", "tabi-capi"})


def sizes(with_times=True):
    hello = BUILD / "hello-static"
    static = [LIBRARY / "libtabi.a", *STATIC_LIBRARIES]
    source = PEERS / "hello.c"
    run(["cc", "-O2", "-Wl,--gc-sections", "-I", ROOT / "include", "-o", hello, source, *static])
    found = {
        "libtabi.so": stripped_size(LIBRARY / "libtabi.so"),
        "hello": stripped_size(hello),
        "crates": {"capi": crates("tabi-capi"), "core": crates("tabi")},
    }
    for name in "uv", "glib-2.0", "gio-2.0", "PocoNet", "PocoFoundation", "apr-1":
        path = shared_library(name)
        if path:
            found[f"lib{name}.so"] = stripped_size(path)
    if with_times:
        found["build"] = {"capi": build_seconds("tabi-capi"), "core": build_seconds("tabi")}
    return found


def shared_library(name):
    done = subprocess.run(["ldconfig", "-p"], text=True, capture_output=True)
    found = re.search(rf"^\s*lib{re.escape(name)}\.so[^\n]*=> (\S+)", done.stdout, re.M)
    return found and found[1]
