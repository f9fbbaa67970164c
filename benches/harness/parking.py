"""Parking beside a thread for each connection, beside one epoll with as many threads, and beside tabi without it."""

from . import tables
from .rounds import ratios, summary
from .servers import compared, measure_idle
from .tables import spread, table

PARKED, EPOLL = "tabi-park", "c_epoll_threads"
THREADS = 16
#: What parking is divided by, and the most that it may be.
BASES = {"c_threads": 1.05, EPOLL: 1.25, "tabi-c": 1.03}
#: Fewer connections than threads, and more.
TALKING, MESSAGES = (8, 1000), 16000
CONNECTED, MOST_TO_CONNECT = 10000, 1.5


def measure(peers, count, cpus):
    talking = [peer for peer in peers if peer.name in (PARKED, *BASES)]
    rows = []
    for clients in TALKING:
        rows.append(compared(talking, count, "echo", {cpus[0]}, {cpus[-1]}, clients, MESSAGES))
        print(f"parking: {clients} connections", flush=True)
    connecting = [peer for peer in peers if peer.name in (PARKED, EPOLL)]
    return {"talking": rows, "connected": measure_idle(connecting, max(3, count // 2), cpus, CONNECTED)}


def at_most(value, limit):
    return f"{spread(value)}, at most {limit}"


def section(results):
    found, machine = tables.found(results, "parking"), results["parking"]["machine"]
    lines = []
    for row in found["talking"]:
        cells = []
        for base, limit in BASES.items():
            value = tables.server_ratio(row, PARKED, 1, base=base)
            # With more connections than threads, a server without parking has more threads, so this is no measure.
            is_limit = base != "tabi-c" or row["clients"] < THREADS
            cells.append(at_most(value, limit) if is_limit else spread(value))
        lines.append([f"a message, {row['clients']:,} connections", *cells])
    values = found["connected"]["values"]
    taken, epoll = ([value["cpu"] for value in values[name]] for name in (PARKED, EPOLL))
    connections = found["connected"]["connections"]
    connected = at_most(summary(ratios(taken, epoll)), MOST_TO_CONNECT)
    lines.append([f"{connections:,} connections with one message each", "", connected, ""])
    return [
        f"## Parking\n\nA server with {THREADS} threads, whose handler answers one message and returns `TABI_PARK`. The table "
        "shows the CPU time of this server, divided by that of another server in the same round: raw C with a thread for "
        f"each connection, raw C with one epoll and {THREADS} threads, and tabi with a thread for each connection. It was made "
        f"by `python3 benches/run.py --only parking && python3 benches/report.py --only parking` on {machine['date']}, at commit "
        f"{machine['commit']} with a load average of {machine['busy']} before it.\n",
        table(["CPU for", "to a thread each", "to one epoll", "to tabi without parking"], lines) + "\n",
    ]
