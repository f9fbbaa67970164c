/*
 * tabi: Python's socket and socketserver modules for C.
 *
 * Functions are named after Python's methods. They return 0, a count or an index when they succeed, and a
 * negative code when they fail: -errno for the system's errors, TABI_GAI_* and TABI_HERROR_* for the
 * resolver's, TABI_ERR_* for the library's own. tabi_strerror() and tabi_error_name() explain a code;
 * tabi_last_error_message() adds the details; errno is set as a courtesy, to EINVAL where none fits.
 *
 * Outputs are written only when a call succeeds. Every buffer has a length, and (NULL, 0) is legal;
 * NULL elsewhere is TABI_ERR_NULL. Timeouts are seconds. What a call hands out is freed by the _free of its
 * type; _free(NULL) does nothing. Everything may be called from any thread at any time, the _free
 * functions once everybody else is done. Do not cancel a thread that is inside a call (pthread_cancel): that
 * ends the process. tabi_close() ends the calls of other threads; from then on, what needs the descriptor
 * returns TABI_ERR_CLOSED.
 *
 * Made by cbindgen from src/ffi; do not edit.
 */

#ifndef TABI_H
#define TABI_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The version of this header. */
#define TABI_VERSION_MAJOR 0
#define TABI_VERSION_MINOR 1
#define TABI_VERSION_PATCH 0

/* No limit: what a timeout in seconds is compared with and set to. */
#define TABI_NO_TIMEOUT ((double)INFINITY)

/* The backlog that Python's listen() takes when none is given. */
#define TABI_BACKLOG (SOMAXCONN < 128 ? SOMAXCONN : 128)

/* The codes that are not -errno; they are never renumbered. */
#define TABI_GAI_ADDRFAMILY (-5001) /* address family for hostname not supported */
#define TABI_GAI_AGAIN (-5002) /* temporary failure in name resolution */
#define TABI_GAI_BADFLAGS (-5003) /* bad value for the resolver's flags */
#define TABI_GAI_FAIL (-5004) /* non-recoverable failure in name resolution */
#define TABI_GAI_FAMILY (-5005) /* address family not supported by the resolver */
#define TABI_GAI_MEMORY (-5006) /* the resolver is out of memory */
#define TABI_GAI_NODATA (-5007) /* no address associated with hostname */
#define TABI_GAI_NONAME (-5008) /* name or service not known */
#define TABI_GAI_SERVICE (-5009) /* service not supported for this type of socket */
#define TABI_GAI_SOCKTYPE (-5010) /* type of socket not supported by the resolver */
#define TABI_GAI_OVERFLOW (-5011) /* the resolver's buffer is too small for the name */
#define TABI_GAI_OTHER (-5012) /* another failure of getaddrinfo or getnameinfo */
#define TABI_HERROR_HOST_NOT_FOUND (-5101) /* unknown host */
#define TABI_HERROR_TRY_AGAIN (-5102) /* temporary failure of a name server */
#define TABI_HERROR_NO_RECOVERY (-5103) /* unknown error of a name server */
#define TABI_HERROR_NO_DATA (-5104) /* no address associated with the name */
#define TABI_HERROR_OTHER (-5105) /* another failure of gethostbyname or gethostbyaddr */
#define TABI_ERR_TIMEOUT (-5201) /* timed out */
#define TABI_ERR_CLOSED (-5202) /* the socket is closed */
#define TABI_ERR_VALUE (-5203) /* an argument has a value that is not allowed */
#define TABI_ERR_OVERFLOW (-5204) /* an argument is out of its range */
#define TABI_ERR_TYPE (-5205) /* an argument is of the wrong kind */
#define TABI_ERR_NULL (-5206) /* an argument is NULL */
#define TABI_ERR_OS (-5207) /* the call failed for a reason that has no errno */
#define TABI_ERR_PANIC (-5208) /* internal error */
#define TABI_ERR_TOO_SMALL (-5209) /* the buffer is too small for the result */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors and the version ---- */

/**
 * The text of a code, such as "Connection refused" or "timed out".
 *
 * Works for every number: what is not a code is "unknown code", 0 and counts are "success".
 * The string is static; any thread may call this at any time.
 */
const char *tabi_strerror(int code);

/**
 * The name of a code, such as "ECONNREFUSED" or "TABI_ERR_TIMEOUT"; NULL for what is not a code.
 *
 * The name of an errno is `tabi_error_name(-errno)`. The string is static.
 */
const char *tabi_error_name(int code);

/**
 * The number by which the system knows a code: the errno, the EAI_* number or the h_errno; EBADF
 * for TABI_ERR_CLOSED; 0 for the library's other codes.
 */
int tabi_error_number(int code);

/**
 * What went wrong in this thread's last call that failed, with the values: "port must be 0-65535, got 70000".
 *
 * "" when none has failed yet. The string belongs to the thread and is valid until the next call of
 * this library fails in it.
 */
const char *tabi_last_error_message(void);

/**
 * The version of the library that runs, such as "0.1.0"; TABI_VERSION_MAJOR, _MINOR and _PATCH are
 * the header's. The string is static.
 */
const char *tabi_version(void);

/* ---- Sockets ---- */

/**
 * A socket: Python's `socket.socket`.
 *
 * Any number of threads may use one at once, tabi_close() included. tabi_sock_free() must be the last
 * use of the handle. Descriptors are close-on-exec; sending to a vanished peer is -EPIPE, never a signal.
 */
typedef struct tabi_sock tabi_sock;

/**
 * The address of a socket, of any family: a value that is copied freely and needs no free.
 *
 * Fill it with tabi_addr_from_host(), tabi_addr_from_unix() or tabi_addr_from_sockaddr(); read it
 * with the other tabi_addr_ functions. The first `len` bytes of `data` are a struct sockaddr.
 */
typedef struct {
    /**
     * The bytes of the struct sockaddr, aligned for every family.
     */
    uint64_t data[16];
    /**
     * How many bytes of it there are; 0 for no address.
     */
    uint32_t len;
} tabi_addr;

/**
 * Makes a socket (socket(2), Python's `socket.socket`).
 *
 * `family`: AF_INET, AF_INET6, AF_UNIX ...; `type`: SOCK_STREAM, SOCK_DGRAM ..., with SOCK_NONBLOCK for a
 * non-blocking one; `proto`: 0 for the usual. The timeout is the default timeout.
 * Returns 0 and a handle that tabi_sock_free() frees, or -errno (-EAFNOSUPPORT, -EMFILE ...).
 */
int tabi_socket(int family, int type, int proto, tabi_sock **out);

/**
 * Binds to a host and port (bind(2), Python's `bind((host, port))`).
 *
 * `host`: a name, an address, "" (any) or, of AF_INET, `"<broadcast>"`; `port`: 0 (a free one) to 65535.
 * Returns 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL; TABI_ERR_OVERFLOW for another port, TABI_ERR_TYPE for a
 * socket that is not AF_INET or AF_INET6, TABI_GAI_* when the host is not found.
 */
int tabi_bind(tabi_sock *sk, const char *host, int port);

/**
 * Binds an AF_UNIX socket to a path of 1 to 107 bytes (Python's `bind(path)`); with "" Linux picks an abstract
 * name.
 *
 * Returns 0; -EADDRINUSE when the path exists; TABI_ERR_OS when it is too long; TABI_ERR_TYPE for another
 * family.
 */
int tabi_bind_unix(tabi_sock *sk, const char *path);

/**
 * Binds to an address of any family. Errors as in tabi_bind().
 */
int tabi_bind_addr(tabi_sock *sk, const tabi_addr *addr);

/**
 * Starts to listen for clients (listen(2)); TABI_BACKLOG is Python's choice, below 0 is taken as 0.
 *
 * Returns 0 or -errno (-EADDRINUSE, -EOPNOTSUPP).
 */
int tabi_listen(tabi_sock *sk, int backlog);

/**
 * Waits for a client (accept(2), Python's `accept`).
 *
 * `peer` gets the client's address and may be NULL. The new socket has the default timeout, not this one's.
 * Returns 0 and a handle to be freed; TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -EMFILE,
 * after which the client is still in the queue.
 */
int tabi_accept(tabi_sock *sk, tabi_sock **out, tabi_addr *peer);

/**
 * tabi_accept() that returns the bare descriptor, close-on-exec and blocking.
 */
int tabi_accept_fd(tabi_sock *sk, tabi_addr *peer);

/**
 * tabi_accept_fd() within a limit of its own: see tabi_recv_until().
 */
int tabi_accept_fd_until(tabi_sock *sk, tabi_addr *peer, int64_t deadline);

/**
 * Connects to a host and port (connect(2), Python's `connect((host, port))`), within the timeout.
 *
 * Returns 0; TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -ECONNREFUSED and its like; -EINPROGRESS when non-blocking;
 * and what tabi_bind() returns for a bad host or port. After a failure make a new socket to try again.
 */
int tabi_connect(tabi_sock *sk, const char *host, int port);

/**
 * Connects an AF_UNIX socket to a path of 1 to 107 bytes. Errors as in tabi_connect() and tabi_bind_unix().
 */
int tabi_connect_unix(tabi_sock *sk, const char *path);

/**
 * Connects to an address of any family. Errors as in tabi_connect().
 */
int tabi_connect_addr(tabi_sock *sk, const tabi_addr *addr);

/**
 * tabi_connect() that returns the errors of connect(2) as positive numbers (Python's `connect_ex`).
 *
 * Returns 0 when connected; an errno: ECONNREFUSED ..., EAGAIN for a timeout, EBADF for a closed socket;
 * or a negative code where the host or the port is no good. tabi_strerror() takes an errno negated;
 * tabi_last_error_message() does not tell of it.
 */
int tabi_connect_ex(tabi_sock *sk, const char *host, int port);

/**
 * tabi_connect_ex() for an address of any family.
 */
int tabi_connect_ex_addr(tabi_sock *sk, const tabi_addr *addr);

/**
 * Waits for a connect that is under way: non-blocking (-EINPROGRESS), timed out, or interrupted.
 *
 * `deadline` as in tabi_recv_until(). Returns 0 when connected, the connection's own error,
 * TABI_ERR_TIMEOUT or TABI_ERR_CLOSED; -ENOTCONN when none is under way, such as after a failure that was
 * reported already.
 */
int tabi_finish_connect_until(tabi_sock *sk, int64_t deadline);

/**
 * Stops a direction of the connection: SHUT_RD, SHUT_WR or SHUT_RDWR (shutdown(2)).
 *
 * Returns 0, -ENOTCONN, or -EINVAL for another `how`.
 */
int tabi_shutdown(tabi_sock *sk, int how);

/**
 * Closes the socket (Python's `socket.close`); the handle lives on until tabi_sock_free(). Again: 0.
 *
 * Any thread may call this while others are inside calls on the same handle: those end with
 * TABI_ERR_CLOSED, and the descriptor's number is given back when the last of them has left.
 * Unless a duplicate is known, they are woken by shutdown(2), which a forked child would see. Without a timeout,
 * these end only with their next event: a unix connect to a listener and a sendto to a datagram peer whose queues
 * are full; with a duplicate, what was blocked already when the duplicate was made.
 * In a forked child, closing a handle of the parent's wakes nobody and leaves the parent its connection; if one of the
 * parent's threads was inside a call when it forked, the child's descriptor is given back by tabi_sock_free().
 * Returns 0 or what close(2) reports; the socket is closed in any case.
 */
int tabi_close(tabi_sock *sk);

/**
 * Closes the socket if it is open and frees the handle. NULL is nothing.
 *
 * No other thread may be using the handle: end its calls with tabi_close() and join it before.
 */
void tabi_sock_free(tabi_sock *sk);

/**
 * The socket's own address (getsockname(2)). Returns 0 or -errno.
 */
int tabi_getsockname(tabi_sock *sk, tabi_addr *addr);

/**
 * The peer's address (getpeername(2)). Returns 0 or -errno (-ENOTCONN).
 */
int tabi_getpeername(tabi_sock *sk, tabi_addr *addr);

/**
 * The address family, AF_*.
 */
int tabi_family(tabi_sock *sk);

/**
 * The type, SOCK_*, without SOCK_NONBLOCK and SOCK_CLOEXEC.
 */
int tabi_type(tabi_sock *sk);

/**
 * The protocol.
 */
int tabi_proto(tabi_sock *sk);

/**
 * The socket as text for people, with its closing NUL, like Python's `repr`:
 * "<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>".
 *
 * Returns the length without the NUL, or TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_repr(tabi_sock *sk, char *text, size_t size);

/**
 * The descriptor's number, or TABI_ERR_CLOSED. It stays the handle's: do not close it.
 */
int tabi_fileno(tabi_sock *sk);

/**
 * Whether child processes inherit the descriptor: 1 or 0, negative for an error.
 */
int tabi_get_inheritable(tabi_sock *sk);

/**
 * Sets whether child processes inherit the descriptor; at first they do not. Returns 0 or a negative code.
 */
int tabi_set_inheritable(tabi_sock *sk, int inheritable);

/* ---- Sending and receiving ---- */

/**
 * Receives at most `len` bytes (recv(2), Python's `recv_into`).
 *
 * `flags`: MSG_* or 0. Returns the number of bytes, 0 at the end of the stream (and for `len` 0);
 * TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -ECONNRESET, -ENOTCONN ...
 */
ssize_t tabi_recv(tabi_sock *sk, void *buffer, size_t len, int flags);

/**
 * Receives `len` bytes within one timeout, fewer only at the end of the stream.
 *
 * `flags`: MSG_* (not MSG_PEEK) or 0. `received` may be NULL; it gets the number of bytes in the buffer, also
 * when the call fails. Returns that number, or a code as tabi_recv() does.
 */
ssize_t tabi_recv_exactly(tabi_sock *sk, void *buffer, size_t len, int flags, size_t *received);

/**
 * Receives at most `len` bytes and the sender's address (recvfrom(2), Python's `recvfrom_into`).
 *
 * `sender` may be NULL; its `len` is 0 where the system names nobody. What does not fit of a datagram is
 * lost. Returns as tabi_recv(), but asks the system also for `len` 0.
 */
ssize_t tabi_recvfrom(tabi_sock *sk, void *buffer, size_t len, int flags, tabi_addr *sender);

/**
 * Sends bytes (send(2)) and returns how many the kernel took, perhaps fewer than given.
 *
 * `flags`: MSG_* or 0. A vanished peer is -EPIPE or -ECONNRESET, never a signal. Other errors:
 * TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -ENOTCONN; -EMSGSIZE for a datagram that is
 * too long.
 */
ssize_t tabi_send(tabi_sock *sk, const void *data, size_t len, int flags);

/**
 * Sends all bytes (Python's `sendall`) within one timeout for the whole.
 *
 * `sent` may be NULL; it gets the number of bytes that the kernel took, also when the call fails.
 * Returns 0, or a negative code as tabi_send() does.
 */
int tabi_sendall(tabi_sock *sk, const void *data, size_t len, int flags, size_t *sent);

/**
 * Sends a datagram to a host and port (sendto(2)). Returns as tabi_send(), and as tabi_bind() for a bad host
 * or port.
 *
 * A name is looked up in every call: keep the result of tabi_addr_from_host() for tabi_sendto_addr().
 */
ssize_t tabi_sendto(tabi_sock *sk, const void *data, size_t len, int flags, const char *host, int port);

/**
 * Sends a datagram to an address of the socket's family (sendto(2)). Returns as tabi_send().
 */
ssize_t tabi_sendto_addr(tabi_sock *sk, const void *data, size_t len, int flags, const tabi_addr *addr);

/* ---- Timeouts and modes ---- */

/**
 * Limits every later call that may block (Python's `settimeout`).
 *
 * `seconds`: > 0 limits each call as a whole; 0 makes the socket non-blocking; TABI_NO_TIMEOUT waits for ever.
 * Returns 0; TABI_ERR_VALUE for negative seconds and NaN, TABI_ERR_OVERFLOW above 292 years.
 */
int tabi_settimeout(tabi_sock *sk, double seconds);

/**
 * The timeout in seconds: 0 for non-blocking, TABI_NO_TIMEOUT for none (Python's `gettimeout`). Returns 0.
 */
int tabi_gettimeout(tabi_sock *sk, double *timeout);

/**
 * 1 removes the timeout, 0 makes the socket non-blocking (Python's `setblocking`). Returns 0 or a negative
 * code.
 */
int tabi_setblocking(tabi_sock *sk, int blocking);

/**
 * 0 when the socket is non-blocking, else 1 (Python's `getblocking`).
 */
int tabi_getblocking(tabi_sock *sk);

/**
 * Sets the timeout that new sockets of this process get (Python's `setdefaulttimeout`); TABI_NO_TIMEOUT at
 * first.
 *
 * Returns and `seconds` as in tabi_settimeout().
 */
int tabi_setdefaulttimeout(double seconds);

/**
 * The timeout in seconds that new sockets get (Python's `getdefaulttimeout`).
 */
double tabi_getdefaulttimeout(void);

/**
 * Whether a call that a signal interrupts returns -EINTR, with the progress made, instead of going on with the
 * time that is left: 1 or 0 (at first). For callers that must look at signals, as Python does. Returns 0.
 */
int tabi_set_interruptible(tabi_sock *sk, int interruptible);

/* ---- Calls with a deadline of their own, and calls that do not wait ---- */

/**
 * Wait for something to read, or for a client.
 */
#define TABI_READ 0

/**
 * Wait for room to write, or for the connection.
 */
#define TABI_WRITE 1

/**
 * Waits until the socket is ready: TABI_READ (data, or a client) or TABI_WRITE (room, or connected).
 *
 * `deadline` as in tabi_recv_until(). Returns 0, TABI_ERR_TIMEOUT, TABI_ERR_CLOSED, or TABI_ERR_VALUE for
 * another `interest`.
 */
int tabi_wait_until(tabi_sock *sk, int interest, int64_t deadline);

/**
 * tabi_recv() until a moment of its own instead of the socket's timeout.
 *
 * `deadline`: nanoseconds of CLOCK_MONOTONIC; INT64_MAX is never. For callers who spread one deadline over
 * several calls, or re-enter one that a signal interrupted (see tabi_set_interruptible()).
 */
ssize_t tabi_recv_until(tabi_sock *sk, void *buffer, size_t len, int flags, int64_t deadline);

/**
 * tabi_recv_exactly() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_recv_exactly_until(tabi_sock *sk,
                                void *buffer,
                                size_t len,
                                int flags,
                                size_t *received,
                                int64_t deadline);

/**
 * tabi_recvfrom() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_recvfrom_until(tabi_sock *sk,
                            void *buffer,
                            size_t len,
                            int flags,
                            tabi_addr *sender,
                            int64_t deadline);

/**
 * tabi_send() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_send_until(tabi_sock *sk, const void *data, size_t len, int flags, int64_t deadline);

/**
 * tabi_sendall() within a limit of its own: see tabi_recv_until().
 */
int tabi_sendall_until(tabi_sock *sk,
                       const void *data,
                       size_t len,
                       int flags,
                       size_t *sent,
                       int64_t deadline);

/**
 * tabi_sendto_addr() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_sendto_addr_until(tabi_sock *sk,
                               const void *data,
                               size_t len,
                               int flags,
                               const tabi_addr *addr,
                               int64_t deadline);

/**
 * Receives what has arrived already, without waiting, whatever the socket's timeout.
 *
 * Returns as tabi_recv(), with -EAGAIN when nothing has arrived. For an event loop whose sockets keep their
 * timeouts for the other calls.
 */
ssize_t tabi_try_recv(tabi_sock *sk, void *buffer, size_t len);

/**
 * tabi_recvfrom() without waiting: see tabi_try_recv().
 */
ssize_t tabi_try_recvfrom(tabi_sock *sk, void *buffer, size_t len, tabi_addr *sender);

/**
 * Sends what there is room for, without waiting, whatever the socket's timeout.
 *
 * Returns as tabi_send(), with -EAGAIN when there is no room.
 */
ssize_t tabi_try_send(tabi_sock *sk, const void *data, size_t len);

/**
 * tabi_sendto_addr() without waiting: see tabi_try_send().
 */
ssize_t tabi_try_sendto_addr(tabi_sock *sk, const void *data, size_t len, const tabi_addr *addr);

/* ---- Clients and listening sockets in one call ---- */

/**
 * Connects to a TCP server by host and port (Python's `create_connection`): the addresses of the host are
 * tried in turn.
 *
 * `timeout`: seconds for all of them together, and the new socket's timeout; TABI_NO_TIMEOUT for no limit; 0
 * does not wait, which ends with -EINPROGRESS. An address may take its share of the time that is left; the
 * lookup of the host counts, but is not cut short.
 * `source_host` and `source_port`: where to connect from, NULL and 0 for the system's choice, "" for any
 * address.
 * Returns 0 and a handle that tabi_sock_free() frees; else the last address's error: -ECONNREFUSED,
 * TABI_ERR_TIMEOUT ..., TABI_GAI_* when the host is not found, TABI_ERR_OVERFLOW for another port than 0 to
 * 65535, TABI_ERR_VALUE for a bad timeout. tabi_last_error_message() tells the errors of all addresses.
 */
int tabi_create_connection(const char *host,
                           int port,
                           double timeout,
                           const char *source_host,
                           int source_port,
                           tabi_sock **out);

/**
 * A flag of tabi_create_server(): others may listen on the same port, with the clients spread over them
 * (SO_REUSEPORT).
 */
#define TABI_REUSE_PORT 1

/**
 * A flag of tabi_create_server(): a server of AF_INET6 accepts IPv4 clients too.
 */
#define TABI_DUALSTACK_IPV6 2

/**
 * A TCP socket that listens on a host and port (Python's `create_server`).
 *
 * `family`: AF_INET or AF_INET6. `host`: a name, an address, or "" for all; `port`: 0 (a free one) to 65535.
 * `backlog`: how many clients may wait, TABI_BACKLOG for Python's choice. `flags`: TABI_REUSE_PORT,
 * TABI_DUALSTACK_IPV6, or 0. A port whose last connections still linger is listened on at once (SO_REUSEADDR);
 * a server of AF_INET6 leaves IPv4 to others unless the flag says otherwise. Returns 0 and a handle that
 * tabi_sock_free() frees; what tabi_bind() returns; TABI_ERR_VALUE for unknown flags, and for
 * TABI_DUALSTACK_IPV6 with AF_INET or where the system cannot.
 */
int tabi_create_server(int family,
                       const char *host,
                       int port,
                       int backlog,
                       unsigned int flags,
                       tabi_sock **out);

/**
 * tabi_create_server() on an address of any family that listens, such as an AF_UNIX path.
 */
int tabi_create_server_addr(const tabi_addr *addr, int backlog, unsigned int flags, tabi_sock **out);

/**
 * Whether one socket can listen for IPv4 and IPv6 clients: 1 or 0 (Python's `has_dualstack_ipv6`).
 */
int tabi_has_dualstack_ipv6(void);

/* ---- Descriptors, duplicates, pairs ---- */

/**
 * Gives the descriptor up without closing it and returns it (Python's `socket.detach`); the handle is then
 * closed.
 *
 * While other threads are inside calls the number stays theirs, and the result is a duplicate.
 * Returns the descriptor, TABI_ERR_CLOSED, or -EMFILE.
 */
int tabi_detach(tabi_sock *sk);

/**
 * Takes over a descriptor that exists (Python's `socket.socket(fileno=fd)`).
 *
 * -1 as `family`, `type` or `proto` asks the system. On success the descriptor belongs to the handle; on
 * failure it stays the caller's. Returns 0, -EBADF, -ENOTSOCK, or TABI_ERR_VALUE for a negative `fd`.
 */
int tabi_socket_from_fd(int fd, int family, int type, int proto, tabi_sock **out);

/**
 * A socket for a duplicate of a descriptor, which stays its owner's (Python's `fromfd`).
 *
 * If another handle owns `fd`, tell it with tabi_set_shared(), or prefer tabi_dup().
 * -1 as `family`, `type` or `proto` asks the system. Returns 0 and a handle that tabi_sock_free() frees;
 * -EBADF, -ENOTSOCK, -EMFILE.
 */
int tabi_fromfd(int fd, int family, int type, int proto, tabi_sock **out);

/**
 * A second handle, with a descriptor of its own, for the same connection (Python's `socket.dup`).
 *
 * It has the socket's timeout. Closing either wakes its own calls and leaves the other's connection alone.
 * Returns 0 and a handle to be freed, TABI_ERR_CLOSED, or -EMFILE.
 */
int tabi_dup(tabi_sock *sk, tabi_sock **out);

/**
 * A second descriptor for a bare one, close-on-exec (Python's `socket.dup(fd)`).
 *
 * If a handle owns `fd`, tell it with tabi_set_shared(). Returns the descriptor, -EBADF or -EMFILE.
 */
int tabi_dup_fd(int fd);

/**
 * Closes a bare descriptor that no handle owns (Python's `socket.close(fd)`). Returns 0 or -EBADF.
 */
int tabi_close_fd(int fd);

/**
 * Says that the connection has an owner that the handle cannot know of, such as a forked child:
 * tabi_close() then wakes its own calls without shutting the connection down. Returns 0.
 */
int tabi_set_shared(tabi_sock *sk);

/**
 * Makes two sockets that are connected to each other (socketpair(2)); AF_UNIX and SOCK_STREAM are usual.
 *
 * Returns 0 and two handles to be freed, or -errno (-EOPNOTSUPP for a family that cannot).
 */
int tabi_socketpair(int family, int type, int proto, tabi_sock **one, tabi_sock **other);

/**
 * tabi_socketpair() for AF_INET and AF_INET6 too, whose sockets are connected over the loopback interface,
 * each to the other and nobody else; SOCK_STREAM or SOCK_DGRAM. Returns as tabi_socketpair().
 */
int tabi_socketpair_any(int family, int type, int proto, tabi_sock **one, tabi_sock **other);

/* ---- Addresses ---- */

/**
 * Looks a host up, as bind and connect do for a socket of `family` (AF_INET or AF_INET6).
 *
 * `host`: a name, an address, "" (any) or, of AF_INET, `"<broadcast>"` (else TABI_ERR_OS). `port`: 0 to 65535.
 * Returns 0; TABI_ERR_OVERFLOW for another port, TABI_ERR_TYPE for another family, TABI_GAI_* when the lookup
 * fails.
 */
int tabi_addr_from_host(int family, const char *host, int port, tabi_addr *addr);

/**
 * tabi_addr_from_host() with the other two parts of Python's AF_INET6 tuple, which AF_INET has no place for.
 *
 * `flowinfo`: 0 to 1048575, in host byte order. `scope_id`: the number of an interface, 0 for none.
 */
int tabi_addr_from_host6(int family,
                         const char *host,
                         int port,
                         uint32_t flowinfo,
                         uint32_t scope_id,
                         tabi_addr *addr);

/**
 * Reads a numeric host, which is not looked up, of either internet family: what tabi_getnameinfo() takes.
 *
 * `host`: an IPv4 or IPv6 address, the latter perhaps with a scope ("fe80::1%lo"). `port`: judged by the C
 * library; glibc takes it modulo 65536. Returns 0, or TABI_GAI_NONAME for a name.
 */
int tabi_addr_from_numeric(const char *host, int port, tabi_addr *addr);

/**
 * tabi_addr_from_numeric() with the other two parts of Python's AF_INET6 tuple, for IPv6 only.
 *
 * `flowinfo`: 0 to 1048575, in host byte order. `scope_id`: the number of an interface; with 0 a scope in
 * `host` counts.
 * Returns 0; TABI_GAI_NONAME for a name, TABI_ERR_OS for an IPv4 address, TABI_ERR_OVERFLOW for another
 * `flowinfo`.
 */
int tabi_addr_from_numeric6(const char *host, int port, uint32_t flowinfo, uint32_t scope_id, tabi_addr *addr);

/**
 * Makes an AF_UNIX address of a path (1 to 107 bytes), of an abstract name (a NUL byte and 0 to 107 bytes of
 * any value, on Linux), or, with `len` 0, of no name.
 *
 * Returns 0; TABI_ERR_OS when it is too long, TABI_ERR_VALUE for a path with a NUL byte in it.
 */
int tabi_addr_from_unix(const void *path, size_t len, tabi_addr *addr);

/**
 * Copies a struct sockaddr of `len` bytes (at most 128).
 *
 * Returns 0 or TABI_ERR_VALUE when it is too long.
 */
int tabi_addr_from_sockaddr(const struct sockaddr *sockaddr, size_t len, tabi_addr *addr);

/**
 * The address as the system's own functions take it: `addr->len` bytes, valid as long as `addr` is. NULL for
 * NULL.
 */
const struct sockaddr *tabi_addr_sockaddr(const tabi_addr *addr);

/**
 * The family: AF_INET, AF_INET6, AF_UNIX ..., AF_UNSPEC (0) for no address; negative for an error.
 */
int tabi_addr_family(const tabi_addr *addr);

/**
 * The host of an AF_INET or AF_INET6 address as text, with its closing NUL, without a scope.
 *
 * `size`: the bytes of `host`; 46 are enough. Returns the length without the NUL; TABI_ERR_TYPE for
 * another family, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_host(const tabi_addr *addr, char *host, size_t size);

/**
 * The port of an AF_INET or AF_INET6 address (0 to 65535), or TABI_ERR_TYPE for another family.
 */
int tabi_addr_port(const tabi_addr *addr);

/**
 * The flow information (host byte order) and the scope of an AF_INET6 address.
 *
 * Returns 0 or TABI_ERR_TYPE for another family. Either output may be NULL.
 */
int tabi_addr_scope(const tabi_addr *addr, uint32_t *flowinfo, uint32_t *scope_id);

/**
 * The path of an AF_UNIX address, or its abstract name with the leading NUL byte; no byte for an unnamed one.
 *
 * `path` gets no closing NUL: names may hold NUL bytes. `size`: its bytes; 108 are enough.
 * Returns the length; TABI_ERR_TYPE for another family, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_unix(const tabi_addr *addr, void *path, size_t size);

/**
 * The address as text for people, with its closing NUL: "('127.0.0.1', 80)", "'/run/s'".
 *
 * Returns the length without the NUL, or TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_text(const tabi_addr *addr, char *text, size_t size);

/* ---- Options ---- */

/**
 * The value of an option that is an int (getsockopt(2)).
 *
 * Returns 0, or -errno (-ENOPROTOOPT for an option that the socket does not have).
 */
int tabi_getsockopt(tabi_sock *sk, int level, int option, int *value);

/**
 * The value of any option as bytes.
 *
 * `size`: the bytes of `value`, 1 to 1024. Returns how many the option has; TABI_ERR_OS for another `size`;
 * -EINVAL for one that is too small for SO_GET_FILTER; -errno.
 */
ssize_t tabi_getsockopt_bytes(tabi_sock *sk, int level, int option, void *value, size_t size);

/**
 * Sets an option that is an int (setsockopt(2)). Returns 0 or -errno (-ENOPROTOOPT, -EINVAL ...).
 */
int tabi_setsockopt(tabi_sock *sk, int level, int option, int value);

/**
 * Sets an option from `len` bytes, such as a struct. Returns 0 or -errno.
 */
int tabi_setsockopt_bytes(tabi_sock *sk, int level, int option, const void *value, size_t len);

/**
 * Passes NULL with a length (Python's `setsockopt(level, option, None, optlen)`), as AF_ALG wants it. Returns
 * 0 or -errno.
 */
int tabi_setsockopt_null(tabi_sock *sk, int level, int option, size_t len);

/**
 * Whether close waits for unsent bytes, and for how many seconds (SO_LINGER).
 *
 * `on` gets 0 or 1. Returns 0, TABI_ERR_CLOSED or -errno.
 */
int tabi_linger(tabi_sock *sk, int *on, int *seconds);

/**
 * Sets whether close waits for unsent bytes (SO_LINGER): `on` 0 or 1, `seconds` 0 or more.
 *
 * 0 seconds make close drop unsent bytes and reset the connection. Returns 0; TABI_ERR_VALUE for negative
 * seconds; TABI_ERR_CLOSED or -errno.
 */
int tabi_set_linger(tabi_sock *sk, int on, int seconds);

/**
 * Whether the system probes an idle TCP connection: after how many seconds, how many seconds apart, and how
 * many probes may stay without an answer (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).
 *
 * `on` gets 0 or 1. Returns 0; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
 */
int tabi_keepalive(tabi_sock *sk, int *on, int *time, int *interval, int *retries);

/**
 * Turns probes of an idle TCP connection on: after `time` seconds, `interval` seconds apart, until `retries`
 * of them stay without an answer. 0 keeps what is set. tabi_setsockopt() with SO_KEEPALIVE turns them off.
 *
 * `time` and `interval`: 1 to 32767 seconds; `retries`: 1 to 127. Returns 0; TABI_ERR_VALUE for another
 * number; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
 */
int tabi_set_keepalive(tabi_sock *sk, int time, int interval, int retries);

/**
 * The system's own limit of each receive on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
 * (SO_RCVTIMEO).
 *
 * tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
 */
int tabi_rcvtimeo(tabi_sock *sk, double *timeout);

/**
 * Sets what tabi_rcvtimeo() reports, rounded up to microseconds; calls that it ends return -EAGAIN.
 *
 * Returns 0; TABI_ERR_VALUE for 0 and negative seconds and NaN; TABI_ERR_OVERFLOW, TABI_ERR_CLOSED or -errno.
 */
int tabi_set_rcvtimeo(tabi_sock *sk, double seconds);

/**
 * The system's own limit of each send on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
 * (SO_SNDTIMEO).
 *
 * tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
 */
int tabi_sndtimeo(tabi_sock *sk, double *timeout);

/**
 * Sets what tabi_sndtimeo() reports. Returns and rounding as in tabi_set_rcvtimeo().
 */
int tabi_set_sndtimeo(tabi_sock *sk, double seconds);

/**
 * The name of the interface that the socket is bound to, with its closing NUL; empty for none
 * (SO_BINDTODEVICE).
 *
 * `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL,
 * TABI_ERR_CLOSED or -errno.
 */
ssize_t tabi_device(tabi_sock *sk, char *name, size_t size);

/**
 * Binds the socket to the interface of this name, at most 15 bytes; "" unbinds it (SO_BINDTODEVICE).
 *
 * Returns 0; TABI_ERR_VALUE for a longer name; -ENODEV for an unknown one; -EPERM for changing it without
 * CAP_NET_RAW; TABI_ERR_CLOSED.
 */
int tabi_bind_device(tabi_sock *sk, const char *name);

/**
 * The name of TCP's congestion control, such as "cubic", with its closing NUL (TCP_CONGESTION).
 *
 * `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL;
 * -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
 */
ssize_t tabi_congestion(tabi_sock *sk, char *name, size_t size);

/**
 * Sets TCP's congestion control by name, at most 15 bytes (TCP_CONGESTION).
 *
 * Returns 0; TABI_ERR_VALUE for a longer name; -ENOENT for an unknown one; -EPERM for one that is reserved;
 * -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
 */
int tabi_set_congestion(tabi_sock *sk, const char *name);

/**
 * Who made the other end of an AF_UNIX connection, as it was then (SO_PEERCRED).
 *
 * Any output may be NULL. Returns 0; -ENOTCONN where there is no other end, or one of another family;
 * TABI_ERR_CLOSED.
 */
int tabi_peer_credentials(tabi_sock *sk, int32_t *pid, uint32_t *uid, uint32_t *gid);

/**
 * Receives what is sent to a multicast group (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP).
 *
 * `group`: an IPv4 or IPv6 address. `interface`: a name such as "eth0"; for IPv4 also one of its addresses; ""
 * for the system's choice. Returns 0; -EINVAL for an address that is not a group's; -ENODEV for an unknown
 * interface; -EADDRINUSE for a group that was joined already; TABI_ERR_VALUE for what is no address;
 * TABI_ERR_TYPE for an IPv6 group with an address as its interface; TABI_ERR_CLOSED.
 */
int tabi_join_multicast(tabi_sock *sk, const char *group, const char *interface);

/**
 * Ends what tabi_join_multicast() began (IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP), with the same arguments.
 *
 * Returns 0; -EADDRNOTAVAIL for a group that was not joined; and what that returns.
 */
int tabi_leave_multicast(tabi_sock *sk, const char *group, const char *interface);

/**
 * Receives what one sender sends to a multicast group (IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP).
 *
 * `source`: the sender's address. Else as tabi_join_multicast(); TABI_ERR_TYPE also when group and source are
 * of different families.
 */
int tabi_join_source_multicast(tabi_sock *sk,
                               const char *group,
                               const char *source,
                               const char *interface);

/**
 * Ends what tabi_join_source_multicast() began (IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP), with the
 * same arguments.
 *
 * Returns 0; -EADDRNOTAVAIL or -EINVAL for what was not joined; and what that returns.
 */
int tabi_leave_source_multicast(tabi_sock *sk,
                                const char *group,
                                const char *source,
                                const char *interface);

/**
 * The interface that multicast datagrams leave by (IP_MULTICAST_IF, IPV6_MULTICAST_IF, after the socket's
 * family).
 *
 * `interface` as in tabi_join_multicast(). Returns 0; -ENODEV or -EADDRNOTAVAIL for an unknown one;
 * TABI_ERR_TYPE for an address on an AF_INET6 socket; TABI_ERR_CLOSED.
 */
int tabi_set_multicast_interface(tabi_sock *sk, const char *interface);

/* ---- Messages and control data ---- */

/**
 * Control data (ancillary data) in the caller's buffer: a value that needs no free.
 *
 * To send: set `data` and `size`, `len` to 0, and add messages with tabi_control_add() and its sisters. To
 * receive: set `data` and `size`; tabi_recvmsg() sets `len`; read them with tabi_control_next(). The buffer
 * needs no alignment; tabi_cmsg_space() tells the bytes that a message takes.
 */
typedef struct {
    /**
     * The caller's buffer.
     */
    void *data;
    /**
     * The bytes of the buffer, at most 2147483647.
     */
    size_t size;
    /**
     * How many of them hold control messages.
     */
    size_t len;
} tabi_control;

/**
 * A control message in a tabi_control's buffer: zeroed before the first tabi_control_next().
 */
typedef struct {
    /**
     * SOL_SOCKET, IPPROTO_IP ...
     */
    int level;
    /**
     * The type within the level, such as SCM_RIGHTS.
     */
    int type;
    /**
     * The data, of no particular alignment; valid as long as the buffer is.
     */
    void *data;
    /**
     * The bytes of the data, never more than the buffer holds.
     */
    size_t len;
    /**
     * Where the next message begins.
     */
    size_t next;
} tabi_cmsg;

/**
 * Sends the bytes of several buffers as one message (sendmsg(2), Python's `sendmsg`).
 *
 * `buffers`: `buffer_count` of them, at most 1024 on Linux. `control`: control messages to go with them, or
 * NULL.
 * `flags`: MSG_* or 0. `addr`: where to, or NULL on a connected socket.
 * Returns the bytes that the kernel took, perhaps fewer than given, or a code as tabi_send() does; -EMSGSIZE
 * for too many buffers; TABI_ERR_OS for more than 2147483647 buffers or bytes of control data.
 */
ssize_t tabi_sendmsg(tabi_sock *sk,
                     const struct iovec *buffers,
                     size_t buffer_count,
                     const tabi_control *control,
                     int flags,
                     const tabi_addr *addr);

/**
 * tabi_sendmsg() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_sendmsg_until(tabi_sock *sk,
                           const struct iovec *buffers,
                           size_t buffer_count,
                           const tabi_control *control,
                           int flags,
                           const tabi_addr *addr,
                           int64_t deadline);

/**
 * Receives a message into several buffers, one after the other (recvmsg(2), Python's `recvmsg_into`).
 *
 * `buffers`: `buffer_count` of them, at most 1024 on Linux. `control`: where control messages go, its `len` is
 * set; NULL for none. `flags`: MSG_* or 0. `msg_flags` gets MSG_TRUNC (the message was cut), MSG_CTRUNC (the
 * control data was cut), MSG_EOR ...; `sender` gets the sender's address, with `len` 0 where the system names
 * nobody; both may be NULL.
 *
 * Descriptors that arrive are close-on-exec and the caller's, also after MSG_CTRUNC: take them with
 * tabi_control_next() and tabi_cmsg_fds(), or close them with tabi_control_close_fds().
 * Returns the number of bytes, 0 at the end of the stream, or a code as tabi_recv() does; -EMSGSIZE for too
 * many buffers; TABI_ERR_VALUE for a control buffer above 2147483647 bytes. No descriptor has arrived when it
 * fails.
 */
ssize_t tabi_recvmsg(tabi_sock *sk,
                     const struct iovec *buffers,
                     size_t buffer_count,
                     tabi_control *control,
                     int flags,
                     int *msg_flags,
                     tabi_addr *sender);

/**
 * tabi_recvmsg() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_recvmsg_until(tabi_sock *sk,
                           const struct iovec *buffers,
                           size_t buffer_count,
                           tabi_control *control,
                           int flags,
                           int *msg_flags,
                           tabi_addr *sender,
                           int64_t deadline);

/**
 * The length of a control message with `len` bytes of data, without trailing padding (CMSG_LEN).
 *
 * Returns the length, or TABI_ERR_OVERFLOW when it would exceed 2147483647.
 */
ssize_t tabi_cmsg_len(size_t len);

/**
 * The bytes that a control message with `len` bytes of data takes in a buffer, padding included (CMSG_SPACE).
 *
 * Returns the bytes, or TABI_ERR_OVERFLOW when they would exceed 2147483647.
 */
ssize_t tabi_cmsg_space(size_t len);

/**
 * Adds a control message of any level and type behind those that the buffer holds.
 *
 * Returns 0; TABI_ERR_TOO_SMALL when there is no room for tabi_cmsg_space(len) bytes more; TABI_ERR_OVERFLOW
 * for 2^31 bytes and more. When it fails the buffer is as before.
 */
int tabi_control_add(tabi_control *control, int level, int type, const void *data, size_t len);

/**
 * Adds descriptors (SCM_RIGHTS), at most 253 on Linux; the receiver gets duplicates. Returns as
 * tabi_control_add().
 */
int tabi_control_add_fds(tabi_control *control, const int *fds, size_t fd_count);

/**
 * Adds a message whose data is an int: IP_TTL, IP_TOS (level IPPROTO_IP), IPV6_HOPLIMIT, IPV6_TCLASS
 * (IPPROTO_IPV6) ...
 *
 * Returns as tabi_control_add(); the system checks the value when the message is sent.
 */
int tabi_control_add_int(tabi_control *control, int level, int type, int value);

/**
 * Chooses the source address and the interface of a datagram (IP_PKTINFO or IPV6_PKTINFO).
 *
 * `source`: an AF_INET or AF_INET6 address of this machine, 0.0.0.0 or :: for the system's choice; its port
 * does not matter.
 * `interface`: its number, 0 for any. Returns as tabi_control_add(); TABI_ERR_TYPE for an address of another
 * family.
 */
int tabi_control_add_packet_info(tabi_control *control, const tabi_addr *source, unsigned int interface);

/**
 * Adds the sender's credentials (SCM_CREDENTIALS); only a privileged process may name others than its own.
 *
 * Returns as tabi_control_add().
 */
int tabi_control_add_credentials(tabi_control *control, int32_t pid, uint32_t uid, uint32_t gid);

/**
 * Sends the bytes of one message as UDP datagrams of `bytes` bytes, the last perhaps smaller (UDP_SEGMENT).
 *
 * Returns as tabi_control_add().
 */
int tabi_control_add_segment_size(tabi_control *control, uint16_t bytes);

/**
 * Finds the next control message in the buffer; `cmsg` is zeroed before the first.
 *
 * Returns 1, or 0 when there is none, and `cmsg` is unchanged. A buffer of any content is safe to walk.
 */
int tabi_control_next(const tabi_control *control, tabi_cmsg *cmsg);

/**
 * Closes the descriptors in the buffer that nobody has taken with tabi_cmsg_fds(). Again: nothing is left.
 *
 * Only for a buffer that tabi_recvmsg() or tabi_recvmany() has filled. Returns how many were closed.
 */
ssize_t tabi_control_close_fds(tabi_control *control);

/**
 * Takes the descriptors out of an SCM_RIGHTS message: they are the caller's, to be closed with
 * tabi_close_fd().
 *
 * `max_fds`: how many fit in `fds`; the rest is left for another call. Those that are taken are -1 in the buffer
 * from then on.
 * Returns how many were taken, 0 when none is left; TABI_ERR_TYPE for another kind of message.
 */
ssize_t tabi_cmsg_fds(const tabi_cmsg *cmsg,
                      int *fds,
                      size_t max_fds);

/**
 * The number in a control message: IP_TTL, IP_TOS, IPV6_HOPLIMIT, IPV6_TCLASS, UDP_GRO (the size of a segment
 * in bytes) ...
 *
 * Returns 0; TABI_ERR_TYPE for a message whose data is neither an int nor a byte.
 */
int tabi_cmsg_int(const tabi_cmsg *cmsg, int *value);

/**
 * Where a datagram arrived (IP_PKTINFO, IPV6_PKTINFO).
 *
 * `destination` gets the address that it was sent to, `interface` the number of the interface that it came in
 * by, and `local` the address that an answer should come from; any may be NULL. The addresses have port 0.
 * Returns 0, or TABI_ERR_TYPE for another kind of message.
 */
int tabi_cmsg_packet_info(const tabi_cmsg *cmsg,
                          tabi_addr *destination,
                          tabi_addr *local,
                          unsigned int *interface);

/**
 * When the system received the message, in nanoseconds since 1970 (SO_TIMESTAMP, SO_TIMESTAMPNS,
 * SO_TIMESTAMPING).
 *
 * Of SO_TIMESTAMPING this is the system's time, or the network card's where there is no other.
 * Returns 0, or TABI_ERR_TYPE for another kind of message.
 */
int tabi_cmsg_timestamp(const tabi_cmsg *cmsg, int64_t *nanoseconds);

/**
 * Who sent the message (SCM_CREDENTIALS): process, user and group; any may be NULL.
 *
 * Returns 0, or TABI_ERR_TYPE for another kind of message.
 */
int tabi_cmsg_credentials(const tabi_cmsg *cmsg, int32_t *pid, uint32_t *uid, uint32_t *gid);

/**
 * The error that a datagram met, from a message received with MSG_ERRQUEUE (IP_RECVERR, IPV6_RECVERR).
 *
 * `error` gets the errno, `icmp_type` and `icmp_code` what the ICMP message said (0 for an error of this
 * machine's), `info` what the error says beside, such as the path's MTU in bytes for EMSGSIZE; `offender` who
 * sent the ICMP message, with `len` 0 for nobody. Any may be NULL. Returns 0, or TABI_ERR_TYPE for another
 * kind of message.
 */
int tabi_cmsg_error(const tabi_cmsg *cmsg,
                    int *error,
                    int *icmp_type,
                    int *icmp_code,
                    uint32_t *info,
                    tabi_addr *offender);

/**
 * Sends bytes, at least one on a stream, and descriptors over an AF_UNIX socket (Python's `send_fds`).
 *
 * `fds`: `fd_count` open descriptors, at most 253 on Linux; the receiver gets duplicates, the sender keeps its
 * own.
 * Returns the bytes that the kernel took; if that is not all, the descriptors went with the first. Else a code
 * as tabi_send() does; TABI_ERR_VALUE for a negative descriptor; -EBADF for one that is not open; -EINVAL for
 * too many; -ETOOMANYREFS when too many are on their way.
 */
ssize_t tabi_send_fds(tabi_sock *sk,
                      const void *data,
                      size_t len,
                      const int *fds,
                      size_t fd_count,
                      int flags);

/**
 * Receives at most `len` bytes and `max_fds` descriptors over an AF_UNIX socket (Python's `recv_fds`).
 *
 * `fds` gets the descriptors, which are close-on-exec and the caller's, to be closed with tabi_close_fd();
 * `fd_count` how many they are. `msg_flags` may be NULL; it gets MSG_CTRUNC when more were sent than fit, or
 * than the table of descriptors has room for: those are closed already. Returns as tabi_recv(); no descriptor
 * has arrived when it fails.
 */
ssize_t tabi_recv_fds(tabi_sock *sk,
                      void *buffer,
                      size_t len,
                      int *fds,
                      size_t max_fds,
                      int flags,
                      size_t *fd_count,
                      int *msg_flags);

/**
 * A datagram for tabi_sendmany() and tabi_recvmany(): zeroed before its members are set.
 */
typedef struct {
    /**
     * The bytes, or the room for them.
     */
    void *data;
    /**
     * Receiving: the bytes of the room; what does not fit is lost.
     */
    size_t size;
    /**
     * How many bytes to send, or how many were received.
     */
    size_t len;
    /**
     * Received: MSG_TRUNC when the datagram was cut, MSG_CTRUNC when its control messages were.
     */
    int flags;
    /**
     * Where to, with `addr.len` 0 on a connected socket; or the sender.
     */
    tabi_addr addr;
    /**
     * Control messages, as in tabi_sendmsg() and tabi_recvmsg(); all zero for none.
     */
    tabi_control control;
} tabi_datagram;

/**
 * Sends several datagrams, with one system call where the system can (sendmmsg(2) on Linux).
 *
 * `flags`: MSG_* or 0. Returns how many of them the kernel took, at least one; when it refuses a later one,
 * the next call meets the error. Else a code as tabi_send() does, and TABI_ERR_TYPE for an address of another
 * family.
 */
ssize_t tabi_sendmany(tabi_sock *sk, const tabi_datagram *datagrams, size_t datagram_count, int flags);

/**
 * Receives several datagrams, with one system call where the system can (recvmmsg(2) on Linux).
 *
 * Waits for the first, and takes those that are there then. `flags`: MSG_* or 0.
 * Returns how many of `datagrams` were filled, from the first on, or a code as tabi_recv() does; then none is
 * changed.
 */
ssize_t tabi_recvmany(tabi_sock *sk, tabi_datagram *datagrams, size_t datagram_count, int flags);

/**
 * Sends bytes to a cipher of the kernel's with an order what to do with them (Python's `sendmsg_afalg`).
 *
 * `op`: ALG_OP_ENCRYPT, ALG_OP_DECRYPT ...; `iv`: the initialisation vector, NULL for none; `assoclen`: how
 * many bytes are authenticated and not encrypted, 0 to 4294967295, below 0 for not saying. Else as
 * tabi_sendmsg().
 * Returns TABI_ERR_OS for a socket that is not AF_ALG; TABI_ERR_OVERFLOW for another `assoclen`.
 */
ssize_t tabi_sendmsg_afalg(tabi_sock *sk,
                           const struct iovec *buffers,
                           size_t buffer_count,
                           uint32_t op,
                           const void *iv,
                           size_t iv_len,
                           int64_t assoclen,
                           int flags);

/* ---- Buffered files, and files that are sent ---- */

/**
 * A buffered reader and writer on a socket: Python's `socket.makefile("rwb")`.
 *
 * One thread may read while another writes; two may not do the same at once. Its calls follow the socket's
 * timeout for each wait. A call that fails has lost nothing: what had arrived is read again, what was not sent
 * stays to be sent, once. Free it before the socket.
 */
typedef struct tabi_file tabi_file;

/**
 * Makes a buffered reader and writer on a socket, which must outlive it.
 *
 * `buffering`: the most bytes that are read ahead, and held back when writing; -1 for the usual 8192; with 0
 * none are. Buffers are allocated when they are first needed, and small for a connection that says little.
 * Returns 0 and an object that tabi_file_free() frees, or TABI_ERR_VALUE for a `buffering` below -1.
 */
int tabi_makefile(tabi_sock *sk, ssize_t buffering, tabi_file **out);

/**
 * Sends what is still buffered, as tabi_file_flush() does but without a report, and frees the object. NULL is
 * nothing.
 */
void tabi_file_free(tabi_file *file);

/**
 * Reads `len` bytes (Python's `read(n)`), fewer only at the end of the stream.
 *
 * Returns how many, or a code as tabi_recv() does: then nothing is consumed, and the next call reads it again.
 */
ssize_t tabi_file_read(tabi_file *file, void *buffer, size_t len);

/**
 * Reads what is there, at least 1 byte and at most `len`, with at most one tabi_recv() (Python's `read1`).
 *
 * Returns how many, 0 at the end of the stream, or a code as tabi_recv() does.
 */
ssize_t tabi_file_read1(tabi_file *file, void *buffer, size_t len);

/**
 * Reads a line with its newline (Python's `readline(size - 1)`) and puts a NUL behind it.
 *
 * `size`: the bytes of `line`, at least 2, else TABI_ERR_VALUE. A line without newline was cut by `size`, and
 * goes on in the next call, or by the end of the stream. Returns the length without the NUL, 0 at the end of
 * the stream; a code as tabi_recv() does: then nothing is consumed, and the next call reads the whole line.
 */
ssize_t tabi_file_readline(tabi_file *file, char *line, size_t size);

/**
 * How many bytes were received and not yet read; poll(2) on the socket does not tell of them. TABI_ERR_NULL
 * for NULL.
 */
ssize_t tabi_file_buffered(tabi_file *file);

/**
 * Writes bytes (Python's `write`): sent, or kept to be sent later.
 *
 * Returns how many were taken: all, unless sending fails after not_null, when the next call meets the error again;
 * or a code as tabi_send() does, when none was taken. One timeout limits the whole call.
 */
ssize_t tabi_file_write(tabi_file *file,
                        const void *data,
                        size_t len);

/**
 * Sends what was kept (Python's `flush`), within one timeout.
 *
 * Returns 0, or a code as tabi_send() does: then what was not sent is still kept.
 */
int tabi_file_flush(tabi_file *file);

/**
 * How many bytes were written and not yet sent. TABI_ERR_NULL for NULL.
 */
ssize_t tabi_file_unsent(tabi_file *file);

/**
 * Sends a file over a stream (sendfile(2), Python's `socket.sendfile`), without a copy where the system can.
 *
 * `file`: an open descriptor. `offset`: where to begin, in bytes. `count`: how many bytes, more than 0; -1 for
 * all to the end. `sent` may be NULL; it gets the number of bytes that went out, also when the call fails. The
 * file's position is then behind them. One timeout limits the whole call. What the system cannot send itself
 * (a pipe, some special files) is read and sent; the timeout does not limit reading, and what was read from a
 * pipe and could not be sent is lost.
 *
 * Returns that number, fewer than `count` at the end of the file; or a code as tabi_sendall() does;
 * TABI_ERR_VALUE for another `count`, a negative `offset` or `file`, a socket that is not a stream or is
 * non-blocking; -EBADF, -EISDIR ... for the file.
 */
ssize_t tabi_sendfile(tabi_sock *sk, int file, int64_t offset, int64_t count, size_t *sent);

/**
 * tabi_sendfile() within a limit of its own: see tabi_recv_until().
 */
ssize_t tabi_sendfile_until(tabi_sock *sk,
                            int file,
                            int64_t offset,
                            int64_t count,
                            size_t *sent,
                            int64_t deadline);

/* ---- The resolver, services, interfaces ---- */

/**
 * One answer of tabi_getaddrinfo(): what to make a socket with and where to connect or bind it.
 */
typedef struct {
    /**
     * sizeof(tabi_addrinfo) of the library that made it; later versions may add to the end.
     */
    size_t struct_size;
    /**
     * The address family, AF_*.
     */
    int family;
    /**
     * The type, SOCK_*.
     */
    int type;
    /**
     * The protocol, IPPROTO_*.
     */
    int proto;
    /**
     * The host's canonical name: in the first answer when AI_CANONNAME was asked for, else "".
     */
    const char *canonname;
    /**
     * The address.
     */
    tabi_addr addr;
} tabi_addrinfo;

/**
 * The answers of tabi_getaddrinfo(), in the order in which they should be tried.
 *
 * It does not change: any number of threads may read it.
 */
typedef struct tabi_addrinfo_list tabi_addrinfo_list;

/**
 * Looks up the addresses of a host and a service (getaddrinfo(3)).
 *
 * `host`: a name, an address, or NULL for this machine. `service`: a name such as "http", a port such as "80",
 * or NULL for port 0. `family` (AF_*), `type` (SOCK_*) and `proto` (IPPROTO_*) limit the answers, 0 does not;
 * `flags` are AI_*. Blocks for as long as the system's resolver does.
 *
 * Returns how many answers there are, at least 1, and the list, which tabi_addrinfo_list_free() frees;
 * TABI_GAI_* when the lookup fails, -errno where the resolver met an error of the system.
 */
int tabi_getaddrinfo(const char *host,
                     const char *service,
                     int family,
                     int type,
                     int proto,
                     int flags,
                     tabi_addrinfo_list **list);

/**
 * One answer of a list, valid until tabi_addrinfo_list_free(); NULL when there are not so many, and for NULL.
 */
const tabi_addrinfo *tabi_addrinfo_at(const tabi_addrinfo_list *list, size_t index);

/**
 * Frees a list and all that its answers point to.
 */
void tabi_addrinfo_list_free(tabi_addrinfo_list *list);

/**
 * The names of an address's host and service (getnameinfo(3)).
 *
 * `flags`: NI_*. `host_size`, `service_size`: the bytes of the buffers; NI_MAXHOST (1025) and 32 are always
 * enough, and (NULL, 0) leaves one out. Blocks for as long as the system's resolver does.
 * Returns 0; TABI_GAI_* when the lookup fails, TABI_ERR_TOO_SMALL.
 */
int tabi_getnameinfo(const tabi_addr *addr,
                     int flags,
                     char *host,
                     size_t host_size,
                     char *service,
                     size_t service_size);

/**
 * What is known of a host: Python's `(hostname, aliaslist, ipaddrlist)`. tabi_hostent_free() frees it.
 */
typedef struct {
    /**
     * sizeof(tabi_hostent) of the library that made it; later versions may add to the end.
     */
    size_t struct_size;
    /**
     * The host's main name.
     */
    const char *name;
    /**
     * Its other names; a NULL ends them.
     */
    const char *const *aliases;
    /**
     * Its addresses as text, at least one; a NULL ends them.
     */
    const char *const *addresses;
} tabi_hostent;

/**
 * The first IPv4 address of a host as text (Python's `gethostbyname`).
 *
 * `name`: a name, an address, "" (0.0.0.0) or `"<broadcast>"`. `size`: the bytes of `address`; 16 are enough.
 * Returns the length without the closing NUL; TABI_GAI_* when the lookup fails, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_gethostbyname(const char *name, char *address, size_t size);

/**
 * The names and all IPv4 addresses of a host (Python's `gethostbyname_ex`).
 *
 * Returns 0 and an entry that tabi_hostent_free() frees; TABI_GAI_* when the host has no address,
 * TABI_HERROR_* when only the lookup of its names fails.
 */
int tabi_gethostbyname_ex(const char *name, tabi_hostent **entry);

/**
 * The names and addresses of the host with an IPv4 or IPv6 address (Python's `gethostbyaddr`).
 *
 * `address`: an address as text, or a name, which is looked up first. Returns 0 and an entry that
 * tabi_hostent_free() frees; TABI_GAI_* when a name has no address, TABI_HERROR_* when nothing is known of the
 * address, TABI_ERR_OS for "".
 */
int tabi_gethostbyaddr(const char *address, tabi_hostent **entry);

/**
 * Frees an entry and all that it points to.
 */
void tabi_hostent_free(tabi_hostent *entry);

/**
 * This machine's name, with its closing NUL (gethostname(2)).
 *
 * `size`: the bytes of `name`; 65 are enough on Linux. Returns the length without the NUL, or
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_gethostname(char *name, size_t size);

/**
 * Sets this machine's name (sethostname(2)). Returns 0; -EPERM without the right to do so, -EINVAL when it is
 * too long.
 */
int tabi_sethostname(const char *name);

/**
 * The fully qualified name of a host: the first of its names that has a dot (Python's `getfqdn`).
 *
 * `name`: a name or an address; NULL, "", "0.0.0.0" and "::" stand for this machine. What nothing is known of
 * stays as it is.
 * `size`: the bytes of `fqdn`; 1025 are always enough. Returns the length without the closing NUL, or
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_getfqdn(const char *name, char *fqdn, size_t size);

/**
 * The port of a service (getservbyname(3)).
 *
 * `proto`: "tcp", "udp", or NULL for any. Returns the port (0 to 65535), or TABI_ERR_OS when there is no such
 * service.
 */
int tabi_getservbyname(const char *name, const char *proto);

/**
 * The name of the service on a port, with its closing NUL (getservbyport(3)).
 *
 * `port`: 0 to 65535. `proto`: "tcp", "udp", or NULL for any. `size`: the bytes of `name`. Returns the length
 * without the NUL; TABI_ERR_OS when there is no such service, TABI_ERR_OVERFLOW for another port,
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_getservbyport(int port, const char *proto, char *name, size_t size);

/**
 * The number of a protocol, such as "tcp" (getprotobyname(3)). Returns TABI_ERR_OS when there is no such
 * protocol.
 */
int tabi_getprotobyname(const char *name);

/**
 * One network interface of tabi_if_nameindex().
 */
typedef struct {
    /**
     * sizeof(tabi_interface) of the library that made it; later versions may add to the end.
     */
    size_t struct_size;
    /**
     * The interface's number, 1 or more.
     */
    uint32_t index;
    /**
     * Its name, such as "lo".
     */
    const char *name;
} tabi_interface;

/**
 * The network interfaces, as tabi_if_nameindex() found them.
 *
 * It does not change: any number of threads may read it.
 */
typedef struct tabi_interface_list tabi_interface_list;

/**
 * The number and the name of every network interface (if_nameindex(3)).
 *
 * Returns how many there are, and the list, which tabi_interface_list_free() frees; or -errno.
 */
int tabi_if_nameindex(tabi_interface_list **list);

/**
 * One interface of a list, valid until tabi_interface_list_free(); NULL when there are not so many, and for
 * NULL.
 */
const tabi_interface *tabi_interface_at(const tabi_interface_list *list, size_t index);

/**
 * Frees a list and the names in it.
 */
void tabi_interface_list_free(tabi_interface_list *list);

/**
 * The number of a network interface by its name (if_nametoindex(3)). Returns 0, or TABI_ERR_OS when there is
 * none.
 */
int tabi_if_nametoindex(const char *name, uint32_t *index);

/**
 * The name of a network interface by its number, with its closing NUL (if_indextoname(3)).
 *
 * `size`: the bytes of `name`; IF_NAMESIZE (16) are enough. Returns the length without the NUL; -ENXIO when
 * there is no such interface, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_if_indextoname(uint32_t index, char *name, size_t size);

/**
 * The number of an interface in the socket's own network namespace (SIOCGIFINDEX).
 *
 * Returns 0; -ENODEV for an unknown name; TABI_ERR_OS for one of more than 15 bytes; TABI_ERR_CLOSED.
 */
int tabi_interface_index(tabi_sock *sk, const char *name, uint32_t *index);

/**
 * The name of an interface in the socket's own network namespace, with its closing NUL (SIOCGIFNAME).
 *
 * Empty for 0 and for an unknown number, as in Python's addresses. `size`: the bytes of `name`; 16 are enough.
 * Returns the length without the NUL; TABI_ERR_TOO_SMALL or TABI_ERR_CLOSED.
 */
ssize_t tabi_interface_name(tabi_sock *sk, uint32_t index, char *name, size_t size);

/* ---- Addresses as text, byte order ---- */

/**
 * The four bytes of an IPv4 address in the grammar of inet_aton(3): "127.0.0.1", but also "127.1" and
 * "0x7f.1".
 *
 * `size`: the bytes of `packed`, at least 4. Returns 4; TABI_ERR_OS for other text, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_aton(const char *text, void *packed, size_t size);

/**
 * The text of a packed IPv4 address, with its closing NUL (inet_ntoa(3)).
 *
 * `len`: the bytes of `packed`, 4. `size`: the bytes of `text`; 16 are enough. Returns the length without the
 * NUL; TABI_ERR_OS for another `len`, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_ntoa(const void *packed, size_t len, char *text, size_t size);

/**
 * The bytes of an address from its text (inet_pton(3)).
 *
 * `family`: AF_INET (4 bytes) or AF_INET6 (16 bytes). `size`: the bytes of `packed`. Returns how many were
 * written; TABI_ERR_OS for other text, -EAFNOSUPPORT for another family, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_pton(int family, const char *text, void *packed, size_t size);

/**
 * The text of a packed address, with its closing NUL (inet_ntop(3)).
 *
 * `family`: AF_INET or AF_INET6. `len`: the bytes of `packed`, 4 or 16. `size`: the bytes of `text`; 46 are
 * enough.
 * Returns the length without the NUL; TABI_ERR_VALUE for another family or `len`, TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_ntop(int family, const void *packed, size_t len, char *text, size_t size);

/**
 * 16 bits from the host's to the network's byte order (htons(3)).
 */
uint16_t tabi_htons(uint16_t value);

/**
 * 32 bits from the host's to the network's byte order (htonl(3)).
 */
uint32_t tabi_htonl(uint32_t value);

/**
 * 16 bits from the network's to the host's byte order (ntohs(3)).
 */
uint16_t tabi_ntohs(uint16_t value);

/**
 * 32 bits from the network's to the host's byte order (ntohl(3)).
 */
uint32_t tabi_ntohl(uint32_t value);

/* ---- Addresses of Linux's other families ---- */

/**
 * Makes an AF_NETLINK address: `pid` 0 is the kernel, `groups` has a bit for each group. Returns 0.
 */
int tabi_addr_from_netlink(uint32_t pid, uint32_t groups, tabi_addr *addr);

/**
 * The parts of an AF_NETLINK address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
 */
int tabi_addr_netlink(const tabi_addr *addr, uint32_t *pid, uint32_t *groups);

/**
 * Makes an AF_VSOCK address. Returns 0.
 */
int tabi_addr_from_vsock(uint32_t cid, uint32_t port, tabi_addr *addr);

/**
 * The parts of an AF_VSOCK address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
 */
int tabi_addr_vsock(const tabi_addr *addr, uint32_t *cid, uint32_t *port);

/**
 * Makes an AF_QIPCRTR address. Returns 0.
 */
int tabi_addr_from_qipcrtr(uint32_t node, uint32_t port, tabi_addr *addr);

/**
 * The parts of an AF_QIPCRTR address. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for another family.
 */
int tabi_addr_qipcrtr(const tabi_addr *addr, uint32_t *node, uint32_t *port);

/**
 * Makes an AF_PACKET address.
 *
 * `interface`: its number, 0 for all; `protocol`: 0 to 65535 in host byte order, such as ETH_P_ALL;
 * `packet_type`: PACKET_HOST ...; `hardware_type`: ARPHRD_*; `hardware_address`: at most 8 bytes.
 * Returns 0; TABI_ERR_OVERFLOW for another protocol; TABI_ERR_VALUE for a longer address.
 */
int tabi_addr_from_packet(uint32_t interface,
                          int protocol,
                          uint8_t packet_type,
                          uint16_t hardware_type,
                          const void *hardware_address,
                          size_t len,
                          tabi_addr *addr);

/**
 * The parts of an AF_PACKET address; any output may be NULL, `hardware_address` with a `size` of 0 only if
 * there is none.
 *
 * `size`: the bytes of `hardware_address`; 32 are enough. Returns the length of that; TABI_ERR_TYPE for
 * another family; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_packet(const tabi_addr *addr,
                         uint32_t *interface,
                         uint16_t *protocol,
                         uint8_t *packet_type,
                         uint16_t *hardware_type,
                         void *hardware_address,
                         size_t size);

/**
 * Makes an AF_CAN address for the protocols CAN_RAW and CAN_BCM: an interface, 0 for all. Returns 0.
 */
int tabi_addr_from_can(uint32_t interface, tabi_addr *addr);

/**
 * The interface of an AF_CAN address of any protocol. Returns 0 or TABI_ERR_TYPE for another family.
 */
int tabi_addr_can(const tabi_addr *addr, uint32_t *interface);

/**
 * Makes an AF_CAN address for the protocol CAN_ISOTP: the identifiers of received and of sent frames. Returns
 * 0.
 */
int tabi_addr_from_can_isotp(uint32_t interface, uint32_t rx_id, uint32_t tx_id, tabi_addr *addr);

/**
 * The parts of an AF_CAN address of a CAN_ISOTP socket. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for
 * another family.
 */
int tabi_addr_can_isotp(const tabi_addr *addr, uint32_t *interface, uint32_t *rx_id, uint32_t *tx_id);

/**
 * Makes an AF_CAN address for the protocol CAN_J1939: name, parameter group number and address of a
 * controller, J1939_NO_NAME, J1939_NO_PGN and J1939_NO_ADDR for none. Returns 0.
 */
int tabi_addr_from_can_j1939(uint32_t interface, uint64_t name, uint32_t pgn, uint8_t address, tabi_addr *addr);

/**
 * The parts of an AF_CAN address of a CAN_J1939 socket. Any output may be NULL. Returns 0 or TABI_ERR_TYPE for
 * another family.
 */
int tabi_addr_can_j1939(const tabi_addr *addr,
                        uint32_t *interface,
                        uint64_t *name,
                        uint32_t *pgn,
                        uint8_t *address);

/**
 * Makes an AF_TIPC address of the parts of Python's tuple: TIPC_ADDR_NAMESEQ with type, lower and upper;
 * TIPC_ADDR_NAME with type and instance; TIPC_ADDR_ID with node and reference.
 *
 * `scope`: TIPC_CLUSTER_SCOPE is Python's choice. Returns 0; TABI_ERR_TYPE for another `addr_type`;
 * TABI_ERR_OVERFLOW for a scope beyond -128 to 127.
 */
int tabi_addr_from_tipc(uint32_t addr_type, uint32_t v1, uint32_t v2, uint32_t v3, int scope, tabi_addr *addr);

/**
 * The parts of an AF_TIPC address, as tabi_addr_from_tipc() takes them; what a type lacks is as in Python's
 * tuple.
 *
 * Any output may be NULL. Returns 0; TABI_ERR_TYPE for another family; TABI_ERR_VALUE for another type of
 * address.
 */
int tabi_addr_tipc(const tabi_addr *addr,
                   uint32_t *addr_type,
                   uint32_t *v1,
                   uint32_t *v2,
                   uint32_t *v3,
                   int *scope);

/**
 * Makes an AF_ALG address: an algorithm's type ("hash", "skcipher" ..., at most 13 bytes) and name (at most
 * 63), the features that it must have and which of them count.
 *
 * Returns 0 or TABI_ERR_VALUE for a longer text or one that is not UTF-8.
 */
int tabi_addr_from_alg(const char *type, const char *name, uint32_t feat, uint32_t mask, tabi_addr *addr);

/**
 * The parts of an AF_ALG address, the texts with their closing NUL. `feat` and `mask` may be NULL.
 *
 * `type_size`, `name_size`: the bytes of the buffers; 15 and 65 are enough. Returns 0; TABI_ERR_TYPE for
 * another family; TABI_ERR_VALUE for text that is not UTF-8; TABI_ERR_TOO_SMALL.
 */
int tabi_addr_alg(const tabi_addr *addr,
                  char *type,
                  size_t type_size,
                  char *name,
                  size_t name_size,
                  uint32_t *feat,
                  uint32_t *mask);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_L2CAP.
 *
 * `bdaddr`: a device, "00:1A:7D:DA:71:13"; `cid`: 0 for the protocol's choice; `bdaddr_type`: BDADDR_BREDR (0)
 * ...
 * Returns 0 or TABI_ERR_OS for what is no device's address.
 */
int tabi_addr_from_l2cap(const char *bdaddr, uint16_t psm, uint16_t cid, uint8_t bdaddr_type, tabi_addr *addr);

/**
 * The parts of an AF_BLUETOOTH address of a BTPROTO_L2CAP socket. `psm`, `cid` and `bdaddr_type` may be NULL.
 *
 * `bdaddr` gets the device's address and its closing NUL; a `size` of 18 is enough. Returns 0; TABI_ERR_TYPE
 * for another family; TABI_ERR_TOO_SMALL.
 */
int tabi_addr_l2cap(const tabi_addr *addr,
                    char *bdaddr,
                    size_t size,
                    uint16_t *psm,
                    uint16_t *cid,
                    uint8_t *bdaddr_type);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_RFCOMM. Returns as tabi_addr_from_l2cap().
 */
int tabi_addr_from_rfcomm(const char *bdaddr, uint8_t channel, tabi_addr *addr);

/**
 * The parts of an AF_BLUETOOTH address of a BTPROTO_RFCOMM socket; `channel` may be NULL. Else as
 * tabi_addr_l2cap().
 */
int tabi_addr_rfcomm(const tabi_addr *addr, char *bdaddr, size_t size, uint8_t *channel);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_HCI: the number of an adapter, HCI_DEV_NONE for none,
 * and HCI_CHANNEL_RAW (0) or another channel. Returns 0.
 */
int tabi_addr_from_hci(uint16_t device, uint16_t channel, tabi_addr *addr);

/**
 * The parts of an AF_BLUETOOTH address of a BTPROTO_HCI socket. Any output may be NULL.
 *
 * Returns 0 or TABI_ERR_TYPE for another family.
 */
int tabi_addr_hci(const tabi_addr *addr, uint16_t *device, uint16_t *channel);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_SCO. Returns as tabi_addr_from_l2cap().
 */
int tabi_addr_from_sco(const char *bdaddr, tabi_addr *addr);

/**
 * The device of an AF_BLUETOOTH address of a BTPROTO_SCO socket. As tabi_addr_l2cap().
 */
int tabi_addr_sco(const tabi_addr *addr, char *bdaddr, size_t size);

/* ---- Constants by name ---- */

/**
 * The value of a constant by its name, such as "SO_REUSEPORT": every name of Python's socket module that is a
 * number.
 *
 * Returns 0, or TABI_ERR_VALUE when this platform has no such constant.
 */
int tabi_constant(const char *name, int64_t *value);

/**
 * How many constants there are: tabi_constant_at() has them all.
 */
size_t tabi_constant_count(void);

/**
 * The name and the value of one constant; they are sorted by name.
 *
 * `index`: 0 to tabi_constant_count() - 1. The name is static. Returns 0, or TABI_ERR_VALUE for another index.
 */
int tabi_constant_at(size_t index, const char **name, int64_t *value);

/**
 * The text of a constant that is not a number: "BDADDR_ANY", "BDADDR_LOCAL".
 *
 * The text is static. Returns 0, or TABI_ERR_VALUE when there is no such constant.
 */
int tabi_string_constant(const char *name, const char **text);

/* ---- Servers ---- */

/**
 * A server: Python's `socketserver` classes.
 *
 * Any number of threads may use one at once. tabi_server_free() must be the last use of the handle.
 */
typedef struct tabi_server tabi_server;

/**
 * One client of a server, or one datagram: what Python's handlers have as `self`.
 *
 * It is lent to the handler, for use until that returns, by any thread.
 */
typedef struct tabi_request tabi_request;

/**
 * Answers a request. The server ends the connection afterwards, and frees `request`.
 *
 * It runs on a thread of the server's, perhaps on several at once, with the `userdata` that the server was
 * made with. It may call anything in this library, tabi_server_shutdown() included.
 * Returns 0 or more when all is well; a negative code (such as one that a function of this library returned)
 * is counted as a failure and reported to the server's handle_error. C++ exceptions and longjmp must not pass
 * through. A thread that is ended in a handler (pthread_exit) stays there, with its request.
 */
typedef int (*tabi_handler)(tabi_request *request, void *userdata);

/**
 * Makes a TCP server that handles its clients one after the other, in the thread that serves
 * (`TCPServer`). Arguments and results as in tabi_threading_tcp_server().
 */
int tabi_tcp_server(const char *host, int port, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a TCP server that handles each client in a thread of its own, bound and listening
 * (`ThreadingTCPServer`).
 *
 * `host`: a name, an IPv4 address, "" (any). `port`: 0 to 65535, 0 for a free one. `handler` runs for each
 * client, with `userdata`, until the server is freed. Threads are kept and reused; they have 256 KiB of stack.
 * Returns 0 and a server that tabi_server_free() frees; -EADDRINUSE, -EACCES ...; TABI_ERR_OVERFLOW for
 * another port; TABI_GAI_* when the lookup fails.
 */
int tabi_threading_tcp_server(const char *host,
                              int port,
                              tabi_handler handler,
                              void *userdata,
                              tabi_server **out);

/**
 * Makes a TCP server that handles each client in a process of its own: see TABI_FORKS for when that is sound
 * (`ForkingTCPServer`). Arguments and results as in tabi_threading_tcp_server().
 */
int tabi_forking_tcp_server(const char *host,
                            int port,
                            tabi_handler handler,
                            void *userdata,
                            tabi_server **out);

/**
 * Makes a UDP server that handles its datagrams one after the other, in the thread that serves
 * (`UDPServer`). Arguments and results as in tabi_threading_tcp_server().
 */
int tabi_udp_server(const char *host, int port, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a UDP server that handles each datagram in a thread of its own
 * (`ThreadingUDPServer`). Arguments and results as in tabi_threading_tcp_server().
 */
int tabi_threading_udp_server(const char *host,
                              int port,
                              tabi_handler handler,
                              void *userdata,
                              tabi_server **out);

/**
 * Makes a UDP server that handles each datagram in a process of its own: see TABI_FORKS for when that is sound
 * (`ForkingUDPServer`). Arguments and results as in tabi_threading_tcp_server().
 */
int tabi_forking_udp_server(const char *host,
                            int port,
                            tabi_handler handler,
                            void *userdata,
                            tabi_server **out);

/**
 * Makes a unix stream server that handles its clients one after the other, in the thread that serves
 * (`UnixStreamServer`).
 *
 * `path`: 1 to 107 bytes (with "" Linux picks an abstract name); the socket's file stays when the server is
 * closed, as in Python. `handler` and results as in tabi_threading_tcp_server(); -EADDRINUSE when the file
 * exists.
 */
int tabi_unix_stream_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a unix stream server that handles each client in a thread of its own
 * (`ThreadingUnixStreamServer`). Arguments and results as in tabi_unix_stream_server().
 */
int tabi_threading_unix_stream_server(const char *path,
                                      tabi_handler handler,
                                      void *userdata,
                                      tabi_server **out);

/**
 * Makes a unix stream server that handles each client in a process of its own: see TABI_FORKS
 * (`ForkingUnixStreamServer`). Arguments and results as in tabi_unix_stream_server().
 */
int tabi_forking_unix_stream_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a unix datagram server that handles its datagrams one after the other, in the thread that serves
 * (`UnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
 */
int tabi_unix_datagram_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a unix datagram server that handles each datagram in a thread of its own
 * (`ThreadingUnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
 */
int tabi_threading_unix_datagram_server(const char *path,
                                        tabi_handler handler,
                                        void *userdata,
                                        tabi_server **out);

/**
 * Makes a unix datagram server that handles each datagram in a process of its own: see TABI_FORKS
 * (`ForkingUnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
 */
int tabi_forking_unix_datagram_server(const char *path,
                                      tabi_handler handler,
                                      void *userdata,
                                      tabi_server **out);

/**
 * Handles requests until tabi_server_shutdown() (Python's `serve_forever`).
 *
 * `poll_interval`: seconds between two runs of the hook service_actions, 0.5 in Python; nothing else waits for
 * it.
 * Returns 0; TABI_ERR_CLOSED after tabi_server_close(), TABI_ERR_VALUE when the server is serving already and
 * for a negative `poll_interval`, and a socket's error when that is of no more use.
 */
int tabi_server_serve_forever(tabi_server *sv, double poll_interval);

/**
 * Handles one request, or none when the server's timeout passes or it is shut down first (Python's
 * `handle_request`).
 *
 * Returns as tabi_server_serve_forever().
 */
int tabi_server_handle_request(tabi_server *sv);

/**
 * Stops tabi_server_serve_forever() at once (Python's `shutdown`).
 *
 * From any thread, any number of times; it returns when the loop has ended, in a handler or hook of this
 * server at once. Before serve_forever it makes the next one return at once. Requests that have begun go on.
 * Returns 0.
 */
int tabi_server_shutdown(tabi_server *sv);

/**
 * The descriptor through which a signal handler stops the server: write(2) eight bytes to it, a `uint64_t` 1.
 *
 * The server keeps and closes it. Returns the descriptor.
 */
int tabi_server_wake_fd(tabi_server *sv);

/**
 * 1 lets serve_forever and handle_request return -EINTR when a signal handler has run; they may be called
 * again. 0, at first, lets them go on. Returns 0.
 */
int tabi_server_set_interruptible(tabi_server *sv, int interruptible);

/**
 * What became of the requests that were active when a server was closed. Set `struct_size` before the call.
 */
typedef struct {
    /**
     * sizeof(tabi_drain_report), set by the caller.
     */
    size_t struct_size;
    /**
     * How many ended by themselves.
     */
    size_t finished;
    /**
     * How many were cut off: their connections shut down, or never handled.
     */
    size_t cut;
    /**
     * How many are still running: handlers that neither use their socket nor return, a second after they were
     * cut off; all that had not ended when the server does not wait for them.
     */
    size_t left;
} tabi_drain_report;

/**
 * Stops accepting, waits for the requests that have begun, and closes the sockets (Python's `server_close`).
 *
 * `drain`: seconds that they have; then their connections are shut down, which ends handlers that use them.
 * TABI_NO_TIMEOUT waits as long as they take. A serve loop is stopped first. In a handler of this server it
 * does not wait for that one. `report` may be NULL. Closing again does nothing. Returns 0, or TABI_ERR_VALUE
 * for negative seconds and NaN.
 */
int tabi_server_close(tabi_server *sv, double drain, tabi_drain_report *report);

/**
 * Closes the server as tabi_server_close() does with TABI_NO_TIMEOUT (call that first for a limit), and frees
 * it.
 *
 * When it returns, no handler runs any more, unless `daemon_threads` is 1, `block_on_close` 0, or a
 * tabi_server_close() before it has reported some as left. NULL does nothing. Not for a server from
 * tabi_request_server().
 */
void tabi_server_free(tabi_server *sv);

/**
 * The address that the server is bound to, with the port that was picked for port 0 (Python's
 * `server_address`).
 * Returns 0.
 */
int tabi_server_address(tabi_server *sv, tabi_addr *addr);

/**
 * The descriptor of the server's socket (Python's `fileno`), or TABI_ERR_CLOSED. It stays the server's: do not
 * close it.
 */
int tabi_server_fileno(tabi_server *sv);

/**
 * The server's socket, the first if it has several; NULL for NULL. The server closes and frees it.
 */
tabi_sock *tabi_server_sock(tabi_server *sv);

/* ---- Requests ---- */

/**
 * The client's socket, or the server's own for a datagram; NULL for NULL.
 *
 * The server closes and frees it: do not call tabi_sock_free(), and do not use it after the handler has
 * returned.
 */
tabi_sock *tabi_request_sock(tabi_request *request);

/**
 * The address of the client, or of the sender of a datagram (Python's `self.client_address`). Returns 0.
 */
int tabi_request_client_address(tabi_request *request, tabi_addr *addr);

/**
 * The server that took the request, for tabi_server_shutdown() and the like; NULL for NULL. Do not free it.
 */
tabi_server *tabi_request_server(tabi_request *request);

/**
 * The bytes of a datagram, and their number in `len` (which may be NULL); NULL and 0 for a stream client.
 *
 * They belong to the request, until the handler returns.
 */
const void *tabi_request_packet(tabi_request *request, size_t *len);

/**
 * 1 when a datagram was longer than the server's max_packet_size, so that its end is lost; else 0.
 */
int tabi_request_is_cut(tabi_request *request);

/**
 * Sends bytes to the client: all of them on a stream (`sendall`), one datagram to the sender of a datagram
 * (`sendto`).
 *
 * Returns 0, or what tabi_sendall() and tabi_sendto() return when they fail.
 */
int tabi_request_reply(tabi_request *request, const void *data, size_t len);

/**
 * Lets a request carry a pointer, from one hook to the next or from setup to handler. Returns 0.
 */
int tabi_request_set_data(tabi_request *request, void *data);

/**
 * The pointer that the request carries; NULL at first, and for NULL.
 */
void *tabi_request_data(tabi_request *request);

/* ---- Jobs ---- */

/**
 * Work that a server runs as it runs its requests: on its threads, within its limits, counted and drained with
 * them. Set it to zero, then `struct_size`, `run` and what else is needed; tabi_server_run_job() copies it.
 *
 * Of the server's hooks only handle_error has to do with jobs: neither the handler nor the other steps of a
 * request run for one.
 */
typedef struct {
    /**
     * sizeof(tabi_job), set by the caller.
     */
    size_t struct_size;
    /**
     * What each function gets as its last argument.
     */
    void *userdata;
    /**
     * Does the work, on a thread of the server's. `request` stands for the job: tabi_request_server() knows its
     * server; it has no client and no packet. Returns as a tabi_handler does.
     */
    int (*run)(tabi_request *request, void *userdata);
    /**
     * Asks the job to end soon: the time that tabi_server_close() gave is over. Runs on the thread that closes
     * the server, while `run` runs on another or has not begun. NULL: nobody asks.
     */
    void (*cut)(void *userdata);
    /**
     * Runs once, as the last of the three and on any thread: when the job has run, or when it never will; where a
     * child process runs the job, when that has been made. May be NULL.
     */
    void (*end)(void *userdata);
} tabi_job;

/**
 * Has a job run as if it were a request that was just taken: on a thread of the server's, in a process, or
 * in-line before this returns, as the server's concurrency says. It never waits for a thread.
 *
 * Returns 1 when the job runs, will run or has run, and 0 when it was refused: all threads are busy and
 * `when_full` says so, the server has `max_connections` requests, or its threads are gone because it is
 * closed. In both cases `end` runs.
 * TABI_ERR_VALUE for a `struct_size` that is too small, TABI_ERR_NULL; then `end` does not run.
 */
int tabi_server_run_job(tabi_server *sv, const tabi_job *job);

/* ---- Servers with settings ---- */

/**
 * The thread that serves handles the requests, one after the other.
 */
#define TABI_INLINE 0

/**
 * Each request is handled in a thread of its own. Threads are kept and used again.
 */
#define TABI_THREADS 1

/**
 * Each request is handled in a process of its own. This is safe only in a program that has no other threads, or
 * with a handler that calls nothing but the functions in signal-safety(7).
 */
#define TABI_FORKS 2

/**
 * When all threads are busy, the server stops accepting. New clients wait in the kernel's queue.
 */
#define TABI_WHEN_FULL_WAIT 0

/**
 * When all threads are busy, the server accepts up to `queue_size` more clients, which wait for a thread. Then it
 * stops accepting.
 */
#define TABI_WHEN_FULL_QUEUE 1

/**
 * When all threads are busy, the server accepts new clients and closes them at once.
 */
#define TABI_WHEN_FULL_REFUSE 2

/**
 * What a thread of the server's does: to be called once by `thread_main`, with the argument that came along.
 */
typedef void (*tabi_thread_body)(void *argument);

/**
 * Steps of a server that are replaced; NULL leaves a step as it is. Each gets the `userdata` of this
 * structure.
 *
 * Set it to zero, then `struct_size` and what is to be replaced. Hooks run in the thread that serves, except
 * finish_request, shutdown_request, close_request and handle_error, which run where the request is handled.
 * The library holds no lock while they run. A hook that returns `int` returns 0, or a negative code to fail.
 * A thread that is ended in a hook (pthread_exit) stays there and does nothing any more.
 */
typedef struct {
    /**
     * sizeof(tabi_server_hooks), set by the caller.
     */
    size_t struct_size;
    /**
     * What each hook gets as its last argument.
     */
    void *userdata;
    /**
     * Binds the sockets; else tabi_server_default_bind().
     */
    int (*server_bind)(tabi_server *server, void *userdata);
    /**
     * Starts to listen; else tabi_server_default_activate().
     */
    int (*server_activate)(tabi_server *server, void *userdata);
    /**
     * Takes the next request from a socket that is ready; else tabi_server_default_get_request().
     * `request` is made by that or by a tabi_request_from_ function. A failure skips the request.
     */
    int (*get_request)(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata);
    /**
     * 1 goes on with the request, 0 ends it (counted as rejected), a negative code fails; else 1.
     */
    int (*verify_request)(tabi_request *request, void *userdata);
    /**
     * Has the request handled somewhere; else tabi_request_process_default(). The request is yours: pass it,
     * on any thread, to that, to tabi_request_process() or to tabi_request_free().
     */
    void (*process_request)(tabi_request *request, void *userdata);
    /**
     * Runs the handler; else tabi_request_finish().
     */
    int (*finish_request)(tabi_request *request, void *userdata);
    /**
     * Ends the request; else tabi_request_shutdown() and close_request.
     */
    void (*shutdown_request)(tabi_request *request, void *userdata);
    /**
     * Closes what belongs to the request; else tabi_request_close().
     */
    void (*close_request)(tabi_request *request, void *userdata);
    /**
     * Reports a failure: its code, and a message that is valid during the call; else nothing.
     */
    void (*handle_error)(tabi_request *request, int code, const char *message, void *userdata);
    /**
     * Runs when tabi_server_handle_request() found no request in time; else nothing.
     */
    int (*handle_timeout)(tabi_server *server, void *userdata);
    /**
     * Runs in serve_forever after each request and each `poll_interval`; a failure ends it; else nothing.
     */
    int (*service_actions)(tabi_server *server, void *userdata);
    /**
     * Runs around the whole life of each thread that handles requests; calls `body(argument)` once, which
     * returns when the thread is to end.
     */
    void (*thread_main)(const char *name, tabi_thread_body body, void *argument, void *userdata);
} tabi_server_hooks;

/**
 * The settings of a server. Fill it with tabi_server_options_init(), then change what should be different.
 */
typedef struct {
    /**
     * sizeof(tabi_server_options). tabi_server_options_init() sets it.
     */
    size_t struct_size;
    /**
     * AF_INET (the default), AF_INET6 or AF_UNIX.
     */
    int address_family;
    /**
     * SOCK_STREAM (the default), SOCK_SEQPACKET or SOCK_DGRAM.
     */
    int socket_type;
    /**
     * Where requests are handled: TABI_INLINE (the default), TABI_THREADS or TABI_FORKS.
     */
    int concurrency;
    /**
     * 1 (the default): tabi_server_new() binds the socket and starts to listen. 0: the program calls
     * tabi_server_bind() and tabi_server_activate() itself.
     */
    int bind_and_activate;
    /**
     * 1 sets SO_REUSEADDR, 0 does not set it. -1 (the default) sets it for TCP only.
     */
    int allow_reuse_address;
    /**
     * 1 sets SO_REUSEPORT. The default is 0.
     */
    int allow_reuse_port;
    /**
     * 1: a server with AF_INET6 accepts IPv4 clients too. 0 (the default): the system decides.
     */
    int dualstack_ipv6;
    /**
     * The number of clients that may wait in the kernel's queue. The default is SOMAXCONN.
     */
    int request_queue_size;
    /**
     * The length of the longest datagram in bytes, at least 1. The default is 8192.
     */
    size_t max_packet_size;
    /**
     * The time in seconds that tabi_server_handle_request() waits for a request. The default is TABI_NO_TIMEOUT.
     */
    double timeout;
    /**
     * The timeout of each client's socket in seconds, more than 0. The default is TABI_NO_TIMEOUT.
     */
    double request_timeout;
    /**
     * The largest number of requests at the same time. Further clients are closed at once. The default is 0: no
     * limit.
     */
    size_t max_connections;
    /**
     * The largest number of requests at the same time from one internet host. Further clients from there are closed
     * at once. The default is 0: no limit.
     */
    size_t max_connections_per_address;
    /**
     * The number of threads that accept clients. The default is 1. With allow_reuse_port, each thread has a socket
     * of its own.
     */
    size_t loops;
    /**
     * For TABI_THREADS: the largest number of threads that handle requests at the same time. A thread that is
     * ending is not counted. The default is 0: no limit.
     */
    size_t max_threads;
    /**
     * For TABI_THREADS: what happens when all threads are busy. TABI_WHEN_FULL_WAIT (the default),
     * TABI_WHEN_FULL_QUEUE or TABI_WHEN_FULL_REFUSE.
     */
    int when_full;
    /**
     * For TABI_WHEN_FULL_QUEUE: the number of clients that may wait in the queue. The default is 0.
     */
    size_t queue_size;
    /**
     * For TABI_THREADS: the size of each thread's stack in bytes. The default is 262144 (256 KiB).
     */
    size_t stack_size;
    /**
     * For TABI_THREADS: the time in seconds after which a thread without work ends. The default is 10.
     */
    double thread_idle;
    /**
     * For TABI_THREADS: the beginning of the threads' names. NULL (the default) stands for "tabi". The string is
     * copied.
     */
    const char *thread_name;
    /**
     * For TABI_THREADS: 1 lets requests go on when the server is closed. The default is 0.
     */
    int daemon_threads;
    /**
     * 1 (the default): tabi_server_close() waits for requests that have begun. 0: it does not wait.
     */
    int block_on_close;
    /**
     * For TABI_FORKS: the largest number of child processes at the same time. The default is 40.
     */
    size_t max_children;
    /**
     * Functions that replace steps of the server, or NULL (the default). The structure is copied.
     */
    const tabi_server_hooks *hooks;
} tabi_server_options;

/**
 * Fills the settings with their default values.
 *
 * `struct_size`: sizeof(tabi_server_options). Returns 0, or TABI_ERR_VALUE when the size is too small.
 */
int tabi_server_options_init(tabi_server_options *options, size_t struct_size);

/**
 * Makes a server of any kind, bound and listening unless `bind_and_activate` is 0.
 *
 * `addr`: what to bind to. `handler` runs for each request, with `userdata`, until the server is freed.
 * Returns 0 and a server that tabi_server_free() frees; TABI_ERR_VALUE for settings that cannot be,
 * TABI_ERR_TYPE for an address of another family; -EADDRINUSE, -EACCES ...
 */
int tabi_server_new(const tabi_server_options *options,
                    const tabi_addr *addr,
                    tabi_handler handler,
                    void *userdata,
                    tabi_server **out);

/**
 * Makes a server from sockets that were bound elsewhere, such as those of tabi_listen_fds(); never unlinks or
 * re-binds them.
 *
 * `sockets`: `count` handles, 1 or more; when the call succeeds they are the server's, which frees them.
 * Family and type are the sockets' own, and may differ. Those that do not listen yet begin to.
 * Returns as tabi_server_new().
 */
int tabi_server_from_sockets(const tabi_server_options *options,
                             tabi_sock *const *sockets,
                             size_t count,
                             tabi_handler handler,
                             void *userdata,
                             tabi_server **out);

/**
 * Binds the server's socket (Python's `server_bind`), for servers with `bind_and_activate` 0. Errors as in
 * tabi_bind().
 */
int tabi_server_bind(tabi_server *sv);

/**
 * Starts to listen (Python's `server_activate`), for servers with `bind_and_activate` 0. Errors as in
 * tabi_listen().
 */
int tabi_server_activate(tabi_server *sv);

/**
 * What a server has done so far. Set `struct_size` before the call.
 */
typedef struct {
    /**
     * sizeof(tabi_server_statistics), set by the caller.
     */
    size_t struct_size;
    /**
     * Requests taken: clients accepted, datagrams received.
     */
    uint64_t accepted;
    /**
     * Requests that have begun and not ended.
     */
    uint64_t active;
    /**
     * Requests ended without being handled: over a limit, refused by verify_request, or no thread for them.
     */
    uint64_t rejected;
    /**
     * Requests whose handler failed.
     */
    uint64_t failed;
    /**
     * Requests that have ended, for whatever reason.
     */
    uint64_t finished;
    /**
     * Threads that handle requests or wait for them.
     */
    uint64_t threads;
    /**
     * Those of them that wait.
     */
    uint64_t idle_threads;
    /**
     * Child processes that handle requests.
     */
    uint64_t children;
} tabi_server_statistics;

/**
 * Reads what the server has counted. Returns 0, or TABI_ERR_VALUE for a `struct_size` that is too small.
 */
int tabi_server_get_statistics(tabi_server *sv, tabi_server_statistics *statistics);

/**
 * Collects the child processes that have ended, without waiting (Python's `collect_children`); the serve loop
 * does it by itself. Returns 0.
 */
int tabi_server_collect_children(tabi_server *sv);

/* ---- A restart that refuses nobody ---- */

/**
 * One socket that was handed over to this process.
 */
typedef struct {
    /**
     * Its name, "unknown" when none was given.
     */
    const char *name;
    /**
     * The socket. Set it to NULL when you keep it (tabi_server_from_sockets() takes it over).
     */
    tabi_sock *sk;
} tabi_listen_socket;

/**
 * The sockets that a service manager (sd_listen_fds(3)) or a predecessor handed over to this process by
 * `LISTEN_FDS`, `LISTEN_FDNAMES` and, unless it is absent, `LISTEN_PID`.
 *
 * Returns 0, an array of `count` sockets (0 when there are none, or when they were taken before) that
 * tabi_listen_fds_free() frees; TABI_ERR_VALUE when the variables make no sense; -EBADF, -ENOTSOCK.
 */
int tabi_listen_fds(tabi_listen_socket **list, size_t *count);

/**
 * Frees a list of tabi_listen_fds() with its `count`, and those of its sockets that are not NULL.
 */
void tabi_listen_fds_free(tabi_listen_socket *list, size_t count);

/**
 * Starts a program that inherits the server's sockets, so that a restart refuses nobody.
 *
 * The successor takes them with tabi_listen_fds() and tabi_server_from_sockets(); this server goes on until
 * tabi_server_close(), and clients that come in between wait in the sockets' common queue. `path`: of the
 * program;
 * `argv`: its arguments without its name, ended by NULL; `name`: what the sockets are called, without ':'.
 * Returns 0 and the process's number in `pid` (which may be NULL; waitpid(2) for it); TABI_ERR_CLOSED,
 * TABI_ERR_VALUE, -ENOENT, -EMFILE ...
 */
int tabi_server_pass_to(tabi_server *sv,
                        const char *path,
                        const char *const *argv,
                        const char *name,
                        pid_t *pid);

/* ---- Steps of a server, for programs that replace some ---- */

/**
 * What server_bind does unless it is replaced: sets the options and binds. Errors as in tabi_bind().
 */
int tabi_server_default_bind(tabi_server *sv);

/**
 * What server_activate does unless it is replaced: stream sockets start to listen. Errors as in tabi_listen().
 */
int tabi_server_default_activate(tabi_server *sv);

/**
 * What get_request does unless it is replaced: accepts a client, or receives a datagram, without waiting.
 *
 * `sk`: the socket that get_request was given. Returns 0 and a request, or as tabi_accept() and
 * tabi_recvfrom() do; -EAGAIN when there is none.
 */
int tabi_server_default_get_request(tabi_server *sv, tabi_sock *sk, tabi_request **out);

/**
 * Makes a request of a client that get_request has accepted itself.
 *
 * `sk`: the client's socket; when the call succeeds it is the request's, which frees it.
 * Returns 0 and a request that get_request hands on.
 */
int tabi_request_from_sock(tabi_server *sv,
                           tabi_sock *sk,
                           const tabi_addr *client_address,
                           tabi_request **out);

/**
 * Makes a request of a datagram, or of anything that has no socket of its own.
 *
 * `sk`: the server's socket that get_request was given; answers go out by it. `data`: `len` bytes, copied.
 * Returns 0 and a request that get_request hands on.
 */
int tabi_request_from_packet(tabi_server *sv,
                             tabi_sock *sk,
                             const void *data,
                             size_t len,
                             const tabi_addr *client_address,
                             tabi_request **out);

/**
 * What process_request does unless it is replaced: has the request handled in-line, by a thread or by a
 * process.
 *
 * Takes the request over; do not use it again. Returns 0.
 */
int tabi_request_process_default(tabi_request *request);

/**
 * Handles a request on this thread, from finish_request to its end; failures go to handle_error.
 *
 * For those who replace process_request. Takes the request over; do not use it again. Returns 0.
 */
int tabi_request_process(tabi_request *request);

/**
 * Gives up a request without handling it; its client's socket is closed. For those who replace
 * process_request. NULL does nothing.
 */
void tabi_request_free(tabi_request *request);

/**
 * What finish_request does unless it is replaced: runs the server's handler. Returns 0 or the failure's code.
 */
int tabi_request_finish(tabi_request *request);

/**
 * Tells a stream client that no more comes (shutdown(2) with SHUT_WR); does nothing for a datagram. Returns 0.
 */
int tabi_request_shutdown(tabi_request *request);

/**
 * Closes a stream client's socket; does nothing for a datagram. Returns 0.
 */
int tabi_request_close(tabi_request *request);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TABI_H */
