/* Echo in C: a thread is kept when its client has disconnected. The thread that became idle last gets the next client. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include "listen.h"

struct worker {
    int fd;
    sem_t work;
    struct worker *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct worker *resting;

static void *serve(void *argument)
{
    struct worker *self = argument;
    for (;;) {
        echo(self->fd);
        pthread_mutex_lock(&lock);
        self->next = resting;
        resting = self;
        pthread_mutex_unlock(&lock);
        while (sem_wait(&self->work) != 0) {
        }
    }
    return NULL;
}

int main(void)
{
    int listener = listen_on_loopback(0);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            fail("accept4");
        pthread_mutex_lock(&lock);
        struct worker *worker = resting;
        if (worker)
            resting = worker->next;
        pthread_mutex_unlock(&lock);
        if (worker) {
            worker->fd = fd;
            sem_post(&worker->work);
            continue;
        }
        pthread_t thread;
        worker = calloc(1, sizeof *worker);
        if (!worker || sem_init(&worker->work, 0, 0) != 0)
            fail("sem_init");
        worker->fd = fd;
        if (pthread_create(&thread, NULL, serve, worker) != 0)
            fail("pthread_create");
    }
}
