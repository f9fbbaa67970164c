"""Bad use ends as it does with the built-in module, and never ends the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest

from programs import SEARCHED

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "hostile_calls.py")

#: Seconds after which a run is a hang.
LIMIT = 120


def run(*through: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": SEARCHED}
    command = [sys.executable, "-W", "ignore", *through, PROGRAM]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LIMIT,
        )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    return done.stdout.splitlines()


class HostileCalls(unittest.TestCase):
    def test_they_end_as_with_the_builtin_module(self):
        builtin, tabi = run(), run("-m", "tabi")
        self.assertGreater(len(tabi), 200)
        self.assertEqual("the end", tabi[-1])
        self.assertEqual(len(builtin), len(tabi))
        differences = [f"{one}\n    tabi: {other}" for one, other in zip(builtin, tabi) if one != other]
        self.assertEqual([], differences)


if __name__ == "__main__":
    unittest.main()
