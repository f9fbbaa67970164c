/* Echo in C: a pthread for each connection. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include "listen.h"

static void *serve(void *argument)
{
    echo((int)(intptr_t)argument);
    return NULL;
}

int main(void)
{
    int listener = listen_on_loopback(0);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        pthread_t thread;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            fail("accept4");
        if (pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
            fail("pthread_create");
    }
}
