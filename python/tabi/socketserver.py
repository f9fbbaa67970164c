"""Python's ``socketserver`` with the library's serve loop and threads.

The classes are the running Python's own, on sockets of tabi's, with these differences:

- ``shutdown`` stops ``serve_forever`` at once, from any thread and from a handler. ``poll_interval`` is only how often
  ``service_actions`` runs.
- ``handle_request`` heeds tokens (``tabi.Cancel``).
- A full table of descriptors makes the server wait instead of spin.
- The threads of ``ThreadingMixIn`` are kept and used again. ``max_threads`` limits them; ``when_full`` says what
  happens then: ``"wait"`` (accept nobody until a thread is free), ``"queue"`` (accept ``queue_size`` more) or
  ``"refuse"`` (close the connection). Threads without work leave after ``thread_idle`` seconds.
- ``server_close(drain=seconds)`` of a threading server gives its requests so much time, then shuts their connections
  down, and returns how many finished and how many were cut; ``statistics()`` tells what its threads have done.
- ``unlink_path = True`` makes a unix server remove its path when it is closed, unless another file is there by then or
  this is a forked child.
- TLS: where ``server.socket`` was wrapped by ``ssl``, or ``ssl_context`` is set (an attribute, and an argument of
  servers of streams), the handshake is made in the thread of the request, within ``handshake_timeout``, and never in
  the serve loop. ``handle_handshake_error`` is told of those that fail.
- ``serve_until_signal(drain=seconds)`` serves until SIGTERM or SIGINT comes, and then closes the server. ``handle_trouble``
  is told of trouble that is not the failure of one request. ``notify`` tells a service manager of the program's state.
- Behind a proxy: with ``proxy_protocol`` each connection begins with a PROXY header, from peers that are trusted.
- The end of the program waits for handlers unless ``daemon_threads`` is true, and then shuts their connections down.
"""

from . import _server, socket
from ._install import beside
from ._server import DrainReport, Next, Statistics, notify

PARK, AGAIN = Next

# The classes say that they are the standard module's, as its own test wants it.
_name, __name__ = __name__, "socketserver"
beside.load("socketserver", globals(), {"socket": socket})


def _serve_forever(self, poll_interval=0.5):
    """Handle one request at a time until shutdown.

    Calls ``service_actions`` after each request and every ``poll_interval`` seconds; nothing else waits for that.
    """
    native = _server.native_of(self)
    descriptor = self.fileno()
    blocking = _server.get_blocking(descriptor)
    try:
        native.serve(poll_interval)
    finally:
        self._BaseServer__shutdown_request = False
        if self.fileno() == descriptor:
            _server.set_blocking(descriptor, blocking)


def _shutdown(self):
    """Stops the serve_forever loop at once.

    Waits until the loop has finished, unless it is called in the loop's thread or in a handler. Before
    ``serve_forever`` it makes the next one return at once.
    """
    # In a forked child the native server may be that of the parent, whose loop goes on.
    (_server.existing(self) or _server.native_of(self)).shutdown()


def _handle_request_noblock(self):
    """Handle one request, without blocking; returns the error with which ``get_request`` failed, or None."""
    try:
        request, client_address = _server.tls.get_request(self)
    except OSError as error:
        return error
    if _server.behind_proxy.is_expected(self):
        # The client is known when its header has come, and verify_request is asked then.
        _server.native_of(self).hand_over(self, request, client_address)
        return None
    if not self.verify_request(request, client_address):
        self.shutdown_request(request)
        return None
    try:
        self.process_request(request, client_address)
    except Exception:
        self.handle_error(request, client_address)
        self.shutdown_request(request)
    except BaseException:
        self.shutdown_request(request)
        raise
    return None


def _process_request(self, request, client_address):
    """Call finish_request, unless the client fails to make a TLS handshake that is due."""
    if _server.tls.handshake(self, request, client_address):
        self.finish_request(request, client_address)
    self.shutdown_request(request)


def _handle_handshake_error(self, request, client_address):
    """A TLS handshake has failed, or has not ended within ``handshake_timeout``; sys.exc_info() has the error.

    By default nothing is printed: on the open internet, scanners and clients without TLS connect all the time.
    """


def _serve_until_signal(self, *signals, drain=None, poll_interval=0.5):
    """Serve until one of the signals comes (by default SIGTERM and SIGINT), and close the server.

    It is for the main thread. The signals get handlers, and afterwards those that they had before. A service manager is
    told that the program is ready, and that it stops (see ``notify``). The requests of a threading server get ``drain``
    seconds to end; a second signal cuts them off at once. Returns what ``server_close`` does.
    """
    if drain is not None:
        _server.seconds("drain", drain)
    return _server.serve_until_signal(self, signals, drain, poll_interval)


def _handle_trouble(self, trouble, message):
    """Called when the server is in trouble. Does nothing by default; may be overridden.

    ``trouble`` is its name: "table_full" and "table_free" (no descriptor for clients, and again), "thread_refused" and
    "thread_started", "accept_failed", "poll_failed", "listener_failed", "refused" (a limit was reached), "shed" (closed
    to make room), or the name of the deadline that has passed. ``message`` is a text for a log. It runs in the thread
    that has noticed the trouble, and must not take long; what it raises ends ``serve_forever``.
    """


def _init_handler(self, request, client_address, server):
    self.request = request
    self.client_address = client_address
    self.server = server
    self.proxy_header = _server.proxy_header_of(request)
    _server.live(self)


_ServerSelector = _server.Selector
BaseServer.handle_trouble = _handle_trouble
BaseServer.serve_until_signal = _serve_until_signal
BaseServer.serve_forever = _serve_forever
BaseServer.shutdown = _shutdown
BaseServer._handle_request_noblock = _handle_request_noblock
BaseServer.process_request = _process_request
BaseServer.handle_handshake_error = _handle_handshake_error
#: An ``ssl.SSLContext`` with which each client's socket is wrapped; None for servers without TLS, and for those whose
#: own socket is wrapped.
BaseServer.ssl_context = None
#: Seconds for the whole TLS handshake with a client; None is no limit.
BaseServer.handshake_timeout = 10.0
BaseServer._handshakes_failed = 0


_init_tcp_server = TCPServer.__init__


def _init(self, server_address, RequestHandlerClass, bind_and_activate=True, *, ssl_context=None):
    """Constructor.  May be extended, do not override."""
    if ssl_context is not None:
        self.ssl_context = ssl_context
    _server.tls.check(self)
    _init_tcp_server(self, server_address, RequestHandlerClass, bind_and_activate)


TCPServer.__init__ = _init
BaseRequestHandler.__init__ = _init_handler
BaseRequestHandler.handle = _server.handle


_bind_socket = TCPServer.server_bind


def _server_bind(self):
    """Called by constructor to bind the socket."""
    _bind_socket(self)
    _server.unix_path.bound(self)


TCPServer.server_bind = _server_bind
#: Whether a unix server removes its path when it is closed.
TCPServer.unlink_path = False
TCPServer._own_path = None


_close_socket = TCPServer.server_close


def _server_close(self):
    """Called to clean-up the server."""
    _server.unix_path.remove(self)
    _close_socket(self)
    native = _server.existing(self)
    if native is not None and not native.threaded:
        native.close(None)


TCPServer.server_close = _server_close


if hasattr(os, "fork"):

    def _finish_request_in_child(self, request, client_address):
        """Finish one request, unless the client fails to make a TLS handshake that is due."""
        if _server.tls.handshake(self, request, client_address):
            super(ForkingMixIn, self).finish_request(request, client_address)

    ForkingMixIn.finish_request = _finish_request_in_child


class ThreadingMixIn:
    """Mix-in class to handle each request in a thread, which is kept and used again."""

    #: Whether threads are left alone by ``server_close`` and by the end of the program.
    daemon_threads = False
    #: Whether ``server_close`` waits for the threads.
    block_on_close = True
    #: The most threads at a time; None is no limit.
    max_threads = None
    #: What happens to clients when all threads are busy: "wait", "queue" or "refuse".
    when_full = "wait"
    #: How many clients "queue" accepts beyond ``max_threads``.
    queue_size = 0
    #: Seconds that a thread without work is kept.
    thread_idle = 10.0
    #: Whether a new client waits without a thread until it has sent something. None is True for the handlers of
    #: ``http.server`` and its relatives, and False for others: it is wrong where the server speaks first.
    wait_for_first_byte = None
    #: The bytes that end a request, or the part of it for which a handler waits: 1 to 64 bytes, such as ``b"\\n"`` for
    #: lines. A client then gets a thread only when they have come, or 16 KiB without them; None is with its first byte. It
    #: contains ``wait_for_first_byte``. It is for TCP without TLS.
    request_end = None
    #: The most connections that are parked; the one that has been parked longest makes room. None is no limit.
    max_parked = None
    #: Seconds that a connection may be parked, and that a new client which is waited for may say nothing. None is the
    #: `timeout` of the handlers' class, if it has one, else no limit.
    idle_timeout = None
    #: Seconds from the first byte of a request, or from the accept, to the handler's answer, over all its calls together.
    #: None is no limit.
    request_deadline = None
    #: The least bytes a second of a request, and the seconds after which that counts, such as ``(128, 5.0)``. The time
    #: in which a handler computes counts, too. None is no limit.
    min_rate = None
    #: The ``tabi.Cancel`` under which all handlers are, with their setup and finish: when it is triggered, their calls
    #: raise ``tabi.Cancelled``, and the server itself goes on. None is no token.
    cancel = None
    #: The most requests at the same time, parked ones included; further clients are closed. None is no limit.
    max_connections = None
    #: The same for each internet host.
    max_connections_per_address = None
    #: The peers that may send a PROXY header, with which each connection must then begin: networks ("10.0.0.0/8",
    #: "2001:db8::/32"), hosts ("::1") and "unix:" for the peers of unix sockets, in a list. The connections of all other
    #: peers are ended. None is no header.
    #:
    #: ``client_address`` is what the header says, and ``proxy_header`` of a handler is all of it (`tabi.proxy`).
    #: ``verify_request`` is asked when the header is complete, in a thread of the pool; ``get_proxy_header`` knows the
    #: header there. ``process_request`` is not called.
    proxy_protocol = None
    #: The version of the PROXY protocol that is allowed, 1 or 2. None is both.
    proxy_version = None
    #: Seconds that a connection may wait for its PROXY header, without a thread. None is no limit.
    header_timeout = 5.0

    @property
    def _threads(self):
        native = _server.existing(self)
        return list(native.workers.values()) if native else []

    def process_request_thread(self, request, client_address):
        """Handle a request in a thread of the pool: all of it, or a turn of it, after which its connection parks."""
        connection = _server.opened(self, request, client_address)
        try:
            with connection:
                if connection.handler is not None:
                    connection.go_on()
                elif _server.tls.handshake(self, request, client_address):
                    if not connection.parks_before_it_begins():
                        self.finish_request(request, client_address)
        except Exception as error:
            if not (connection.is_cut and _server.is_after_shutdown(error)):
                self.handle_error(request, client_address)
        finally:
            if connection.next is None:
                self.shutdown_request(request)

    def process_request(self, request, client_address):
        """Give the request to a thread."""
        _server.native_of(self).hand_over(self, request, client_address)

    def get_proxy_header(self, request):
        """The PROXY header of the request that this thread handles: a ``tabi.proxy.ProxyHeader``, or None."""
        return _server.proxy_header_of(request)

    def server_close(self, drain=None):
        """Stop accepting and wait for the threads, as ``block_on_close`` and ``daemon_threads`` say.

        With ``drain`` they have so many seconds; then their connections are shut down. Returns a ``DrainReport``.
        """
        if drain is not None:
            _server.seconds("drain", drain)
        super().server_close()
        native = _server.existing(self)
        return native.close(drain) if native else DrainReport(0, 0, 0, 0)

    def statistics(self):
        """What the threads have done so far: a ``Statistics``."""
        return _server.native_of(self).statistics()._replace(handshake_failed=self._handshakes_failed)


class ThreadingUDPServer(ThreadingMixIn, UDPServer):
    """A server of datagrams, each of which is handled in a thread."""


class ThreadingTCPServer(ThreadingMixIn, TCPServer):
    """A server of TCP connections, each of which is handled in a thread."""


if hasattr(socket, "AF_UNIX"):

    class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer):
        """A server of connections at a unix path, each of which is handled in a thread."""

    class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer):
        """A server of datagrams at a unix path, each of which is handled in a thread."""


__name__ = _name


class InternetFacingMixIn(ThreadingMixIn):
    """Mix-in class, in the place of ThreadingMixIn, that sets what a server of streams needs on the open internet.

    Slow and silent clients then keep nobody else from being served. A subclass may change each setting. It is for
    protocols in which the client speaks first, as in HTTP.
    """

    max_threads = 64
    when_full = "queue"
    queue_size = 1024
    request_queue_size = 1024
    wait_for_first_byte = True
    idle_timeout = 60.0
    request_deadline = 30.0
    handshake_timeout = 10.0
    max_connections = 10_000
    max_connections_per_address = 100
