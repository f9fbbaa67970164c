"""The CPython test modules that the conformance runner compares, with their options."""

from __future__ import annotations

import dataclasses
import importlib.util
import os

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass(frozen=True)
class Suite:
    """One run of CPython's own tests: ``python -m test OPTIONS MODULE``, or a file run directly."""

    module: str
    options: tuple[str, ...] = ()
    #: Seconds after which the run is ended and counts as a difference.
    limit: int = 300
    #: Part of what ``cargo test`` runs.
    quick: bool = False
    #: Options that divide the cases among processes, which may run at the same time: each case is in one part.
    parts: tuple[tuple[str, ...], ...] = ((),)
    #: A test file that is its own program, not a regression test: a path in CPython's `test` or in this folder.
    script: str = ""

    @property
    def path(self) -> str:
        """Where the script is."""
        folder = HERE if "/" in self.script else _cpython_tests()
        return os.path.join(folder, self.script)


#: It hangs without a virtual machine's host, on the built-in module too.
VSOCK = ("-i", "ThreadedVSOCK*")
NETWORK = ("-u", "network")

#: The cases of multiprocessing that talk over sockets.
CONNECTIONS = tuple(
    option
    for pattern in ("*Connection*", "*Listener*", "*Pickling*", "*Address*", "*Manager*")
    for option in ("-k", pattern)
)

#: About half of the time that test_socket takes, in which it mostly waits.
FILES_AND_MESSAGES = ("*FileObject*", "*msg*", "*CMSG*", "*SCMRights*", "*Sendfile*")


def _each(option: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for pattern in patterns for word in (option, pattern))


#: With -m and -i together, CPython's runner takes each case that one of the two accepts, so a part has one of them only.
HALVES = (_each("-m", FILES_AND_MESSAGES), VSOCK + _each("-i", FILES_AND_MESSAGES))

SUITES = [
    Suite("test_socket", NETWORK, quick=True, parts=HALVES),
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
    Suite("test_selectors"),
    Suite("test_poll"),
    Suite("test_epoll"),
    Suite("test_signal"),
    Suite("_test_eintr", script="_test_eintr.py", quick=True),
    Suite("test_wsgiref"),
    Suite("test_nntplib"),
    Suite("test_os"),
    Suite("test_logging"),
    Suite("test_ssl"),
    Suite("test_audit"),
    Suite("test_asyncio", limit=1200),
    Suite("multiprocessing fork", CONNECTIONS, limit=900, script="multiprocessing_cases/fork.py"),
    Suite("multiprocessing spawn", CONNECTIONS, limit=900, script="multiprocessing_cases/spawn.py"),
    Suite("multiprocessing forkserver", CONNECTIONS, limit=900, script="multiprocessing_cases/forkserver.py"),
]


def parse(spec: str) -> Suite:
    """A suite named on the command line: one of the list, or a test module with options of its own."""
    for suite in SUITES:
        if suite.module == spec:
            return suite
    module, *options = spec.split()
    for suite in SUITES:
        if suite.module == module:
            return dataclasses.replace(suite, options=suite.options + tuple(options))
    return Suite(module, tuple(options))


def _cpython_tests() -> str:
    spec = importlib.util.find_spec("test")
    return os.path.dirname(spec.origin or "") if spec is not None else ""


def exists(suite: Suite) -> bool:
    """Whether the running Python has this module: later ones dropped asyncore and others."""
    if suite.script:
        return os.path.exists(suite.path)
    try:
        return importlib.util.find_spec(f"test.{suite.module}") is not None
    except ImportError:
        return False


def has_tests() -> bool:
    """Whether the running Python came with its tests; many packaged ones do not."""
    return importlib.util.find_spec("test") is not None and exists(SUITES[0])
