"""Runs a module or a script of CPython's tests and writes down how each of its cases ended.

    python3 [-m tabi] conformance_record.py JOURNAL -m test OPTIONS MODULE
    python3 [-m tabi] conformance_record.py JOURNAL SCRIPT

One line a case, ``OUTCOME<TAB>CASE<TAB>REASON``, flushed as it ends, so that a crash or a hang
still shows how far the run came. Nothing is changed in the tests: ``unittest``'s own result class
tells what it is told.
"""

from __future__ import annotations

import os
import runpy
import sys
import unittest


class Journal:
    """The file that gets a line a case; forked children of a test do not write into it."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "w", encoding="utf-8", errors="backslashreplace")
        self.process = os.getpid()

    def write(self, outcome: str, test: object, reason: object = "") -> None:
        if os.getpid() == self.process:
            case = test.id() if hasattr(test, "id") else str(test)
            text = " ".join(str(reason).split())
            self.file.write(f"{outcome}\t{case}\t{text}\n")
            self.file.flush()


def listen(journal: Journal) -> None:
    """Has ``unittest`` report to the journal."""
    result = unittest.TestResult

    def wrap(method: str, outcome: str, reason=lambda args: "") -> None:
        original = getattr(result, method)

        def report(self, test, *args):
            journal.write(outcome, test, reason(args))
            return original(self, test, *args)

        setattr(result, method, report)

    def error(args) -> str:
        return f"{args[0][0].__name__}: {args[0][1]}" if args and args[0] else ""

    wrap("startTest", "started")
    wrap("addSuccess", "passed")
    wrap("addSkip", "skipped", lambda args: args[0] if args else "")
    wrap("addFailure", "failed", error)
    wrap("addError", "failed", error)
    wrap("addExpectedFailure", "failed as expected", error)
    wrap("addUnexpectedSuccess", "passed unexpectedly")

    add_subtest = result.addSubTest

    def report_subtest(self, test, subtest, err):
        if err is not None:
            journal.write("failed", test, f"{subtest.id()}: {err[0].__name__}: {err[1]}")
        return add_subtest(self, test, subtest, err)

    result.addSubTest = report_subtest


def main() -> None:
    journal, *command = sys.argv[1:]
    listen(Journal(journal))
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        sys.path[0] = os.path.dirname(os.path.abspath(command[0]))
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
