"""CPython's own multiprocessing cases with the start method "spawn", for the conformance runner."""

import unittest

import test._test_multiprocessing

test._test_multiprocessing.install_tests_in_module_dict(globals(), "spawn")

if __name__ == "__main__":
    unittest.main()
