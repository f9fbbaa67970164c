"""Web servers whose clients stay connected and seldom ask."""

from . import rounds, tables
from .peers import CROWD
from .rounds import summary
from .servers import idle_once, load, served, working_pid
from .tables import ABSENT, plain, table

CONNECTED, ACTIVE, REQUESTS = 1000, 8, 8000

#: Why a few requests wait long in http.server on tabi.
WHY = (
    "Why a few requests wait long in http.server on tabi: a thread that has answered a connection takes the next one that has sent "
    "something, without leaving its CPU. Another thread may hold a connection already, and waits for Python's lock. It is woken each "
    "time the lock is free; but before it gets the CPU, the thread that runs has taken the lock again. So it waits until the system "
    "takes the CPU from that thread, and the more threads wait, the longer it takes. A shorter switch interval of the interpreter "
    "(`sys.setswitchinterval`) does not help, because a thread that is woken begins to count it anew; fewer threads do. With a thread "
    "for each connection, each thread sleeps after its answer, and the others get their turns."
)


def measure(peers, count, cpus):
    """The servers run one at a time, each on one CPU, and the clients on another."""

    def asked(peer):
        with served(peer, {cpus[0]}) as (process, port):
            found = load("web", port, working_pid(peer, process), CONNECTED, ACTIVE, REQUESTS, {cpus[-1]})
        return {"rate": REQUESTS / found["seconds"], "cpu": found["cpu"] / REQUESTS, "p99": found["p99"]}

    def kept(peer):
        return idle_once(peer, CONNECTED, cpus, "web", "web-idle", 1)

    values = rounds.interleaved(peers, count, asked)
    print(f"crowd: {REQUESTS:,} requests", flush=True)
    return {"asked": values, "kept": rounds.interleaved(peers, max(1, count // 3), kept)}


def section(results):
    found, machine = tables.found(results, "crowd"), results["crowd"]["machine"]
    missing = results["crowd"]["missing"]
    lines = []
    for peer in CROWD:
        if peer.name not in found["asked"]:
            lines.append([f"{peer.label} (needs {missing.get(peer.name, 'more')})", *[ABSENT] * 4])
            continue
        asked = {key: summary([value[key] for value in found["asked"][peer.name]])[0] for key in ("rate", "cpu", "p99")}
        kept = [value["VmRSS"] for value in found["kept"].get(peer.name, [])]
        lines.append(
            [
                f"**{peer.label}**" if peer.ours else peer.label,
                plain(asked["rate"]),
                plain(asked["cpu"] * 1e6, 1, " µs"),
                plain(asked["p99"] / 1e3, 1, " ms"),
                plain(summary(kept), 1, " KiB") if kept else ABSENT,
            ]
        )
    return [
        f"## A crowd that stays connected\n\n{CONNECTED:,} clients stay connected to a web server, and {ACTIVE} of them at a time wait for an "
        "answer of 13 bytes. They ask in turns, so each connection is idle most of the time. The server has one CPU, and the clients have another. "
        "gunicorn, cheroot and tabi have 16 threads; Apache has 256, because it closes connections that are kept when all are busy; nginx has one process without threads, and CPython has a thread for each connection. "
        "The C server reads a request up to its empty line and nothing more; nginx and Apache do all that HTTP asks for. The table was made by "
        f"`python3 benches/run.py --only crowd && python3 benches/report.py --only crowd` on {machine['date']}, at commit {machine['commit']} and a load "
        f"average of {machine['busy']} before it.\n",
        table(["", "requests/s", "CPU each", "p99", "memory of an idle connection"], lines) + "\n",
        WHY + "\n",
    ]
