/*
 * tabi: Python's socket and socketserver modules for C.
 *
 * Names. A function has the name of Python's method or function, with the prefix tabi_.
 *
 * Results. A function returns 0, a number of bytes or a number of items when it succeeds. It returns a
 * negative code when it fails:
 *
 *     -errno                      an error of the system, such as -ECONNREFUSED
 *     TABI_GAI_*, TABI_HERROR_*   an error of the resolver
 *     TABI_ERR_*                  an error of this library
 *
 * tabi_strerror() returns the text of a code, tabi_error_name() its name, and tabi_last_error_message() the
 * details. errno is set too; it is EINVAL when no errno fits. On Windows all this is about the numbers of
 * WSAGetLastError(), such as -WSAECONNREFUSED, and errno is not set.
 *
 * Some errors are possible in almost every function, and are not mentioned there: TABI_ERR_NULL when an
 * argument is NULL that must not be NULL, TABI_ERR_CLOSED when the function needs the descriptor of a socket or
 * a server that is closed, TABI_ERR_CANCELLED when the function may wait and a token cancels it (tabi_cancel),
 * TABI_ERR_OVERFLOW for a length that no memory has (more than SSIZE_MAX bytes), and -ENOMEM.
 *
 * Arguments. Outputs are written only when the function succeeds, unless its comment says something else. A
 * buffer is a pointer and a length in bytes; NULL with the length 0 is an empty buffer. Timeouts are in
 * seconds, deadlines in nanoseconds of CLOCK_MONOTONIC. A timeout that is negative or NaN is TABI_ERR_VALUE, and
 * one of more than 292 years TABI_ERR_OVERFLOW.
 *
 * Memory. The comment of a function names the function that frees its result. Functions whose name ends with
 * _free do nothing when they are given NULL.
 *
 * Threads. Every function may be called in any thread at any time, and also while other threads are inside
 * functions with the same handle. There are three exceptions: nobody may use a handle while it is being freed
 * or later; a tabi_file is for one reader and one writer at a time; and a thread must not be cancelled
 * (pthread_cancel) inside a function of this library, because that ends the process. A signal handler may call
 * tabi_cancel_trigger() and no other function.
 *
 * This file is made by cbindgen from the comments in src/ffi. Do not edit it.
 */

#ifndef TABI_H
#define TABI_H

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#if defined(_MSC_VER) && !defined(_SSIZE_T_DEFINED)
typedef intptr_t ssize_t;
#define _SSIZE_T_DEFINED
#endif
#else
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#endif

#if defined(__STRICT_ANSI__) && \
    (defined(__cplusplus) ? __cplusplus < 201103L : !defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L)
#error "tabi.h needs C99 or C++11: -std=c99 or -std=c++11, or newer"
#endif

/* The version of this header. tabi_version() returns that of the library. */
#define TABI_VERSION_MAJOR 0
#define TABI_VERSION_MINOR 1
#define TABI_VERSION_PATCH 0

/* The value of a timeout in seconds that means: no limit. */
#define TABI_NO_TIMEOUT HUGE_VAL

/* The backlog that Python's listen() uses when none is given. */
#define TABI_BACKLOG (SOMAXCONN < 128 ? SOMAXCONN : 128)

/* The codes that are not -errno. Their numbers never change. tabi_handler explains the last three, which are no errors. */
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
#define TABI_ERR_CANCELLED (-5210) /* the call was cancelled */
#define TABI_PARK (-6001) /* a handler's answer: call it again when there is more to read */
#define TABI_AGAIN (-6002) /* a handler's answer: call it again, there is more to read already */
#define TABI_MORE (-6003) /* a handler's answer: call it again when there is more of this request */

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wzero-as-null-pointer-constant"
#endif

/* ---- Errors and the version ---- */

/**
 * Returns the text of a code, such as "Connection refused" or "timed out".
 *
 * Any number is allowed. The text of an errno is that of the system, also when the system does not know the
 * number. The text of 0 and of positive numbers is "success"; the text of any other number that is not a code is
 * "unknown code". The string is static and must not be freed.
 */
const char *tabi_strerror(int code);

/**
 * Returns the name of a code, such as "ECONNREFUSED" or "TABI_ERR_TIMEOUT".
 *
 * The name of an errno is `tabi_error_name(-errno)`. Returns NULL for a number that is not a code, and for an errno
 * that has no name. The
 * string is static and must not be freed.
 */
const char *tabi_error_name(int code);

/**
 * Returns the number by which the system knows a code.
 *
 * This is the errno for a negative errno, the EAI_* number for TABI_GAI_*, the h_errno for TABI_HERROR_*,
 * EBADF for TABI_ERR_CLOSED, and ECANCELED for TABI_ERR_CANCELLED. The other codes of the library have no such
 * number: the function returns 0.
 */
int tabi_error_number(int code);

/**
 * Returns a message about the last call of this thread that failed, such as "port must be 0-65535, got
 * 70000".
 *
 * Each thread has a message of its own. The message is "" when no call of this thread has failed yet. The
 * string belongs to the library. It is readable as long as the thread lives, but the next call of this
 * function in the thread may change it.
 */
const char *tabi_last_error_message(void);

/**
 * Returns the version of the library that the program runs with, such as "0.1.0".
 *
 * TABI_VERSION_MAJOR, TABI_VERSION_MINOR and TABI_VERSION_PATCH are the version of this header. The string
 * is static and must not be freed.
 */
const char *tabi_version(void);

/* ---- Sockets ---- */

/**
 * The number of a descriptor. -1 stands for none.
 *
 * On Windows it is a SOCKET, which is converted with a cast: INVALID_SOCKET becomes -1. The file of tabi_sendfile() is
 * a HANDLE there, which _get_osfhandle() gives for a file of the C library.
 */
#if defined(_WIN32)
typedef intptr_t tabi_fd;
#else
typedef int tabi_fd;
#endif

/**
 * A socket: Python's `socket.socket`.
 *
 * Any number of threads may use a socket at the same time, and any of them may close it with tabi_close().
 * tabi_sock_free() must be the last use of the handle. The descriptor is close-on-exec. Sending to a peer
 * that has closed its connection returns -EPIPE and raises no signal.
 */
typedef struct tabi_sock tabi_sock;

/**
 * The address of a socket, of any family.
 *
 * An address is a value: it may be copied, and it need not be freed. tabi_addr_from_host(),
 * tabi_addr_from_text(), tabi_addr_from_unix() and tabi_addr_from_sockaddr() make addresses; the other
 * tabi_addr_ functions read them. tabi_addr_equal() compares them: memcmp() cannot, because of bytes that do
 * not matter. The first `len` bytes of `data` are a struct sockaddr.
 */
typedef struct {
    /**
     * The bytes of the struct sockaddr, aligned for every family.
     */
    uint64_t data[16];
    /**
     * The number of bytes that are used. 0 means that there is no address.
     */
    uint32_t len;
} tabi_addr;

/**
 * Makes a socket (socket(2), Python's `socket.socket`).
 *
 * `family` is AF_INET, AF_INET6, AF_UNIX or another AF_* constant. `type` is SOCK_STREAM, SOCK_DGRAM or
 * another SOCK_* constant; add SOCK_NONBLOCK for a non-blocking socket. `proto` is usually 0, which lets the
 * system choose. The socket has the default timeout (see tabi_setdefaulttimeout()).
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: -errno, such as -EAFNOSUPPORT or -EMFILE.
 */
int tabi_socket(int family, int type, int proto, tabi_sock **out);

/**
 * Binds the socket to a host and a port (bind(2), Python's `bind((host, port))`).
 *
 * `host` is a name, an IP address, or "" for every address of this machine. With AF_INET it may also be
 * `"<broadcast>"`. `port` is 0 to 65535; 0 lets the system choose a free port.
 *
 * Returns 0. Errors:
 * - -EADDRINUSE, -EACCES, -EADDRNOTAVAIL: the system refuses the address.
 * - TABI_ERR_OVERFLOW: the port is not in its range.
 * - TABI_ERR_TYPE: the socket is neither AF_INET nor AF_INET6.
 * - TABI_GAI_*: the host was not found.
 */
int tabi_bind(tabi_sock *sk, const char *host, int port);

/**
 * Binds an AF_UNIX socket to a path (Python's `bind(path)`).
 *
 * `path` has 1 to 107 bytes. With "" Linux chooses an abstract name.
 *
 * Returns 0. Errors: -EADDRINUSE when the path exists; TABI_ERR_OS when the path is too long; TABI_ERR_TYPE
 * when the socket is not AF_UNIX.
 */
int tabi_bind_unix(tabi_sock *sk, const char *path);

/**
 * Binds the socket to an address of any family.
 *
 * Returns 0. Errors: those of the system, as in tabi_bind(); TABI_ERR_TYPE when the address is of another family than
 * the socket; TABI_ERR_VALUE when `addr->len` is more than 128.
 */
int tabi_bind_addr(tabi_sock *sk,
                   const tabi_addr *addr);

/**
 * Starts to listen for clients (listen(2), Python's `listen`).
 *
 * `backlog` is the number of clients that may wait to be accepted. TABI_BACKLOG is what Python uses when
 * none is given. A negative number counts as 0.
 *
 * Returns 0. Errors: -errno, such as -EADDRINUSE or -EOPNOTSUPP.
 */
int tabi_listen(tabi_sock *sk, int backlog);

/**
 * Waits for a client and accepts it (accept(2), Python's `accept`).
 *
 * `peer` receives the address of the client. It may be NULL. The new socket has the default timeout, not the
 * timeout of the listening socket.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: TABI_ERR_TIMEOUT when the timeout passes;
 * -EAGAIN when the socket is non-blocking and no client waits; -EMFILE when the process has too many open
 * descriptors. After -EMFILE the client is still in the queue.
 */
int tabi_accept(tabi_sock *sk, tabi_sock **out, tabi_addr *peer);

/**
 * Accepts a client like tabi_accept(), but returns a bare descriptor.
 *
 * The descriptor is close-on-exec and blocking. `peer` may be NULL.
 *
 * Returns the descriptor, 0 or more. It belongs to the caller, who closes it, for example with tabi_close_fd().
 * Errors: those of tabi_accept().
 */
tabi_fd tabi_accept_fd(tabi_sock *sk, tabi_addr *peer);

/**
 * Does what tabi_accept_fd() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
tabi_fd tabi_accept_fd_until(tabi_sock *sk, tabi_addr *peer, int64_t deadline);

/**
 * Connects the socket to a host and a port (connect(2), Python's `connect((host, port))`).
 *
 * The timeout of the socket limits the call. `host` and `port` are as in tabi_bind(). After a failure, make
 * a new socket before you try again.
 *
 * Returns 0. Errors:
 * - TABI_ERR_TIMEOUT: the timeout has passed.
 * - -ECONNREFUSED, -ENETUNREACH and others: the system could not connect.
 * - -EINPROGRESS: the socket is non-blocking, and the connection is being made. See
 *   tabi_finish_connect_until().
 * - The errors of tabi_bind() for a bad host or port.
 */
int tabi_connect(tabi_sock *sk, const char *host, int port);

/**
 * Connects an AF_UNIX socket to a path of 1 to 107 bytes. The results are those of tabi_connect() and
 * tabi_bind_unix().
 */
int tabi_connect_unix(tabi_sock *sk, const char *path);

/**
 * Connects the socket to an address of any family. The results are those of tabi_connect(), and for a bad address those
 * of tabi_bind_addr().
 */
int tabi_connect_addr(tabi_sock *sk,
                      const tabi_addr *addr);

/**
 * Does what tabi_connect_addr() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
int tabi_connect_addr_until(tabi_sock *sk, const tabi_addr *addr, int64_t deadline);

/**
 * Does what tabi_connect() does, but returns the errors of connect(2) as positive numbers (Python's
 * `connect_ex`).
 *
 * Returns 0 when the socket is connected. Returns an errno, such as ECONNREFUSED, when it is not: EAGAIN
 * after the timeout, EBADF when the socket is closed, ECANCELED when a token has cancelled the call. Returns a
 * negative code for a bad host or port. tabi_strerror() needs the errno with a minus sign. tabi_last_error_message()
 * says nothing about these errnos.
 */
int tabi_connect_ex(tabi_sock *sk,
                    const char *host,
                    int port);

/**
 * Does what tabi_connect_ex() does, for an address of any family.
 */
int tabi_connect_ex_addr(tabi_sock *sk, const tabi_addr *addr);

/**
 * Waits until a connection that was begun is made: after -EINPROGRESS, after a timeout, or after a signal. A connect of an
 * AF_UNIX socket has not begun after a signal; connect again.
 *
 * `deadline` is as in tabi_recv_until(). Returns 0 when the socket is connected. Errors: the error of the
 * connection, such as -ECONNREFUSED; TABI_ERR_TIMEOUT; -ENOTCONN when no connection is being made, for
 * example because its failure was reported before.
 */
int tabi_finish_connect_until(tabi_sock *sk,
                              int64_t deadline);

/**
 * Stops one or both directions of a connection (shutdown(2), Python's `shutdown`).
 *
 * `how` is SHUT_RD, SHUT_WR or SHUT_RDWR. Returns 0. Errors: -ENOTCONN when the socket is not connected;
 * -EINVAL for another `how`.
 */
int tabi_shutdown(tabi_sock *sk, int how);

/**
 * Closes the socket (Python's `socket.close`). The handle stays valid until tabi_sock_free().
 *
 * Any thread may close a socket while other threads are inside calls on it. Those calls end with
 * TABI_ERR_CLOSED. The descriptor's number becomes free when the last of them has returned. Closing a socket
 * twice is allowed; the second call returns 0.
 *
 * tabi_close() ends calls of this library only, tabi_poll() among them. It does not wake a poll(2) or an
 * epoll_wait(2) that the program itself runs on the number from tabi_fileno(). Use tabi_poll() for that, or
 * remove the descriptor from such a set before you close the socket.
 *
 * Other threads are woken with shutdown(2), unless the library knows of a duplicate of the descriptor. A
 * forked child that has the same connection sees that shutdown. A call that had begun but not yet made its
 * system call ends too. These calls are not woken, and end with their next event or at their deadline:
 *
 * - A call that waited already when a duplicate was made or the descriptor was detached. Only a shutdown
 *   reaches it, and that would end the connection of the other owner. Call tabi_set_shared() before such calls
 *   begin; then they can be woken.
 * - A call that looks up a host, because the system's resolver cannot be interrupted.
 * - A tabi_sendfile() that waits for its file, for example for a pipe without data.
 * - A connect without a timeout that blocks on a socket that is neither SOCK_STREAM nor AF_UNIX, for example a
 *   SOCK_SEQPACKET of Bluetooth, because such connects differ too much to be polled.
 *
 * In a forked child, closing a socket of the parent wakes nobody and does not end the parent's connection.
 * If a thread of the parent was inside a call at the time of the fork, this function closes the child's descriptor
 * on Linux while the child has only one thread. Otherwise tabi_sock_free() closes it.
 *
 * Returns 0, or the error of close(2). The socket is closed in any case.
 */
int tabi_close(tabi_sock *sk);

/**
 * Frees the handle, and closes the socket if it is still open. NULL does nothing.
 *
 * No other thread may use the handle at this time or later. End the calls of other threads with
 * tabi_close(), and wait for those threads, before you free the handle. The socket of a server or of a request is not
 * freed; tabi_last_error_message() then says so.
 */
void tabi_sock_free(tabi_sock *sk);

/**
 * Writes the socket's own address to `addr` (getsockname(2), Python's `getsockname`). Returns 0 or -errno.
 */
int tabi_getsockname(tabi_sock *sk, tabi_addr *addr);

/**
 * Writes the peer's address to `addr` (getpeername(2), Python's `getpeername`).
 *
 * Returns 0. Errors: -errno, such as -ENOTCONN when the socket is not connected.
 */
int tabi_getpeername(tabi_sock *sk, tabi_addr *addr);

/**
 * Returns the address family of the socket: an AF_* constant.
 */
int tabi_family(tabi_sock *sk);

/**
 * Returns the type of the socket: a SOCK_* constant, without SOCK_NONBLOCK and SOCK_CLOEXEC.
 */
int tabi_type(tabi_sock *sk);

/**
 * Returns the protocol of the socket.
 */
int tabi_proto(tabi_sock *sk);

/**
 * Writes a description of the socket for people to `text`, with a NUL at the end. It is like Python's
 * `repr`: "<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>".
 *
 * `size` is the size of `text` in bytes. Returns the length without the NUL. Errors: TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_repr(tabi_sock *sk, char *text, size_t size);

/**
 * Returns the number of the descriptor (Python's `fileno`), or TABI_ERR_CLOSED.
 *
 * The descriptor still belongs to the handle: do not close it. To wait for several sockets, use tabi_poll(),
 * which a tabi_close() in another thread ends.
 */
tabi_fd tabi_fileno(tabi_sock *sk);

/**
 * Returns 1 when child processes inherit the descriptor, and 0 when they do not (Python's
 * `get_inheritable`).
 */
int tabi_get_inheritable(tabi_sock *sk);

/**
 * Sets whether child processes inherit the descriptor (Python's `set_inheritable`). The default is that they
 * do not.
 *
 * `inheritable` is 1 or 0. Returns 0 or -errno.
 */
int tabi_set_inheritable(tabi_sock *sk, int inheritable);

/* ---- Sending and receiving ---- */

/**
 * Receives up to `len` bytes (recv(2), Python's `recv_into`).
 *
 * `flags` is 0 or a combination of MSG_* constants. Returns the number of bytes received. 0 means that the
 * stream has ended, or that `len` is 0. With MSG_TRUNC, Linux returns the length of a datagram, which may be more
 * than `len`. Errors: TABI_ERR_TIMEOUT when the timeout passes; -EAGAIN when the socket is non-blocking and nothing
 * has arrived; -errno, such as -ECONNRESET or -ENOTCONN.
 */
ssize_t tabi_recv(tabi_sock *sk,
                  void *buffer,
                  size_t len,
                  int flags);

/**
 * Receives exactly `len` bytes, or fewer when the stream ends before.
 *
 * One timeout limits the whole call. `flags` is 0 or a combination of MSG_* constants without MSG_PEEK.
 * `received` gets the number of bytes that are in the buffer, also when the call fails. It may be NULL.
 *
 * Returns the number of bytes received. The errors are those of tabi_recv(), and TABI_ERR_VALUE for MSG_PEEK. With
 * MSG_TRUNC, Linux counts bytes of a TCP connection and throws them away: the buffer then keeps what it had.
 */
ssize_t tabi_recv_exactly(tabi_sock *sk,
                          void *buffer,
                          size_t len,
                          int flags,
                          size_t *received);

/**
 * Receives up to `len` bytes, and the address of the sender (recvfrom(2), Python's `recvfrom_into`).
 *
 * `sender` may be NULL. Its `len` is 0 when the system names no sender. The part of a datagram that does not
 * fit in the buffer is lost. The results are those of tabi_recv(), except that the system is also asked when
 * `len` is 0.
 */
ssize_t tabi_recvfrom(tabi_sock *sk, void *buffer, size_t len, int flags, tabi_addr *sender);

/**
 * Sends bytes (send(2), Python's `send`).
 *
 * `flags` is 0 or a combination of MSG_* constants. Returns the number of bytes that the system accepted,
 * which may be smaller than `len`. Errors:
 * - -EPIPE, -ECONNRESET: the peer has closed the connection. No signal is raised.
 * - TABI_ERR_TIMEOUT: the timeout has passed.
 * - -EAGAIN: the socket is non-blocking, and the system's buffer is full.
 * - -ENOTCONN: the socket is not connected.
 * - -EMSGSIZE: the datagram is too long.
 */
ssize_t tabi_send(tabi_sock *sk, const void *data, size_t len, int flags);

/**
 * Sends all bytes (Python's `sendall`).
 *
 * One timeout limits the whole call. `sent` gets the number of bytes that the system accepted, also when the
 * call fails. It may be NULL. Returns 0. The errors are those of tabi_send().
 *
 * When two threads call tabi_sendall() on the same socket at the same time, their bytes may be mixed: a long
 * message is sent in several parts, and parts of the other message may come between them. Use a lock if
 * messages must stay whole.
 */
int tabi_sendall(tabi_sock *sk, const void *data, size_t len, int flags, size_t *sent);

/**
 * Sends a datagram to a host and a port (sendto(2), Python's `sendto`).
 *
 * Each call looks the host up. To avoid this, call tabi_addr_from_host() once, and then tabi_sendto_addr().
 * Returns the number of bytes sent. The errors are those of tabi_send(), and those of tabi_bind() for a bad
 * host or port.
 */
ssize_t tabi_sendto(tabi_sock *sk, const void *data, size_t len, int flags, const char *host, int port);

/**
 * Sends a datagram to an address of the socket's family (sendto(2), Python's `sendto`). The results are
 * those of tabi_send().
 */
ssize_t tabi_sendto_addr(tabi_sock *sk, const void *data, size_t len, int flags, const tabi_addr *addr);

/* ---- Timeouts and modes ---- */

/**
 * Sets the timeout of the socket (Python's `settimeout`).
 *
 * When `seconds` is more than 0, each call on the socket may take that long as a whole. 0 makes the socket
 * non-blocking. With TABI_NO_TIMEOUT calls wait for ever.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when `seconds` is negative or NaN; TABI_ERR_OVERFLOW when it is more
 * than 292 years.
 */
int tabi_settimeout(tabi_sock *sk, double seconds);

/**
 * Writes the timeout of the socket in seconds to `timeout` (Python's `gettimeout`).
 *
 * It is 0 for a non-blocking socket, and TABI_NO_TIMEOUT when there is no timeout. Returns 0.
 */
int tabi_gettimeout(tabi_sock *sk, double *timeout);

/**
 * Makes the socket blocking without a timeout (`blocking` is 1), or non-blocking (`blocking` is 0) (Python's
 * `setblocking`). Returns 0 or -errno.
 */
int tabi_setblocking(tabi_sock *sk, int blocking);

/**
 * Returns 0 when the socket is non-blocking, and 1 otherwise (Python's `getblocking`).
 */
int tabi_getblocking(tabi_sock *sk);

/**
 * Sets the timeout that new sockets of this process get (Python's `setdefaulttimeout`). Without this call it
 * is TABI_NO_TIMEOUT.
 *
 * `seconds` and the results are those of tabi_settimeout().
 */
int tabi_setdefaulttimeout(double seconds);

/**
 * Returns the timeout in seconds that new sockets of this process get (Python's `getdefaulttimeout`).
 */
double tabi_getdefaulttimeout(void);

/**
 * Sets what a call on the socket does when a signal interrupts it.
 *
 * When `interruptible` is 1, the call returns -EINTR, and reports the progress that it has made. This is for
 * callers that must look at signals, as Python does. The signal's handler must be without SA_RESTART, which
 * signal(3) sets: with it, the system goes on with a call that has no timeout. When `interruptible` is 0, which is
 * the default, the call goes on with the time that is left. Returns 0.
 */
int tabi_set_interruptible(tabi_sock *sk,
                           int interruptible);

/* ---- Calls with a deadline, and calls that do not wait ---- */

/**
 * For tabi_wait_until(): wait until there is data to receive, or a client to accept.
 */
#define TABI_READ 0

/**
 * For tabi_wait_until(): wait until data can be sent, or the connection is made.
 */
#define TABI_WRITE 1

/**
 * Returns the deadline that is `seconds` from now on, in nanoseconds of CLOCK_MONOTONIC, for the functions whose name
 * ends with _until.
 *
 * `seconds` is 0 or more. A negative number and NaN count as 0. TABI_NO_TIMEOUT, and more than 292 years, give
 * INT64_MAX: no deadline.
 */
int64_t tabi_deadline(double seconds);

/**
 * Waits until the socket is ready for reading (TABI_READ) or for writing (TABI_WRITE).
 *
 * `deadline` is as in tabi_recv_until(). Returns 0 when the socket is ready. Errors: TABI_ERR_TIMEOUT;
 * TABI_ERR_VALUE for another `interest`.
 */
int tabi_wait_until(tabi_sock *sk, int interest, int64_t deadline);

/**
 * Does what tabi_recv() does, with a deadline instead of the socket's timeout.
 *
 * `deadline` is a moment in nanoseconds of CLOCK_MONOTONIC. INT64_MAX means that there is no limit. Use this
 * when several calls together have one deadline, or to continue a call that a signal has interrupted (see
 * tabi_set_interruptible()).
 */
ssize_t tabi_recv_until(tabi_sock *sk, void *buffer, size_t len, int flags, int64_t deadline);

/**
 * Does what tabi_recv_exactly() does, with a deadline instead of the socket's timeout. See
 * tabi_recv_until().
 */
ssize_t tabi_recv_exactly_until(tabi_sock *sk,
                                void *buffer,
                                size_t len,
                                int flags,
                                size_t *received,
                                int64_t deadline);

/**
 * Does what tabi_recvfrom() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_recvfrom_until(tabi_sock *sk,
                            void *buffer,
                            size_t len,
                            int flags,
                            tabi_addr *sender,
                            int64_t deadline);

/**
 * Does what tabi_send() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_send_until(tabi_sock *sk, const void *data, size_t len, int flags, int64_t deadline);

/**
 * Does what tabi_sendall() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
int tabi_sendall_until(tabi_sock *sk,
                       const void *data,
                       size_t len,
                       int flags,
                       size_t *sent,
                       int64_t deadline);

/**
 * Does what tabi_sendto_addr() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_sendto_addr_until(tabi_sock *sk,
                               const void *data,
                               size_t len,
                               int flags,
                               const tabi_addr *addr,
                               int64_t deadline);

/**
 * Receives what has arrived, without waiting. The timeout of the socket does not matter.
 *
 * Use this in an event loop whose sockets keep their timeouts for other calls. The results are those of
 * tabi_recv(). It returns -EAGAIN when nothing has arrived.
 */
ssize_t tabi_try_recv(tabi_sock *sk, void *buffer, size_t len);

/**
 * Does what tabi_recvfrom() does, without waiting. See tabi_try_recv().
 */
ssize_t tabi_try_recvfrom(tabi_sock *sk, void *buffer, size_t len, tabi_addr *sender);

/**
 * Sends as many bytes as the system can take now, without waiting. The timeout of the socket does not
 * matter.
 *
 * The results are those of tabi_send(). It returns -EAGAIN when the system's buffer is full.
 */
ssize_t tabi_try_send(tabi_sock *sk, const void *data, size_t len);

/**
 * Does what tabi_sendto_addr() does, without waiting. See tabi_try_send().
 */
ssize_t tabi_try_sendto_addr(tabi_sock *sk, const void *data, size_t len, const tabi_addr *addr);

/* ---- Waiting for several sockets ---- */

/**
 * In `revents` of tabi_pollfd: the socket was closed before or during the call. In `events` it is ignored, as POLLHUP
 * is.
 */
#define TABI_POLL_CLOSED 65536

/**
 * In `events` of tabi_pollfd: a signal handler ends the call with -EINTR, as an interruptible socket in it does (see
 * tabi_set_interruptible()).
 */
#define TABI_POLL_INTERRUPTIBLE 131072

/**
 * A socket or a descriptor for tabi_poll(). The structure never changes.
 */
typedef struct {
    /**
     * The socket; or NULL, and `fd` is polled.
     */
    tabi_sock *sock;
    /**
     * A descriptor that belongs to no tabi_sock, such as a pipe. An entry with a negative number and without a
     * socket is skipped. With a socket, the number does not matter.
     */
    tabi_fd fd;
    /**
     * The events to wait for: 0, or POLLIN, POLLOUT, POLLPRI and other bits of the system, and
     * TABI_POLL_INTERRUPTIBLE.
     */
    uint32_t events;
    /**
     * The events that were found: those of `events`, POLLERR, POLLHUP and POLLNVAL, or TABI_POLL_CLOSED alone.
     * 0 when this entry was not ready.
     */
    uint32_t revents;
} tabi_pollfd;

/**
 * Waits until at least one of the entries is ready, at most `seconds` (poll(2), Python's `select.poll`).
 *
 * `seconds` is 0 to look without waiting, or TABI_NO_TIMEOUT for no limit. The timeouts of the sockets do not matter.
 * There may be any number of entries, none too, and the same socket in several of them. `revents` of each entry is
 * written when the call succeeds.
 *
 * This is poll(2) for programs whose threads close sockets. A socket that another thread closes during the call ends
 * it, and the entry says TABI_POLL_CLOSED. An entry whose socket was closed before says so too, and nothing is waited
 * for. The other entries are looked at in the same call. No number of a descriptor is polled when it may already mean
 * another file. As with other calls, tabi_close() does not wake a call that waited already when the socket got another
 * owner.
 *
 * Signal handlers do not end the call, unless a socket in it is interruptible or an entry has TABI_POLL_INTERRUPTIBLE.
 *
 * Returns the number of entries that are ready; 0 when the time has passed. Errors: TABI_ERR_VALUE when `seconds` is
 * negative or NaN, and for bits in `events` that no system has; TABI_ERR_OVERFLOW when it is more than 292 years;
 * TABI_ERR_CANCELLED when nothing is ready; -EINTR; -ENOMEM; -EINVAL when there are more entries than the process may
 * have open descriptors.
 */
ssize_t tabi_poll(tabi_pollfd *entries,
                  size_t entry_count,
                  double seconds);

/**
 * tabi_poll() with a deadline, which is as in tabi_recv_until().
 */
ssize_t tabi_poll_until(tabi_pollfd *entries, size_t entry_count, int64_t deadline);

/* ---- Cancelling ---- */

/**
 * A token that cancels calls: once it is triggered, every call under it ends with TABI_ERR_CANCELLED, in any thread and
 * for ever.
 *
 * A call is under the tokens that its thread has entered with tabi_cancel_enter(), and under that of its socket
 * (tabi_set_cancel()). All calls that may wait heed them: those of sockets and files, look-ups,
 * tabi_create_connection(), and those that serve. A call that begins under a triggered token fails at once and moves
 * nothing, but tabi_poll() and tabi_poll_until() first look at what is ready. tabi_connect_ex() returns ECANCELED
 * instead, as for other errors. A call that waits ends at once. A call that has done something returns its result, or
 * says how much it did, so that no byte is lost and the socket can still be used. A connect that was cancelled goes on
 * in the system: tabi_finish_connect_until() waits for it, and tabi_close() ends it.
 *
 * A token has no descriptor until a call has to wait under it, and then one for all that wait. If there is none left,
 * the call fails with -EMFILE, -ENFILE or -ENOMEM. In a forked child the token is a copy: what is triggered in one of
 * the two processes is not triggered in the other.
 *
 * A token is counted: tabi_cancel_ref() adds a reference, tabi_cancel_free() gives one back. Threads and sockets to which
 * it is attached have references of their own, and so have calls that wait.
 */
typedef struct tabi_cancel tabi_cancel;

/**
 * Makes a token that counts as triggered, too, once `seconds` have passed. TABI_NO_TIMEOUT: only
 * tabi_cancel_trigger() triggers it.
 *
 * Calls look at the time when they have to wait. When the timeout of the socket passes first, the call fails with
 * TABI_ERR_TIMEOUT. Returns 0 and a token, which tabi_cancel_free() frees. Errors: TABI_ERR_VALUE when `seconds` is
 * negative or NaN; TABI_ERR_OVERFLOW for 2^63 nanoseconds or more; -ENOMEM.
 */
int tabi_cancel_new(double seconds,
                    tabi_cancel **out);

/**
 * Makes a token that counts as triggered, too, once this deadline has passed (see tabi_deadline()).
 *
 * The results are those of tabi_cancel_new().
 */
int tabi_cancel_new_until(int64_t deadline, tabi_cancel **out);

/**
 * Adds a reference to a token, which tabi_cancel_free() gives back. Returns `cancel`; NULL for NULL.
 */
tabi_cancel *tabi_cancel_ref(tabi_cancel *cancel);

/**
 * Gives a reference to a token back. The last one frees the token. Calls under it still heed it.
 */
void tabi_cancel_free(tabi_cancel *cancel);

/**
 * Triggers a token, once and for ever. Doing it again changes nothing.
 *
 * Any thread may call this, and a signal handler may too: the function is async-signal-safe and leaves errno as it was.
 * Returns 0.
 */
int tabi_cancel_trigger(const tabi_cancel *cancel);

/**
 * Returns 1 if a token was triggered or its time has passed, and 0 otherwise.
 */
int tabi_cancel_is_triggered(const tabi_cancel *cancel);

/**
 * Puts the calls of this thread under a token until tabi_cancel_leave().
 *
 * A thread may enter several tokens, and one of them several times. Its calls are under all of them, and end when any
 * is triggered. The thread keeps a reference to the token. A handler of a server need not leave: the server does it
 * when the handler returns. A thread that ends without leaving keeps its reference for ever. Returns 0 or -ENOMEM.
 */
int tabi_cancel_enter(const tabi_cancel *cancel);

/**
 * Ends what the last tabi_cancel_enter() of this thread has begun, which must have been with the same token.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when the thread has entered another token since, or none; nothing changes then.
 */
int tabi_cancel_leave(const tabi_cancel *cancel);

/**
 * Puts the calls on a socket that begin from now on under a token, in all threads. NULL removes the token.
 *
 * The socket keeps a reference to the token. Calls that have begun before stay under what they began with. Those
 * that go on after a part of their work, such as tabi_sendall(), are then under the new token, too. Duplicates and
 * accepted sockets have no token. Returns 0.
 */
int tabi_set_cancel(tabi_sock *sk,
                    const tabi_cancel *cancel);

/* ---- Clients and listening sockets in one call ---- */

/**
 * Connects to a TCP server (Python's `create_connection`). The addresses of the host are tried as Happy Eyeballs
 * (RFC 8305) says: IPv6 and IPv4 addresses take turns, and while one does not answer, the next one is tried beside it
 * after 250 milliseconds, or at once when it fails.
 *
 * `host` and `port` are those of the server. `timeout` is the limit in seconds for the look-up and all addresses
 * together, and becomes the timeout of the new socket. It may be TABI_NO_TIMEOUT. When it passes during the look-up,
 * the look-up goes on in a thread of the library; see tabi_getaddrinfo_until(). 0 means that the call does not wait
 * for the connection: it returns -EINPROGRESS.
 *
 * `source_host` and `source_port` are the address to connect from. NULL and 0 let the system choose; "" is
 * any address of this machine.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors:
 * - The error of the last address, such as -ECONNREFUSED or TABI_ERR_TIMEOUT. tabi_last_error_message()
 *   lists the errors of all addresses.
 * - TABI_GAI_*: the host was not found.
 * - TABI_ERR_OVERFLOW: a port is not 0 to 65535.
 * - TABI_ERR_VALUE: the timeout is negative or NaN.
 */
int tabi_create_connection(const char *host,
                           int port,
                           double timeout,
                           const char *source_host,
                           int source_port,
                           tabi_sock **out);

/**
 * A function that tabi_create_connection_with() calls for each address that could not be connected to, when all have
 * failed. `addr` is NULL when the host was not found. `code` is the error, and `message` its details; both
 * pointers are valid during the call. `userdata` is that of the settings.
 */
typedef void (*tabi_attempt_failed)(const tabi_addr *addr, int code, const char *message, void *userdata);

/**
 * A function that tabi_create_connection_with() calls when a signal handler has run in the thread while the call
 * waits, and every half second, because a signal may have come just before the wait. When it returns another number
 * than 0, the call ends with -EINTR. `userdata` is that of the settings.
 */
typedef int (*tabi_interrupted)(void *userdata);

/**
 * The settings of tabi_create_connection_with(). Fill it with tabi_connection_options_init(), then change what should
 * be different.
 */
typedef struct {
    /**
     * sizeof(tabi_connection_options). tabi_connection_options_init() sets it.
     */
    size_t struct_size;
    /**
     * The limit in seconds for the look-up and all addresses together, and the timeout of the new socket. The default
     * is TABI_NO_TIMEOUT.
     */
    double timeout;
    /**
     * The host to connect from. NULL (the default) lets the system choose; "" is any address of this machine.
     */
    const char *source_host;
    /**
     * The port to connect from. 0 (the default) lets the system choose.
     */
    int source_port;
    /**
     * The time in seconds that an attempt may take before the next address is tried beside it, 0.01 or more. The
     * default is 0.25.
     */
    double attempt_delay;
    /**
     * The time in seconds that known IPv4 addresses wait for the look-up of the IPv6 addresses. The default is 0.05.
     */
    double resolution_delay;
    /**
     * The number of addresses of the preferred family that are tried before the families take turns, 1 or more. The
     * default is 1.
     */
    size_t first_family_count;
    /**
     * A function that is told about each address that has failed, or NULL (the default).
     */
    tabi_attempt_failed attempt_failed;
    /**
     * A function that decides whether a signal ends the call, or NULL (the default): no signal does. A look-up without
     * a timeout is not interrupted.
     */
    tabi_interrupted interrupted;
    /**
     * What both functions get.
     */
    void *userdata;
} tabi_connection_options;

/**
 * Fills the settings with their default values.
 *
 * `struct_size`: sizeof(tabi_connection_options). Returns 0, or TABI_ERR_VALUE when the size is too small.
 */
int tabi_connection_options_init(tabi_connection_options *options, size_t struct_size);

/**
 * Does what tabi_create_connection() does, with more settings.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: those of tabi_create_connection(), TABI_ERR_VALUE for
 * a setting that is out of its range, and -EINTR when `interrupted` says so.
 */
int tabi_create_connection_with(const char *host,
                                int port,
                                const tabi_connection_options *options,
                                tabi_sock **out);

/**
 * A flag of tabi_create_server(): other sockets may listen on the same port, and the system spreads the
 * clients over them (SO_REUSEPORT).
 */
#define TABI_REUSE_PORT 1

/**
 * A flag of tabi_create_server(): a socket of AF_INET6 accepts IPv4 clients too.
 */
#define TABI_DUALSTACK_IPV6 2

/**
 * Makes a TCP socket that listens on a host and a port (Python's `create_server`).
 *
 * `family` is AF_INET or AF_INET6. `host` is a name, an IP address, or "" for every address of this machine.
 * `port` is 0 to 65535; 0 lets the system choose a free port. `backlog` is the number of clients that may
 * wait to be accepted; TABI_BACKLOG is what Python uses when none is given. `flags` is 0 or a combination of
 * TABI_REUSE_PORT and TABI_DUALSTACK_IPV6.
 *
 * SO_REUSEADDR is set, so that a server can be started again at once on the same port. A socket of AF_INET6
 * accepts IPv6 clients only, unless TABI_DUALSTACK_IPV6 is given.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: those of tabi_bind(); TABI_ERR_VALUE for an
 * unknown flag, and for TABI_DUALSTACK_IPV6 with AF_INET or on a system that cannot do it.
 */
int tabi_create_server(int family,
                       const char *host,
                       int port,
                       int backlog,
                       unsigned int flags,
                       tabi_sock **out);

/**
 * Does what tabi_create_server() does, for an address of any family whose sockets can listen, such as an
 * AF_UNIX path.
 */
int tabi_create_server_addr(const tabi_addr *addr, int backlog, unsigned int flags, tabi_sock **out);

/**
 * Returns 1 when one socket can listen for IPv4 and IPv6 clients, and 0 when it cannot (Python's
 * `has_dualstack_ipv6`).
 */
int tabi_has_dualstack_ipv6(void);

/* ---- Descriptors, duplicates, pairs ---- */

/**
 * Takes the descriptor out of the handle without closing it (Python's `socket.detach`). The handle is closed
 * afterwards.
 *
 * The descriptor belongs to the caller, who has to close it. It is the one that tabi_fileno() gave, which is
 * never closed by the library afterwards. Calls of other threads on the handle are woken as tabi_close() wakes
 * those of a handle with a duplicate: keep the descriptor open until they have returned. Returns the
 * descriptor, or TABI_ERR_CLOSED.
 */
tabi_fd tabi_detach(tabi_sock *sk);

/**
 * Makes a socket from a descriptor that exists (Python's `socket.socket(fileno=fd)`).
 *
 * -1 as `family`, `type` or `proto` asks the system for the value. When the call succeeds, the descriptor
 * belongs to the handle. When it fails, the descriptor still belongs to the caller.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EBADF, -ENOTSOCK; TABI_ERR_VALUE when `fd`
 * is negative.
 */
int tabi_socket_from_fd(tabi_fd fd, int family, int type, int proto, tabi_sock **out);

/**
 * Makes a socket from a duplicate of a descriptor (Python's `fromfd`). The descriptor itself still belongs
 * to its owner.
 *
 * If another handle owns `fd`, call tabi_set_shared() on that handle, or better use tabi_dup(). -1 as
 * `family`, `type` or `proto` asks the system for the value.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EBADF, -ENOTSOCK, -EMFILE.
 */
int tabi_fromfd(tabi_fd fd, int family, int type, int proto, tabi_sock **out);

/**
 * Makes a second handle, with a descriptor of its own, for the same connection (Python's `socket.dup`).
 *
 * It has the timeout of the first. Closing one of the handles ends the calls on that handle, and leaves the
 * connection open for the other.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EMFILE.
 */
int tabi_dup(tabi_sock *sk, tabi_sock **out);

/**
 * Returns a duplicate of a descriptor, which is close-on-exec (Python's `socket.dup(fd)`).
 *
 * If a handle owns `fd`, call tabi_set_shared() on that handle. Errors: -EBADF, -EMFILE.
 */
tabi_fd tabi_dup_fd(tabi_fd fd);

/**
 * Closes a descriptor that no handle owns (Python's `socket.close(fd)`). Returns 0 or -EBADF.
 */
int tabi_close_fd(tabi_fd fd);

/**
 * Tells the library that somebody else has the connection too, such as a forked child.
 *
 * tabi_close() then wakes the calls on this handle without shutting the connection down. Returns 0.
 */
int tabi_set_shared(tabi_sock *sk);

/**
 * Makes two sockets that are connected to each other (socketpair(2)). `family` is usually AF_UNIX, and
 * `type` SOCK_STREAM.
 *
 * Returns 0 and two handles, which tabi_sock_free() frees. Errors: -errno, such as -EOPNOTSUPP for a family
 * that has no pairs.
 */
int tabi_socketpair(int family, int type, int proto, tabi_sock **one, tabi_sock **other);

/**
 * Does what tabi_socketpair() does, also for AF_INET and AF_INET6 (Python's `socketpair`).
 *
 * Sockets of AF_INET and AF_INET6 are connected over the loopback interface, and no other program can come
 * between them. `type` is SOCK_STREAM or SOCK_DGRAM. The results are those of tabi_socketpair().
 */
int tabi_socketpair_any(int family, int type, int proto, tabi_sock **one, tabi_sock **other);

/* ---- Addresses ---- */

/**
 * Looks a host up and makes its address (what Python's `bind` and `connect` do with a host and a port).
 *
 * `family` is AF_INET, AF_INET6, or AF_UNSPEC for the first address of the host, of either family, in the
 * order of the system (RFC 6724). `host` is a name, an IP address, or "" for every address of this
 * machine, which needs a family. Except with AF_INET6 it may also be `"<broadcast>"`. `port` is 0 to
 * 65535.
 *
 * Returns 0. Errors:
 * - TABI_GAI_*: the host was not found.
 * - TABI_ERR_OVERFLOW: the port is not in its range.
 * - TABI_ERR_TYPE: the family is another one.
 * - TABI_ERR_VALUE: "" with AF_UNSPEC.
 * - TABI_ERR_OS: `"<broadcast>"` with AF_INET6.
 */
int tabi_addr_from_host(int family, const char *host, int port, tabi_addr *addr);

/**
 * Does what tabi_addr_from_host() does, with the other two parts of Python's AF_INET6 addresses. They have
 * no effect on an IPv4 address.
 *
 * `flowinfo` is 0 to 1048575, in host byte order. `scope_id` is the number of an interface, or 0 for none. Errors: also
 * TABI_ERR_OVERFLOW when `flowinfo` is too large.
 */
int tabi_addr_from_host6(int family,
                         const char *host,
                         int port,
                         uint32_t flowinfo,
                         uint32_t scope_id,
                         tabi_addr *addr);

/**
 * Does what tabi_addr_from_host6() does, with a deadline for the look-up. See tabi_getaddrinfo_until().
 *
 * Errors: those of tabi_addr_from_host(), and those of tabi_getaddrinfo_until() for the deadline.
 */
int tabi_addr_from_host_until(int family,
                              const char *host,
                              int port,
                              uint32_t flowinfo,
                              uint32_t scope_id,
                              int64_t deadline,
                              tabi_addr *addr);

/**
 * Makes an address of AF_INET or AF_INET6 from a numeric host, without a look-up. tabi_getnameinfo() takes
 * such an address.
 *
 * `host` is an IPv4 or IPv6 address. An IPv6 address may have a scope: "fe80::1%lo". `port` is given to the
 * C library, which checks it; glibc takes it modulo 65536.
 *
 * Returns 0. Errors: TABI_GAI_NONAME when `host` is a name; TABI_GAI_SERVICE when the C library refuses the port.
 */
int tabi_addr_from_numeric(const char *host,
                           int port,
                           tabi_addr *addr);

/**
 * Does what tabi_addr_from_numeric() does for IPv6, with the other two parts of Python's AF_INET6 addresses.
 *
 * `flowinfo` is 0 to 1048575, in host byte order. `scope_id` is the number of an interface. When it is 0, a
 * scope in `host` is used.
 *
 * Returns 0. Errors: TABI_GAI_NONAME when `host` is a name; TABI_ERR_OS when it is an IPv4 address;
 * TABI_ERR_OVERFLOW when `flowinfo` is too large.
 */
int tabi_addr_from_numeric6(const char *host, int port, uint32_t flowinfo, uint32_t scope_id, tabi_addr *addr);

/**
 * Makes an AF_UNIX address.
 *
 * `path` has `len` bytes. It is a path of 1 to 107 bytes; or, on Linux, an abstract name: a NUL byte and up
 * to 107 more bytes of any value. With a `len` of 0 the address has no name.
 *
 * Returns 0. Errors: TABI_ERR_OS when `path` is too long; TABI_ERR_VALUE when a path has a NUL byte in it.
 */
int tabi_addr_from_unix(const void *path, size_t len, tabi_addr *addr);

/**
 * Makes an address from text. No name is looked up.
 *
 * `text` is one of:
 * - `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 3986), where an IPv6 address may have a zone: the number or
 *   the name of an interface (`[fe80::1%3]:80`, `[fe80::1%eth0]:80`).
 * - The same without a port: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, `fe80::1%eth0`.
 * - "unix:/run/s", a path; "unix:@name", an abstract name of Linux; or "unix:", no name. In a name, "\\"
 *   is a backslash. "\n", "\r", "\t", "\0", "\xff" and "\u{1b}" are the characters and bytes that
 *   tabi_addr_format() writes so, and a path that begins with "@" is written with "\x40".
 *
 * `default_port`, 0 to 65535, is the port of a text that has none. With -1, the text must have one.
 *
 * Returns 0. Errors: TABI_ERR_VALUE for any other text; TABI_ERR_OVERFLOW when `default_port` is not in
 * its range; TABI_ERR_OS when a unix path is too long.
 */
int tabi_addr_from_text(const char *text, int default_port, tabi_addr *addr);

/**
 * Makes an address from a struct sockaddr of `len` bytes. It is copied.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when `len` is more than 128.
 */
int tabi_addr_from_sockaddr(const struct sockaddr *sockaddr, size_t len, tabi_addr *addr);

/**
 * Returns the address in the form that functions of the system take.
 *
 * It has `addr->len` bytes and is valid as long as `addr` is. Returns NULL for NULL.
 */
const struct sockaddr *tabi_addr_sockaddr(const tabi_addr *addr);

/**
 * Returns the family of the address: AF_INET, AF_INET6, AF_UNIX and so on. It is AF_UNSPEC (0) when there is
 * no address.
 */
int tabi_addr_family(const tabi_addr *addr);

/**
 * Writes the IP address of an AF_INET or AF_INET6 address to `host` as text, without a scope and with a NUL
 * at the end.
 *
 * `size` is the size of `host` in bytes; 46 are always enough. Returns the length without the NUL. Errors:
 * TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_host(const tabi_addr *addr, char *host, size_t size);

/**
 * Returns the port of an AF_INET or AF_INET6 address, 0 to 65535. Errors: TABI_ERR_TYPE for another family.
 */
int tabi_addr_port(const tabi_addr *addr);

/**
 * Changes the port of an AF_INET or AF_INET6 address.
 *
 * `port` is 0 to 65535. Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_OVERFLOW when the
 * port is not in its range. Then the address is unchanged.
 */
int tabi_addr_set_port(tabi_addr *addr, int port);

/**
 * Writes the flow information (in host byte order) and the scope of an AF_INET6 address. Either output may
 * be NULL.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for another family.
 */
int tabi_addr_scope(const tabi_addr *addr, uint32_t *flowinfo, uint32_t *scope_id);

/**
 * Writes the path of an AF_UNIX address to `path`. An abstract name begins with a NUL byte. An address
 * without a name has 0 bytes.
 *
 * No NUL is added at the end, because a name may contain NUL bytes. `size` is the size of `path` in bytes;
 * 108 are always enough. Returns the number of bytes. Errors: TABI_ERR_TYPE for another family;
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_unix(const tabi_addr *addr, void *path, size_t size);

/**
 * Writes the address to `text` for people to read, with a NUL at the end. It is what Python shows, such as
 * "('127.0.0.1', 80)" or "'/run/s'". tabi_addr_format() writes text that can be read back.
 *
 * `size` is the size of `text` in bytes. Returns the length without the NUL. Errors: TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_text(const tabi_addr *addr, char *text, size_t size);

/**
 * Writes the address to `text`, with a NUL at the end, so that tabi_addr_from_text() makes an address of
 * it again that is equal (tabi_addr_equal()).
 *
 * The text is `192.0.2.1:80`, `[2001:db8::1]:80`, `[fe80::1%3]:80`, `unix:/run/s` or `unix:@name`. IPv6
 * addresses are written as RFC 5952 says. When `with_port` is 0, the text of an internet address has
 * neither the port nor the brackets. `size` is the size of `text` in bytes. For internet addresses 64 are
 * always enough.
 *
 * Returns the length without the NUL. Errors: TABI_ERR_TYPE for another family, which tabi_addr_text() can
 * show; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_format(const tabi_addr *addr, int with_port, char *text, size_t size);

/**
 * Returns 1 when both addresses mean the same, and 0 when they do not.
 *
 * Padding does not matter, nor what comes after the structure of an internet address or after the NUL of a
 * path. Of an AF_INET6 address, the scope matters, and the flow information does not: it labels packets,
 * and those of one peer can have different labels. An AF_INET address is not equal to the same address
 * written for AF_INET6 (::ffff:192.0.2.1). Two empty addresses are equal.
 *
 * Addresses whose form depends on the protocol of their socket (AF_CAN, AF_BLUETOOTH), and those of
 * families that the library does not know, are equal when all their bytes are.
 */
int tabi_addr_equal(const tabi_addr *one, const tabi_addr *other);

/**
 * Computes a number that is the same for equal addresses (tabi_addr_equal()), for tables whose keys are
 * addresses.
 *
 * `seed` is any number, the same for all keys of a table. When peers choose their addresses, take a random
 * seed: then they cannot know which addresses have the same hash. Other versions of the library may
 * compute other numbers.
 *
 * Returns 0.
 */
int tabi_addr_hash(const tabi_addr *addr, uint64_t seed, uint64_t *hash);

/**
 * A network: the IP addresses that begin with the same bits, such as 10.0.0.0/8.
 *
 * A network is a value: it may be copied, and it need not be freed. tabi_network_from_text() makes it.
 */
typedef struct {
    /**
     * The first address of the network: 4 bytes for AF_INET, 16 for AF_INET6. The others are 0.
     */
    uint8_t address[16];
    /**
     * AF_INET or AF_INET6.
     */
    int family;
    /**
     * The number of bits that the addresses have in common: 0 to 32 for AF_INET, 0 to 128 for AF_INET6.
     */
    int prefix;
} tabi_network;

/**
 * Makes a network from text: "10.0.0.0/8", "2001:db8::/32", or an address alone, which is a network of its
 * own.
 *
 * Returns 0. Errors: TABI_ERR_VALUE for any other text: when the prefix is out of its range, when bits
 * behind it are set ("10.0.0.1/8"), and for IPv4 addresses that are written for AF_INET6
 * ("::ffff:10.0.0.0/104").
 */
int tabi_network_from_text(const char *text, tabi_network *network);

/**
 * Returns 1 when an address belongs to the network, and 0 when it does not.
 *
 * An IPv4 address belongs to a network of IPv4 also when a dual-stack socket has reported it for AF_INET6
 * (::ffff:10.1.2.3). The port, the scope and the flow information do not matter. Addresses of other
 * families belong to no network. Errors: TABI_ERR_VALUE when `network` is none.
 */
int tabi_network_contains(const tabi_network *network, const tabi_addr *addr);

/**
 * Writes the network to `text`, with a NUL at the end: "10.0.0.0/8".
 *
 * `size` is the size of `text` in bytes; 50 are always enough. Returns the length without the NUL. Errors:
 * TABI_ERR_TOO_SMALL; TABI_ERR_VALUE when `network` is none.
 */
ssize_t tabi_network_text(const tabi_network *network, char *text, size_t size);

/* ---- Options ---- */

/**
 * Reads an option whose value is an int (getsockopt(2), Python's `getsockopt`).
 *
 * Returns 0. Errors: -errno, such as -ENOPROTOOPT when the socket does not have the option.
 */
int tabi_getsockopt(tabi_sock *sk, int level, int option, int *value);

/**
 * Reads an option of any type as bytes (Python's `getsockopt(level, option, buflen)`).
 *
 * `size` is the size of `value` in bytes, 1 to 1024. Returns the number of bytes that were written. If the option has
 * more than `size`, most systems write a part of it and do not say so.
 * Errors: TABI_ERR_OS for another `size`; -EINVAL when it is too small for SO_GET_FILTER; -errno.
 */
ssize_t tabi_getsockopt_bytes(tabi_sock *sk,
                              int level,
                              int option,
                              void *value,
                              size_t size);

/**
 * Sets an option whose value is an int (setsockopt(2), Python's `setsockopt`). Returns 0. Errors: -errno,
 * such as -ENOPROTOOPT or -EINVAL.
 */
int tabi_setsockopt(tabi_sock *sk, int level, int option, int value);

/**
 * Sets an option from `len` bytes, such as those of a structure. Returns 0. Errors: -errno; TABI_ERR_OVERFLOW when `len`
 * is 2147483648 or more.
 */
int tabi_setsockopt_bytes(tabi_sock *sk,
                          int level,
                          int option,
                          const void *value,
                          size_t len);

/**
 * Calls setsockopt(2) with NULL and a length, as AF_ALG needs it (Python's `setsockopt(level, option, None,
 * optlen)`). The results are those of tabi_setsockopt_bytes().
 */
int tabi_setsockopt_null(tabi_sock *sk, int level, int option, size_t len);

/**
 * Reads whether close waits until all data is sent, and for how many seconds (SO_LINGER).
 *
 * `on` gets 0 or 1. Returns 0 or -errno.
 */
int tabi_linger(tabi_sock *sk, int *on, int *seconds);

/**
 * Sets whether close waits until all data is sent (SO_LINGER).
 *
 * `on` is 0 or 1. `seconds` is 0 or more. With 0 seconds, close throws away the data that is not sent yet,
 * and resets the connection. Returns 0. Errors: TABI_ERR_VALUE when `seconds` is negative; -errno.
 */
int tabi_set_linger(tabi_sock *sk, int on, int seconds);

/**
 * Reads how the system checks that an idle TCP connection still exists (SO_KEEPALIVE, TCP_KEEPIDLE,
 * TCP_KEEPINTVL, TCP_KEEPCNT).
 *
 * `on` gets 0 or 1. `time` gets the number of idle seconds before the first probe, `interval` the number of
 * seconds between two probes, and `retries` the number of unanswered probes that end the connection.
 *
 * Returns 0. Errors: -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
 */
int tabi_keepalive(tabi_sock *sk, int *on, int *time, int *interval, int *retries);

/**
 * Lets the system check that an idle TCP connection still exists (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL,
 * TCP_KEEPCNT). tabi_setsockopt() with SO_KEEPALIVE turns this off.
 *
 * `time` is the number of idle seconds before the first probe, 1 to 32767. `interval` is the number of
 * seconds between two probes, 1 to 32767. `retries` is the number of unanswered probes that end the
 * connection, 1 to 127. 0 keeps the present value.
 *
 * Returns 0. Errors: TABI_ERR_VALUE for a number that is not in its range; -EOPNOTSUPP or -ENOPROTOOPT when
 * the socket is not TCP.
 */
int tabi_set_keepalive(tabi_sock *sk, int time, int interval, int retries);

/**
 * Reads the system's own timeout for receiving on a blocking descriptor (SO_RCVTIMEO), in seconds.
 * TABI_NO_TIMEOUT means that there is none.
 *
 * Prefer tabi_settimeout(), which limits a call as a whole. Returns 0 or -errno.
 */
int tabi_rcvtimeo(tabi_sock *sk, double *timeout);

/**
 * Sets the system's own timeout for receiving on a blocking descriptor (SO_RCVTIMEO), in seconds. Calls that
 * it ends return -EAGAIN.
 *
 * The value is rounded up to microseconds, and by the system to what its clock can count. Returns 0. Errors:
 * TABI_ERR_VALUE when `seconds` is 0, negative or NaN; TABI_ERR_OVERFLOW when it is too large; -errno.
 */
int tabi_set_rcvtimeo(tabi_sock *sk, double seconds);

/**
 * Reads the system's own timeout for sending on a blocking descriptor (SO_SNDTIMEO), in seconds.
 * TABI_NO_TIMEOUT means that there is none.
 *
 * Prefer tabi_settimeout(), which limits a call as a whole. Returns 0 or -errno.
 */
int tabi_sndtimeo(tabi_sock *sk, double *timeout);

/**
 * Sets the system's own timeout for sending on a blocking descriptor (SO_SNDTIMEO), in seconds. Rounding and
 * results are those of tabi_set_rcvtimeo().
 */
int tabi_set_sndtimeo(tabi_sock *sk, double seconds);

#if defined(__linux__)
/**
 * Writes the name of the interface that the socket is bound to, with a NUL at the end (SO_BINDTODEVICE). The
 * name is empty when there is none.
 *
 * `size` is the size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
 * TABI_ERR_TOO_SMALL; -errno.
 */
ssize_t tabi_device(tabi_sock *sk, char *name, size_t size);

/**
 * Binds the socket to an interface (SO_BINDTODEVICE).
 *
 * `name` is the interface's name, at most 15 bytes. "" ends the binding. Returns 0. Errors: TABI_ERR_VALUE
 * when the name is too long; -ENODEV when there is no such interface; -EPERM when the binding is changed
 * without CAP_NET_RAW.
 */
int tabi_bind_device(tabi_sock *sk, const char *name);

/**
 * Writes the name of TCP's congestion control, such as "cubic", with a NUL at the end (TCP_CONGESTION).
 *
 * `size` is the size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
 * TABI_ERR_TOO_SMALL; -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
 */
ssize_t tabi_congestion(tabi_sock *sk, char *name, size_t size);

/**
 * Sets TCP's congestion control by its name, at most 15 bytes (TCP_CONGESTION).
 *
 * Returns 0. Errors: TABI_ERR_VALUE when the name is too long; -ENOENT when the system does not know it;
 * -EPERM when only privileged programs may use it; -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
 */
int tabi_set_congestion(tabi_sock *sk, const char *name);

/**
 * Reads which process made the other end of an AF_UNIX connection, as it was at that time (SO_PEERCRED).
 *
 * Any output may be NULL. Returns 0. Errors: -ENOTCONN when there is no other end, or when the socket is of
 * another family. For a listening socket this is the process that has made it listen.
 */
int tabi_peer_credentials(tabi_sock *sk, int32_t *pid, uint32_t *uid, uint32_t *gid);
#endif

/**
 * Joins a multicast group: the socket receives what is sent to it (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP).
 *
 * `group` is an IPv4 or IPv6 address. `interface_name` is the name of an interface, such as "eth0". For IPv4 it
 * may also be an address of the interface. "" lets the system choose.
 *
 * Returns 0. Errors:
 * - -EINVAL: the address is not that of a group.
 * - -ENODEV: there is no such interface.
 * - -EADDRINUSE: the socket has joined the group before.
 * - -ENOPROTOOPT, -EPROTO and others: the socket is of another family than the group, or cannot receive datagrams.
 * - TABI_ERR_VALUE: `group` is not an address.
 * - TABI_ERR_TYPE: an IPv6 group, and an address as its interface.
 */
int tabi_join_multicast(tabi_sock *sk,
                        const char *group,
                        const char *interface_name);

/**
 * Leaves a group that tabi_join_multicast() has joined, with the same arguments (IP_DROP_MEMBERSHIP,
 * IPV6_LEAVE_GROUP).
 *
 * Returns 0. Errors: -EADDRNOTAVAIL when the socket has not joined the group; those of
 * tabi_join_multicast().
 */
int tabi_leave_multicast(tabi_sock *sk, const char *group, const char *interface_name);

#if defined(__linux__)
/**
 * Joins a multicast group, but receives only what one sender sends to it (IP_ADD_SOURCE_MEMBERSHIP,
 * MCAST_JOIN_SOURCE_GROUP).
 *
 * `source` is the address of the sender. The other arguments and the results are those of
 * tabi_join_multicast(), but -EADDRNOTAVAIL when the socket has joined the group for this sender before. Errors:
 * also TABI_ERR_TYPE when group and source are of different families.
 */
int tabi_join_source_multicast(tabi_sock *sk,
                               const char *group,
                               const char *source,
                               const char *interface_name);

/**
 * Leaves a group that tabi_join_source_multicast() has joined, with the same arguments
 * (IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP).
 *
 * Returns 0. Errors: -EADDRNOTAVAIL or -EINVAL when the socket has not joined it; those of
 * tabi_join_source_multicast().
 */
int tabi_leave_source_multicast(tabi_sock *sk,
                                const char *group,
                                const char *source,
                                const char *interface_name);
#endif

/**
 * Sets the interface that multicast datagrams are sent from (IP_MULTICAST_IF for AF_INET, IPV6_MULTICAST_IF
 * for AF_INET6).
 *
 * `interface_name` is as in tabi_join_multicast(). Returns 0. Errors: -ENODEV or -EADDRNOTAVAIL when there is no
 * such interface; TABI_ERR_TYPE for an address on an AF_INET6 socket.
 */
int tabi_set_multicast_interface(tabi_sock *sk,
                                 const char *interface_name);

/* ---- Messages and control data ---- */

/**
 * Control data (also called ancillary data) in a buffer of the caller's. It is a value, and need not be
 * freed.
 *
 * To send: set `data` and `size`, set `len` to 0, and add messages with the tabi_control_add functions. To
 * receive: set `data` and `size`, call tabi_recvmsg(), which sets `len`, and read the messages with
 * tabi_control_next(). The buffer may have any alignment. tabi_cmsg_space() tells how many bytes of it a
 * message needs.
 */
typedef struct {
    /**
     * The buffer of the caller's.
     */
    void *data;
    /**
     * The size of the buffer in bytes, at most 2147483647.
     */
    size_t size;
    /**
     * The number of bytes that control messages use.
     */
    size_t len;
} tabi_control;

/**
 * A control message in the buffer of a tabi_control. Set it to zero before the first call of
 * tabi_control_next().
 */
typedef struct {
    /**
     * SOL_SOCKET, IPPROTO_IP and so on.
     */
    int level;
    /**
     * The type within the level, such as SCM_RIGHTS.
     */
    int type;
    /**
     * The data, which may have any alignment. It is valid as long as the buffer is.
     */
    void *data;
    /**
     * The length of the data in bytes. It is never more than the buffer holds.
     */
    size_t len;
    /**
     * The place where the next message begins. It is for tabi_control_next().
     */
    size_t next;
} tabi_cmsg;

/**
 * One of several buffers: `iov_base` is its address and `iov_len` its length in bytes.
 *
 * It is struct iovec. Windows has none; there it has the layout of WSABUF, and a length of 32 bits.
 */
#if defined(_WIN32)
typedef struct {
    unsigned long iov_len;
    void *iov_base;
} tabi_iovec;
#else
typedef struct iovec tabi_iovec;
#endif

/**
 * Sends the bytes of several buffers as one message (sendmsg(2), Python's `sendmsg`).
 *
 * `buffers` is an array of `buffer_count` buffers, at most 1024 on Linux. `control` holds the control
 * messages to send, and may be NULL. `flags` is 0 or a combination of MSG_* constants. `addr` is the address
 * to send to. It is NULL when the socket is connected.
 *
 * Returns the number of bytes that the system accepted, which may be smaller than the sum. Errors: those of
 * tabi_send(); -EMSGSIZE when there are too many buffers; TABI_ERR_OS for more than 2147483647 buffers, or
 * for more than 2147483647 bytes of control data.
 */
ssize_t tabi_sendmsg(tabi_sock *sk,
                     const tabi_iovec *buffers,
                     size_t buffer_count,
                     const tabi_control *control,
                     int flags,
                     const tabi_addr *addr);

/**
 * Does what tabi_sendmsg() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_sendmsg_until(tabi_sock *sk,
                           const tabi_iovec *buffers,
                           size_t buffer_count,
                           const tabi_control *control,
                           int flags,
                           const tabi_addr *addr,
                           int64_t deadline);

/**
 * Receives a message into several buffers, one after the other (recvmsg(2), Python's `recvmsg_into`).
 *
 * `buffers` is an array of `buffer_count` buffers, at most 1024 on Linux. `control` receives the control
 * messages; its `len` is set. It may be NULL. `flags` is 0 or a combination of MSG_* constants. `msg_flags`
 * gets the flags of the message: MSG_TRUNC when the message was cut, MSG_CTRUNC when the control data was
 * cut, MSG_EOR and others. `sender` gets the address of the sender; its `len` is 0 when the system names
 * none. `msg_flags` and `sender` may be NULL.
 *
 * Descriptors that arrive are close-on-exec and belong to the caller, also after MSG_CTRUNC. Take them with
 * tabi_control_next() and tabi_cmsg_fds(), or close them with tabi_control_close_fds().
 *
 * Returns the number of bytes received, or 0 at the end of the stream. Errors: those of tabi_recv();
 * -EMSGSIZE when there are too many buffers; TABI_ERR_VALUE when the control buffer has more than 2147483647
 * bytes. When the call fails, no descriptor has arrived.
 */
ssize_t tabi_recvmsg(tabi_sock *sk,
                     const tabi_iovec *buffers,
                     size_t buffer_count,
                     tabi_control *control,
                     int flags,
                     int *msg_flags,
                     tabi_addr *sender);

/**
 * Does what tabi_recvmsg() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_recvmsg_until(tabi_sock *sk,
                           const tabi_iovec *buffers,
                           size_t buffer_count,
                           tabi_control *control,
                           int flags,
                           int *msg_flags,
                           tabi_addr *sender,
                           int64_t deadline);

/**
 * Returns the length of a control message with `len` bytes of data, without the padding at its end
 * (CMSG_LEN, Python's `CMSG_LEN`).
 *
 * Errors: TABI_ERR_OVERFLOW when the result would be more than 2147483647.
 */
ssize_t tabi_cmsg_len(size_t len);

/**
 * Returns the number of bytes of a buffer that a control message with `len` bytes of data needs, with
 * padding (CMSG_SPACE, Python's `CMSG_SPACE`).
 *
 * Errors: TABI_ERR_OVERFLOW when the result would be more than 2147483647.
 */
ssize_t tabi_cmsg_space(size_t len);

/**
 * Adds a control message of any level and type to the buffer.
 *
 * `data` has `len` bytes. Returns 0. Errors: TABI_ERR_TOO_SMALL when fewer than tabi_cmsg_space(len) bytes
 * are free; TABI_ERR_OVERFLOW when `len` is 2147483648 or more. When the call fails, the buffer is not
 * changed.
 */
int tabi_control_add(tabi_control *control, int level, int type, const void *data, size_t len);

#if !defined(_WIN32)
/**
 * Adds descriptors to send (SCM_RIGHTS), at most 253 on Linux. The receiver gets duplicates. The results are
 * those of tabi_control_add().
 */
int tabi_control_add_fds(tabi_control *control, const int *fds, size_t fd_count);
#endif

/**
 * Adds a control message whose data is an int, such as IP_TTL or IP_TOS (level IPPROTO_IP), or IPV6_HOPLIMIT
 * or IPV6_TCLASS (level IPPROTO_IPV6).
 *
 * The results are those of tabi_control_add(). The system checks the value when the message is sent.
 */
int tabi_control_add_int(tabi_control *control, int level, int type, int value);

/**
 * Sets the source address and the interface of a datagram (IP_PKTINFO or IPV6_PKTINFO).
 *
 * `source` is an AF_INET or AF_INET6 address of this machine; 0.0.0.0 or :: lets the system choose. Its port
 * has no effect. `interface_index` is the number of the interface, or 0 for any. The results are those of
 * tabi_control_add(). Errors: also TABI_ERR_TYPE for an address of another family.
 */
int tabi_control_add_packet_info(tabi_control *control, const tabi_addr *source, unsigned int interface_index);

#if defined(__linux__)
/**
 * Adds the credentials of the sender (SCM_CREDENTIALS). Only a privileged process may send others than its
 * own.
 *
 * The results are those of tabi_control_add().
 */
int tabi_control_add_credentials(tabi_control *control, int32_t pid, uint32_t uid, uint32_t gid);

/**
 * Lets the system send the bytes of one message as several UDP datagrams of `bytes` bytes each
 * (UDP_SEGMENT). The last may be smaller.
 *
 * The results are those of tabi_control_add().
 */
int tabi_control_add_segment_size(tabi_control *control, uint16_t bytes);
#endif

/**
 * Finds the next control message in the buffer. Set `cmsg` to zero before the first call.
 *
 * Returns 1 when there is a message. Returns 0 when there is none; `cmsg` is not changed then. The function
 * is safe for buffers of any content. Errors: TABI_ERR_VALUE when `control->len` is more than
 * `control->size`.
 */
int tabi_control_next(const tabi_control *control, tabi_cmsg *cmsg);

#if !defined(_WIN32)
/**
 * Closes the descriptors in the buffer that were not taken with tabi_cmsg_fds(). A second call closes
 * nothing.
 *
 * The buffer must be one that tabi_recvmsg() or tabi_recvmany() has filled. Returns the number of
 * descriptors that were closed. Errors: TABI_ERR_VALUE when `control->len` is more than `control->size`.
 */
ssize_t tabi_control_close_fds(tabi_control *control);

/**
 * Takes descriptors out of an SCM_RIGHTS message. They belong to the caller, who closes them with
 * tabi_close_fd().
 *
 * `max_fds` is the number of descriptors that `fds` has room for. If there are more, call the function
 * again. In the buffer, -1 takes the place of a descriptor that was taken.
 *
 * Returns the number of descriptors that were taken, 0 when none is left. Errors: TABI_ERR_TYPE for a
 * message of another type.
 */
ssize_t tabi_cmsg_fds(const tabi_cmsg *cmsg, int *fds, size_t max_fds);
#endif

/**
 * Reads the number in a control message, such as IP_TTL, IP_TOS, IPV6_HOPLIMIT, IPV6_TCLASS or UDP_GRO (the
 * size of a segment in bytes).
 *
 * Returns 0. Errors: TABI_ERR_TYPE when the data of the message is neither an int nor a byte.
 */
int tabi_cmsg_int(const tabi_cmsg *cmsg, int *value);

/**
 * Reads where a datagram has arrived (IP_PKTINFO, IPV6_PKTINFO).
 *
 * `destination` gets the address that the datagram was sent to. `local` gets the address that an answer
 * should come from. `interface_index` gets the number of the interface. Any of them may be NULL. The addresses
 * have port 0.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
 */
int tabi_cmsg_packet_info(const tabi_cmsg *cmsg,
                          tabi_addr *destination,
                          tabi_addr *local,
                          unsigned int *interface_index);

/**
 * Reads when the system received the message, in nanoseconds since 1970 (SO_TIMESTAMP, SO_TIMESTAMPNS,
 * SO_TIMESTAMPING).
 *
 * With SO_TIMESTAMPING this is the time of the system, or that of the network card when there is no other.
 * Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
 */
int tabi_cmsg_timestamp(const tabi_cmsg *cmsg, int64_t *nanoseconds);

/**
 * Reads which process, user and group sent the message (SCM_CREDENTIALS). Any output may be NULL.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
 */
int tabi_cmsg_credentials(const tabi_cmsg *cmsg, int32_t *pid, uint32_t *uid, uint32_t *gid);

/**
 * Reads what went wrong with a datagram, from a message that was received with MSG_ERRQUEUE (IP_RECVERR,
 * IPV6_RECVERR).
 *
 * `error` gets the errno. `icmp_type` and `icmp_code` get those of the ICMP message, or 0 when the error
 * comes from this machine. `info` gets more about the error, such as the MTU of the path in bytes for
 * EMSGSIZE. `offender` gets the address of the machine that sent the ICMP message; its `len` is 0 when there
 * is none. Any output may be NULL.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for a message of another type.
 */
int tabi_cmsg_error(const tabi_cmsg *cmsg,
                    int *error,
                    int *icmp_type,
                    int *icmp_code,
                    uint32_t *info,
                    tabi_addr *offender);

#if !defined(_WIN32)
/**
 * Sends bytes and descriptors over an AF_UNIX socket (Python's `send_fds`).
 *
 * A stream needs at least one byte. `fds` is an array of `fd_count` open descriptors, at most 253 on Linux.
 * The receiver gets duplicates; the descriptors still belong to the caller.
 *
 * Returns the number of bytes that the system accepted. If it is smaller than `len`, the descriptors went
 * with those bytes. Errors: those of tabi_send(); TABI_ERR_TYPE for descriptors on a socket of another family;
 * TABI_ERR_VALUE for a negative descriptor; -EBADF for one that is not open; -EINVAL for too many; -ETOOMANYREFS
 * when too many descriptors were sent and not received yet.
 */
ssize_t tabi_send_fds(tabi_sock *sk,
                      const void *data,
                      size_t len,
                      const int *fds,
                      size_t fd_count,
                      int flags);

/**
 * Receives up to `len` bytes and up to `max_fds` descriptors over an AF_UNIX socket (Python's `recv_fds`).
 *
 * `fds` gets the descriptors, and `fd_count` their number. They are close-on-exec and belong to the caller,
 * who closes them with tabi_close_fd(). `msg_flags` gets the flags of the message. MSG_CTRUNC means that
 * more descriptors were sent than there was room for, in `fds` or in the process; those are closed already.
 * `msg_flags` may be NULL.
 *
 * The results are those of tabi_recv(). When the call fails, no descriptor has arrived.
 */
ssize_t tabi_recv_fds(tabi_sock *sk,
                      void *buffer,
                      size_t len,
                      int *fds,
                      size_t max_fds,
                      int flags,
                      size_t *fd_count,
                      int *msg_flags);
#endif

/**
 * A datagram for tabi_sendmany() and tabi_recvmany(). Set it to zero before you set its members.
 */
typedef struct {
    /**
     * The bytes to send, or the buffer to receive into.
     */
    void *data;
    /**
     * Receiving: the size of the buffer in bytes. The part of a datagram that does not fit is lost.
     */
    size_t size;
    /**
     * The number of bytes to send, or the number of bytes that were received.
     */
    size_t len;
    /**
     * Received: MSG_TRUNC when the datagram was cut, MSG_CTRUNC when its control messages were cut.
     */
    int flags;
    /**
     * The address to send to, with an `addr.len` of 0 when the socket is connected; or the address of the
     * sender.
     */
    tabi_addr addr;
    /**
     * Control messages, as in tabi_sendmsg() and tabi_recvmsg(). All zero means that there are none.
     */
    tabi_control control;
} tabi_datagram;

/**
 * Sends several datagrams, with one system call where the system has one for that (sendmmsg(2) on Linux).
 *
 * `flags` is 0 or a combination of MSG_* constants. Returns the number of datagrams that the system
 * accepted, at least one if there are any; Linux accepts 1024 in one call. When it refuses a later one, the next call
 * returns the error. Errors: those of
 * tabi_send(); TABI_ERR_TYPE for an address of another family.
 */
ssize_t tabi_sendmany(tabi_sock *sk,
                      const tabi_datagram *datagrams,
                      size_t datagram_count,
                      int flags);

/**
 * Receives several datagrams, with one system call where the system has one for that (recvmmsg(2) on Linux).
 *
 * The call waits for the first datagram, and takes those that have arrived by then. `flags` is 0 or a
 * combination of MSG_* constants.
 *
 * Returns the number of datagrams received, which fill `datagrams` from its beginning. The errors are those
 * of tabi_recv(); no datagram is changed then.
 */
ssize_t tabi_recvmany(tabi_sock *sk, tabi_datagram *datagrams, size_t datagram_count, int flags);

#if defined(__linux__)
/**
 * Sends bytes to a cipher of the kernel, and says what to do with them (Python's `sendmsg_afalg`).
 *
 * `op` is ALG_OP_ENCRYPT, ALG_OP_DECRYPT or another ALG_OP_* constant. `iv` is the initialisation vector of
 * `iv_len` bytes; NULL means that there is none. `assoclen` is the number of bytes that are authenticated
 * and not encrypted, 0 to 4294967295; a negative number leaves it out. The other arguments and the results
 * are those of tabi_sendmsg(). Errors: also TABI_ERR_OS when the socket is not AF_ALG; TABI_ERR_OVERFLOW
 * when `assoclen` is too large.
 */
ssize_t tabi_sendmsg_afalg(tabi_sock *sk,
                           const tabi_iovec *buffers,
                           size_t buffer_count,
                           uint32_t op,
                           const void *iv,
                           size_t iv_len,
                           int64_t assoclen,
                           int flags);
#endif

/* ---- Buffered files, and files that are sent ---- */

/**
 * A buffered reader and writer on a socket: Python's `socket.makefile("rwb")`.
 *
 * One thread may read while another writes. Two threads must not read at the same time, or write at the same
 * time. The socket's timeout limits each call as a whole. Nothing is lost when a call fails: what had arrived
 * is read again by the next call, and what was not sent is sent later, once. Only when tabi_file_read() or
 * tabi_file_readline() has received bytes and fails, and there is no memory to keep them, are they lost, and the error
 * is -ENOMEM. Free the file before the socket.
 */
typedef struct tabi_file tabi_file;

/**
 * Makes a buffered reader and writer on a socket (Python's `socket.makefile`). The socket must live longer
 * than the file.
 *
 * `buffering` is the largest number of bytes that are read ahead, and that are kept before they are sent. -1
 * stands for 8192. 0 means no buffering. Buffers are allocated when they are first needed, and grow with
 * use.
 *
 * Returns 0 and a file, which tabi_file_free() frees. Errors: TABI_ERR_VALUE when `buffering` is less than
 * -1.
 */
int tabi_makefile(tabi_sock *sk, ssize_t buffering, tabi_file **out);

/**
 * Sends what is still buffered, and frees the file. It does nothing for NULL, and for the file of a request.
 *
 * An error while sending is not reported. Call tabi_file_flush() before if you need to know.
 */
void tabi_file_free(tabi_file *file);

/**
 * Reads `len` bytes, or fewer when the stream ends before (Python's `read(n)`).
 *
 * Returns the number of bytes read. The errors are those of tabi_recv(). After an error nothing is lost: the
 * next call reads the same bytes. Then the buffer may have changed, and its bytes mean nothing.
 */
ssize_t tabi_file_read(tabi_file *file, void *buffer, size_t len);

/**
 * Reads at least 1 and up to `len` bytes, with at most one call of tabi_recv() (Python's `read1`).
 *
 * Returns the number of bytes read, or 0 at the end of the stream. The errors are those of tabi_recv().
 */
ssize_t tabi_file_read1(tabi_file *file, void *buffer, size_t len);

/**
 * Reads a line with its newline (Python's `readline(size - 1)`), and writes a NUL behind it.
 *
 * `size` is the size of `line` in bytes, at least 2. A result without a newline is a part of a line that is
 * longer than the buffer, and the next call reads its next part; or it is the end of a stream that does not
 * end with a newline.
 *
 * Returns the length without the NUL, or 0 at the end of the stream. Errors: TABI_ERR_VALUE when `size` is
 * less than 2; those of tabi_recv(). After an error nothing is lost: the next call reads the whole line. Then `line` may
 * have changed, and perhaps no NUL is in it.
 */
ssize_t tabi_file_readline(tabi_file *file,
                           char *line,
                           size_t size);

/**
 * Gives bytes back, so that they are read next, before all others. It does not matter where they came from.
 *
 * `data` has `len` bytes, which are copied. Returns 0. Errors: -ENOMEM; then nothing has changed.
 */
int tabi_file_unread(tabi_file *file, const void *data, size_t len);

/**
 * Reads a whole line with its newline, however long it is, and writes a NUL behind it. The memory for the line
 * grows as it is needed.
 *
 * `line` points to NULL and `capacity` to 0 before the first call. Afterwards `*line` is the line and `*capacity`
 * the size of its memory in bytes. Pass both to the next call, which uses the memory again, and free `*line` with
 * tabi_free() at the end, also after an error. `most` is the largest length of a line with its newline in bytes,
 * so that a peer cannot use up the memory. A result without a newline is the end of a stream that does not end
 * with a newline.
 *
 * Returns the length without the NUL, or 0 at the end of the stream. Errors: -EMSGSIZE when the line is longer
 * than `most`; -ENOMEM; those of tabi_recv(). After an error nothing is lost: the next call reads the whole line.
 */
ssize_t tabi_file_getline(tabi_file *file,
                          char **line,
                          size_t *capacity,
                          size_t most);

/**
 * Frees memory that tabi_file_getline() has made. NULL does nothing.
 */
void tabi_free(void *memory);

/**
 * Returns the number of bytes that were received and not read yet. poll(2) on the socket does not report
 * them.
 */
ssize_t tabi_file_buffered(tabi_file *file);

/**
 * Writes bytes (Python's `write`). They are sent, or kept to be sent later.
 *
 * One timeout limits the whole call. Returns the number of bytes that were taken. This is `len`, unless
 * sending fails after a part: then the next call returns the error. The errors are those of tabi_send();
 * then no byte was taken.
 */
ssize_t tabi_file_write(tabi_file *file, const void *data, size_t len);

/**
 * Makes the text for tabi_file_printf() and tabi_request_printf(), which call it. Programs do not need it.
 *
 * Writes the text to `short_text`, which has `size` bytes, or to new memory if it is longer, and sets `text` to where
 * it is. Returns its length, or a negative code.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 0)))
#endif
static inline int tabi_format(char *short_text, size_t size, char **text, const char *format, va_list arguments)
{
    va_list again;
    int length;
    if (format == NULL) {
        errno = EINVAL;
        return TABI_ERR_NULL;
    }
    va_copy(again, arguments);
    length = vsnprintf(short_text, size, format, arguments);
    *text = short_text;
    if (length >= 0 && (size_t)length >= size) {
        *text = (char *)malloc((size_t)length + 1);
        length = *text == NULL ? -1 : vsnprintf(*text, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (length < 0) {
        length = -errno;
        if (*text != short_text)
            free(*text);
    }
    return length;
}

/**
 * Writes formatted text, as printf(3) makes it, to a file of tabi_makefile(). It is sent, or kept to be sent later.
 *
 * Returns the length of the text in bytes. The errors are those of tabi_file_write(); after one of them, a part of the
 * text may have been taken. TABI_ERR_NULL when `format` is NULL, and -errno, such as -ENOMEM, when the text cannot be
 * made; tabi_last_error_message() does not describe these two.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline ssize_t tabi_file_printf(tabi_file *file, const char *format, ...)
{
    char short_text[256], *text = NULL;
    ssize_t done = 0, taken;
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = tabi_format(short_text, sizeof short_text, &text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return length;
    do {
        taken = tabi_file_write(file, text + done, (size_t)(length - done));
        done += taken;
    } while (taken > 0 && done < length);
    if (text != short_text)
        free(text);
    return taken < 0 ? taken : done;
}

/**
 * Sends what is buffered (Python's `flush`).
 *
 * One timeout limits the whole call. Returns 0. The errors are those of tabi_send(). After an error, what
 * was not sent is still buffered.
 */
int tabi_file_flush(tabi_file *file);

/**
 * Returns the number of bytes that were written and not sent yet.
 */
ssize_t tabi_file_unsent(tabi_file *file);

/**
 * Sends a file over a stream (sendfile(2), Python's `socket.sendfile`), without copying it where the system
 * can do that.
 *
 * `file` is an open descriptor. `offset` is the place in the file to begin at, in bytes. `count` is the
 * number of bytes, more than 0; -1 stands for all up to the end. On systems of 32 bits, a call sends at most
 * 2147483647 bytes, and another one can send the rest. `sent` gets the number of bytes sent, also when the
 * call fails. It may be NULL. One timeout limits the whole call.
 *
 * Afterwards the position of the file is behind the bytes that were sent. A pipe, or a file that the system
 * cannot send, is read and then sent. Reading it has no timeout, and bytes that were read from a pipe and
 * could not be sent are lost.
 *
 * Returns the number of bytes sent, which is smaller than `count` when the file ends before. Errors:
 * - TABI_ERR_VALUE: `count`, `offset` or `file` is not in its range, or the socket is not a stream or is
 *   non-blocking.
 * - -EBADF, -EISDIR and others: the file cannot be read. -ESPIPE: it is a pipe, and `offset` is not 0.
 * - The errors of tabi_sendall().
 */
ssize_t tabi_sendfile(tabi_sock *sk, tabi_fd file, int64_t offset, int64_t count, size_t *sent);

/**
 * Does what tabi_sendfile() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
 */
ssize_t tabi_sendfile_until(tabi_sock *sk,
                            tabi_fd file,
                            int64_t offset,
                            int64_t count,
                            size_t *sent,
                            int64_t deadline);

/* ---- The resolver, services, interfaces ---- */

/**
 * One answer of tabi_getaddrinfo(): the arguments for a socket, and the address to connect it or bind it to.
 */
typedef struct {
    /**
     * sizeof(tabi_addrinfo) in the library. Later versions may add members at the end.
     */
    size_t struct_size;
    /**
     * The address family: an AF_* constant.
     */
    int family;
    /**
     * The type: a SOCK_* constant.
     */
    int type;
    /**
     * The protocol: an IPPROTO_* constant.
     */
    int proto;
    /**
     * The canonical name of the host, in the first answer and with AI_CANONNAME. Otherwise "".
     */
    const char *canonname;
    /**
     * The address.
     */
    tabi_addr addr;
} tabi_addrinfo;

/**
 * The answers of tabi_getaddrinfo(), in the order in which a program should try them.
 *
 * A list never changes. Any number of threads may read it.
 */
typedef struct tabi_addrinfo_list tabi_addrinfo_list;

/**
 * Looks up the addresses of a host and a service (getaddrinfo(3), Python's `getaddrinfo`).
 *
 * `host` is a name, an IP address, or NULL for this machine. `service` is a name such as "http", a port such
 * as "80", or NULL for port 0. `family` (AF_*), `type` (SOCK_*) and `proto` (IPPROTO_*) limit the answers; 0
 * does not. `flags` is 0 or a combination of AI_* constants. The call takes as long as the system's resolver
 * needs.
 *
 * Returns the number of answers, at least 1, and the list, which tabi_addrinfo_list_free() frees. Errors:
 * TABI_GAI_* when the look-up fails; -errno when the resolver meets an error of the system.
 */
int tabi_getaddrinfo(const char *host,
                     const char *service,
                     int family,
                     int type,
                     int proto,
                     int flags,
                     tabi_addrinfo_list **list);

/**
 * Does what tabi_getaddrinfo() does, but waits no longer than until `deadline`, in nanoseconds of CLOCK_MONOTONIC
 * (see tabi_deadline()). INT64_MAX is no deadline.
 *
 * With a deadline, the look-up runs in one of at most 16 threads of the library, which run no signal handlers and are
 * never joined. When the deadline passes, the look-up goes on there, and its answer is dropped. Look-ups for which no
 * thread is free wait for their turn. A numeric host is not looked up, and needs no thread.
 *
 * Errors: those of tabi_getaddrinfo(); TABI_ERR_TIMEOUT when the deadline passes; -EMFILE when the process has too
 * many open descriptors to wait; -EAGAIN when the system refuses the thread.
 */
int tabi_getaddrinfo_until(const char *host,
                           const char *service,
                           int family,
                           int type,
                           int proto,
                           int flags,
                           int64_t deadline,
                           tabi_addrinfo_list **list);

/**
 * Returns one answer of a list, or NULL when `index` is too large or `list` is NULL.
 *
 * `index` begins at 0. The answer is valid until tabi_addrinfo_list_free().
 */
const tabi_addrinfo *tabi_addrinfo_at(const tabi_addrinfo_list *list, size_t index);

/**
 * Frees a list and all its answers. NULL does nothing.
 */
void tabi_addrinfo_list_free(tabi_addrinfo_list *list);

/**
 * Looks up the names of an address's host and service (getnameinfo(3), Python's `getnameinfo`).
 *
 * `flags` is 0 or a combination of NI_* constants. `host_size` and `service_size` are the sizes of the
 * buffers in bytes; NI_MAXHOST (1025) and 32 are always enough. (NULL, 0) leaves one of them out. The call
 * takes as long as the system's resolver needs.
 *
 * Returns 0. Errors: TABI_GAI_* when the look-up fails; TABI_ERR_TOO_SMALL.
 */
int tabi_getnameinfo(const tabi_addr *addr,
                     int flags,
                     char *host,
                     size_t host_size,
                     char *service,
                     size_t service_size);

/**
 * Does what tabi_getnameinfo() does, with a deadline. See tabi_getaddrinfo_until().
 *
 * Errors: those of tabi_getnameinfo(), and those of tabi_getaddrinfo_until() for the deadline.
 */
int tabi_getnameinfo_until(const tabi_addr *addr,
                           int flags,
                           int64_t deadline,
                           char *host,
                           size_t host_size,
                           char *service,
                           size_t service_size);

/**
 * What is known about a host: Python's `(hostname, aliaslist, ipaddrlist)`. tabi_hostent_free() frees it.
 */
typedef struct {
    /**
     * sizeof(tabi_hostent) in the library. Later versions may add members at the end.
     */
    size_t struct_size;
    /**
     * The main name of the host.
     */
    const char *name;
    /**
     * The other names of the host. The array ends with NULL.
     */
    const char *const *aliases;
    /**
     * The addresses of the host as text, at least one. The array ends with NULL.
     */
    const char *const *addresses;
} tabi_hostent;

/**
 * Writes the first IPv4 address of a host to `address` as text, with a NUL at the end (Python's
 * `gethostbyname`).
 *
 * `name` is a name, an IPv4 address, "" (which gives 0.0.0.0) or `"<broadcast>"`. `size` is the size of
 * `address` in bytes; 16 are always enough. Returns the length without the NUL. Errors: TABI_GAI_* when the
 * look-up fails; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_gethostbyname(const char *name, char *address, size_t size);

/**
 * Does what tabi_gethostbyname() does, with a deadline. See tabi_getaddrinfo_until().
 *
 * Errors: those of tabi_gethostbyname(), and those of tabi_getaddrinfo_until() for the deadline.
 */
ssize_t tabi_gethostbyname_until(const char *name, int64_t deadline, char *address, size_t size);

/**
 * Looks up the names and all IPv4 addresses of a host (Python's `gethostbyname_ex`).
 *
 * Returns 0 and an entry, which tabi_hostent_free() frees. Errors: TABI_GAI_* when the host has no address;
 * TABI_HERROR_* when only the look-up of its names fails.
 */
int tabi_gethostbyname_ex(const char *name, tabi_hostent **entry);

/**
 * Does what tabi_gethostbyname_ex() does, with a deadline. See tabi_getaddrinfo_until().
 *
 * Errors: those of tabi_gethostbyname_ex(), and those of tabi_getaddrinfo_until() for the deadline.
 */
int tabi_gethostbyname_ex_until(const char *name, int64_t deadline, tabi_hostent **entry);

/**
 * Looks up the names and addresses of the host that has an IP address (Python's `gethostbyaddr`).
 *
 * `address` is an IPv4 or IPv6 address as text, or a name, whose address is looked up first. Returns 0 and
 * an entry, which tabi_hostent_free() frees. Errors: TABI_GAI_* when a name has no address; TABI_HERROR_*
 * when nothing is known about the address; TABI_ERR_OS for "".
 */
int tabi_gethostbyaddr(const char *address, tabi_hostent **entry);

/**
 * Does what tabi_gethostbyaddr() does, with a deadline. See tabi_getaddrinfo_until().
 *
 * Errors: those of tabi_gethostbyaddr(), and those of tabi_getaddrinfo_until() for the deadline.
 */
int tabi_gethostbyaddr_until(const char *address, int64_t deadline, tabi_hostent **entry);

/**
 * Frees an entry and all that it points to. NULL does nothing.
 */
void tabi_hostent_free(tabi_hostent *entry);

/**
 * Writes the name of this machine to `name`, with a NUL at the end (gethostname(2), Python's `gethostname`).
 *
 * `size` is the size of `name` in bytes; 65 are always enough on Linux. Returns the length without the NUL.
 * Errors: TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_gethostname(char *name, size_t size);

#if !defined(_WIN32)
/**
 * Sets the name of this machine (sethostname(2), Python's `sethostname`).
 *
 * Returns 0. Errors: -EPERM when the program is not allowed to; -EINVAL when the name is too long.
 */
int tabi_sethostname(const char *name);
#endif

/**
 * Writes the fully qualified name of a host to `fqdn`: the first of its names that has a dot (Python's
 * `getfqdn`).
 *
 * `name` is a name or an IP address. NULL, "", "0.0.0.0" and "::" stand for this machine. When nothing is
 * known about the host, the result is `name` itself, without spaces around it. `size` is the size of `fqdn` in
 * bytes; 1025 are enough, unless `name` itself is longer. Returns the length without the NUL at the end. Errors:
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_getfqdn(const char *name,
                     char *fqdn,
                     size_t size);

/**
 * Does what tabi_getfqdn() does, with a deadline. When it passes, the result is `name` itself. See
 * tabi_getaddrinfo_until().
 */
ssize_t tabi_getfqdn_until(const char *name, int64_t deadline, char *fqdn, size_t size);

/**
 * Lets a function decide whether a signal ends the look-ups of this thread that have a deadline: those of
 * tabi_getaddrinfo_until() and its relatives, and of calls by name on sockets with a timeout.
 *
 * While such a look-up waits, `interrupted` is called with `userdata` when a signal handler has run in the
 * thread, and every half second, because a signal may have come just before the wait. When it returns
 * another number than 0, the call ends with -EINTR, and otherwise it goes on waiting. NULL, the default,
 * lets no signal end look-ups. tabi_create_connection_with() has a setting of its own. Returns 0.
 */
int tabi_interrupt_lookups(tabi_interrupted interrupted, void *userdata);

/**
 * Returns the port of a service, 0 to 65535 (getservbyname(3), Python's `getservbyname`).
 *
 * `proto` is "tcp", "udp", or NULL for any protocol. Errors: TABI_ERR_OS when there is no such service.
 */
int tabi_getservbyname(const char *name, const char *proto);

/**
 * Writes the name of the service on a port to `name`, with a NUL at the end (getservbyport(3), Python's
 * `getservbyport`).
 *
 * `port` is 0 to 65535. `proto` is "tcp", "udp", or NULL for any protocol. `size` is the size of `name` in
 * bytes. Returns the length without the NUL. Errors: TABI_ERR_OS when there is no such service;
 * TABI_ERR_OVERFLOW when the port is not in its range; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_getservbyport(int port, const char *proto, char *name, size_t size);

/**
 * Returns the number of a protocol, such as "tcp" (getprotobyname(3), Python's `getprotobyname`).
 *
 * Errors: TABI_ERR_OS when there is no such protocol.
 */
int tabi_getprotobyname(const char *name);

/**
 * One network interface of tabi_if_nameindex().
 */
typedef struct {
    /**
     * sizeof(tabi_interface) in the library. Later versions may add members at the end.
     */
    size_t struct_size;
    /**
     * The number of the interface, at least 1.
     */
    uint32_t index;
    /**
     * The name of the interface, such as "lo".
     */
    const char *name;
} tabi_interface;

/**
 * The network interfaces that tabi_if_nameindex() has found.
 *
 * A list never changes. Any number of threads may read it.
 */
typedef struct tabi_interface_list tabi_interface_list;

/**
 * Lists the numbers and names of all network interfaces (if_nameindex(3), Python's `if_nameindex`).
 *
 * Returns the number of interfaces, and the list, which tabi_interface_list_free() frees. Errors: -errno.
 */
int tabi_if_nameindex(tabi_interface_list **list);

/**
 * Returns one interface of a list, or NULL when `index` is too large or `list` is NULL.
 *
 * `index` begins at 0. The interface is valid until tabi_interface_list_free().
 */
const tabi_interface *tabi_interface_at(const tabi_interface_list *list, size_t index);

/**
 * Frees a list and all its interfaces. NULL does nothing.
 */
void tabi_interface_list_free(tabi_interface_list *list);

/**
 * Writes the number of the network interface with this name to `index` (if_nametoindex(3), Python's
 * `if_nametoindex`).
 *
 * Returns 0. Errors: TABI_ERR_OS when there is no such interface; -errno, such as -EMFILE, when the system
 * cannot look.
 */
int tabi_if_nametoindex(const char *name, uint32_t *index);

/**
 * Writes the name of the network interface with this number to `name`, with a NUL at the end
 * (if_indextoname(3), Python's `if_indextoname`).
 *
 * `size` is the size of `name` in bytes; IF_NAMESIZE (16) are always enough. Returns the length without the
 * NUL. Errors: -ENXIO when there is no such interface; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_if_indextoname(uint32_t index, char *name, size_t size);

#if defined(__linux__)
/**
 * Writes the number of the interface with this name to `index`, in the socket's network namespace
 * (SIOCGIFINDEX).
 *
 * Returns 0. Errors: -ENODEV when there is no such interface; TABI_ERR_OS when the name has more than 15
 * bytes.
 */
int tabi_interface_index(tabi_sock *sk, const char *name, uint32_t *index);

/**
 * Writes the name of the interface with this number to `name`, with a NUL at the end, in the socket's
 * network namespace (SIOCGIFNAME).
 *
 * The name is empty for 0 and for a number that no interface has, as in Python's addresses. `size` is the
 * size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_interface_name(tabi_sock *sk, uint32_t index, char *name, size_t size);
#endif

/* ---- Addresses as text, byte order ---- */

/**
 * Writes the four bytes of an IPv4 address to `packed` (inet_aton(3), Python's `inet_aton`).
 *
 * `text` may have all forms of inet_aton(3): "127.0.0.1", but also "127.1" and "0x7f.1". `size` is the size
 * of `packed` in bytes, at least 4. Returns 4. Errors: TABI_ERR_OS when the text is not such an address;
 * TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_aton(const char *text, void *packed, size_t size);

/**
 * Writes an IPv4 address to `text` as text, with a NUL at the end (inet_ntoa(3), Python's `inet_ntoa`).
 *
 * `packed` has `len` bytes, which must be 4. `size` is the size of `text` in bytes; 16 are always enough.
 * Returns the length without the NUL. Errors: TABI_ERR_OS for another `len`; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_ntoa(const void *packed, size_t len, char *text, size_t size);

/**
 * Writes the bytes of an IP address to `packed` (inet_pton(3), Python's `inet_pton`).
 *
 * `family` is AF_INET (4 bytes) or AF_INET6 (16 bytes). `size` is the size of `packed` in bytes. Returns the
 * number of bytes written. Errors: TABI_ERR_OS when the text is not an address of the family; -EAFNOSUPPORT
 * for another family; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_pton(int family, const char *text, void *packed, size_t size);

/**
 * Writes an IP address to `text` as text, with a NUL at the end (inet_ntop(3), Python's `inet_ntop`).
 *
 * `family` is AF_INET or AF_INET6. `packed` has `len` bytes, 4 or 16. `size` is the size of `text` in bytes;
 * 46 are always enough. Returns the length without the NUL. Errors: TABI_ERR_VALUE for another family or
 * `len`; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_inet_ntop(int family, const void *packed, size_t len, char *text, size_t size);

/**
 * Converts 16 bits from the byte order of this machine to that of the network (htons(3), Python's `htons`).
 */
uint16_t tabi_htons(uint16_t value);

/**
 * Converts 32 bits from the byte order of this machine to that of the network (htonl(3), Python's `htonl`).
 */
uint32_t tabi_htonl(uint32_t value);

/**
 * Converts 16 bits from the byte order of the network to that of this machine (ntohs(3), Python's `ntohs`).
 */
uint16_t tabi_ntohs(uint16_t value);

/**
 * Converts 32 bits from the byte order of the network to that of this machine (ntohl(3), Python's `ntohl`).
 */
uint32_t tabi_ntohl(uint32_t value);

/* ---- Addresses of Linux's other families ---- */

#if defined(__linux__)
/**
 * Makes an AF_NETLINK address.
 *
 * `pid` is 0 for the kernel. `groups` has one bit for each multicast group. Returns 0.
 */
int tabi_addr_from_netlink(uint32_t pid, uint32_t groups, tabi_addr *addr);

/**
 * Reads the parts of an AF_NETLINK address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
 * another family.
 */
int tabi_addr_netlink(const tabi_addr *addr, uint32_t *pid, uint32_t *groups);

/**
 * Makes an AF_VSOCK address. `cid` is the number of a virtual machine: VMADDR_CID_HOST and so on. Returns 0.
 */
int tabi_addr_from_vsock(uint32_t cid, uint32_t port, tabi_addr *addr);

/**
 * Reads the parts of an AF_VSOCK address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
 * another family.
 */
int tabi_addr_vsock(const tabi_addr *addr, uint32_t *cid, uint32_t *port);

/**
 * Makes an AF_QIPCRTR address. Returns 0.
 */
int tabi_addr_from_qipcrtr(uint32_t node, uint32_t port, tabi_addr *addr);

/**
 * Reads the parts of an AF_QIPCRTR address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
 * another family.
 */
int tabi_addr_qipcrtr(const tabi_addr *addr, uint32_t *node, uint32_t *port);

/**
 * Makes an AF_PACKET address.
 *
 * `interface` is the number of an interface, or 0 for all. `protocol` is 0 to 65535 in host byte order, such
 * as ETH_P_ALL. `packet_type` is PACKET_HOST or another PACKET_* constant. `hardware_type` is an ARPHRD_*
 * number. `hardware_address` has `len` bytes, at most 8.
 *
 * Returns 0. Errors: TABI_ERR_OVERFLOW when the protocol is not in its range; TABI_ERR_VALUE when the
 * hardware address is too long.
 */
int tabi_addr_from_packet(uint32_t interface,
                          int protocol,
                          uint8_t packet_type,
                          uint16_t hardware_type,
                          const void *hardware_address,
                          size_t len,
                          tabi_addr *addr);

/**
 * Reads the parts of an AF_PACKET address. Any output may be NULL. For `hardware_address`, NULL with a
 * `size` of 0 is allowed only when the address has no hardware address.
 *
 * `size` is the size of `hardware_address` in bytes; 32 are always enough. Returns the length of the
 * hardware address. Errors: TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
 */
ssize_t tabi_addr_packet(const tabi_addr *addr,
                         uint32_t *interface,
                         uint16_t *protocol,
                         uint8_t *packet_type,
                         uint16_t *hardware_type,
                         void *hardware_address,
                         size_t size);

/**
 * Makes an AF_CAN address for the protocols CAN_RAW and CAN_BCM. `interface` is the number of an interface,
 * or 0 for all. Returns 0.
 */
int tabi_addr_from_can(uint32_t interface, tabi_addr *addr);

/**
 * Reads the interface of an AF_CAN address of any protocol. Returns 0. Errors: TABI_ERR_TYPE for another
 * family.
 */
int tabi_addr_can(const tabi_addr *addr, uint32_t *interface);

/**
 * Makes an AF_CAN address for the protocol CAN_ISOTP. `rx_id` is the identifier of received frames, `tx_id`
 * that of sent frames. Returns 0.
 */
int tabi_addr_from_can_isotp(uint32_t interface, uint32_t rx_id, uint32_t tx_id, tabi_addr *addr);

/**
 * Reads the parts of the AF_CAN address of a CAN_ISOTP socket. Any output may be NULL. Returns 0. Errors:
 * TABI_ERR_TYPE for another family.
 */
int tabi_addr_can_isotp(const tabi_addr *addr, uint32_t *interface, uint32_t *rx_id, uint32_t *tx_id);

/**
 * Makes an AF_CAN address for the protocol CAN_J1939.
 *
 * `name`, `pgn` and `address` are the name of a controller, its parameter group number and its address.
 * J1939_NO_NAME, J1939_NO_PGN and J1939_NO_ADDR stand for none. Returns 0.
 */
int tabi_addr_from_can_j1939(uint32_t interface, uint64_t name, uint32_t pgn, uint8_t address, tabi_addr *addr);

/**
 * Reads the parts of the AF_CAN address of a CAN_J1939 socket. Any output may be NULL. Returns 0. Errors:
 * TABI_ERR_TYPE for another family.
 */
int tabi_addr_can_j1939(const tabi_addr *addr,
                        uint32_t *interface,
                        uint64_t *name,
                        uint32_t *pgn,
                        uint8_t *address);

/**
 * Makes an AF_TIPC address from the parts of Python's tuple.
 *
 * `addr_type` says what `v1`, `v2` and `v3` are. For TIPC_ADDR_NAMESEQ they are type, lower and upper; for
 * TIPC_ADDR_NAME, type and instance; for TIPC_ADDR_ID, node and reference. `scope` is TIPC_CLUSTER_SCOPE
 * when Python is given none.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for another `addr_type`; TABI_ERR_OVERFLOW when the scope is not -128 to
 * 127.
 */
int tabi_addr_from_tipc(uint32_t addr_type, uint32_t v1, uint32_t v2, uint32_t v3, int scope, tabi_addr *addr);

/**
 * Reads the parts of an AF_TIPC address, as tabi_addr_from_tipc() takes them. A part that a type does not
 * have is what Python's tuple has in its place. Any output may be NULL.
 *
 * Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_VALUE when the address is of an unknown
 * type.
 */
int tabi_addr_tipc(const tabi_addr *addr,
                   uint32_t *addr_type,
                   uint32_t *v1,
                   uint32_t *v2,
                   uint32_t *v3,
                   int *scope);

/**
 * Makes an AF_ALG address.
 *
 * `type` is the type of an algorithm, such as "hash" or "skcipher", at most 13 bytes. `name` is its name, at
 * most 63 bytes. `feat` holds the features that it must have, and `mask` says which of them count.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when a text is too long or is not UTF-8.
 */
int tabi_addr_from_alg(const char *type, const char *name, uint32_t feat, uint32_t mask, tabi_addr *addr);

/**
 * Reads the parts of an AF_ALG address, the texts with a NUL at the end. `feat` and `mask` may be NULL.
 *
 * `type_size` and `name_size` are the sizes of the buffers in bytes; 15 and 65 are always enough. Returns 0.
 * Errors: TABI_ERR_TYPE for another family; TABI_ERR_VALUE when a text is not UTF-8; TABI_ERR_TOO_SMALL.
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
 * `bdaddr` is the address of a device, such as "00:1A:7D:DA:71:13". `cid` is 0 to let the protocol choose.
 * `bdaddr_type` is BDADDR_BREDR (0) or another BDADDR_* constant.
 *
 * Returns 0. Errors: TABI_ERR_OS when `bdaddr` is not the address of a device.
 */
int tabi_addr_from_l2cap(const char *bdaddr, uint16_t psm, uint16_t cid, uint8_t bdaddr_type, tabi_addr *addr);

/**
 * Reads the parts of the AF_BLUETOOTH address of a BTPROTO_L2CAP socket. `psm`, `cid` and `bdaddr_type` may
 * be NULL.
 *
 * `bdaddr` gets the address of the device, with a NUL at the end. `size` is its size in bytes; 18 are always
 * enough. Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
 */
int tabi_addr_l2cap(const tabi_addr *addr,
                    char *bdaddr,
                    size_t size,
                    uint16_t *psm,
                    uint16_t *cid,
                    uint8_t *bdaddr_type);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_RFCOMM. `bdaddr` and the results are those of
 * tabi_addr_from_l2cap().
 */
int tabi_addr_from_rfcomm(const char *bdaddr, uint8_t channel, tabi_addr *addr);

/**
 * Reads the parts of the AF_BLUETOOTH address of a BTPROTO_RFCOMM socket. `channel` may be NULL. `bdaddr`,
 * `size` and the results are those of tabi_addr_l2cap().
 */
int tabi_addr_rfcomm(const tabi_addr *addr, char *bdaddr, size_t size, uint8_t *channel);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_HCI.
 *
 * `device` is the number of an adapter, or HCI_DEV_NONE for none. `channel` is HCI_CHANNEL_RAW (0) or
 * another channel. Returns 0.
 */
int tabi_addr_from_hci(uint16_t device, uint16_t channel, tabi_addr *addr);

/**
 * Reads the parts of the AF_BLUETOOTH address of a BTPROTO_HCI socket. Any output may be NULL. Returns 0.
 * Errors: TABI_ERR_TYPE for another family.
 */
int tabi_addr_hci(const tabi_addr *addr, uint16_t *device, uint16_t *channel);

/**
 * Makes an AF_BLUETOOTH address for the protocol BTPROTO_SCO. `bdaddr` and the results are those of
 * tabi_addr_from_l2cap().
 */
int tabi_addr_from_sco(const char *bdaddr, tabi_addr *addr);

/**
 * Reads the device of the AF_BLUETOOTH address of a BTPROTO_SCO socket. The arguments and the results are
 * those of tabi_addr_l2cap().
 */
int tabi_addr_sco(const tabi_addr *addr, char *bdaddr, size_t size);
#endif

/* ---- Constants by name ---- */

/**
 * Writes the value of a constant to `value`, such as that of "SO_REUSEPORT". Every name of Python's socket
 * module that stands for a number is known.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when this system has no such constant.
 */
int tabi_constant(const char *name, int64_t *value);

/**
 * Returns the number of constants that tabi_constant_at() knows.
 */
size_t tabi_constant_count(void);

/**
 * Writes the name and the value of one constant. The constants are sorted by name.
 *
 * `index` is 0 to tabi_constant_count() - 1. The name is static and must not be freed. Returns 0. Errors:
 * TABI_ERR_VALUE when `index` is too large.
 */
int tabi_constant_at(size_t index, const char **name, int64_t *value);

/**
 * Writes the text of a constant that is not a number to `text`: "BDADDR_ANY" or "BDADDR_LOCAL".
 *
 * The text is static and must not be freed. Returns 0. Errors: TABI_ERR_VALUE when there is no such
 * constant.
 */
int tabi_string_constant(const char *name, const char **text);

/* ---- Headers of the PROXY protocol ---- */

/**
 * A header of the PROXY protocol: what a proxy tells a server about the client on whose behalf it connects.
 *
 * A server reads such headers when its options say so (`proxy_protocol`), and tabi_request_proxy_header()
 * returns the one of a client. Any number of threads may ask a header at the same time. Nobody may use it
 * while tabi_proxy_header_add_tlv() changes it.
 */
typedef struct tabi_proxy_header tabi_proxy_header;

/**
 * The protocol that client and proxy have agreed on, as in the ALPN extension of TLS, such as "h2".
 */
#define TABI_PP2_TYPE_ALPN 1

/**
 * The host name that the client has asked for, such as the SNI of TLS, in UTF-8.
 */
#define TABI_PP2_TYPE_AUTHORITY 2

/**
 * The checksum of the header, 4 bytes. A header whose checksum is wrong is not valid.
 */
#define TABI_PP2_TYPE_CRC32C 3

/**
 * Bytes without a meaning.
 */
#define TABI_PP2_TYPE_NOOP 4

/**
 * What identifies the connection in the logs of the proxy: at most 128 bytes.
 */
#define TABI_PP2_TYPE_UNIQUE_ID 5

/**
 * What the proxy knows of the client's TLS. tabi_proxy_header_ssl() reads it.
 */
#define TABI_PP2_TYPE_SSL 32

/**
 * The version of the client's TLS, such as "TLSv1.3".
 */
#define TABI_PP2_SUBTYPE_SSL_VERSION 33

/**
 * The common name of the client's certificate, in UTF-8.
 */
#define TABI_PP2_SUBTYPE_SSL_CN 34

/**
 * The name of the cipher of the client's TLS.
 */
#define TABI_PP2_SUBTYPE_SSL_CIPHER 35

/**
 * The algorithm with which the certificate of the proxy was signed.
 */
#define TABI_PP2_SUBTYPE_SSL_SIG_ALG 36

/**
 * The algorithm of the key of the proxy's certificate.
 */
#define TABI_PP2_SUBTYPE_SSL_KEY_ALG 37

/**
 * The name of the network namespace from which the client comes.
 */
#define TABI_PP2_TYPE_NETNS 48

/**
 * The client has connected over TLS.
 */
#define TABI_PP2_CLIENT_SSL 1

/**
 * The client has shown a certificate on this connection.
 */
#define TABI_PP2_CLIENT_CERT_CONN 2

/**
 * The client has shown a certificate in this TLS session.
 */
#define TABI_PP2_CLIENT_CERT_SESS 4

/**
 * Makes a header.
 *
 * `version` is 1 or 2. `source` is the address of the client, and `destination` the address to which the
 * client has connected. Both are of one family: IPv4 or IPv6, in version 2 also unix. Both may be NULL. The
 * header then says nothing about a client, so that the server goes on with the real addresses: it is
 * "UNKNOWN" in version 1, and LOCAL in version 2, for example for a health check.
 *
 * Returns 0 and a header, which tabi_proxy_header_free() frees. Errors:
 * - TABI_ERR_TYPE: the version cannot carry these addresses.
 * - TABI_ERR_VALUE: there is no such version, or a unix address has more than 108 bytes.
 */
int tabi_proxy_header_new(int version,
                          const tabi_addr *source,
                          const tabi_addr *destination,
                          tabi_proxy_header **out);

/**
 * Adds a value to a header of version 2.
 *
 * `type` is 0 to 255: one of the TABI_PP2_ constants, or a type of your own (0xE0 to 0xEF are free for
 * that). `value` has `len` bytes, which are copied. For TABI_PP2_TYPE_CRC32C they are not used and may be
 * left out (NULL, 0): the checksum is computed when the header is written or sent.
 *
 * Returns 0. Errors:
 * - TABI_ERR_TYPE: the header is of version 1, which carries no values.
 * - TABI_ERR_VALUE: the type is none, the type does not allow this value, or the header becomes longer than
 *   65551 bytes. The header is unchanged.
 */
int tabi_proxy_header_add_tlv(tabi_proxy_header *header, int type, const void *value, size_t len);

/**
 * Sends a header to the server that a stream is connected to. It must be the first thing that is sent, also
 * before a TLS handshake.
 *
 * Returns 0. The errors are those of tabi_sendall().
 */
int tabi_send_proxy_header(tabi_sock *sk, const tabi_proxy_header *header);

/**
 * Writes the bytes of a header, which must be the first ones of the connection.
 *
 * Returns their number, at most 65551. Errors:
 * - TABI_ERR_TOO_SMALL: they are more than `size`.
 */
ssize_t tabi_proxy_header_write(const tabi_proxy_header *header, void *buffer, size_t size);

/**
 * Reads a header from the first bytes of a connection, for programs that accept clients without a server of
 * this library.
 *
 * `version` is the version that is allowed, or 0 for both. Returns the number of bytes that the header has,
 * and the header, which tabi_proxy_header_free() frees. Returns 0 and no header when more bytes are needed;
 * call the function again with all bytes when there are more. Errors:
 * - TABI_ERR_VALUE: the bytes are not the beginning of a valid header, so that the connection should be closed; or
 *   there is no such version.
 */
ssize_t tabi_proxy_header_read(int version,
                               const void *data,
                               size_t len,
                               tabi_proxy_header **out);

/**
 * Frees a header of tabi_proxy_header_new() or tabi_proxy_header_read(). NULL does nothing.
 */
void tabi_proxy_header_free(tabi_proxy_header *header);

/**
 * Returns the version of a header: 1 or 2.
 */
int tabi_proxy_header_version(const tabi_proxy_header *header);

/**
 * Returns 1 when the proxy has made the connection for itself, for example for a health check (LOCAL), and 0
 * when it has made it for a client.
 */
int tabi_proxy_header_is_local(const tabi_proxy_header *header);

/**
 * Writes the address of the client. Its `len` is 0 when the header does not say it (LOCAL, "UNKNOWN",
 * AF_UNSPEC). Returns 0. Errors:
 * - TABI_ERR_OS: this system has no such long unix paths.
 */
int tabi_proxy_header_source(const tabi_proxy_header *header, tabi_addr *addr);

/**
 * Writes the address to which the client has connected, as tabi_proxy_header_source() does. Returns 0.
 */
int tabi_proxy_header_destination(const tabi_proxy_header *header, tabi_addr *addr);

/**
 * Returns the first value of this type, or NULL when the header does not carry one, and for NULL.
 *
 * `type` is one of the TABI_PP2_ constants or another type from 0 to 255. A TABI_PP2_SUBTYPE_SSL_ is looked
 * for inside of TABI_PP2_TYPE_SSL. `len` gets the number of bytes, or 0. It may be NULL. The bytes belong to
 * the header. They are not a string: they may contain NUL, and do not end with it.
 */
const void *tabi_proxy_header_tlv(const tabi_proxy_header *header, int type, size_t *len);

/**
 * Returns the value with this index, from 0 on, in the order of the header. It is NULL behind the last one,
 * and for NULL.
 *
 * `type` gets the type of the value. `len` gets the number of its bytes, or 0. Both may be NULL. The bytes
 * belong to the header.
 */
const void *tabi_proxy_header_tlv_at(const tabi_proxy_header *header, size_t index, int *type, size_t *len);

/**
 * Says what the proxy knows of the client's TLS. tabi_proxy_header_tlv() returns the details.
 *
 * `client` gets the bits TABI_PP2_CLIENT_. `verify` gets 0 when the client has shown a certificate that the
 * proxy has verified, and another number otherwise. Returns 1, or 0 when the header does not say anything
 * about TLS; nothing is written then.
 */
int tabi_proxy_header_ssl(const tabi_proxy_header *header, int *client, uint32_t *verify);

/* ---- Servers ---- */

/**
 * A server: an object of Python's `socketserver` classes.
 *
 * Any number of threads may use a server at the same time. tabi_server_free() must be the last use of the
 * handle.
 */
typedef struct tabi_server tabi_server;

/**
 * One client of a server, or one datagram: what a handler in Python has in `self`.
 *
 * A handler may use its request, in any thread, until the handler returns. The server frees it. While its
 * connection is parked (TABI_PARK), the request is the server's alone.
 */
typedef struct tabi_request tabi_request;

/**
 * A function that answers a request.
 *
 * The function runs in a thread of the server, possibly in several threads at the same time. `userdata` is
 * the pointer that the server was made with. The function may call everything in this library, also
 * tabi_server_shutdown(). A thread has 1 MiB of stack for the function's local variables and for what it calls,
 * unless `stack_size` says otherwise; a stack overflow ends the process.
 *
 * What it returns says what happens to the connection:
 * - 0 or more: it has succeeded. The server ends the connection and frees `request`.
 * - TABI_PARK: the client may send more later. The connection waits without a thread until there is something
 *   to read: bytes, the end of the stream, or an error. Then the server calls the function again, perhaps in
 *   another thread, with the same data (tabi_request_set_data()). What tabi_request_rfile() has read ahead
 *   counts as something to read. A datagram, and a client of a forking server, cannot wait: the request fails
 *   with TABI_ERR_TYPE.
 * - TABI_AGAIN: there is more to read already, which the server cannot see, such as bytes that a TLS library has
 *   decrypted. The server calls the function again. Requests that wait for a thread come first.
 * - TABI_MORE: like TABI_PARK, in the middle of a request: what has come of it so far is not all of it. The
 *   function keeps what it has read, for example in the data of the request. The time of `request_deadline`
 *   goes on. Without such a limit, `idle_timeout` limits the wait for the next piece.
 * - Any other negative code, for example one that a function of this library has returned: it has failed. The
 *   failure is counted, and reported to the server's hook handle_error. The server ends the connection.
 *
 * `request` is valid until the function returns. When the function is called again for the same connection, it
 * may be another pointer.
 *
 * A C++ exception that leaves the function calls std::terminate, which ends the program. longjmp must not leave
 * the function. When pthread_exit is called in it, the thread stays in the function, and the request is not
 * ended.
 */
typedef int (*tabi_handler)(tabi_request *request, void *userdata);

/**
 * Makes a TCP server that handles one client after the other, in the thread that serves (Python's
 * `TCPServer`). The arguments and the results are those of tabi_threading_tcp_server().
 */
int tabi_tcp_server(const char *host, int port, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a TCP server that handles each client in a thread of its own (Python's `ThreadingTCPServer`). It is
 * bound and listens.
 *
 * `host` is a name, an IP address, or "" for every address of this machine. The server listens for both versions of
 * IP: it has a socket for each address of the name, and one for each version if the name is "". The sockets of IPv4
 * come first, so that tabi_server_address() returns an address of IPv4 if there is one. Addresses of the name that
 * this machine does not have are left out, unless it has none of them. For one version of IP only, use
 * tabi_server_from_host().
 *
 * `port` is 0 to 65535. 0 lets the system choose a free port, which all sockets of the server share. `handler` runs
 * for each client, with `userdata`, until the server is freed. Threads are kept and used again. Each has a stack of
 * 1 MiB; tabi_server_new() can change that.
 *
 * Returns 0 and a server, which tabi_server_free() frees. Errors: -errno, such as -EADDRINUSE or -EACCES;
 * TABI_ERR_OVERFLOW when the port is not in its range; TABI_GAI_* when the host was not found.
 */
int tabi_threading_tcp_server(const char *host,
                              int port,
                              tabi_handler handler,
                              void *userdata,
                              tabi_server **out);

#if !defined(_WIN32)
/**
 * Makes a TCP server that handles each client in a process of its own (Python's `ForkingTCPServer`).
 * TABI_FORKS says when that is safe. The arguments and the results are those of tabi_threading_tcp_server().
 */
int tabi_forking_tcp_server(const char *host,
                            int port,
                            tabi_handler handler,
                            void *userdata,
                            tabi_server **out);
#endif

/**
 * Makes a UDP server that handles one datagram after the other, in the thread that serves (Python's
 * `UDPServer`). The arguments and the results are those of tabi_threading_tcp_server().
 */
int tabi_udp_server(const char *host, int port, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a UDP server that handles each datagram in a thread of its own (Python's `ThreadingUDPServer`). The
 * arguments and the results are those of tabi_threading_tcp_server().
 */
int tabi_threading_udp_server(const char *host,
                              int port,
                              tabi_handler handler,
                              void *userdata,
                              tabi_server **out);

#if !defined(_WIN32)
/**
 * Makes a UDP server that handles each datagram in a process of its own (Python's `ForkingUDPServer`).
 * TABI_FORKS says when that is safe. The arguments and the results are those of tabi_threading_tcp_server().
 */
int tabi_forking_udp_server(const char *host,
                            int port,
                            tabi_handler handler,
                            void *userdata,
                            tabi_server **out);
#endif

/**
 * Makes a unix stream server that handles one client after the other, in the thread that serves (Python's
 * `UnixStreamServer`).
 *
 * `path` has 1 to 107 bytes. With "" Linux chooses an abstract name. The file of the socket stays when the
 * server is closed, as in Python. `handler`, `userdata` and the results are those of
 * tabi_threading_tcp_server(). Errors: -EADDRINUSE when the file exists.
 */
int tabi_unix_stream_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a unix stream server that handles each client in a thread of its own (Python's
 * `ThreadingUnixStreamServer`). The arguments and the results are those of tabi_unix_stream_server().
 */
int tabi_threading_unix_stream_server(const char *path,
                                      tabi_handler handler,
                                      void *userdata,
                                      tabi_server **out);

#if !defined(_WIN32)
/**
 * Makes a unix stream server that handles each client in a process of its own (Python's
 * `ForkingUnixStreamServer`). TABI_FORKS says when that is safe. The arguments and the results are those of
 * tabi_unix_stream_server().
 */
int tabi_forking_unix_stream_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);
#endif

/**
 * Makes a unix datagram server that handles one datagram after the other, in the thread that serves
 * (Python's `UnixDatagramServer`). The arguments and the results are those of tabi_unix_stream_server().
 */
int tabi_unix_datagram_server(const char *path, tabi_handler handler, void *userdata, tabi_server **out);

/**
 * Makes a unix datagram server that handles each datagram in a thread of its own (Python's
 * `ThreadingUnixDatagramServer`). The arguments and the results are those of tabi_unix_stream_server().
 */
int tabi_threading_unix_datagram_server(const char *path,
                                        tabi_handler handler,
                                        void *userdata,
                                        tabi_server **out);

#if !defined(_WIN32)
/**
 * Makes a unix datagram server that handles each datagram in a process of its own (Python's
 * `ForkingUnixDatagramServer`). TABI_FORKS says when that is safe. The arguments and the results are those
 * of tabi_unix_stream_server().
 */
int tabi_forking_unix_datagram_server(const char *path,
                                      tabi_handler handler,
                                      void *userdata,
                                      tabi_server **out);
#endif

/**
 * Handles requests until tabi_server_shutdown() is called (Python's `serve_forever`).
 *
 * `poll_interval` is the time in seconds between two calls of the hook service_actions. Python uses 0.5.
 * Nothing else depends on it.
 *
 * Returns 0. Errors:
 * - TABI_ERR_VALUE: the server is serving already, or `poll_interval` is negative or NaN.
 * - TABI_ERR_CLOSED: the server was closed.
 * - The error of a socket that can no longer be used.
 */
int tabi_server_serve_forever(tabi_server *sv, double poll_interval);

/**
 * Handles one request (Python's `handle_request`).
 *
 * It handles none when the server's timeout passes first, or when the server is shut down. The results are
 * those of tabi_server_serve_forever().
 */
int tabi_server_handle_request(tabi_server *sv);

/**
 * Stops tabi_server_serve_forever() at once (Python's `shutdown`).
 *
 * Any thread may call this, any number of times. The function returns when tabi_server_serve_forever() has
 * ended. In a handler or a hook of the same server it returns at once. When the server is not serving yet,
 * the next tabi_server_serve_forever() returns at once. Requests that have begun go on. A forked child stops
 * only itself, and does not wait for its parent's loop. Returns 0.
 */
int tabi_server_shutdown(tabi_server *sv);

/**
 * Returns a descriptor through which a signal handler can stop the server.
 *
 * The signal handler writes one or more bytes to it with write(2), whatever they are. The descriptor does not block. It
 * belongs to the server, which closes it. In a forked child the number means a descriptor of the child's own, so that a
 * write there stops only what the child serves, now or later.
 */
tabi_fd tabi_server_wake_fd(tabi_server *sv);

/**
 * Sets what tabi_server_serve_forever(), tabi_server_handle_request() and tabi_server_close() do when a
 * signal handler has run in their thread.
 *
 * When `interruptible` is 1, they return -EINTR, and may be called again; a server with one loop remembers a
 * shutdown that was asked for meanwhile. They also return -EINTR after half a second of waiting, because a signal
 * handler may have run just before the wait. When it is 0, which is the default, they go on. Returns 0.
 */
int tabi_server_set_interruptible(tabi_server *sv,
                                  int interruptible);

/**
 * What became of the requests that had begun when a server was closed. Set `struct_size` before the call.
 */
typedef struct {
    /**
     * sizeof(tabi_drain_report). The caller sets it.
     */
    size_t struct_size;
    /**
     * The number of requests that ended by themselves.
     */
    size_t finished;
    /**
     * The number of requests that were parked, whose connections were ended at once. If the handler of one does
     * not end in its last turn, it counts as cut or left too.
     */
    size_t parked;
    /**
     * The number of requests that were cut off: their connections were shut down, or they were never
     * handled.
     */
    size_t cut;
    /**
     * The number of requests that are still running. One second after they were cut off, their handlers had
     * neither used their sockets nor returned. When the server does not wait for requests, these are all
     * that had not ended.
     */
    size_t left;
} tabi_drain_report;

/**
 * Stops the server, waits for the requests that have begun, and closes its sockets (Python's
 * `server_close`).
 *
 * `drain` is the time in seconds that the requests have. After it, their connections are shut down, which
 * ends handlers that use them. With TABI_NO_TIMEOUT the requests have as long as they need. `report` may be
 * NULL. If the server is serving, it is stopped first. In a handler of the same server, the function does
 * not wait for that handler's request, and in the hooks get_request, verify_request and process_request not for the
 * request that the hook has.
 *
 * A server may be closed again. With a `drain` this drains what the first close has left. With TABI_NO_TIMEOUT it
 * waits for what the first close did not wait for, such as the handler that has called it, but not for requests that
 * were reported in `left`.
 *
 * In a forked child that does not serve, the function closes the child's own descriptors of the sockets and
 * waits for nothing. The parent's server, its requests and their connections go on.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when `drain` is negative or NaN, or when the report's `struct_size` is
 * too small; -EINTR after a signal, and after half a second of waiting, when tabi_server_set_interruptible() asks for
 * it. Then nothing was cut off, `report` says what has ended so far, and another call goes on.
 */
int tabi_server_close(tabi_server *sv,
                      double drain,
                      tabi_drain_report *report);

/**
 * Closes the server as tabi_server_close() does with TABI_NO_TIMEOUT, and frees it. NULL does nothing.
 *
 * For a limit, call tabi_server_close() before. When the function returns, no handler is running, with three
 * exceptions: `daemon_threads` is 1, `block_on_close` is 0, or tabi_server_close() has reported requests in
 * `left`. The server that tabi_request_server() returns, or that a hook is given, is not freed in that handler or
 * hook; tabi_last_error_message() then says so.
 */
void tabi_server_free(tabi_server *sv);

/**
 * Writes the address that the server is bound to, with the port that the system chose for port 0 (Python's
 * `server_address`). If the server has several sockets, it is the address of the first. Returns 0.
 */
int tabi_server_address(tabi_server *sv, tabi_addr *addr);

/**
 * Returns the descriptor of the server's socket (Python's `fileno`), or TABI_ERR_CLOSED.
 *
 * The descriptor belongs to the server: do not close it.
 */
tabi_fd tabi_server_fileno(tabi_server *sv);

/**
 * Returns the server's socket, or the first one if there are several. Returns NULL for NULL.
 *
 * The socket belongs to the server, which closes and frees it.
 */
tabi_sock *tabi_server_sock(tabi_server *sv);

/**
 * Returns one of the server's sockets: `index` is 0 for the first. Returns NULL when the server has fewer, and for
 * NULL.
 *
 * A server for both versions of IP has several, and so has one that was made from several sockets or that has
 * `loops` and `allow_reuse_port`. The socket belongs to the server, which closes and frees it.
 */
tabi_sock *tabi_server_sock_at(tabi_server *sv,
                               size_t index);

/* ---- Requests ---- */

/**
 * Returns the client's socket. For a datagram and for a job this is a socket of the server. Returns NULL for NULL.
 *
 * The socket belongs to the server: do not call tabi_sock_free(), and do not use it after the handler has
 * returned.
 */
tabi_sock *tabi_request_sock(tabi_request *request);

/**
 * Writes the address of the client, or of the sender of a datagram (Python's `self.client_address`). Returns
 * 0.
 */
int tabi_request_client_address(tabi_request *request, tabi_addr *addr);

/**
 * Returns the header of the PROXY protocol with which the connection has begun. The result is NULL when the
 * server expects none (`proxy_protocol` of its options), and for NULL.
 *
 * The header belongs to the request. The real address of the proxy is that of tabi_getpeername().
 */
const tabi_proxy_header *tabi_request_proxy_header(tabi_request *request);

/**
 * Returns the server that took the request, for example for tabi_server_shutdown(). Returns NULL for NULL.
 * Do not free it.
 */
tabi_server *tabi_request_server(tabi_request *request);

/**
 * Returns the bytes of a datagram. For a client of a stream the result is NULL.
 *
 * `len` gets the number of bytes, or 0. It may be NULL. The bytes belong to the request, and are valid until
 * the handler returns.
 */
const void *tabi_request_packet(tabi_request *request, size_t *len);

/**
 * Returns 1 when a datagram was longer than the server's `max_packet_size`, so that its end is lost, and 0
 * otherwise.
 */
int tabi_request_is_cut(tabi_request *request);

/**
 * Sends bytes to the client: all of them over a stream (`sendall`), or one datagram to the sender of a
 * datagram (`sendto`).
 *
 * Returns 0. The errors are those of tabi_sendall() and tabi_sendto(), and TABI_ERR_TYPE for a job, which has no client.
 */
int tabi_request_reply(tabi_request *request,
                       const void *data,
                       size_t len);

/**
 * Returns the buffered reader of a stream client (Python's `self.rfile`).
 *
 * It lives as long as the connection: what it has read ahead, and the handler has not used, is there when the
 * handler that returned TABI_PARK is called again, which then happens at once. Read through it only, and not with
 * tabi_recv() beside it, which does not know what was read ahead. tabi_file_unread() gives bytes back. What is
 * written to it is sent at once.
 *
 * The file belongs to the request; tabi_file_free() does nothing with it. The result is NULL for NULL, for a
 * datagram, for a job, and when there is no memory; tabi_last_error_message() says which.
 */
tabi_file *tabi_request_rfile(tabi_request *request);

/**
 * Sends formatted text, as printf(3) makes it, to the client of a request: tabi_request_reply() for texts.
 *
 * Returns the length of the text in bytes. The errors are those of tabi_request_reply(); TABI_ERR_NULL when `format` is
 * NULL, and -errno, such as -ENOMEM, when the text cannot be made; tabi_last_error_message() does not describe these
 * two.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline ssize_t tabi_request_printf(tabi_request *request, const char *format, ...)
{
    char short_text[256], *text = NULL;
    va_list arguments;
    int length, rc;
    va_start(arguments, format);
    length = tabi_format(short_text, sizeof short_text, &text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return length;
    rc = tabi_request_reply(request, text, (size_t)length);
    if (text != short_text)
        free(text);
    return rc < 0 ? rc : length;
}

/**
 * Stores a pointer in a request, to pass it from one hook to the next, from a hook to the handler, or from one
 * call of the handler to the next. Returns 0.
 */
int tabi_request_set_data(tabi_request *request, void *data);

/**
 * Returns the pointer that was stored in a request. It is NULL when none was stored, and for NULL.
 */
void *tabi_request_data(tabi_request *request);

/* ---- Jobs ---- */

/**
 * Work that a program gives to its server. The server runs it like a request: in one of its threads, within
 * its limits. It is counted, and tabi_server_close() waits for it.
 *
 * Set the structure to zero; then set `struct_size`, `run` and what else is needed. tabi_server_run_job()
 * copies it. Of the server's hooks, only handle_error runs for jobs. The handler does not run for them.
 */
typedef struct {
    /**
     * sizeof(tabi_job). The caller sets it.
     */
    size_t struct_size;
    /**
     * The last argument of each function.
     */
    void *userdata;
    /**
     * Does the work, in a thread of the server. `request` stands for the job: tabi_request_server() returns
     * its server and tabi_request_client_address() its `client_address`, but it has no socket of its own, no packet, and
     * nobody to reply to. The result is that of a tabi_handler. After TABI_PARK the job waits for `fd` and runs again;
     * without one it fails with TABI_ERR_TYPE.
     */
    int (*run)(tabi_request *request, void *userdata);
    /**
     * Asks the job to end soon, because the time that tabi_server_close() was given has passed, or another limit of
     * the server, or because `fd` cannot be waited for. It runs in another thread than `run`, or while `run` is not
     * running; a job that was parked then runs once more. NULL means that nothing is asked.
     */
    void (*cut)(void *userdata);
    /**
     * Runs once, after the other two and in any thread: when the job has ended, or when it will never run.
     * If a child process runs the job, it runs in the parent as soon as that process exists. It may be NULL.
     */
    void (*end)(void *userdata);
    /**
     * The descriptor on which the job waits while it is parked: until there is something to read, an end or an
     * error. It is more than 0; 0 and -1 stand for none. It belongs to the program, and stays open and the same
     * file while the job is parked.
     */
    tabi_fd fd;
    /**
     * 1: the job waits for `fd` without a thread before it runs for the first time. 0, or without a `fd`: it runs at
     * once.
     */
    int wait_for_first_byte;
    /**
     * The address of the client for which the job works, which tabi_server_run_job() copies. The job then counts for
     * `max_connections_per_address`. NULL: there is none.
     */
    const tabi_addr *client_address;
    /**
     * 1: the connection of `fd` begins with a PROXY header. If the server's options say so (`proxy_protocol`), it
     * reads the header as it does for its own clients, and the job runs when the header is complete:
     * tabi_request_proxy_header() returns it. If the header is refused, only `end` runs. 0: there is none.
     */
    int proxy_header;
} tabi_job;

/**
 * Runs a job as if it were a request that was just taken: in a thread of the server, in a process, or in
 * this thread before the function returns. The server's `concurrency` says which. The function never waits
 * for a thread.
 *
 * Returns 1 when the job runs, will run or has run. Returns 0 when it was refused: all threads are busy and
 * `when_full` says so, the server has `max_connections` requests or as many for the `client_address` as it allows, or
 * the server is closed. In both cases `end` runs. Errors: TABI_ERR_VALUE when `struct_size` is too small or
 * the `len` of `client_address` is more than 128; `end` does not run then.
 */
int tabi_server_run_job(tabi_server *sv,
                        const tabi_job *job);

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
 * Each request is handled in a process of its own. This is safe only in a program that has no other threads,
 * or with a handler that calls nothing but the functions in signal-safety(7).
 */
#define TABI_FORKS 2

/**
 * When all threads are busy, the server stops accepting. New clients wait in the kernel's queue.
 */
#define TABI_WHEN_FULL_WAIT 0

/**
 * When all threads are busy, the server accepts up to `queue_size` more clients, which wait for a thread.
 * Then it stops accepting.
 */
#define TABI_WHEN_FULL_QUEUE 1

/**
 * When all threads are busy, the server accepts new clients and closes them at once.
 */
#define TABI_WHEN_FULL_REFUSE 2

/**
 * No client can be accepted, because there is no descriptor (EMFILE, ENFILE) or no memory (ENOBUFS, ENOMEM) for it.
 * Clients wait in the kernel's queue.
 */
#define TABI_TROUBLE_TABLE_FULL 1

/**
 * Clients are accepted again. For a second, none was refused for the reason of TABI_TROUBLE_TABLE_FULL.
 */
#define TABI_TROUBLE_TABLE_FREE 2

/**
 * The system refused to start a thread or a process for a request. Requests wait for one.
 */
#define TABI_TROUBLE_THREAD_REFUSED 3

/**
 * Threads and processes can be started again. For a second, none was refused.
 */
#define TABI_TROUBLE_THREAD_STARTED 4

/**
 * Taking a request from a socket failed in another way: a client gave up, the network is down, or the hook get_request
 * has failed. The server goes on.
 */
#define TABI_TROUBLE_ACCEPT_FAILED 5

/**
 * The system could not wait for clients: it is short of memory, or the limit of open descriptors was lowered. The server
 * goes on.
 */
#define TABI_TROUBLE_POLL_FAILED 6

/**
 * A listening socket cannot be used any more. tabi_server_serve_forever() ends with the same error.
 */
#define TABI_TROUBLE_LISTENER_FAILED 7

/**
 * Clients were turned away, because max_connections, max_connections_per_address, or max_threads with
 * TABI_WHEN_FULL_REFUSE was reached.
 */
#define TABI_TROUBLE_REFUSED 8

/**
 * Connections that waited for their clients were closed to make room for others, or because of urgent data
 * (`request_end`).
 */
#define TABI_TROUBLE_SHED 9

/**
 * The idle_timeout of connections has passed, and they were shut down.
 */
#define TABI_TROUBLE_IDLE_TIMEOUT 10

/**
 * The request_deadline of connections has passed, and they were shut down.
 */
#define TABI_TROUBLE_REQUEST_DEADLINE 11

/**
 * Requests moved fewer bytes per second than min_rate, and their connections were shut down.
 */
#define TABI_TROUBLE_MIN_RATE 12

/**
 * The handshake_timeout of connections has passed, and they were shut down.
 */
#define TABI_TROUBLE_HANDSHAKE_TIMEOUT 13

/**
 * The header_timeout of connections has passed, and they were shut down.
 */
#define TABI_TROUBLE_HEADER_TIMEOUT 14

/**
 * Connections were refused because their PROXY header was not valid or not complete, or because the peer is not trusted
 * to send one.
 */
#define TABI_TROUBLE_HEADER_REFUSED 15

/**
 * What a thread of the server does. The hook `thread_main` calls it once, with the argument that it was
 * given.
 */
typedef void (*tabi_thread_body)(void *argument);

/**
 * Functions that replace steps of a server. NULL leaves a step as it is.
 *
 * Set the structure to zero; then set `struct_size` and the functions. `userdata` is passed to each of them.
 * The functions handshake, finish_request, shutdown_request, close_request and handle_error run in the thread that
 * handles the request, and thread_main in each of these threads. handle_trouble runs in the thread that has noticed
 * the trouble, and server_bind and server_activate in the thread that makes or binds the server. The others run in the
 * thread that serves; with `proxy_protocol`, verify_request runs in the thread that has read the end of the header. The
 * library holds no lock while they run.
 *
 * A function that returns `int` returns 0 when it has succeeded, or a negative code when it has failed. When
 * pthread_exit is called in one, its thread stays there and does nothing more.
 */
typedef struct {
    /**
     * sizeof(tabi_server_hooks). The caller sets it.
     */
    size_t struct_size;
    /**
     * The last argument of each function.
     */
    void *userdata;
    /**
     * Binds the sockets. Default: tabi_server_default_bind().
     */
    int (*server_bind)(tabi_server *server, void *userdata);
    /**
     * Starts to listen. Default: tabi_server_default_activate().
     */
    int (*server_activate)(tabi_server *server, void *userdata);
    /**
     * Takes the next request from a socket that is ready. Default: tabi_server_default_get_request(). The
     * function sets `request` to one that the default function or a tabi_request_from_ function has made.
     * After a failure the server goes on with the next request.
     */
    int (*get_request)(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata);
    /**
     * Returns 1 when the request should be handled, 0 when it should be ended (it is counted as rejected),
     * or a negative code when it has failed. Default: 1.
     */
    int (*verify_request)(tabi_request *request, void *userdata);
    /**
     * Lets the request be handled somewhere. Default: tabi_request_process_default(). The function owns the
     * request. It passes it, in any thread, to tabi_request_process_default(), tabi_request_process() or
     * tabi_request_free().
     */
    void (*process_request)(tabi_request *request, void *userdata);
    /**
     * Runs the handler, and returns what the handler returns, which may be TABI_PARK, TABI_AGAIN or TABI_MORE. Then it
     * runs again for the same connection. Default: tabi_request_finish().
     */
    int (*finish_request)(tabi_request *request, void *userdata);
    /**
     * Ends the request. Default: tabi_request_shutdown(), then close_request.
     */
    void (*shutdown_request)(tabi_request *request, void *userdata);
    /**
     * Closes what belongs to the request. Default: tabi_request_close().
     */
    void (*close_request)(tabi_request *request, void *userdata);
    /**
     * Reports that a request has failed, with the code and a message. The message is valid during the call.
     * Default: nothing is reported.
     */
    void (*handle_error)(tabi_request *request, int code, const char *message, void *userdata);
    /**
     * Runs when tabi_server_handle_request() has found no request in time. Default: nothing.
     */
    int (*handle_timeout)(tabi_server *server, void *userdata);
    /**
     * Runs in tabi_server_serve_forever() after each request and after each `poll_interval`. A failure ends
     * tabi_server_serve_forever(). Default: nothing.
     */
    int (*service_actions)(tabi_server *server, void *userdata);
    /**
     * Runs in each thread that handles requests, for the whole life of the thread. It calls `body(argument)`
     * once, which returns when the thread should end. `name` is the thread's name.
     */
    void (*thread_main)(const char *name, tabi_thread_body body, void *argument, void *userdata);
    /**
     * Reports trouble of the server: a TABI_TROUBLE_ number, and a text about it for a log. The text is valid during
     * the call. What lasts, such as a full table of descriptors, is reported when it begins and when it has ended. What
     * happens to single clients is reported at most once a second for each number, and the text says how many they were.
     * tabi_server_get_statistics() has the totals. The function must not take long: the thread that serves may wait for
     * it. Default: nothing is reported.
     */
    void (*handle_trouble)(tabi_server *server, int trouble, const char *message, void *userdata);
    /**
     * Prepares the connection of a stream client for its handler: makes a TLS handshake. It runs once for each
     * connection, before the first finish_request. What the handler needs of it is kept with
     * tabi_request_set_data(); close_request frees it. After a failure the connection is ended, which is counted as
     * `handshake_failed`: neither finish_request nor handle_error runs. Default: nothing.
     */
    int (*handshake)(tabi_request *request, void *userdata);
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
     * AF_INET (the default), AF_INET6, AF_UNIX, or AF_UNSPEC for both versions of IP: see tabi_server_from_host().
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
     * 1 sets SO_REUSEADDR, 0 does not set it. -1 (the default) sets it for TCP only, and not on Windows.
     */
    int allow_reuse_address;
    /**
     * 1 sets SO_REUSEPORT of internet sockets. The default is 0.
     */
    int allow_reuse_port;
    /**
     * 1: a server with AF_INET6 accepts IPv4 clients too. 0: it accepts IPv6 clients only. -1 (the default): the
     * system decides.
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
     * The time in seconds that tabi_server_handle_request() waits for a request. The default is
     * TABI_NO_TIMEOUT.
     */
    double timeout;
    /**
     * The timeout of each client's socket in seconds, more than 0. With TABI_NO_TIMEOUT, the default, it is that of new
     * sockets (tabi_getdefaulttimeout()).
     */
    double request_timeout;
    /**
     * 1: a new client waits without a thread until it has sent its first bytes. This is for protocols in which
     * the client speaks first, such as HTTP. 0 (the default): its handler runs at once.
     */
    int wait_for_first_byte;
    /**
     * The bytes with which a request ends, or the part of it for which a handler waits, as a string of 1 to 64 bytes:
     * "\r\n\r\n" for HTTP, "\n" for protocols of lines. A client gets a thread only when they have come, or 16 KiB
     * without them, so that one that sends a byte now and then holds none. It contains wait_for_first_byte, is for
     * TCP, and does not fit TLS. A client whose urgent data (MSG_OOB) hides the end of its request is cut off, and
     * counted as `shed`. NULL (the default): a client gets a thread with its first byte. The string is copied.
     */
    const char *request_end;
    /**
     * The largest number of parked requests. If there are more, the one that has been parked longest is closed.
     * The default is 0: no limit.
     */
    size_t max_parked;
    /**
     * The time in seconds, more than 0, for which a connection may be parked, and with wait_for_first_byte also
     * the time for which a new client may say nothing. Then it is closed. The default is TABI_NO_TIMEOUT.
     */
    double idle_timeout;
    /**
     * The time in seconds, more than 0, that a request may take: from its first byte, or from the accept if the
     * handler runs at once, to the end of the handler, over all its calls together. Then its connection is shut
     * down, which ends the handler's calls. The job of a request that has a `fd` is cut. It is for TABI_THREADS.
     * The default is TABI_NO_TIMEOUT.
     */
    double request_deadline;
    /**
     * The bytes per second that a request must move at least, in both directions together. A connection that is
     * slower is shut down. Seconds in which the handler is not inside a call of its socket do not count. It is
     * for TABI_THREADS, TCP, and Linux 4.19 or later; elsewhere the server is refused. The default is 0: no limit.
     */
    size_t min_rate;
    /**
     * The time in seconds, more than 0, for which a request may be slower than min_rate. The default is 5.
     */
    double min_rate_grace;
    /**
     * The time in seconds, more than 0, that the hook handshake may take for a client, over all its calls together.
     * Then the connection is shut down, which ends the hook's calls. With wait_for_first_byte the time begins with
     * the client's first byte. It is for TABI_THREADS. The default is TABI_NO_TIMEOUT.
     */
    double handshake_timeout;
    /**
     * Not NULL: each connection must begin with a header of the PROXY protocol, which only these peers may send. They
     * are networks (10.0.0.0/8, 2001:db8::/32), hosts (192.0.2.1, ::1) and "unix:" for the peers of unix sockets,
     * with spaces or commas between them. IPv4 networks hold for dual-stack sockets too.
     *
     * The server never guesses whether there is a header. It reads the header before anything else, and waits for it
     * without a thread. The connection of a peer that is not trusted is ended, whatever it sends, and so is one whose
     * header is not valid. tabi_request_client_address() returns what the header says, also in the hook
     * verify_request, and max_connections_per_address counts it; if the header says nothing, it is the real address.
     * tabi_request_proxy_header() returns the header.
     *
     * It is for stream sockets, and not for TABI_FORKS. The default is NULL.
     */
    const char *proxy_protocol;
    /**
     * The version of the PROXY protocol that is allowed, 1 or 2. The default is 0: both.
     */
    int proxy_version;
    /**
     * The time in seconds, more than 0, for which a connection may wait for its PROXY header. Then it is closed. The
     * default is 5. TABI_NO_TIMEOUT means no limit.
     */
    double header_timeout;
    /**
     * The largest number of requests at the same time. Further clients are closed at once. The default is 0:
     * no limit.
     */
    size_t max_connections;
    /**
     * The largest number of requests at the same time from one internet host. Further clients from there are
     * closed at once. The default is 0: no limit.
     */
    size_t max_connections_per_address;
    /**
     * The number of threads that accept clients. The default is 1. With allow_reuse_port, each thread has a
     * socket of its own.
     */
    size_t loops;
    /**
     * For TABI_THREADS: the largest number of threads that handle requests at the same time. A thread that
     * is ending is not counted. The default is 0: no limit.
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
     * For TABI_THREADS: the size of each thread's stack in bytes. The default is 1048576 (1 MiB).
     */
    size_t stack_size;
    /**
     * For TABI_THREADS: the time in seconds after which a thread without work ends. The default is 10.
     */
    double thread_idle;
    /**
     * For TABI_THREADS: the beginning of the threads' names. NULL (the default) stands for "tabi". The
     * string is copied.
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
    /**
     * For AF_UNIX: 1 removes the server's path when the server is closed or freed. The path is left alone if another
     * socket is there by then, in a forked child, and after tabi_server_pass_to(). The default is 0.
     */
    int unlink_path;
    /**
     * 1: tabi_server_get_statistics() has the bytes of connections that have ended. The system counts them, so that the
     * calls of sockets cost nothing more. It is for TCP, not for TABI_FORKS, and for Linux 4.19 or later; elsewhere the
     * server is refused. The default is 0.
     */
    int count_bytes;
    /**
     * A token for every handler and every job, with their handshakes, setup and finish, or NULL (the default). When it is
     * triggered, their calls end with TABI_ERR_CANCELLED. The server itself goes on. It keeps a reference to the token.
     */
    tabi_cancel *cancel;
} tabi_server_options;

/**
 * Fills the settings with their default values.
 *
 * `struct_size`: sizeof(tabi_server_options). Returns 0, or TABI_ERR_VALUE when the size is too small.
 */
int tabi_server_options_init(tabi_server_options *options, size_t struct_size);

/**
 * Fills the settings with what a TCP server on the open internet needs, so that slow and silent clients keep
 * nobody else from being served. It is for protocols in which the client speaks first, such as HTTP. Change
 * what should be different afterwards.
 *
 * - concurrency: TABI_THREADS, with max_threads 64, TABI_WHEN_FULL_QUEUE and queue_size 1024
 * - wait_for_first_byte: 1
 * - idle_timeout: 60 seconds
 * - request_deadline: 30 seconds
 * - handshake_timeout: 10 seconds
 * - min_rate: 128 bytes per second after a min_rate_grace of 5 seconds, where the system counts the bytes
 * - max_connections: 10,000
 * - max_connections_per_address: 100
 *
 * Set request_end too if the protocol has such an end: then slow clients hold no threads at all.
 * The others are those of tabi_server_options_init(), and so are `struct_size` and the result.
 */
int tabi_server_options_internet(tabi_server_options *options, size_t struct_size);

/**
 * Makes a server of any kind. It is bound and listens, unless `bind_and_activate` is 0.
 *
 * `addr` is the address to bind to. `handler` runs for each request, with `userdata`, until the server is
 * freed.
 *
 * Returns 0 and a server, which tabi_server_free() frees. Errors: TABI_ERR_VALUE for settings that are not
 * allowed; TABI_ERR_TYPE when the address is of another family; -errno, such as -EADDRINUSE or -EACCES.
 */
int tabi_server_new(const tabi_server_options *options,
                    const tabi_addr *addr,
                    tabi_handler handler,
                    void *userdata,
                    tabi_server **out);

/**
 * Makes a server of any kind for the internet. It is bound and listens, unless `bind_and_activate` is 0.
 *
 * `host` is a name, an IP address, or "" for every address of this machine. `port` is 0 to 65535; 0 lets the system
 * choose a free port. The `address_family` of the options says on which addresses of the host the server listens:
 * AF_INET or AF_INET6 on the first address of that version; AF_UNSPEC on all addresses of both versions, as
 * tabi_threading_tcp_server() describes.
 *
 * The other arguments and the results are those of tabi_server_new(), and TABI_ERR_OVERFLOW when the port is not in
 * its range; TABI_GAI_* when the host was not found.
 */
int tabi_server_from_host(const tabi_server_options *options,
                          const char *host,
                          int port,
                          tabi_handler handler,
                          void *userdata,
                          tabi_server **out);

/**
 * Makes a server from sockets that are bound already, such as those of tabi_listen_fds(). The server never
 * binds them again, and never removes their files.
 *
 * `sockets` is an array of `count` handles, at least 1. When the call succeeds, they belong to the server,
 * which frees them. The server uses the family and the type of each socket; they may differ. A socket that
 * does not listen yet begins to listen.
 *
 * The results are those of tabi_server_new(). When the call fails, the sockets still belong to the caller. Errors: also
 * TABI_ERR_VALUE for a socket that is in the array twice, and for one that belongs to a server or a request.
 */
int tabi_server_from_sockets(const tabi_server_options *options,
                             tabi_sock *const *sockets,
                             size_t count,
                             tabi_handler handler,
                             void *userdata,
                             tabi_server **out);

/**
 * Binds the server's socket (Python's `server_bind`). It is for servers with a `bind_and_activate` of 0. The
 * results are those of tabi_bind().
 */
int tabi_server_bind(tabi_server *sv);

/**
 * Starts to listen (Python's `server_activate`). It is for servers with a `bind_and_activate` of 0. The
 * results are those of tabi_listen().
 */
int tabi_server_activate(tabi_server *sv);

/**
 * What a server has done so far. Set `struct_size` before the call.
 */
typedef struct {
    /**
     * sizeof(tabi_server_statistics). The caller sets it.
     */
    size_t struct_size;
    /**
     * The number of requests that were taken: clients accepted and datagrams received.
     */
    uint64_t accepted;
    /**
     * The number of requests that have begun and not ended.
     */
    uint64_t active;
    /**
     * The number of requests that were ended without being handled: they were above a limit, verify_request
     * refused them, or there was no thread for them.
     */
    uint64_t rejected;
    /**
     * The number of requests whose handler has failed.
     */
    uint64_t failed;
    /**
     * The number of requests that have ended, for any reason.
     */
    uint64_t finished;
    /**
     * The number of threads that handle requests or wait for them.
     */
    uint64_t threads;
    /**
     * The number of those threads that wait.
     */
    uint64_t idle_threads;
    /**
     * The number of child processes that handle requests.
     */
    uint64_t children;
    /**
     * How often the server became unable to accept clients (TABI_TROUBLE_TABLE_FULL).
     */
    uint64_t table_full;
    /**
     * How often the system began to refuse threads or processes (TABI_TROUBLE_THREAD_REFUSED).
     */
    uint64_t threads_refused;
    /**
     * How often taking a request from a socket failed for another reason.
     */
    uint64_t accepts_failed;
    /**
     * How often waiting for clients failed.
     */
    uint64_t polls_failed;
    /**
     * The number of requests that are parked: they wait without a thread.
     */
    uint64_t parked;
    /**
     * How often a parked request was woken, because there was something to read.
     */
    uint64_t woken;
    /**
     * The number of connections that were closed to make room for others while they waited for their clients, or
     * because their urgent data hid the end of a request (`request_end`).
     */
    uint64_t shed;
    /**
     * The number of connections that were cut off because idle_timeout has passed.
     */
    uint64_t idle_cut;
    /**
     * The number of connections that were cut off because request_deadline has passed.
     */
    uint64_t request_cut;
    /**
     * The number of connections that were cut off because they moved fewer bytes per second than min_rate.
     */
    uint64_t rate_cut;
    /**
     * The number of connections that were cut off because handshake_timeout has passed.
     */
    uint64_t handshake_cut;
    /**
     * The number of connections that were cut off because header_timeout has passed.
     */
    uint64_t header_cut;
    /**
     * The number of connections that were refused because their PROXY header was not valid or not complete, or because
     * the peer is not trusted to send one.
     */
    uint64_t header_refused;
    /**
     * The number of stream clients for which the hook handshake has failed.
     */
    uint64_t handshake_failed;
    /**
     * The longest time in seconds for which a request has waited in the queue for a thread.
     */
    double longest_wait;
    /**
     * The mean time in seconds for which requests have waited for a thread. Those that got one at once count
     * as 0.
     */
    double mean_wait;
    /**
     * The number of bytes that clients have sent over connections that have ended, when `count_bytes` is 1.
     */
    uint64_t bytes_received;
    /**
     * The number of bytes that the server has sent over such connections.
     */
    uint64_t bytes_sent;
} tabi_server_statistics;

/**
 * Reads what the server has counted.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when `struct_size` is too small.
 */
int tabi_server_get_statistics(tabi_server *sv, tabi_server_statistics *statistics);

/**
 * Collects the child processes that have ended, without waiting (Python's `collect_children`).
 * tabi_server_serve_forever() does this by itself. Returns 0.
 */
int tabi_server_collect_children(tabi_server *sv);

/* ---- Restarting a server without refusing clients ---- */

#if !defined(_WIN32)
/**
 * One socket that was handed over to this process.
 */
typedef struct {
    /**
     * The name of the socket, or "unknown" when it was given none.
     */
    const char *name;
    /**
     * The socket. Set it to NULL when you keep it. tabi_server_from_sockets() takes it over.
     */
    tabi_sock *sk;
} tabi_listen_socket;

/**
 * Returns the sockets that were handed over to this process by a service manager (sd_listen_fds(3)) or by
 * tabi_server_pass_to() in another process.
 *
 * They are described by the environment variables LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID. LISTEN_PID may
 * be absent. tabi_server_pass_to() sets TABI_LISTEN_SOCKETS instead, so that a program that has only inherited the
 * variables takes none of its own descriptors for these sockets.
 *
 * Returns 0 and an array of `count` sockets, which tabi_listen_fds_free() frees. `count` is 0 when there are
 * none, when they are for another process, and when they were taken before. Errors: TABI_ERR_VALUE when the variables
 * are wrong, or when this process has opened one of the descriptors itself; -EBADF or -ENOTSOCK when one is not a
 * socket. Then none is taken.
 */
int tabi_listen_fds(tabi_listen_socket **list,
                    size_t *count);

/**
 * Frees a list of tabi_listen_fds() with its `count`, and those of its sockets that are not NULL.
 */
void tabi_listen_fds_free(tabi_listen_socket *list, size_t count);

/**
 * Starts a program that gets the server's sockets, so that a server can be restarted without refusing a
 * client.
 *
 * The new program takes the sockets with tabi_listen_fds() and tabi_server_from_sockets(). This server goes
 * on until tabi_server_close(). Both share one queue of clients, so that none is lost between them.
 *
 * `path` is the path of the program. `argv` holds its arguments, without its name, and ends with NULL.
 * `name` is a name for the sockets and has no ':' in it. `pid` gets the number of the process, for
 * waitpid(2). It may be NULL.
 *
 * Returns 0. Errors: TABI_ERR_VALUE for a bad `name`; -errno, such as -ENOENT or -EMFILE.
 */
int tabi_server_pass_to(tabi_server *sv,
                        const char *path,
                        const char *const *argv,
                        const char *name,
                        pid_t *pid);
#endif

/**
 * Tells the service manager about the state of this program, as sd_notify(3) does: "READY=1" when it serves,
 * "STOPPING=1" when it ends, "STATUS=some text", or several of them in lines.
 *
 * Nothing is sent unless the program calls this or tabi_serve_until_signal().
 *
 * Returns 1, or 0 when there is no service manager that wants to know: it names its socket in the environment variable
 * NOTIFY_SOCKET. Errors: TABI_ERR_VALUE for an empty `state`, one that is not UTF-8, and for another kind of socket;
 * TABI_ERR_TIMEOUT when the manager takes no message for 5 seconds; -errno when it is not there.
 */
int tabi_notify(const char *state);

/**
 * Serves until a signal comes, then drains: all that the main function of a daemon does, in one call that needs no
 * signal handler of the program.
 *
 * `servers` is an array of `count` servers, at least 1. Each runs its tabi_server_serve_forever(), the first in this
 * thread and the others in threads of their own. The service manager is told that the program is ready, as
 * tabi_notify() does. The first of the signals stops them all; if one of the servers ends in another way, the others
 * are stopped too. The service manager is told that the program stops. Then the requests get `drain` seconds to end, as
 * with tabi_server_close(); TABI_NO_TIMEOUT is no limit. A second signal cuts them off at once.
 *
 * `signals` is an array of `signal_count` numbers of signals. (NULL, 0) stands for SIGTERM and SIGINT. They get
 * handlers, which interrupt no system call of other threads, and afterwards what they had before. Signals that the
 * program blocks do not arrive. In a forked child, and so in the children of a forking server, a signal does what it
 * did before. The process keeps two descriptors for this from the first call on.
 *
 * `report` may be NULL. It gets what became of the requests of all servers together. The program still frees its
 * servers.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when there is no server, when another thread of the process is in this function,
 * when `drain` is negative or NaN, or when the report's `struct_size` is too small; -EINVAL for a number that is no
 * signal, cannot be handled, or says that the program itself is wrong (SIGBUS, SIGFPE, SIGILL, SIGSEGV); those of
 * tabi_notify(); and, after the drain, those of tabi_server_serve_forever().
 */
int tabi_serve_until_signal(tabi_server *const *servers,
                            size_t count,
                            const int *signals,
                            size_t signal_count,
                            double drain,
                            tabi_drain_report *report);

/* ---- The default steps of a server, for programs that replace some of them ---- */

/**
 * Does what the step server_bind does by default: it sets the options and binds the sockets. The results are
 * those of tabi_bind().
 */
int tabi_server_default_bind(tabi_server *sv);

/**
 * Does what the step server_activate does by default: stream sockets start to listen. The results are those
 * of tabi_listen().
 */
int tabi_server_default_activate(tabi_server *sv);

/**
 * Does what the step get_request does by default: it accepts a client or receives a datagram, without
 * waiting.
 *
 * `sk` is the socket that get_request was given. Returns 0 and a request. The errors are those of
 * tabi_accept() and tabi_recvfrom(), where -EAGAIN means that there is no request; and TABI_ERR_VALUE when `sk` is none of
 * the server's sockets.
 */
int tabi_server_default_get_request(tabi_server *sv,
                                    tabi_sock *sk,
                                    tabi_request **out);

/**
 * Makes a request from a client that the hook get_request has accepted itself.
 *
 * `sk` is the socket of the client. When the call succeeds, it belongs to the request, which frees it. When the call
 * fails, it still belongs to the caller. Returns 0 and a request, which get_request passes on. Errors: TABI_ERR_VALUE
 * when the socket belongs to a server or a request already; -ENOMEM.
 */
int tabi_request_from_sock(tabi_server *sv,
                           tabi_sock *sk,
                           const tabi_addr *client_address,
                           tabi_request **out);

/**
 * Makes a request from a datagram, or from anything that has no socket of its own.
 *
 * `sk` is the socket of the server that get_request was given; answers are sent over it. `data` has `len`
 * bytes, which are copied. Returns 0 and a request, which get_request passes on. Errors: TABI_ERR_VALUE when `sk` is none
 * of the server's sockets; -ENOMEM.
 */
int tabi_request_from_packet(tabi_server *sv,
                             tabi_sock *sk,
                             const void *data,
                             size_t len,
                             const tabi_addr *client_address,
                             tabi_request **out);

/**
 * Does what the step process_request does by default: it lets the request be handled in this thread, in
 * another thread or in a process.
 *
 * The function takes the request over: do not use it afterwards. Returns 0. Errors: TABI_ERR_VALUE for a request that a
 * handler or a hook was only lent; it is not taken over then.
 */
int tabi_request_process_default(tabi_request *request);

/**
 * Handles a request in this thread, from finish_request to its end. Failures are reported to handle_error.
 *
 * It is for programs that replace process_request. The results are those of tabi_request_process_default(): the function
 * takes the request over.
 */
int tabi_request_process(tabi_request *request);

/**
 * Gives up a request without handling it, and closes the client's socket. NULL does nothing.
 *
 * It is for programs that replace process_request. A request that a handler or a hook was only lent is not freed in
 * it; tabi_last_error_message() then says so.
 */
void tabi_request_free(tabi_request *request);

/**
 * Does what the step finish_request does by default: it runs the server's handler. Returns 0, TABI_PARK,
 * TABI_AGAIN, TABI_MORE, or the code of the failure. The hook finish_request returns the same value.
 */
int tabi_request_finish(tabi_request *request);

/**
 * Tells the client of a stream that nothing more will be sent (shutdown(2) with SHUT_WR). It does nothing
 * for a datagram. Returns 0.
 */
int tabi_request_shutdown(tabi_request *request);

/**
 * Closes the socket of a stream client. It does nothing for a datagram. Returns 0.
 */
int tabi_request_close(tabi_request *request);

/* ---- What only Windows has ---- */

#if defined(_WIN32)
/**
 * Controls the socket (WSAIoctl, Python's `ioctl`).
 *
 * `control` is SIO_RCVALL, and `option` one of the RCVALL_* constants; or it is SIO_LOOPBACK_FAST_PATH, and `option` 0 or
 * 1. For SIO_KEEPALIVE_VALS there is tabi_ioctl_keepalive_vals().
 *
 * Returns the number of bytes that the system has written, which is 0 for these. Errors: TABI_ERR_VALUE for another
 * `control`; -WSAEACCES when the process may not do it; other errors of the system.
 */
int tabi_ioctl(tabi_sock *sk,
               uint32_t control,
               uint32_t option);

/**
 * Sets whether and when the system sends probes on an idle connection (SIO_KEEPALIVE_VALS, Python's
 * `ioctl(SIO_KEEPALIVE_VALS, (on, time, interval))`).
 *
 * `on` is 1 or 0. `time` is how long the connection is idle before the first probe, and `interval` the time between two
 * probes, both in milliseconds. The results are those of tabi_ioctl().
 */
int tabi_ioctl_keepalive_vals(tabi_sock *sk,
                              int on,
                              uint32_t time,
                              uint32_t interval);

/**
 * Prepares the socket for another process (WSADuplicateSocket, Python's `share`). Send the bytes to that process: only it
 * can make a socket of them, once, with tabi_fromshare().
 *
 * `process_id` is the number of the process. `size` is the size of `data` in bytes; sizeof(WSAPROTOCOL_INFOW) are enough.
 * The connection has another owner from now on: tabi_close() does not end it.
 *
 * Returns the number of bytes. Errors: TABI_ERR_TOO_SMALL; -WSAEINVAL for a process that does not exist; other errors of
 * the system.
 */
ssize_t tabi_share(tabi_sock *sk,
                   uint32_t process_id,
                   void *data,
                   size_t size);

/**
 * Makes a socket of what another process has made with tabi_share() for this one (Python's `fromshare`).
 *
 * `data` has `len` bytes. The socket has the default timeout.
 *
 * Returns 0 and a handle, which tabi_sock_free() frees. Errors: TABI_ERR_VALUE for another number of bytes than
 * tabi_share() returns; -errno for bytes of which the system makes no socket.
 */
int tabi_fromshare(const void *data, size_t len, tabi_sock **out);
#endif

/* ---- For the Python package ---- */

/**
 * A function of Python's C interface, for tabi_python_methods(): its name, and its address, which may be NULL where this
 * Python has no such function.
 */
typedef struct {
    const char *name;
    void *function;
} tabi_python_function;

/**
 * Gives the Python package functions for the calls that it makes most often. It is of no use to other programs.
 *
 * `functions` has, in any order, `count` functions of Python's stable C interface, which they need. `methods` gets an
 * array of CPython's `PyMethodDef`, which ends with one without a name and is valid for ever. `PyCFunction_NewEx` makes
 * functions for Python of them, which belong to the interpreter in which they are made. Sockets are their arguments as
 * capsules.
 *
 * Returns 0. Errors: TABI_ERR_VALUE when a function is missing that is needed; the message names it.
 */
int tabi_python_methods(const tabi_python_function *functions,
                        size_t count,
                        const void **methods);

#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic pop
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TABI_H */
