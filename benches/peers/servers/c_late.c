/* Echo in C that waits before it answers, so that a client finds nothing ready even if a tracer makes it slow. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include "listen.h"

enum { LATE_US = 3000 };

static void *serve(void *argument)
{
    char line[LINE];
    int fd = (int)(intptr_t)argument;
    ssize_t n;
    while ((n = recv(fd, line, sizeof line, 0)) > 0) {
        usleep(LATE_US);
        if (send(fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

int main(void)
{
    int listener = listen_on_loopback(0);
    for (;;) {
        pthread_t thread;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
            fail("accept4");
    }
}
