/*
 * The rules of macOS on Linux, for a library that was built with --cfg tabi_portable (src/sys/like_macos.rs). This file is
 * preloaded into the tests, and takes the place of the C library's functions:
 *
 * - shutdown() fails with ENOTCONN on listeners and other sockets without a peer, and wakes nobody.
 * - When a connection has ended in both directions, setsockopt() and getpeername() fail with EINVAL.
 * - A client that was accepted has the O_NONBLOCK of its listener. If its connection has ended already, it has no address.
 * - poll() reports an event in only one of the entries that have the same descriptor, the last one, and nothing in an entry
 *   without events.
 * - No flag keeps a send from raising SIGPIPE (MSG_NOSIGNAL), but the option SO_NOSIGPIPE does. The system keeps it with the
 *   socket, for all its descriptors; here its place is SO_PRIORITY, for which no test has another use.
 * - No flag makes received descriptors close-on-exec (MSG_CMSG_CLOEXEC).
 * - Paths of unix sockets have at most 103 bytes.
 * - sendfile() has other arguments. It counts the bytes, also when it fails after some of them with EAGAIN, and raises no
 *   SIGPIPE. This file has it under the name macos_sendfile(), and Linux's own does not exist.
 * - A message has at least one buffer.
 * - There is a kqueue (kqueue.c). ppoll(), sendmmsg(), recvmmsg() and pidfd_open() do not exist.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "kqueue.h"

enum { SO_NOSIGPIPE = 0x1022, NO_SIGPIPE = 5, LONGEST_PATH = 103 };

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int has_no_peer(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    int before = errno;
    int has_none = getpeername(fd, (struct sockaddr *)&peer, &len) < 0 && errno == ENOTCONN;
    errno = before;
    return has_none;
}

/* Whether nothing can be received or sent any more on a socket that was connected. */
static int has_ended(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLRDHUP};
    struct timespec at_once = {0, 0};
    int before = errno;
    long ready = syscall(SYS_ppoll, &entry, 1, &at_once, NULL, 0);
    errno = before;
    return ready == 1 && (entry.revents & POLLHUP) && (entry.revents & POLLRDHUP);
}

int shutdown(int fd, int how)
{
    REAL(shutdown);
    if (has_no_peer(fd)) {
        errno = ENOTCONN;
        return -1;
    }
    return real(fd, how);
}

int accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags)
{
    REAL(accept4);
    int inherited = fcntl(fd, F_GETFL) & O_NONBLOCK;
    int client = real(fd, peer, len, flags | (inherited ? SOCK_NONBLOCK : 0));
    if (client >= 0 && len != NULL && has_ended(client))
        *len = 0;
    return client;
}

int getpeername(int fd, struct sockaddr *peer, socklen_t *len)
{
    REAL(getpeername);
    if (has_ended(fd)) {
        errno = EINVAL;
        return -1;
    }
    return real(fd, peer, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    static const int priority = NO_SIGPIPE;
    REAL(setsockopt);
    if (has_ended(fd)) {
        errno = EINVAL;
        return -1;
    }
    if (level == SOL_SOCKET && name == SO_NOSIGPIPE)
        return real(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
    return real(fd, level, name, value, len);
}

static int send_flags(int fd, int flags)
{
    int priority = 0, before = errno;
    socklen_t len = sizeof priority;
    getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, &len);
    errno = before;
    return (flags & ~MSG_NOSIGNAL) | (priority == NO_SIGPIPE ? MSG_NOSIGNAL : 0);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    REAL(send);
    return real(fd, data, len, send_flags(fd, flags));
}

ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    REAL(sendto);
    return real(fd, data, len, send_flags(fd, flags), to, to_len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    if (message->msg_iovlen == 0) {
        errno = EMSGSIZE;
        return -1;
    }
    return real(fd, message, send_flags(fd, flags));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    if (message->msg_iovlen == 0) {
        errno = EMSGSIZE;
        return -1;
    }
    return real(fd, message, flags & ~MSG_CMSG_CLOEXEC);
}

static int is_too_long(const struct sockaddr *address, socklen_t len)
{
    if (len < sizeof address->sa_family || address->sa_family != AF_UNIX || len <= offsetof(struct sockaddr_un, sun_path))
        return 0;
    return strnlen(((const struct sockaddr_un *)address)->sun_path, len - offsetof(struct sockaddr_un, sun_path)) > LONGEST_PATH;
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
    REAL(bind);
    if (is_too_long(address, len)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return real(fd, address, len);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    REAL(connect);
    if (is_too_long(address, len)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return real(fd, address, len);
}

/* The signature is that of macOS. */
int macos_sendfile(int file, int fd, off_t offset, off_t *bytes, void *headers, int flags)
{
    off_t wanted = *bytes, sent = 0;
    char buffer[16384];
    (void)headers;
    (void)flags;
    while (sent < wanted || wanted == 0) {
        size_t most = sizeof buffer;
        if (wanted != 0 && wanted - sent < (off_t)most)
            most = (size_t)(wanted - sent);
        ssize_t n = pread(file, buffer, most, offset + sent);
        if (n > 0)
            n = syscall(SYS_sendto, fd, buffer, n, MSG_NOSIGNAL, NULL, 0);
        if (n <= 0) {
            *bytes = sent;
            return n < 0 ? -1 : 0;
        }
        sent += n;
    }
    *bytes = sent;
    return 0;
}

enum { READS = POLLIN | POLLRDNORM | POLLPRI | POLLRDBAND | POLLHUP, WRITES = POLLOUT | POLLWRNORM | POLLWRBAND };

int poll(struct pollfd *entries, nfds_t count, int timeout)
{
    REAL(poll);
    struct pollfd few[64], *own = count <= 64 ? few : calloc(count, sizeof *own);
    if (own == NULL) {
        errno = EAGAIN;
        return -1;
    }
    for (nfds_t i = 0; i < count; i++) {
        own[i] = entries[i];
        for (nfds_t later = i + 1; later < count; later++)
            if (entries[later].fd == own[i].fd)
                own[i].events &= ~((entries[later].events & READS ? READS : 0) | (entries[later].events & WRITES ? WRITES : 0));
        if (own[i].events == 0)
            own[i].fd = -1;
    }
    int ready = real(own, count, timeout);
    for (nfds_t i = 0; ready >= 0 && i < count; i++)
        entries[i].revents = own[i].revents;
    if (own != few)
        free(own);
    return ready;
}

int close(int fd)
{
    REAL(close);
    kqueue_before_close(fd);
    return real(fd);
}

/* The library must not even try these. */
#define ABSENT(result, name, parameters) \
    result name parameters \
    { \
        fprintf(stderr, #name "() does not exist on this system\n"); \
        abort(); \
    }

ABSENT(int, ppoll, (struct pollfd *a, nfds_t b, const struct timespec *c, const sigset_t *d))
ABSENT(int, sendmmsg, (int a, struct mmsghdr *b, unsigned c, int d))
ABSENT(int, recvmmsg, (int a, struct mmsghdr *b, unsigned c, int d, struct timespec *e))
ABSENT(ssize_t, sendfile64, (int a, int b, off64_t *c, size_t d))
ABSENT(int, pidfd_open, (pid_t a, unsigned b))
