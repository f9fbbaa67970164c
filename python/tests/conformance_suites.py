"""The CPython test modules that the conformance runner compares, with their options."""

from __future__ import annotations

import dataclasses
import sys


@dataclasses.dataclass(frozen=True)
class Suite:
    """One run of CPython's own tests: ``python -m test OPTIONS MODULE``, or a file run directly."""

    module: str
    options: tuple[str, ...] = ()
    #: Seconds after which the run is ended and counts as a difference.
    limit: int = 300
    #: Part of what ``cargo test`` runs.
    quick: bool = False
    #: A test file that is its own program (``_test_eintr.py``), not a regression test.
    direct: bool = False

    @property
    def name(self) -> str:
        return self.module


#: It hangs without a virtual machine's host, on the built-in module too.
VSOCK = ("-i", "ThreadedVSOCK*")
NETWORK = ("-u", "network")

#: The cases of multiprocessing that talk over sockets.
CONNECTIONS = tuple(
    option
    for pattern in ("*Connection*", "*Listener*", "*Pickling*", "*Address*", "*Manager*")
    for option in ("-m", pattern)
)

SUITES = [
    Suite("test_socket", NETWORK + VSOCK, quick=True),
    Suite("test_socketserver", NETWORK, quick=True),
    Suite("test_timeout", NETWORK + ("-i", "TCPTimeoutTestCase"), quick=True),
    Suite("test_asyncore", quick=True),
    Suite("test_asynchat"),
    Suite("test_ftplib"),
    Suite("test_poplib"),
    Suite("test_imaplib"),
    Suite("test_smtplib"),
    Suite("test_smtpd"),
    Suite("test_telnetlib"),
    Suite("test_httplib"),
    Suite("test_httpservers"),
    Suite("test_urllib2_localnet"),
    Suite("test_xmlrpc"),
    Suite("test_docxmlrpc"),
    Suite("test_select"),
    Suite("test_selectors", quick=True),
    Suite("test_poll"),
    Suite("test_epoll"),
    Suite("test_signal"),
    Suite("_test_eintr", direct=True, quick=True),
    Suite("test_wsgiref"),
    Suite("test_nntplib"),
    Suite("test_os"),
    Suite("test_logging"),
    Suite("test_ssl"),
    Suite("test_audit"),
    Suite("test_asyncio", limit=1200),
    Suite("test_multiprocessing_fork", CONNECTIONS, limit=900),
    Suite("test_multiprocessing_spawn", CONNECTIONS, limit=900),
    Suite("test_multiprocessing_forkserver", CONNECTIONS, limit=900),
]


def parse(spec: str) -> Suite:
    """A suite named on the command line: a module of the list, or a module with its own options."""
    module, *options = spec.split()
    for suite in SUITES:
        if suite.module == module:
            return dataclasses.replace(suite, options=suite.options + tuple(options))
    return Suite(module, tuple(options))


def exists(suite: Suite) -> bool:
    """Whether the running Python has this module: later ones dropped asyncore and its kin."""
    import importlib.util

    name = f"test.{suite.module}"
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False


def has_tests() -> bool:
    """Whether the running Python came with its tests; many packaged ones do not."""
    import importlib.util

    return importlib.util.find_spec("test") is not None and exists(SUITES[0])


__all__ = ["SUITES", "Suite", "exists", "has_tests", "parse"]

if __name__ == "__main__":
    for each in SUITES:
        sys.stdout.write(f"{each.name} {' '.join(each.options)}\n")
