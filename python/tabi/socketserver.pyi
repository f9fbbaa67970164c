# The names and types of the standard module, whose copy this is, and what it adds.
import enum
import socketserver as _standard
import sys
from ssl import SSLContext
from typing import Any, Callable, Iterable, Literal, NamedTuple, Optional, Tuple, Union

from ._cancel import Cancel
from .proxy import ProxyHeader

class Next(enum.Enum):
    PARK = "park"
    AGAIN = "again"

PARK: Literal[Next.PARK]
AGAIN: Literal[Next.AGAIN]

def notify(state: str) -> bool: ...

class DrainReport(NamedTuple):
    finished: int
    parked: int
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
    parked: int
    woken: int
    shed: int
    idle_cut: int
    request_cut: int
    rate_cut: int
    handshake_cut: int
    header_cut: int
    header_refused: int
    longest_wait: float
    mean_wait: float
    handshake_failed: int

class BaseServer(_standard.BaseServer):
    def handle_trouble(self, trouble: str, message: str) -> None: ...
    def serve_until_signal(
        self, *signals: int, drain: Optional[float] = None, poll_interval: float = 0.5
    ) -> Optional[DrainReport]: ...

class TCPServer(_standard.TCPServer):
    unlink_path: bool
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

class BaseRequestHandler(_standard.BaseRequestHandler):
    proxy_header: Optional[ProxyHeader]
    def handle(self) -> Any: ...

class StreamRequestHandler(_standard.StreamRequestHandler):
    close_connection: bool
    def handle(self) -> Any: ...

class DatagramRequestHandler(BaseRequestHandler, _standard.DatagramRequestHandler): ...
class UDPServer(TCPServer, _standard.UDPServer): ...
class UnixStreamServer(TCPServer, _standard.UnixStreamServer): ...
class UnixDatagramServer(UDPServer, _standard.UnixDatagramServer): ...

class ForkingMixIn(_standard.ForkingMixIn): ...
class ForkingUDPServer(ForkingMixIn, UDPServer): ...
class ForkingTCPServer(ForkingMixIn, TCPServer): ...

if sys.version_info >= (3, 12):
    class ForkingUnixStreamServer(ForkingMixIn, UnixStreamServer): ...
    class ForkingUnixDatagramServer(ForkingMixIn, UnixDatagramServer): ...

class ThreadingMixIn(_standard.ThreadingMixIn):
    max_threads: Optional[int]
    when_full: Literal["wait", "queue", "refuse"]
    queue_size: int
    thread_idle: float
    wait_for_first_byte: Optional[bool]
    request_end: Optional[bytes]
    max_parked: Optional[int]
    idle_timeout: Optional[float]
    request_deadline: Optional[float]
    min_rate: Optional[Tuple[int, float]]
    cancel: Optional[Cancel]
    max_connections: Optional[int]
    max_connections_per_address: Optional[int]
    proxy_protocol: Union[str, Iterable[str], None]
    proxy_version: Optional[int]
    header_timeout: Optional[float]
    def get_proxy_header(self, request: Any) -> Optional[ProxyHeader]: ...
    def server_close(self, drain: Optional[float] = None) -> DrainReport: ...  # type: ignore[override]
    def statistics(self) -> Statistics: ...

class InternetFacingMixIn(ThreadingMixIn):
    request_queue_size: int
    handshake_timeout: Optional[float]

class ThreadingUDPServer(ThreadingMixIn, UDPServer): ...  # type: ignore[misc]
class ThreadingTCPServer(ThreadingMixIn, TCPServer): ...  # type: ignore[misc]
class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer): ...  # type: ignore[misc]
class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer): ...  # type: ignore[misc]
