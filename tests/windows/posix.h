/* For the C tests on Windows: POSIX names for what Winsock has under other names or numbers. The compiler includes this
 * file before each program. */
#ifndef POSIX_H
#define POSIX_H

#include <tabi.h>

/* The headers of the system define these words, which are names in the tests. */
#undef interface
#undef small

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <mswsock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The library returns the negative numbers of WSAGetLastError(), and sets what that function returns. */
#undef errno
#define errno (*posix_errno())
#undef EACCES
#undef EADDRINUSE
#undef EADDRNOTAVAIL
#undef EAFNOSUPPORT
#undef EAGAIN
#undef EALREADY
#undef EBADF
#undef ECONNABORTED
#undef ECONNREFUSED
#undef ECONNRESET
#undef EDESTADDRREQ
#undef EFAULT
#undef EINPROGRESS
#undef EINTR
#undef EINVAL
#undef EIO
#undef EISCONN
#undef EMFILE
#undef EMSGSIZE
#undef ENETUNREACH
#undef ENOMEM
#undef ENOPROTOOPT
#undef ENOTCONN
#undef ENOTSOCK
#undef EOPNOTSUPP
#undef ENXIO
#undef EPIPE
#undef EPROTONOSUPPORT
#undef EPROTOTYPE
#undef ERANGE
#undef ETIMEDOUT
#undef EWOULDBLOCK
#undef ECANCELED
#define EACCES WSAEACCES
#define EADDRINUSE WSAEADDRINUSE
#define EADDRNOTAVAIL WSAEADDRNOTAVAIL
#define EAFNOSUPPORT WSAEAFNOSUPPORT
#define EAGAIN WSAEWOULDBLOCK
#define EALREADY WSAEALREADY
#define EBADF WSAENOTSOCK
#define ECANCELED WSA_E_CANCELLED
#define ECONNABORTED WSAECONNABORTED
#define ECONNREFUSED WSAECONNREFUSED
#define ECONNRESET WSAECONNRESET
#define EDESTADDRREQ WSAEDESTADDRREQ
#define EFAULT WSAEFAULT
#define EINPROGRESS WSAEWOULDBLOCK
#define EINTR WSAEINTR
#define EINVAL WSAEINVAL
#define EIO ERROR_INTERNAL_ERROR
#define EISCONN WSAEISCONN
#define EMFILE WSAEMFILE
#define EMSGSIZE WSAEMSGSIZE
#define ENETUNREACH WSAENETUNREACH
#define ENOMEM WSA_NOT_ENOUGH_MEMORY
#define ENOPROTOOPT WSAENOPROTOOPT
#define ENOTCONN WSAENOTCONN
#define ENOTSOCK WSAENOTSOCK
#define EOPNOTSUPP WSAEOPNOTSUPP
#define ENXIO WSAEINVAL
#define EPIPE WSAESHUTDOWN
#define EPROTONOSUPPORT WSAEPROTONOSUPPORT
#define EPROTOTYPE WSAEPROTOTYPE
#define ERANGE ERROR_INSUFFICIENT_BUFFER
#define ETIMEDOUT WSAETIMEDOUT
#define EWOULDBLOCK WSAEWOULDBLOCK

#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH

#define IF_NAMESIZE 257

/* The system's number asks for urgent bytes, too. */
#undef POLLIN
#define POLLIN POLLRDNORM

#define CMSG_LEN WSA_CMSG_LEN
#define CMSG_SPACE WSA_CMSG_SPACE

/* The sockets that are open cannot be counted here. */
#define F_GETFD 0
#define fcntl(fd, command) ((void)(fd), -1)

static inline int is_inherited(tabi_fd fd)
{
    DWORD flags = 0;
    if (!GetHandleInformation((HANDLE)fd, &flags))
        exit(1);
    return (flags & HANDLE_FLAG_INHERIT) != 0;
}

/* Only cases that tests/data/skipped.tsv leaves out use these. */
struct sigaction {
    void (*sa_handler)(int number);
};
static inline int absent(const char *what)
{
    fprintf(stderr, "Windows has no %s: the case must be left out\n", what);
    exit(1);
}
#define SIGALRM 14
#define SIGUSR1 10
#define F_GETFL 0
#define O_NONBLOCK 0
#define fork() absent("fork")
#define waitpid(child, status, options) absent("waitpid")
#define sigaction(number, action, before) absent("sigaction")
#define ualarm(first, interval) absent("ualarm")

/* A function of the C library here, and of a test. */
#define tell tell_of_the_test

/* There are pairs of internet sockets only. */
#define tabi_socketpair(family, type, proto, one, other) tabi_socketpair_any(AF_INET, type, proto, one, other)

#define pipe(fds) _pipe((fds), 4096, _O_BINARY)

/* Makes a directory for the paths of sockets in the current one. */
static inline char *mkdtemp(char *path)
{
    strcpy(path, "tabi-test-XXXXXX");
    return _mktemp(path) != NULL && _mkdir(path) == 0 ? path : NULL;
}

/* The error of Winsock as a place that can be set to 0 and read. */
static inline int *posix_errno(void)
{
    static __thread int number;
    int last = WSAGetLastError();
    if (last != 0)
        number = last;
    WSASetLastError(0);
    return &number;
}

#endif
