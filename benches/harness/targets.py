"""What must hold: the measures with their limits, and the reasons for those that do not hold."""

from . import tables
from .tables import ABSENT, BASE, SERVER_BASE, plain, spread, table


def measures(results):
    """Returns (measure, limit as text, value or None, whether it holds) for each target."""
    rows, serving = tables.exchanges(results), tables.found(results, "servers")
    sizes = tables.found(results, "sizes") or {}
    ours, server = "tabi-c", "tabi-c" if tables.connection_calls(results, "tabi-c") else "tabi-rust"

    def upper(name, value, limit, digits=2, unit=""):
        value = value[0] if isinstance(value, tuple) else value
        return name, f"≤ {limit}{unit}", value, value is not None and round(value, digits) <= limit, digits, unit

    def lower(name, value, limit):
        value = value and value[0]
        return name, f"≥ {limit}", value, value is not None and round(value, 2) >= limit, 2, ""

    def exchange(case, timeout, cpus=1):
        return tables.ratio(tables.row_of(rows, case=case, size=64, timeout=timeout, cpus=cpus), ours)

    def served(mode, cpus, column, invert=False):
        return tables.server_ratio(tables.row_of(serving, mode=mode, cpus=cpus), server, column, invert)

    def other(case, extra):
        return tables.ratio(tables.row_of(tables.found(results, "bulk"), case=case, extra=extra), ours)

    def counted(case, timeout):
        count = tables.count_of(results, ours, case, timeout)
        return count and count["instructions"]

    calls_ready, calls_late = tables.count_of(results, ours, "unix", 5), tables.count_of(results, ours, "pingpong", 5)
    cpu = tables.cpu_of_threads(results, ours)
    crowd = cpu[64] / cpu[1] if {1, 64} <= cpu.keys() else None
    setup, base_setup = tables.idle(results, server, "cpu"), tables.idle(results, SERVER_BASE, "cpu")
    kib = 1024
    return [
        upper("C face, send + receive 64 B, no timeout: unix pair", exchange("unix", 0), 1.04),
        upper("the same: TCP", exchange("tcp", 0), 1.01),
        upper("C face, 5 s timeout, data ready: unix pair", exchange("unix", 5), 1.04),
        upper("C face, 5 s timeout, never ready: TCP ping-pong", exchange("pingpong", 5), 1.06),
        upper("C face, datagram of 64 B, one by one", other("datagrams", "one"), 1.03),
        upper("the same: in batches of 64", other("datagrams", "many"), 1.03),
        upper("C face, getaddrinfo of a number", other("getaddrinfo", "1"), 1.5),
        upper("C face, create_connection", other("create_connection", "1"), 1.03),
        upper("C face, 64 threads with sockets of their own: CPU of a send + receive, to that of one thread", crowd, 1.1),
        upper("user-space instructions per send + receive", counted("unix", 0), 150, 0),
        upper("the same with a timeout", counted("unix", 5), 150, 0),
        upper("system calls per receive with a timeout: ready", calls_ready and tables.total_calls(calls_ready["calls"]) - 1, 1),
        upper("the same: not ready", calls_late and tables.total_calls(calls_late["calls"]) - 1, 2),
        lower("threaded server, messages per second, 8 clients, one CPU", served("echo", 1, 0, True), 0.99),
        lower("the same: two CPUs", served("echo", 2, 0, True), 0.99),
        upper("server CPU per message, one CPU", served("echo", 1, 1), 1.02),
        upper("the same: two CPUs", served("echo", 2, 1), 1.02),
        lower("connections per second, one CPU", served("churn", 1, 0, True), 1.30),
        lower("the same: two CPUs", served("churn", 2, 0, True), 1.08),
        upper("server CPU per short connection, one CPU", served("churn", 1, 1), 0.65),
        upper("system calls per connection with one message", tables.connection_calls(results, server), 7, 1),
        upper("resident memory per idle connection", tables.idle(results, server, "VmRSS"), 9, 1, " KiB"),
        upper("set-up of 5,000 connections, the server's CPU", setup and base_setup and setup[0] / base_setup[0], 1.1),
        upper("libtabi.so, stripped", sizes.get("libtabi.so") and sizes["libtabi.so"] / kib, 700, 0, " KiB"),
        upper("C program linked statically, stripped", sizes.get("hello") and sizes["hello"] / kib, 600, 0, " KiB"),
    ]


# Why a measure does not hold: the beginning of its name, and the reason.
REASONS = [
    (
        "C face, send + receive",
        "The guard that makes `close` safe is two locked steps around each call, together {guard_ns} ns for a send and a receive. Raw C with "
        "this guard alone (the row *raw C with an in-flight count*) has {guard}, the C face has {ours}. The system calls of this "
        "kernel are short, and the shorter they are, the larger is the share of the guard. The first step needs its lock on every processor: other "
        "threads must see the call before it looks whether the socket was closed. The second one could be a plain store only if each thread had a "
        "word of its own for each call, which takes about as long to find. A first step without a lock would need a barrier that the "
        "closing thread raises in all others (`membarrier`). That has to be switched on for the whole process, waits for all CPUs if the process has "
        "threads already, and a program that has restricted its system calls may be ended for it; a library must not do this unasked.",
    ),
    (
        "C face, datagram",
        "Beside the guard of a call, each datagram of a batch has a header that is filled from the program's structure and read back into it, with the "
        "address of its sender. Raw C fills the same headers once and uses them again.",
    ),
    ("C face, getaddrinfo", "The answer is one allocation, and the address and the port are read with all checks. glibc does the same with fewer checks."),
    ("C face, create_connection", "The system calls are those of raw C: socket, connect, accept and two closes. What is left is the memory of two sockets."),
    ("C face, 64 threads", "Raw C has {crowd_raw} in the same run. The sockets share neither a lock nor a counter."),
    (
        "C face, 5 s timeout, data ready",
        "The reason is the same guard. A timeout adds nothing while data is ready. Raw C with an in-flight count has {guard_timed}.",
    ),
    (
        "C face, 5 s timeout, never ready",
        "A receive that has to wait is a `poll` and a `recv`, so that the deadline holds and a `close` is noticed. Plain C that tries first and then "
        "polls has {try_pingpong}, CPython has {cpython_pingpong}. Beside them are the guards of both calls, and the clock, which is read before the `poll` for the deadline, and after it to learn whether the next receive should wait first too. SO_RCVTIMEO needs no `poll`, but it limits each system call and not the whole call, "
        "and all owners of the socket share it.",
    ),
    (
        "threaded server, messages",
        "A message pays for the guard twice, in its receive and in its send: {guard_ns} ns. Raw C with kept threads "
        "has {kept_messages}, and the copy of the baseline has {again_messages}. On two CPUs the copy of the "
        "baseline itself was between the limits {again_two}, and a value between them means nothing.",
    ),
    (
        "server CPU per message",
        "The reason is that for messages per second. The copy of the baseline has {again_cpu} on one CPU and {again_cpu_two} on two.",
    ),
    (
        "system calls per connection",
        "These are `accept`, two `recv`, `send` and `close`, a futex call to wake a kept thread, and another with which the thread waits again. The rest are the "
        "polls while no client waits. Threads that look for the next client themselves would save the futex calls, if one waits. It was tried: three of ten "
        "threads found one, and the looks of the others cost what these saved.",
    ),
    (
        "resident memory",
        "It consists of the used pages of the stack, as in raw C, and on the heap of the request, its socket, and what the Rust runtime keeps for a thread. "
        "Together with the page tables it is {memory} KiB, against {base_memory} KiB of raw C, whose larger stacks need more page tables.",
    ),
    (
        "libtabi.so",
        "The library is optimised for size and prints no backtraces. A part of it is Rust's standard library, which comes compiled for speed, and the "
        "tables with which a panic unwinds until it becomes an error code. `docs/guides/static.md` lists what each step brought and what was tried "
        "without success.",
    ),
    ("connections per second", "The limit is the hand-over to another thread. Raw C with kept threads has the same limit: it has {kept_churn} on one CPU and {kept_churn_two} on two. "
        "What is left is a `poll` for nearly each client, which C that blocks in `accept` does not need, and of the server's time 3 % in the library itself."),
    ("server CPU per short connection", "The reason is that for connections per second."),
    (
        "set-up of 5,000",
        "The clients come one after the other, so each of them costs tabi a `poll` before its `accept`, and each gets a request with the address of its client. "
        "Raw C blocks in `accept`, and keeps nothing. With single measurements of a fifth of a second, the ratio varies by a few hundredths.",
    ),
]


def facts_of(results):
    """Returns the figures that are part of the reasons."""
    rows, serving = tables.exchanges(results), tables.found(results, "servers")

    def exchange(name, case, timeout):
        return plain(tables.ratio(tables.row_of(rows, case=case, size=64, timeout=timeout, cpus=1), name), 2)

    def served(name, mode, column, cpus=1):
        return plain(tables.server_ratio(tables.row_of(serving, mode=mode, cpus=cpus), name, column, not column), 2)

    def memory(name):
        parts = [tables.idle(results, name, key) for key in ("VmRSS", "VmPTE")]
        return f"{sum(part[0] for part in parts):.1f}" if all(parts) else ABSENT

    return {
        "guard_ns": plain(tables.over(tables.row_of(rows, case="unix", size=64, timeout=0, cpus=1), "guard")),
        "crowd_raw": crowd_of(results, BASE),
        "guard": exchange("guard", "unix", 0), "ours": exchange("tabi-c", "unix", 0), "guard_timed": exchange("guard", "unix", 5),
        "try_pingpong": exchange("try", "pingpong", 5), "cpython_pingpong": exchange("cpython", "pingpong", 5),
        "kept_messages": served("c_kept_threads", "echo", 0), "again_messages": served("c_threads-again", "echo", 0),
        "again_two": spread(tables.server_ratio(tables.row_of(serving, mode="echo", cpus=2), "c_threads-again", 0, True)),
        "again_cpu_two": spread(tables.server_ratio(tables.row_of(serving, mode="echo", cpus=2), "c_threads-again", 1)),
        "again_cpu": served("c_threads-again", "echo", 1), "kept_churn": served("c_kept_threads", "churn", 0), "kept_churn_two": served("c_kept_threads", "churn", 0, 2),
        "memory": memory("tabi-c"), "base_memory": memory(SERVER_BASE),
    }


def crowd_of(results, name):
    cpu = tables.cpu_of_threads(results, name)
    return f"{cpu[max(cpu)] / cpu[min(cpu)]:.2f}" if cpu else ABSENT


def section(results):
    """The table of the measures, and the reasons for those that do not hold."""
    lines, reasons, facts = [], {}, facts_of(results)
    group = ""
    for name, limit, value, holds, digits, unit in measures(results):
        group = group if name.startswith("the same") else name
        verdict = "yes" if holds else ABSENT if value is None else "**no**"
        lines.append([name, limit, ABSENT if value is None else f"{value:.{digits}f}{unit}", verdict])
        for beginning, reason in REASONS:
            if value is not None and not holds and group.startswith(beginning):
                reasons[beginning] = f"- *{group}*: {reason.format(**facts)}"
    header = ["ratio to raw C in the same run, or a count", "must be", "is", "holds"]
    bounds = "These are the reasons for the values that do not hold:\n\n" + "\n".join(reasons.values()) + "\n"
    return ["## What must hold\n", table(header, lines) + "\n", *([bounds] if reasons else [])]
