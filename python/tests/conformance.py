#!/usr/bin/env python3
"""Runs CPython's own tests on the built-in ``_socket`` and on tabi, and compares them case by case.

    python3 python/tests/conformance.py                      every module of the list
    python3 python/tests/conformance.py --quick              the part that `cargo test` runs
    python3 python/tests/conformance.py test_socket          modules by name
    python3 python/tests/conformance.py --turn 0/8           one of eight parts of the list
    python3 python/tests/conformance.py "test_os -m *send*"  with options of `python3 -m test`
    python3 python/tests/conformance.py --unknown            with tabi on an interpreter whose details it does not know

Each run has a process of its own and a time limit. The exit status is 0 only when every case
ended the same way on both. The tests are those of the Python that runs this file, unchanged.

Some of those tests depend on the machine's mood (ports, load) on either side. A module that differs is therefore
run once more, with nothing else running; what differs then counts, and what differed only once is shown.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time

import conformance_suites
from conformance_suites import Suite

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, "conformance_record.py")
PACKAGES = os.path.dirname(HERE)
#: A Python that finds this folder is one whose details are not as tabi expects them.
UNKNOWN_INTERPRETER = os.path.join(HERE, "unknown_interpreter")
BUILTIN, TABI, UNKNOWING = "built-in", "tabi", "tabi on an unknown interpreter"
NOT_RUN = "not run"

#: A case that was reported twice ended in the worse of the two ways.
WORST = ["passed", "skipped", "failed as expected", "passed unexpectedly", "started", "failed"]
SHOWN = {"started": "did not end"}


@dataclasses.dataclass
class Run:
    """What one process did."""

    cases: dict[str, str]
    reasons: dict[str, str]
    status: str
    output: str
    seconds: float


@dataclasses.dataclass
class Comparison:
    """The same suite on both."""

    suite: Suite
    builtin: Run
    tabi: Run

    @property
    def all_cases(self) -> list[str]:
        return sorted(self.builtin.cases.keys() | self.tabi.cases.keys())

    def both(self, *outcomes: str) -> int:
        return sum(
            self.builtin.cases.get(case) == self.tabi.cases.get(case) and self.builtin.cases.get(case) in outcomes
            for case in self.all_cases
        )

    @property
    def differences(self) -> list[str]:
        found = []
        unreached = 0
        for case in self.all_cases:
            one, other = self.builtin.cases.get(case, NOT_RUN), self.tabi.cases.get(case, NOT_RUN)
            if one != other == NOT_RUN and not self.tabi.status.startswith("exit"):
                # The run broke off: the case at which it did says more than all that were to follow.
                unreached += 1
            elif one != other:
                reason = self.tabi.reasons.get(case) or self.builtin.reasons.get(case) or ""
                one, other = SHOWN.get(one, one), SHOWN.get(other, other)
                found.append(f"{case}: {BUILTIN} {one}, {TABI} {other}" + (f" ({reason})" if reason else ""))
        if self.builtin.status != self.tabi.status:
            found.append(
                f"the run itself: {BUILTIN} {self.builtin.status}, {TABI} {self.tabi.status}"
                + (f"; {unreached} cases were not reached" if unreached else "")
            )
        return found


def read_journal(path: str) -> tuple[dict[str, str], dict[str, str]]:
    cases: dict[str, str] = {}
    reasons: dict[str, str] = {}
    if not os.path.exists(path):
        return cases, reasons
    with open(path, encoding="utf-8") as journal:
        for line in journal:
            outcome, case, reason = line.rstrip("\n").split("\t", 2)
            before = cases.get(case)
            if before in (None, "started") or WORST.index(outcome) > WORST.index(before):
                if outcome != "started" or before is None:
                    cases[case] = outcome
                    reasons[case] = reason
    return cases, reasons


def command(suite: Suite, part: tuple[str, ...], side: str, journal: str) -> list[str]:
    python = [sys.executable] + ([] if side == BUILTIN else ["-m", "tabi"])
    if suite.script:
        return [*python, RECORD, journal, suite.path, *suite.options]
    return [*python, RECORD, journal, "-m", "test", *suite.options, *part, suite.module]


def end_group(process: subprocess.Popen) -> None:
    """Ends a process and all that it has started; on Windows, where there are no groups, the process only."""
    if os.name == "nt":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_part(suite: Suite, part: tuple[str, ...], side: str) -> Run:
    """Runs a part of one side in a process group of its own, which ends with it."""
    folders = [PACKAGES] + ([UNKNOWN_INTERPRETER] if side == UNKNOWING else [])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    with tempfile.TemporaryDirectory(prefix="tabi-conformance-") as folder:
        journal = os.path.join(folder, "journal")
        output_path = os.path.join(folder, "output")
        began = time.monotonic()
        with open(output_path, "wb") as output:
            process = subprocess.Popen(
                command(suite, part, side, journal),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(suite.limit)
                status = f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
            except subprocess.TimeoutExpired:
                status = f"no end within {suite.limit} s"
            finally:
                end_group(process)
                process.wait()
        cases, reasons = read_journal(journal)
        with open(output_path, encoding="utf-8", errors="replace") as output_file:
            text = output_file.read()
    return Run(cases, reasons, status, text, time.monotonic() - began)


def joined(parts: list[Run]) -> Run:
    """All parts of one side as a single run, which ended as its first part that did not end well."""
    cases: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for part in parts:
        # A filter leaves out cases, but never the failure of a whole class or module.
        for case, outcome in part.cases.items():
            if case not in cases or WORST.index(outcome) > WORST.index(cases[case]):
                cases[case], reasons[case] = outcome, part.reasons[case]
    status = next((part.status for part in parts if part.status != "exit 0"), "exit 0")
    return Run(cases, reasons, status, "".join(part.output for part in parts), max(part.seconds for part in parts))


def compare(suite: Suite, sides: tuple[str, str], at_once: bool) -> Comparison:
    with concurrent.futures.ThreadPoolExecutor(2 * len(suite.parts) if at_once else 1) as pool:
        runs = [[pool.submit(run_part, suite, part, side) for part in suite.parts] for side in sides]
        builtin, tabi = (joined([part.result() for part in parts]) for parts in runs)
    return Comparison(suite, builtin, tabi)


def settled(comparison: Comparison, sides: tuple[str, str]) -> tuple[Comparison, list[str]]:
    """A comparison that differs is made once more; also returns what differed the first time only."""
    if not comparison.differences:
        return comparison, []
    again = compare(comparison.suite, sides, at_once=False)
    return again, [difference for difference in comparison.differences if difference not in again.differences]


HEADINGS = ["module", "cases", "passed by both", "skipped by both", "failed by both", "differing", "seconds"]


def row(comparison: Comparison) -> list[str]:
    return [
        comparison.suite.module,
        str(len(comparison.all_cases)),
        str(comparison.both("passed", "failed as expected")),
        str(comparison.both("skipped")),
        str(comparison.both("failed", "started", "passed unexpectedly")),
        str(len(comparison.differences)),
        f"{comparison.builtin.seconds:.1f} / {comparison.tabi.seconds:.1f}",
    ]


def line(cells: list[str]) -> str:
    first = max(len(suite.module) for suite in conformance_suites.SUITES)
    widths = [first] + [len(heading) for heading in HEADINGS[1:]]
    padded = [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
    return "  ".join(padded).rstrip()


def report(comparison: Comparison, verbose: bool) -> None:
    print(line(row(comparison)), flush=True)
    for difference in comparison.differences:
        print(f"    {difference}", flush=True)
    if not comparison.all_cases:
        print(f"    no case ran ({comparison.tabi.status})", flush=True)
    if verbose and (comparison.differences or not comparison.all_cases):
        print(comparison.tabi.output, flush=True)


def turn(text: str) -> tuple[int, int]:
    number, of = map(int, text.split("/"))
    if not 0 <= number < of:
        raise ValueError(text)
    return number, of


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    help_text = "CPython test modules, with options of `python3 -m test` after a space"
    parser.add_argument("modules", nargs="*", help=help_text)
    parser.add_argument("--quick", action="store_true", help="only the part that `cargo test` runs")
    parser.add_argument("--turn", type=turn, help="only a part of the list: 0/8 is the first of eight")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes run at once (1)")
    parser.add_argument("--verbose", action="store_true", help="show tabi's output where there is a difference")
    parser.add_argument("--self-check", action="store_true", help="compare the built-in with itself")
    parser.add_argument("--unknown", action="store_true", help="tabi knows no details of the interpreter")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    # Where this runs in the background, the tests would find that these signals are ignored, and some would fail.
    if os.name != "nt":
        for number in signal.SIGHUP, signal.SIGQUIT:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not conformance_suites.has_tests():
        print(f"conformance: skipped: {sys.executable} has no `test` package (install python3's tests)")
        return 1 if os.environ.get("CI") == "true" else 0
    chosen = [conformance_suites.parse(spec) for spec in options.modules] or [
        suite for suite in conformance_suites.SUITES if suite.quick or not options.quick
    ]
    suites = [suite for suite in chosen if conformance_suites.exists(suite)]
    if options.turn:
        number, of = options.turn
        chosen = suites = suites[number::of]
    missing = [suite.module for suite in chosen if suite not in suites]
    if options.modules and missing:
        print(f"conformance: Python {sys.version.split()[0]} has no {', '.join(missing)}", file=sys.stderr)
        return 2
    sides = BUILTIN, BUILTIN if options.self_check else UNKNOWING if options.unknown else TABI

    print(f"Python {sys.version.split()[0]}: {sides[0]} / {sides[1]}")
    if missing:
        print(f"not in this Python: {', '.join(missing)}")
    print(line(HEADINGS), flush=True)
    differing = 0
    rows = []
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs // 2)) as pool:
        comparisons = list(pool.map(lambda suite: compare(suite, sides, options.jobs > 1), suites))
    for first in comparisons:
        comparison, once = settled(first, sides)
        report(comparison, options.verbose)
        rows.append(row(comparison))
        for difference in once:
            print(f"    once, and not again: {difference}", flush=True)
        differing += len(comparison.differences) or not comparison.all_cases
    print(line(["together"] + [str(sum(map(int, column))) for column in list(zip(*rows))[1:-1]]))
    print(f"{differing} differing" if differing else "no difference")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
