/* Echo in C: one thread with one epoll. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include "listen.h"

enum { EVENTS = 256 };

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
}

int main(void)
{
    struct epoll_event events[EVENTS];
    char line[LINE];
    int listener = listen_on_loopback(SOCK_NONBLOCK), epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int client;
                while ((client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
                    watch(epoll, client);
                continue;
            }
            ssize_t n = recv(fd, line, sizeof line, 0);
            /* Short messages always fit, because a client waits for its echo before it sends again. */
            if (n == 0 || (n < 0 && errno != EAGAIN) || (n > 0 && send(fd, line, (size_t)n, MSG_NOSIGNAL) != n))
                close(fd);
        }
    }
}
