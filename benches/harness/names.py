"""Look-ups with and without a limit, and connections to hosts some of whose addresses do not answer."""

import os
import re
import subprocess

from . import ROOT, tables
from .primitives import TIMEOUT, record
from .tables import ABSENT, plain, spread, table

LOOKS_UP = ("raw", "raw-again", "cpython", "tabi-c", "tabi-python")
#: What the names of the cases of the comparison with curl mean.
HOSTS = {
    "ipv6-first": "everything answers",
    "black-hole": "the IPv6 address does not answer",
    "refused": "the IPv6 address refuses",
    "slow-aaaa": "the name server answers for IPv6 after two seconds",
    "no-answer-for-aaaa": "it does not answer for IPv6",
    "slow-a": "it answers for IPv4 after two seconds",
    "no-aaaa": "there is no IPv6 address",
    "aaaa-within-the-resolution-delay": "the IPv6 addresses come a little late",
    "twenty-addresses": "twenty addresses",
    "both-dead": "no address answers, limit 1 s",
    "dead-name-server": "the name server is dead, limit 1 s",
}


def measure(peers, count, cpus):
    able = [peer for peer in peers if peer.name in LOOKS_UP]
    rows = [record(able, count, "lookup", 0, timeout, {cpus[0]}) for timeout in (0, TIMEOUT)]
    print("names: look-ups", flush=True)
    return {"rows": rows, "curl": beside_curl()}


def beside_curl():
    """Milliseconds of tabi and of curl by case; none without curl, or without the right to make a network."""
    command = ["cargo", "test", "--quiet", "--test", "net", "against_curl", "--", "--nocapture"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TABI_AGAINST_CURL": "1"}, text=True, capture_output=True
    )
    found = re.findall(r"^against-curl: (\S+) +(\d+) ms +(\d+) ms", done.stdout, flags=re.M)
    return {name: (int(ours), int(theirs)) for name, ours, theirs in found}


def section(results):
    found, machine = tables.found(results, "names"), results["names"]["machine"]
    without, limited = found["rows"]
    lines = [["raw C", *(plain(tables.nanoseconds(row, "raw"), 0, " ns") for row in found["rows"])]]
    for name in LOOKS_UP[1:]:
        # No other peer has a limit, so the base is the look-up of raw C without one.
        limit = ABSENT
        if limited["ns"].get(name) and name.startswith("tabi"):
            base = tables.nanoseconds(without, "raw")[0]
            limit = spread(tuple(value / base for value in tables.nanoseconds(limited, name)))
        lines.append([tables.bold(name, tables.LABELS[name]), spread(tables.ratio(without, name)), limit])
    lines[0][2] = ABSENT
    parts = [
        "## Names under a deadline\n\nThe CPU time of a look-up of `localhost`, divided by that of `getaddrinfo(3)`. With a limit, a "
        "thread of the library makes the look-up. The tables were made by `python3 benches/run.py --only names && python3 "
        f"benches/report.py --only names` on {machine['date']}, at commit {machine['commit']} with a load average of {machine['busy']} before it.\n",
        table(["", "without a limit", f"a limit of {TIMEOUT} s"], lines) + "\n",
    ]
    if found["curl"]:
        lines = [[HOSTS[name], *(f"{value:,} ms" for value in times)] for name, times in found["curl"].items()]
        parts.append(
            "The time until a connection is made, or has failed, with a name server and addresses of a network namespace. The name "
            "server has IPv4 and IPv6 addresses for each host, and what is not mentioned answers at once.\n"
        )
        parts.append(table(["", "tabi", "curl"], lines) + "\n")
    return parts
