"""Measures the servers with the load generator: echo, churn, growth, idle connections."""

import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager

from . import BUILD, rounds
from .peers import pin, run

CLIENTS = 8
MESSAGE = 64
GROWTH = [10, 100, 1000, 10000]
IDLE = 5000
MEMORY_FIELDS = ("VmRSS", "VmPTE")


@contextmanager
def served(peer, cpus=None, wrapper=()):
    """A running server: its process, and the port that it printed."""
    command = [*wrapper, *peer.command]
    process = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **peer.environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=pin(cpus),
    )
    try:
        line = process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{peer.name}: the server did not start: {command}")
        yield process, int(line)
    finally:
        # SIGTERM rather than SIGKILL: a tracer around the server still has to write its summary.
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def working_pid(peer, process):
    """The process that does a server's work."""
    if not peer.in_child:
        return process.pid
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
        return int(children.read().split()[0])


def load(mode, port, pid, clients, size, count, cpus=None):
    out = run([BUILD / "load", mode, port, pid, clients, size, count], preexec_fn=pin(cpus), timeout=300)
    seconds, cpu, own, p99 = map(float, out.split())
    return {"seconds": seconds, "cpu": cpu, "own": own, "p99": p99}


def compared(peers, count, mode, server_cpus, load_cpus, clients, operations):
    """Measures one load in rounds. All servers run at the same time, and all but one of them are idle."""
    shared = server_cpus == load_cpus
    with ExitStack() as stack:
        running = {peer.name: stack.enter_context(served(peer, server_cpus)) for peer in peers}

        def measure(peer):
            process, port = running[peer.name]
            found = load(mode, port, process.pid, clients, MESSAGE, operations, load_cpus)
            # With one CPU for both, the sum of their CPU times is the time of the load. The time that other programs
            # use is not counted.
            seconds = found["cpu"] + found["own"] if shared else found["seconds"]
            return [seconds / operations, found["cpu"] / operations, found["seconds"], found["p99"]]

        values = rounds.interleaved(peers, count, measure)
    return {
        "mode": mode,
        "clients": clients,
        "cpus": len(server_cpus | load_cpus),
        "operations": operations,
        "values": values,
    }


def measure(peers, count, cpus):
    first, second = {cpus[0]}, {cpus[-1]}
    rows = []
    for places in [(first, first), (first, second)]:
        for mode, operations in ("echo", 8000), ("churn", 1500):
            rows.append(compared(peers, count, mode, *places, CLIENTS, operations))
            print(f"servers: {mode}, {len(places[0] | places[1])} CPUs", flush=True)
    return rows


def measure_growth(peers, count, cpus):
    rows = []
    for clients in GROWTH:
        operations = max(5000, clients * 2)
        # The servers run one at a time, because each may have ten thousand threads.
        for peer in peers:
            try:
                row = compared([peer], count, "echo", {cpus[0]}, {cpus[-1]}, clients, operations)
            except SystemExit as failure:
                print(f"growth: {peer.name} fails with {clients} connections: {failure}", flush=True)
                continue
            rows.append({**row, "peer": peer.name, "values": row["values"][peer.name]})
            print(f"growth: {peer.name} {clients}", flush=True)
    return rows


def memory(pid):
    """Kibibytes by name."""
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {name: int(fields[name].split()[0]) for name in MEMORY_FIELDS}


def idle_once(peer, connections, cpus, first="echo", mode="idle", size=MESSAGE):
    with served(peer, {cpus[0]}) as (process, port):
        pid = working_pid(peer, process)
        # One client connects first, so that costs which only the first connection has are not counted.
        load(first, port, pid, 1, size, 1)
        before = memory(pid)
        command = [BUILD / "load", mode, port, pid, connections, size, 0]
        holder = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=pin({cpus[-1]}),
        )
        line = holder.stdout.readline()
        if not line:
            holder.wait()
            return None
        after = memory(pid)
        holder.stdin.close()
        holder.wait()
    grown = {name: (after[name] - before[name]) / connections for name in MEMORY_FIELDS}
    seconds, cpu = map(float, line.split()[:2])
    return {"seconds": seconds, "cpu": cpu, **grown}


def measure_idle(peers, count, cpus, connections=IDLE):
    values = rounds.interleaved(peers, count, lambda peer: idle_once(peer, connections, cpus))
    return {"connections": connections, "values": values}
