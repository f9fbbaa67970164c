/* Echo in C: sixteen threads wait in one epoll. A connection is reported to one of them, and has no thread while its
 * client says nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include "listen.h"

enum { THREADS = 16 };

static int epoll;

static void watch(int operation, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.fd = fd};
    if (epoll_ctl(epoll, operation, fd, &event) != 0)
        fail("epoll_ctl");
}

/* Answers what is there. Returns whether there may be more later. */
static int answer(int fd)
{
    char line[LINE];
    ssize_t n = recv(fd, line, sizeof line, 0);
    if (n <= 0)
        return 0;
    for (ssize_t sent = 0; sent < n;) {
        ssize_t part = send(fd, line + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (part < 0)
            return 0;
        sent += part;
    }
    return 1;
}

static void *serve(void *unused)
{
    struct epoll_event event;
    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) != 1)
            continue;
        if (answer(event.data.fd))
            watch(EPOLL_CTL_MOD, event.data.fd);
        else
            close(event.data.fd);
    }
    return unused;
}

int main(void)
{
    int listener = listen_on_loopback(0);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            fail("pthread_create");
    }
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            fail("accept4");
        watch(EPOLL_CTL_ADD, fd);
    }
}
