# The names and types of the standard module, whose copy this is, and what it adds.
import socketserver as _standard
from socketserver import *
from typing import Literal, NamedTuple, Optional

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
