#!/usr/bin/env python3
"""Builds the peers and measures them: `python3 benches/run.py`; then `python3 benches/report.py`.

Results are kept by section in target/bench/results.json, so that one can be measured again alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import RESULTS, ROOT, counts, crowd, names, parking, peers, primitives, servers

SECTIONS = ["primitives", "pingpong", "threads", "bulk", "names", "servers", "growth", "idle", "parking", "crowd", "counts", "sizes", "python"]
#: The sections that need no peer.
ALONE = {"sizes", "python"}


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, text=True, capture_output=True)
    return done.stdout.strip()


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": git("rev-parse", "--short=10", "HEAD"),
        "kernel": platform.release(),
        "cpus": len(os.sched_getaffinity(0)),
        "cpu": model,
        "python": platform.python_version(),
        "rustc": subprocess.run(["rustc", "-V"], text=True, capture_output=True).stdout.split()[1],
        # Before anything is built or runs, because compilers and the servers that are measured count, too.
        "busy": round(os.getloadavg()[0], 2),
    }


def ask_for_quiet():
    """Raises the priority of this process if the system allows it. Returns whether it did."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, separated by commas")
    parser.add_argument("--peers", help="names of peers, separated by commas; the baseline always runs")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each comparison (7)")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    sections = options.only.split(",")
    if unknown := set(sections) - set(SECTIONS):
        parser.error(f"sections are {', '.join(SECTIONS)}, got {', '.join(sorted(unknown))}")
    os.chdir(ROOT)
    at_rest = machine()

    alone, missing, serving, missing_servers, web = [], {}, [], {}, []
    if set(sections) - ALONE:
        peers.build_load()
    if "crowd" in sections:
        web, missing_web = peers.build(peers.CROWD)
        missing |= missing_web
    if set(sections) - ALONE - {"crowd"}:
        alone, missing_alone = peers.build(peers.PRIMITIVES)
        missing |= missing_alone
        serving, missing_servers = peers.build(peers.SERVERS)
    if options.peers:
        wanted = {*options.peers.split(","), "raw", "c_threads"}
        alone = [peer for peer in alone if peer.name in wanted]
        serving = [peer for peer in serving if peer.name in wanted]
        web = [peer for peer in web if peer.name in wanted]
    cpus = sorted(os.sched_getaffinity(0))[:2]
    at_rest["in_front"] = ask_for_quiet()

    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    work = {
        "primitives": lambda: primitives.measure(alone, options.rounds, cpus),
        "pingpong": lambda: primitives.measure_pingpong(alone, options.rounds * 3, cpus),
        "threads": lambda: primitives.measure_threads(alone, options.rounds, cpus),
        "bulk": lambda: primitives.measure_bulk(alone, max(3, options.rounds // 2), cpus),
        "names": lambda: names.measure(alone, options.rounds, cpus),
        "servers": lambda: servers.measure(serving, options.rounds * 2, cpus),
        "growth": lambda: servers.measure_growth(serving, max(1, options.rounds // 3), cpus),
        "idle": lambda: servers.measure_idle(serving, max(1, options.rounds // 3), cpus),
        "parking": lambda: parking.measure(serving, options.rounds, cpus),
        "crowd": lambda: crowd.measure(web, options.rounds, cpus),
        "counts": lambda: counts.measure(alone, serving),
        "sizes": counts.sizes,
        "python": lambda: peers.python_speed().measure(options.rounds * 50),
    }
    for section in sections:
        begin = time.monotonic()
        found = work[section]()
        results[section] = {
            "machine": at_rest,
            "missing": {**missing, **missing_servers},
            "found": found,
        }
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(results))
        print(f"{section}: {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
