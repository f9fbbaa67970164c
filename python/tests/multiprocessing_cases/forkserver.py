"""CPython's own multiprocessing cases with the start method "forkserver", for the conformance runner."""

import unittest

import test._test_multiprocessing

test._test_multiprocessing.install_tests_in_module_dict(globals(), "forkserver")

if __name__ == "__main__":
    unittest.main()
