/* The ways to limit the time of a call in plain C. STYLE chooses one when the program is compiled. */
#ifndef STYLE_H
#define STYLE_H

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "prim.h"

#define RAW 0      /* the bare call on a blocking descriptor */
#define POLL 1     /* poll before every call, as CPython does */
#define TRY 2      /* the call first, poll when it says EAGAIN */
#define RCVTIMEO 3 /* SO_RCVTIMEO and SO_SNDTIMEO */
#define GUARD 4    /* RAW, and an in-flight count around each call */
#ifndef STYLE
#define STYLE RAW
#endif

static int limit_ms;

#if STYLE == GUARD
/* The cost of a close that is safe while other threads use the socket: the two atomic steps that tabi makes, too. */
static _Thread_local atomic_uint in_flight;
static inline void enter(void) { if (atomic_fetch_add(&in_flight, 8) & 1) abort(); }
static inline void leave(void) { if (atomic_fetch_sub(&in_flight, 8) & 1) abort(); }
#else
static inline void enter(void) {}
static inline void leave(void) {}
#endif

static inline void wait_for(int fd, short events)
{
    struct pollfd pollfd = {.fd = fd, .events = events};
    int ready = poll(&pollfd, 1, limit_ms);
    if (ready < 0)
        fail("poll");
    if (ready == 0) {
        errno = ETIMEDOUT;
        fail("poll");
    }
}

static inline ssize_t send_some(int fd, const char *bytes, size_t size)
{
    if (STYLE == POLL && limit_ms)
        wait_for(fd, POLLOUT);
    for (;;) {
        enter();
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        leave();
        if (n >= 0)
            return n;
        if (STYLE != TRY || errno != EAGAIN)
            fail("send");
        wait_for(fd, POLLOUT);
    }
}

static inline ssize_t recv_some(int fd, char *bytes, size_t size)
{
    if (STYLE == POLL && limit_ms)
        wait_for(fd, POLLIN);
    for (;;) {
        enter();
        ssize_t n = recv(fd, bytes, size, 0);
        leave();
        if (n >= 0)
            return n;
        if (STYLE != TRY || errno != EAGAIN)
            fail("recv");
        wait_for(fd, POLLIN);
    }
}

static inline void bound(int fd, double timeout)
{
    limit_ms = (int)(timeout * 1000);
    if (!limit_ms)
        return;
#if STYLE == POLL || STYLE == TRY
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        fail("fcntl");
#elif STYLE == RCVTIMEO
    struct timeval limit = {.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
        fail("setsockopt");
#endif
    (void)fd;
}

#endif
