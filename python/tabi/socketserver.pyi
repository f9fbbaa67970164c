# The names and types of the standard module, whose copy this is, and what it adds.
import socketserver as _standard
from socketserver import *
from ssl import SSLContext
from typing import Any, Callable, Literal, NamedTuple, Optional

class DrainReport(NamedTuple):
    finished: int
    cut: int
    left: int

class Statistics(NamedTuple):
    accepted: int
    active: int
    rejected: int
    failed: int
    finished: int
    threads: int
    idle_threads: int
    table_full: int
    threads_refused: int
    accepts_failed: int
    polls_failed: int
    shed: int
    idle_cut: int
    request_cut: int
    rate_cut: int
    handshake_cut: int
    header_cut: int
    handshake_failed: int

class BaseServer(_standard.BaseServer):
    def handle_trouble(self, trouble: str, message: str) -> None: ...

class TCPServer(_standard.TCPServer):
    ssl_context: Optional[SSLContext]
    handshake_timeout: Optional[float]
    def __init__(
        self,
        server_address: Any,
        RequestHandlerClass: Callable[..., BaseRequestHandler],
        bind_and_activate: bool = True,
        *,
        ssl_context: Optional[SSLContext] = None,
    ) -> None: ...
    def handle_handshake_error(self, request: Any, client_address: Any) -> None: ...

class ThreadingMixIn(_standard.ThreadingMixIn):
    max_threads: Optional[int]
    when_full: Literal["wait", "queue", "refuse"]
    queue_size: int
    thread_idle: float
    def server_close(self, drain: Optional[float] = None) -> DrainReport: ...
    def statistics(self) -> Statistics: ...

class ThreadingUDPServer(ThreadingMixIn, UDPServer): ...
class ThreadingTCPServer(ThreadingMixIn, TCPServer): ...
class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer): ...
class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer): ...
