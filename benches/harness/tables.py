"""Ratios and counts of each peer, for tables, plots and targets."""

from .peers import PRIMITIVES, SERVERS
from .rounds import ratios, summary

BASE, SERVER_BASE = "raw", "c_threads"
LABELS = {peer.name: peer.label for peer in PRIMITIVES}
SERVER_LABELS = {peer.name: peer.label for peer in SERVERS}
OURS = {peer.name for peer in PRIMITIVES + SERVERS if peer.ours}
ABSENT = "–"


def found(results, section):
    return results.get(section, {}).get("found")


def exchanges(results):
    """The rows of one send and one receive: data ready, and the ping-pong."""
    alone = [row for row in found(results, "primitives") or [] if row["case"] != "pingpong"]
    return alone + (found(results, "pingpong") or [])


def row_of(rows, **wanted):
    return next((row for row in rows or [] if all(row[key] == value for key, value in wanted.items())), None)


def ratio(row, name, base=BASE):
    """Median and range of a peer's time divided by that of raw C, or None."""
    if not row or not row["ns"].get(name) or not row["ns"].get(base):
        return None
    return summary(ratios(row["ns"][name], row["ns"][base]))


def nanoseconds(row, name):
    return summary(row["ns"][name]) if row and row["ns"].get(name) else None


def cpu_of_threads(results, name):
    """CPU nanoseconds of an operation by number of threads: the median of the rounds."""
    rows = found(results, "threads") or []
    return {int(row["extra"]): summary(row["cpu"][name])[0] for row in rows if row["cpu"].get(name)}


def over(row, name):
    """Nanoseconds that a peer takes more than raw C, or None."""
    own, base = nanoseconds(row, name), nanoseconds(row, BASE)
    return own and base and own[0] - base[0]


def server_ratio(row, name, column, invert=False, base=SERVER_BASE):
    """Column 0: seconds, 1: the server's CPU seconds per operation. `invert` turns times into rates."""
    values = row and row["values"].get(name)
    if not values:
        return None
    parts = ratios([value[column] for value in values], [value[column] for value in row["values"][base]])
    return summary([1 / part for part in parts] if invert else parts)


def total_calls(calls):
    return None if calls is None else sum(calls.values())


def count_of(results, name, case, timeout):
    rows = (found(results, "counts") or {}).get("primitives")
    return row_of(rows, peer=name, case=case, timeout=timeout)


def connection_calls(results, name):
    each = ((found(results, "counts") or {}).get("connections") or {}).get(name)
    return summary([total_calls(calls) for calls in each]) if each else None


def idle(results, name, key):
    each = ((found(results, "idle") or {}).get("values") or {}).get(name)
    return summary([value[key] for value in each]) if each else None


def spread(triple, digits=2):
    """`1.02 (1.01–1.04)`."""
    if triple is None:
        return ABSENT
    median, low, high = (f"{value:.{digits}f}" for value in triple)
    return f"{median} ({low}–{high})"


def plain(value, digits=0, unit=""):
    if value is None:
        return ABSENT
    median = value[0] if isinstance(value, tuple) else value
    return f"{median:,.{digits}f}{unit}"


def table(header, rows):
    """A Markdown table; the first column is text, the others numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def bold(name, label):
    return f"**{label}**" if name in OURS else label


def targets(results):
    """Returns (measure, limit as text, value or None, whether it holds) for each target."""
    rows, serving = exchanges(results), found(results, "servers")
    sizes = found(results, "sizes") or {}
    ours, server = "tabi-c", "tabi-c" if connection_calls(results, "tabi-c") else "tabi-rust"

    def upper(name, value, limit, digits=2, unit=""):
        value = value[0] if isinstance(value, tuple) else value
        return name, f"≤ {limit}{unit}", value, value is not None and round(value, digits) <= limit, digits, unit

    def lower(name, value, limit):
        value = value and value[0]
        return name, f"≥ {limit}", value, value is not None and round(value, 2) >= limit, 2, ""

    def exchange(case, timeout, cpus=1):
        return ratio(row_of(rows, case=case, size=64, timeout=timeout, cpus=cpus), ours)

    def served(mode, cpus, column, invert=False):
        return server_ratio(row_of(serving, mode=mode, cpus=cpus), server, column, invert)

    def other(case, extra):
        return ratio(row_of(found(results, "bulk"), case=case, extra=extra), ours)

    def counted(case, timeout):
        count = count_of(results, ours, case, timeout)
        return count and count["instructions"]

    calls_ready, calls_late = count_of(results, ours, "unix", 5), count_of(results, ours, "pingpong", 5)
    cpu = cpu_of_threads(results, ours)
    crowd = cpu[64] / cpu[1] if {1, 64} <= cpu.keys() else None
    setup, base_setup = idle(results, server, "cpu"), idle(results, SERVER_BASE, "cpu")
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
        upper("system calls per receive with a timeout: ready", calls_ready and total_calls(calls_ready["calls"]) - 1, 1),
        upper("the same: not ready", calls_late and total_calls(calls_late["calls"]) - 1, 2),
        lower("threaded server, messages per second, 8 clients, one CPU", served("echo", 1, 0, True), 0.99),
        lower("the same: two CPUs", served("echo", 2, 0, True), 0.99),
        upper("server CPU per message, one CPU", served("echo", 1, 1), 1.02),
        upper("the same: two CPUs", served("echo", 2, 1), 1.02),
        lower("connections per second, one CPU", served("churn", 1, 0, True), 1.30),
        lower("the same: two CPUs", served("churn", 2, 0, True), 1.08),
        upper("server CPU per short connection, one CPU", served("churn", 1, 1), 0.65),
        upper("system calls per connection with one message", connection_calls(results, server), 7, 1),
        upper("resident memory per idle connection", idle(results, server, "VmRSS"), 9, 1, " KiB"),
        upper("set-up of 5,000 connections, the server's CPU", setup and base_setup and setup[0] / base_setup[0], 1.1),
        upper("libtabi.so, stripped", sizes.get("libtabi.so") and sizes["libtabi.so"] / kib, 700, 0, " KiB"),
        upper("C program linked statically, stripped", sizes.get("hello") and sizes["hello"] / kib, 600, 0, " KiB"),
    ]
