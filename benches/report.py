#!/usr/bin/env python3
"""Turns the results of `run.py` into tables on the screen, plots in docs/images/ and docs/benchmarks.md.

With `--only SECTION` the page's other sections stay as they are. Every figure of the page comes from the results.
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import RESULTS, ROOT, crowd, names, parking, svg, tables, targets
from harness.primitives import SIZES
from harness.rounds import summary
from harness.servers import CLIENTS, GROWTH, IDLE
from harness.tables import ABSENT, BASE, LABELS, OURS, SERVER_BASE, SERVER_LABELS, bold, plain, spread, table

IMAGES = ROOT / "docs" / "images"
PAGE = ROOT / "docs" / "benchmarks.md"
COLOURS = {"raw": 1, "poll": 6, "try": 3, "rcvtimeo": 8, "std": 2, "socket2": 4, "cpython": 5, "tabi-c": 0, "tabi-rust": 7, "tabi-python": 9}
COLOURS |= {"asio": 10, "sockpp": 11}
COLOURS |= {"c_threads": 1, "c_kept_threads": 6, "c_epoll": 3, "glib": 8, "poco": 4, "libuv": 5, "std-threads": 2}
SERVER_COLOURS = COLOURS | {"tokio": 9, "cpython": 4, "gevent": 6}
SIZE_NAMES = {1: "1 B", 64: "64 B", 1024: "1 KiB", 4096: "4 KiB", 16384: "16 KiB", 65536: "64 KiB"}
SERVER_FACE = "tabi in C"


def bar_rows(values, labels, base):
    """Returns the rows of a bar chart, with the shortest bar first, from {name: (median, low, high)}."""
    kept = {name: value for name, value in values.items() if value and "again" not in name}
    ordered = sorted(kept, key=lambda name: kept[name][0])
    return [(labels[name], None if name == base else name in OURS, *kept[name]) for name in ordered]


def primitives_section(results, images):
    rows = tables.exchanges(results)
    parts = ["## One send and one receive\n"]
    parts.append(
        "The tables show times divided by the time of raw C in the same round, for 64 bytes on one CPU: the median, and the range of the "
        "middle eight tenths of the rounds. In the columns for the unix pair, TCP and UDP, one thread sends to itself, so data is always "
        "ready. In the ping-pong, an echo server runs on the same CPU, and nothing is ready when the receive begins. Its time is that of "
        "both programs.\n"
    )
    columns = [("unix", 1), ("tcp", 1), ("udp", 1), ("pingpong", 1)]
    header = ["", "unix pair", "TCP", "UDP", "TCP ping-pong"]
    for timeout, title in (0, "No timeout"), (5, "A timeout of 5 s"):
        found = [tables.row_of(rows, case=case, size=64, timeout=timeout, cpus=cpus) for case, cpus in columns]
        lines = [["raw C, ns", *(plain(tables.nanoseconds(row, BASE)) for row in found)]]
        for name in LABELS:
            cells = [tables.ratio(row, name) for row in found]
            if name != BASE and any(cells):
                lines.append([bold(name, LABELS[name]), *map(spread, cells)])
        parts.append(f"### {title}\n\n{table(header, lines)}\n")
    parts.append(
        f"**For you:** a send and a receive through tabi cost {plain(tables.over(found[0], 'tabi-c'))} ns more than the two system calls, with or "
        "without a timeout. The row *raw C with an in-flight count* is raw C that counts its calls, so that `close` is safe. It shows what this count costs.\n"
    )
    parts.append("### By message size\n\nTimes of a unix pair divided by the time of raw C. The last column is the time of raw C.\n")
    for timeout, title in (0, "no timeout"), (5, "5 s timeout"):
        lines = []
        for size in SIZES:
            row = tables.row_of(rows, case="unix", size=size, timeout=timeout)
            shown = [name for name in LABELS if name != BASE and (timeout or name not in ("poll", "try", "rcvtimeo"))]
            cells = [plain(tables.ratio(row, name), 2) for name in shown]
            lines.append([SIZE_NAMES[size], *cells, plain(tables.nanoseconds(row, BASE), 0, " ns")])
        parts.append(table([title, *(LABELS[name] for name in shown), "raw C"], lines) + "\n")
    series = []
    for name in COLOURS:
        points = {size: tables.ratio(tables.row_of(rows, case="unix", size=size, timeout=5), name) for size in SIZES}
        points = {size: point[0] for size, point in points.items() if point}
        if name in LABELS and points:
            series.append((LABELS[name], name in OURS, COLOURS[name], points))
    images["sizes"] = svg.lines(
        series, SIZE_NAMES, "Send and receive with a timeout of 5 s, by message size",
        "Unix pair, one CPU. Time divided by that of raw C, which keeps no timeout: 1 is the bare system calls.", "times raw C", log_y=True,
    )
    parts.append("![Send and receive by message size](images/sizes.svg)\n")
    return parts


def threads_section(results, images):
    rows = tables.found(results, "threads")
    series, lines = [], []
    for name in LABELS:
        points = {int(row["extra"]): tables.nanoseconds(row, name) for row in rows}
        points = {threads: 1e3 / point[0] for threads, point in points.items() if point}
        if points and "again" not in name and name != "guard":
            series.append((LABELS[name], name in OURS, COLOURS[name], points))
            cpu = tables.cpu_of_threads(results, name)
            lines.append([bold(name, LABELS[name]), *(f"{points[t]:.2f}" for t in sorted(points)), f"{cpu[max(cpu)] / cpu[min(cpu)]:.2f}"])
    counts = sorted({int(row["extra"]) for row in rows})
    images["threads"] = svg.lines(
        series, {count: str(count) for count in counts}, "From 1 to 64 threads, each with a unix pair of its own",
        "Two CPUs, 64 B. Millions of send + receive per second of all threads together; more is better.", "million/s", zero=True,
    )
    text = "**For you:** threads that use different sockets share nothing in tabi, neither a lock nor a counter.\n"
    title = (
        "## Threads\n\nMillions of sends and receives of 64 bytes per second on two CPUs, by number of threads. The last column is the CPU time of one "
        f"with {counts[-1]} threads, divided by that with one thread: threads that wait for each other, or share memory that they write to, need more.\n"
    )
    return [title, table(["threads", *map(str, counts), f"CPU, {counts[-1]} to 1"], lines) + "\n", "![By threads](images/threads.svg)\n", text]


def bulk_section(results):
    rows = tables.found(results, "bulk")
    columns = [
        ("bulk", 0, "1", "1 GiB by sendall"), ("bulk", 5, "1", "the same, 5 s timeout"), ("sendfile", 0, "", "1 GiB by sendfile"),
        ("datagrams", 0, "one", "datagram, one by one"), ("datagrams", 0, "many", "datagram, in batches of 64"),
        ("getaddrinfo", 0, "1", "getaddrinfo, numeric"), ("create_connection", 0, "1", "create_connection"),
    ]
    found = [tables.row_of(rows, case=case, timeout=timeout, extra=extra) for case, timeout, extra, _ in columns]
    units = [1e6, 1e6, 1e6 / 4, 1, 1, 1, 1e3]
    names = ["ms", "ms", "ms", "ns", "ns", "ns", "µs"]
    base = [plain(tuple(v / unit for v in value), 0, f" {name}") if value else ABSENT for value, unit, name in zip((tables.nanoseconds(row, BASE) for row in found), units, names)]
    lines = [["raw C", *base]]
    for name in LABELS:
        cells = [tables.ratio(row, name) for row in found]
        if name not in (BASE, "poll", "try", "rcvtimeo") and any(cells):
            lines.append([bold(name, LABELS[name]), *map(spread, cells)])
    return [
        "## Bulk, datagrams, look-ups, new connections\n\nTimes divided by the time of raw C. 1 GiB goes through TCP from one thread to another on two CPUs, "
        "with `sendall` of 1 MiB at a time and `recv_into` of 256 KiB. A datagram of 64 bytes is sent and received by one thread. Raw C receives "
        "with `recvmmsg`, which tells the senders, and sends a batch with `sendmmsg`. `create_connection` is a connect, an accept and two closes.\n",
        table(["", *(title for *_, title in columns)], lines) + "\n",
        "**For you:** moving much data costs the same with all of them, because the kernel copies the data. `getaddrinfo` of a numeric address sends no query. "
        f"Opening and closing a connection costs raw C as much as {plain(connection_price(results, found[-1]))} sends and receives on it, so keep connections open.\n",
    ]


def connection_price(results, created):
    """Returns how many exchanges of 64 B by TCP take as long as a new connection, in raw C."""
    exchange = tables.nanoseconds(tables.row_of(tables.exchanges(results), case="tcp", size=64, timeout=0, cpus=1), BASE)
    price = tables.nanoseconds(created, BASE)
    return price and exchange and price[0] / exchange[0]


def servers_section(results, images):
    rows = tables.found(results, "servers")
    parts = [
        "## Servers\n\nEach peer is an echo server for the same load generator, with 8 clients and messages of 64 bytes. Values are divided by those of raw C with a thread "
        "for each connection. Of the rates, more is better. CPU is that of the server, and less is better. *Churn* is a connect, one message and a close. With one "
        "CPU, the server and the generator share it; with two, each has its own.\n"
    ]
    header = ["", "messages/s", "CPU per message", "connections/s", "CPU per connection"]
    for cpus, title in (1, "one CPU"), (2, "two CPUs"):
        echo, churn = (tables.row_of(rows, mode=mode, cpus=cpus) for mode in ("echo", "churn"))
        base = [[value[0] for value in row["values"][SERVER_BASE]] for row in (echo, churn)]
        cpu = [[value[1] for value in row["values"][SERVER_BASE]] for row in (echo, churn)]
        rate = [f"{1 / summary(value)[0]:,.0f}" for value in base]
        micro = [f"{summary(value)[0] * 1e6:.1f} µs" for value in cpu]
        lines = [[SERVER_LABELS[SERVER_BASE], rate[0], micro[0], rate[1], micro[1]]]
        for name, label in SERVER_LABELS.items():
            cells = [tables.server_ratio(row, name, column, not column) for row in (echo, churn) for column in (0, 1)]
            if name != SERVER_BASE and any(cells):
                lines.append([bold(name, label), *map(spread, cells)])
        parts.append(table([title, *header[1:]], lines) + "\n")
    lines = []
    for name, label in SERVER_LABELS.items():
        if "again" in name or not tables.idle(results, name, "VmRSS"):
            continue
        echo, churn = (tables.row_of(rows, mode=mode, cpus=2) for mode in ("echo", "churn"))
        tail = [f"{summary([value[3] for value in row['values'][name]])[0]:.0f} µs" if name in row["values"] else ABSENT for row in (echo, churn)]
        idle = [plain(tables.idle(results, name, key), 1) for key in ("VmRSS", "VmPTE")]
        setup = plain(tables.idle(results, name, "cpu"), 2, " s")
        lines.append([bold(name, label), plain(tables.connection_calls(results, name), 1), *idle, setup, *tail])
    parts.append(
        f"The table shows the system calls of the server for one connection with one message ({CLIENTS} clients), the KiB of resident memory and of page tables for each of "
        f"{IDLE:,} idle connections that have exchanged one message, the CPU seconds of the server until all {IDLE:,} were connected, and the 99th percentile of the wait for an "
        "echo on two CPUs.\n"
    )
    parts.append(table(["", "system calls", "KiB each", "page tables", f"CPU to take {IDLE:,}", "p99 echo", "p99 churn"], lines) + "\n")
    churn = tables.row_of(rows, mode="churn", cpus=1)
    each = [tables.idle(results, "tabi-c", key) for key in ("VmRSS", "VmPTE")]
    total = sum(part[0] for part in each) * IDLE / 1024 if all(each) else None
    parts.append(
        f"**For you:** for short connections, tabi's server uses {plain(tables.server_ratio(churn, 'tabi-c', 1), 2)} of the CPU that a new "
        f"thread for each connection uses. A thread for each of {IDLE:,} idle clients takes {plain(total)} MiB in total. An event loop (epoll, libuv, tokio) uses "
        "less memory for many idle clients, but every handler must be written for it.\n"
    )
    values = {name: tables.server_ratio(churn, name, 1) for name in SERVER_LABELS}
    memory = {name: tables.idle(results, name, "VmRSS") for name in SERVER_LABELS}
    images["servers"] = svg.bars(
        [
            ("Server CPU per short connection, by a C thread each", "×", 1, bar_rows(values, SERVER_LABELS, SERVER_BASE)),
            (f"Resident memory per idle connection, {IDLE:,} of them", " KiB", None, bar_rows(memory, SERVER_LABELS, SERVER_BASE)),
        ],
        "Echo servers", "Less is better. Medians; thin lines are the range. One CPU.",
    )
    parts.append("![Servers](images/servers.svg)\n")
    return parts


def growth_section(results, images):
    rows = tables.found(results, "growth")
    series, lines = [], []
    for name, label in SERVER_LABELS.items():
        points = {row["clients"]: summary([value[1] * 1e6 for value in row["values"]]) for row in rows if row["peer"] == name}
        points = {clients: point[0] for clients, point in points.items()}
        if points and "again" not in name:
            colour = 0 if name == "tabi-c" else 7 if name == "tabi-rust" else SERVER_COLOURS.get(name, 9)
            series.append((label, name in OURS, colour, points))
            lines.append([bold(name, label), *(f"{points[c]:.1f}" if c in points else ABSENT for c in GROWTH)])
    images["growth"] = svg.lines(
        series, {clients: f"{clients:,}" for clients in GROWTH}, "From 10 to 10,000 connections, all of them talking",
        "The server's CPU microseconds for one 64 B message; less is better. Server and generator on a CPU each.", "µs/message", log_y=True,
    )
    return [
        "## From 10 to 10,000 connections\n\nThe table shows the CPU microseconds of the server for each message while all connections are in use.\n",
        table(["connections", *(f"{clients:,}" for clients in GROWTH)], lines) + "\n",
        "![Growth](images/growth.svg)\n",
        f"**For you:** a server with a thread for each client can serve {GROWTH[-1]:,} clients. With more clients a message costs more, because more of their "
        "data is no longer in the CPU's caches. This is also true of event loops.\n",
    ]


def counts_section(results):
    lines = []
    for name, label in LABELS.items():
        cells = [tables.count_of(results, name, case, timeout) for case, timeout in (("unix", 0), ("unix", 5), ("pingpong", 5))]
        if "again" not in name and any(cells):
            numbers = [plain(cell and cell["instructions"]) for cell in cells]
            calls = [plain(cell and tables.total_calls(cell["calls"]), 1) for cell in cells]
            lines.append([bold(name, label), *numbers, *calls])
    header = ["", "instructions", "with timeout", "not ready", "system calls", "with timeout", "not ready"]
    return [
        "## Counts\n\nThe table shows the user-space instructions (callgrind) and the system calls (strace) of one send and one receive of 64 bytes: without a timeout, "
        "with a timeout of 5 s and data ready, and with the same timeout when the receive has to wait. These counts do not depend on how busy the machine is. "
        "`python3 benches/check_counts.py` fails when they get larger.\n",
        table(header, lines) + "\n",
    ]


def sizes_section(results):
    found = tables.found(results, "sizes")
    kib = {name: f"{value / 1024:,.0f} KiB" for name, value in found.items() if isinstance(value, int)}
    lines = [
        ["libtabi.so", kib["libtabi.so"]], ["C client linked statically with libtabi.a", kib["hello"]],
        *([name, size] for name, size in kib.items() if name not in ("hello", "libtabi.so")),
    ]
    crates, seconds = found["crates"], found.get("build", {})
    build = [
        ["the C library (`tabi-capi`)", crates["capi"], plain(seconds.get("capi"), 1, " s")],
        ["the Rust crate (`tabi`)", crates["core"], plain(seconds.get("core"), 1, " s")],
    ]
    return [
        "## Size and build\n\nThese are the sizes of stripped files. The other libraries are those of Debian's packages.\n", table(["", "stripped"], lines) + "\n",
        "The next table is a `cargo build --release` that starts with the sources only. It counts the crates of others that are compiled, build dependencies included.\n",
        table(["", "crates", "CPU time"], build) + "\n",
        "**For you:** a Rust program that uses the crate builds nothing of the C face.\n",
    ]


def python_section(results):
    found, machine = tables.found(results, "python"), results["python"]["machine"]
    lines = []
    for row in found["calls"]:
        limit = "none" if row["timeout"] is None else f"{row['timeout']:g} s"
        times = [f"{row[module]:,.0f} ns" for module in ("builtin", "tabi")]
        lines.append([f"`{row['call']}`", f"{row['bytes']:,}", limit, *times, f"{row['tabi'] / row['builtin']:.2f}"])
    for row in found["others"]:
        times = [f"{row[module]:,.0f} ns" for module in ("builtin", "tabi")]
        lines.append([f"`{row['call']}`", "", "", *times, f"{row['tabi'] / row['builtin']:.2f}"])
    idle = found["idle"]
    lines.append(["an idle connection of a threading server", "", "", *(f"{idle[module]:.1f} KiB" for module in ("builtin", "tabi")), f"{idle['tabi'] / idle['builtin']:.2f}"])
    start = found["start"]
    lines.append(["start and `import socket`", "", "", *(f"{start[module][0]:.0f} ms" for module in ("builtin", "tabi")), f"{start['tabi'][0] / start['builtin'][0]:.2f}"])
    more = start["tabi"][1] - start["builtin"][1]

    def ratios(size, timed):
        each = [row["tabi"] / row["builtin"] for row in found["calls"] if row["bytes"] == size and (row["timeout"] is not None) == timed]
        return f"{min(each):.2f} to {max(each):.2f}"

    small, large = (sorted({row["bytes"] for row in found["calls"]})[at] for at in (0, -1))
    return [
        "## Python beside CPython\n\nEach row is one call on the built-in module and on tabi, measured in turns. Each call moves one message over a pair of unix sockets in one "
        "thread. The table was made by `python3 benches/run.py --only python && python3 benches/report.py --only python` with CPython "
        f"{found['python']} on {machine['date']}, at commit {machine['commit']} with a load average of {machine['busy']} before it. The ratios are more exact than the times. "
        "The rows *tabi in Python* of the other tables are from the commits at the top of this page.\n",
        table(["call", "bytes", "timeout", "built-in", "tabi", "ratio"], lines) + "\n",
        f"**For you:** a call that moves {small} bytes takes {ratios(small, False)} times as long as CPython's without a timeout, and {ratios(small, True)} times as long with "
        f"one. With a timeout, tabi makes one system call less. With {large:,} bytes the ratios are "
        f"{ratios(large, False)} without a timeout and {ratios(large, True)} with one. A process uses {more:,} KiB more memory. A connection that is parked takes {idle['parked']:.1f} KiB.\n",
    ]


def replaced(page, made):
    """Returns the page with new sections. Each replaces the section with the same title, or is added at the end."""
    titled = re.split(r"^(?=## )", page, flags=re.M)
    for section in filter(None, re.split(r"^(?=## )", made, flags=re.M)):
        title = section.partition("\n")[0]
        same = [at for at, old in enumerate(titled) if old.partition("\n")[0] == title]
        if same:
            titled[same[0]] = section
        else:
            titled.append(section)
    return "\n".join(section.strip("\n") + "\n" for section in titled)


def overview(results):
    rows, serving = tables.exchanges(results), tables.found(results, "servers")
    row = tables.row_of(rows, case="unix", size=64, timeout=5)
    shown = ("raw", "poll", "std", "cpython", "tabi-c", "tabi-rust", "tabi-python")
    exchange = {name: tables.ratio(row, name) for name in shown}
    churn = tables.row_of(serving, mode="churn", cpus=1)
    cpu = {name: tables.server_ratio(churn, name, 1) for name in SERVER_LABELS}
    return svg.bars(
        [
            ("Send and receive 64 B with a timeout of 5 s (time, raw C without one = 1)", "×", 1, bar_rows(exchange, LABELS, BASE)),
            ("Server: CPU for a client that connects, gets one answer and disconnects (raw C with a thread for each client = 1)", "×", 1, bar_rows(cpu, SERVER_LABELS, SERVER_BASE)),
        ],
        "What it costs, beside the alternatives", "Less is better. Medians; thin lines are the range of the rounds. Linux, loopback, one CPU.",
    )


def head(results):
    machine = max((section["machine"] for section in results.values()), key=lambda each: each["date"])
    missing = {name: what for section in results.values() for name, what in section["missing"].items()}
    absent = ", ".join(f"{name} ({what} is not installed)" for name, what in missing.items())
    commits = sorted({section["machine"]["commit"] for section in results.values()})
    # That of the first section: before the later ones, the servers that were measured still count.
    load = next(iter(results.values()))["machine"]["busy"]
    return [
        "# Benchmarks\n\nThis page is made by `python3 benches/run.py` and `python3 benches/report.py`. `benches/README.md` says how the figures are measured. "
        "Do not edit the page: run the two programs again.\n",
        table(
            ["", ""],
            [
                ["date", machine["date"]], ["commit", ", ".join(commits)], ["kernel", machine["kernel"]],
                ["CPUs", f"{machine['cpus']} × {machine['cpu']}"], ["CPython, rustc", f"{machine['python']}, {machine['rustc']}"],
                ["load average before the measurement", load], ["peers left out", absent or "none"],
            ],
        ).replace("---:", "---") + "\n",
        noise_note(results),
    ]


def noise_note(results):
    """Returns a sentence that says how far the copy of the baseline is from the baseline."""
    off = []
    for row in tables.exchanges(results) or []:
        if row["case"] not in ("pingpong", "threads") and (value := tables.ratio(row, "raw-again")):
            off.append(abs(value[0] - 1))
    served = []
    for row in tables.found(results, "servers") or []:
        served += [abs(tables.server_ratio(row, "c_threads-again", column)[0] - 1) for column in (0, 1)]
    return (
        f"The baseline ran a second time under another name. The medians of that copy differ from 1 by {summary(off)[0] * 100:.1f} % "
        f"at the median and {max(off) * 100:.1f} % at most on one thread, and by {max(served) * 100:.1f} % at most for servers; "
        "a difference between two rows that is smaller than this means nothing.\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--only", help="sections of run.py, separated by commas; the others stay as they are on the page")
    options = parser.parse_args()
    if not options.results.exists():
        raise SystemExit(f"{options.results} is not there: run benches/run.py first")
    results = json.loads(options.results.read_text())
    if options.only:
        results = {name: found for name, found in results.items() if name in options.only.split(",")}
    images, parts = {}, [] if options.only else head(results)
    makers = {
        "primitives": [targets.section, primitives_section], "threads": [threads_section], "bulk": [bulk_section], "names": [names.section], "servers": [servers_section],
        "growth": [growth_section], "parking": [parking.section], "crowd": [crowd.section], "counts": [counts_section], "sizes": [sizes_section],
        "python": [python_section],
    }
    for section, sections in makers.items():
        for make in sections if section in results else []:
            takes_images = make.__code__.co_argcount == 2
            parts += make(results, images) if takes_images else make(results)
    if {"primitives", "servers"} <= results.keys() and not options.only:
        images["overview"] = overview(results)
        parts.insert(3, "![What it costs](images/overview.svg)\n")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        (IMAGES / f"{name}.svg").write_text(image)
    made = "\n".join(parts)
    page = replaced(PAGE.read_text(), made) if options.only else made
    PAGE.write_text(page)
    print(made)
    print(f"written: {PAGE}, {', '.join(sorted(f'{name}.svg' for name in images))}")


if __name__ == "__main__":
    main()
