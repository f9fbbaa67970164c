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
