#!/usr/bin/env python3
"""Makes the same calls on the built-in ``_socket`` and on tabi, for systems where the Rust tests do not run Python.

    python differential.py FILE...

The files have cases in the form that tests/python/differential/cases.txt explains. A case with a name that this system's
module does not have is left out. The exit status is 0 only when at least ``LEAST`` cases were compared and every result,
kind of error and number is the same on both.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CALLS = os.path.join(os.path.dirname(PACKAGES), "tests", "python", "differential", "python.py")

#: What differs on purpose.
DIFFERENCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "windows_differences.tsv")

#: The least number of cases. The tables may grow but not shrink.
LEAST = 400

GROUP = re.compile(r"\{(?:([a-z]+):)?(.*?)\}")

#: What a call ends with whose names the module does not have.
ABSENT = re.compile(r"\b(NameError|AttributeError)\(")


def expanded(line: str) -> Iterator[str]:
    """The cases of a line: one for each alternative of each group."""
    group = GROUP.search(line)
    if group is None:
        yield line
        return
    name, alternatives = group.groups()
    for alternative in alternatives.split("|"):
        chosen = line[: group.start()] + alternative + line[group.end() :]
        yield from expanded(chosen.replace(f"{{{name}}}", alternative) if name else chosen)


def cases(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8") as table:
        for line in map(str.strip, table):
            if line and not line.startswith("#"):
                yield from expanded(line)


def results(calls: list[str], *side: str) -> list[str]:
    """The result of each case. A case that hangs, or with which Python breaks down, has none, and the others go on."""
    found: list[str] = []
    while len(found) < len(calls):
        done = subprocess.run(
            [sys.executable, CALLS, *side],
            input="\n".join(calls[len(found) :]).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": PACKAGES, "EXACT": "", "HANG_GUARD": "10"},
        )
        found += done.stdout.decode().splitlines()
        if len(found) < len(calls):
            found.append("hangs")
    return found


def differences() -> list[tuple[re.Pattern, str]]:
    """The cases that differ on purpose, and the reasons."""
    with open(DIFFERENCES, encoding="utf-8") as table:
        rows = [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]
    return [(re.compile(pattern), reason) for pattern, reason in rows]


def both_results(calls: list[str]) -> list[tuple[str, str, str]]:
    """Each case with its results on the built-in module and on tabi."""
    with ThreadPoolExecutor() as both:
        builtin, tabi = both.submit(results, calls), both.submit(results, calls, "tabi")
    return list(zip(calls, builtin.result(), tabi.result()))


def main() -> None:
    calls = [case for path in sys.argv[1:] for case in cases(path)]
    compared = 0
    differing = []
    on_purpose = dict.fromkeys(differences(), 0)
    for case, expected, own in both_results(calls):
        if ABSENT.search(expected) and expected == own:
            continue
        compared += 1
        known = next((row for row in on_purpose if row[0].search(f"{case} -> {expected}")), None)
        if known is not None:
            on_purpose[known] += expected != own
        elif expected != own:
            differing.append(case)
    # On a machine that is very busy a case may hang once.
    again = [row for row in both_results(differing) if row[1] != row[2]]
    for case, expected, own in again:
        print(f"{case}\n  Python: {expected}\n  tabi:   {own}")
    for (_, reason), count in on_purpose.items():
        print(f"{count} cases differ on purpose: {reason}")
    print(f"{compared} cases compared with the built-in module, {len(again)} differ")
    sys.exit(bool(again) or compared < LEAST or not all(on_purpose.values()))


if __name__ == "__main__":
    main()
