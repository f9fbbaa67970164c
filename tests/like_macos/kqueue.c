/*
 * The kqueue of macOS on Linux, made of an epoll, with what src/sys/portable/kqueue.rs uses: EVFILT_READ with EV_ONESHOT, and
 * EVFILT_USER with EV_CLEAR. It keeps the rules that an epoll has otherwise:
 *
 * - A forked child does not inherit a kqueue: its number is free there.
 * - What is watched about a descriptor ends when that descriptor is closed, although others of the same file stay open.
 * - An event that is reported once is gone afterwards, and then it cannot be deleted (ENOENT).
 * - Watching a descriptor again replaces what was to be reported.
 * - A wait of more than 100,000,000 seconds fails with EINVAL.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kqueue.h"

enum { MOST = 64 };

/* What is watched: a descriptor, or for EVFILT_USER an eventfd of this file. Its number is another one each time that it is
   added, so that an event of an earlier time is not taken for one of this time. */
struct note {
    struct kevent wanted;
    int fd;
    uint32_t number;
    struct note *next;
};

struct queue {
    int fd;
    struct note *notes;
    struct queue *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues;

/* The functions of the C library do not exist for the tests (rules.c). */
static int control(int queue, int operation, const struct note *note)
{
    int is_user = note->wanted.filter == EVFILT_USER;
    struct epoll_event event = {
        .events = is_user ? EPOLLIN | EPOLLET : EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
        .data.u64 = (uint64_t)note->number << 32 | (uint32_t)note->fd,
    };
    return (int)syscall(SYS_epoll_ctl, queue, operation, note->fd, &event);
}

static void close_quietly(int fd)
{
    syscall(SYS_close, fd);
}

static struct queue *find_queue(int fd)
{
    struct queue *queue = queues;
    while (queue != NULL && queue->fd != fd)
        queue = queue->next;
    return queue;
}

/* Where the pointer to a note is: the note with this identity, or the one with this descriptor. */
static struct note **find(struct queue *queue, int16_t filter, uintptr_t ident)
{
    struct note **place = &queue->notes;
    while (*place != NULL && !((*place)->wanted.filter == filter && (*place)->wanted.ident == ident))
        place = &(*place)->next;
    return place;
}

static struct note **find_fd(struct queue *queue, int fd)
{
    struct note **place = &queue->notes;
    while (*place != NULL && (*place)->fd != fd)
        place = &(*place)->next;
    return place;
}

static void forget(struct queue *queue, struct note **place)
{
    struct note *note = *place;
    *place = note->next;
    control(queue->fd, EPOLL_CTL_DEL, note);
    if (note->wanted.filter == EVFILT_USER)
        close_quietly(note->fd);
    free(note);
}

static void forget_queue(struct queue **place)
{
    struct queue *queue = *place;
    *place = queue->next;
    while (queue->notes != NULL)
        forget(queue, &queue->notes);
    free(queue);
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
    /* The epoll is still that of the parent, so nothing about it changes. */
    for (struct queue *queue = queues; queue != NULL; queue = queue->next) {
        for (struct note *note = queue->notes; note != NULL; note = note->next)
            if (note->wanted.filter == EVFILT_USER)
                close_quietly(note->fd);
        close_quietly(queue->fd);
    }
    queues = NULL;
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

/* Called before a descriptor is closed (rules.c). */
void kqueue_before_close(int fd)
{
    pthread_mutex_lock(&lock);
    for (struct queue **place = &queues; *place != NULL;) {
        struct note **note = find_fd(*place, fd);
        if (*note != NULL)
            forget(*place, note);
        if ((*place)->fd == fd)
            forget_queue(place);
        else
            place = &(*place)->next;
    }
    pthread_mutex_unlock(&lock);
}

int kqueue(void)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return -1;
    queue->fd = (int)syscall(SYS_epoll_create1, 0);
    if (queue->fd < 0) {
        free(queue);
        return -1;
    }
    pthread_mutex_lock(&lock);
    queue->next = queues;
    queues = queue;
    pthread_mutex_unlock(&lock);
    return queue->fd;
}

static int add(struct queue *queue, const struct kevent *change)
{
    static uint32_t number;
    int is_user = change->filter == EVFILT_USER;
    struct note *note = *find(queue, change->filter, change->ident);
    int operation = note == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (note == NULL) {
        note = calloc(1, sizeof *note);
        if (note == NULL)
            return ENOMEM;
        note->fd = is_user ? (int)syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK) : (int)change->ident;
        note->next = queue->notes;
        queue->notes = note;
    }
    note->wanted = *change;
    note->number = ++number;
    if (control(queue->fd, operation, note) == 0)
        return 0;
    int error = errno == EPERM ? EINVAL : errno;
    forget(queue, find_fd(queue, note->fd));
    return error;
}

static int apply(struct queue *queue, const struct kevent *change)
{
    uint16_t way = change->filter == EVFILT_READ ? EV_ADD | EV_ONESHOT : EV_ADD | EV_CLEAR;
    if (change->filter != EVFILT_READ && change->filter != EVFILT_USER)
        return EINVAL;
    if (change->flags & EV_ADD)
        return change->flags == way ? add(queue, change) : EINVAL;
    struct note **place = find(queue, change->filter, change->ident);
    if (*place == NULL)
        return ENOENT;
    if (change->flags & EV_DELETE) {
        forget(queue, place);
        return 0;
    }
    if (change->filter != EVFILT_USER || !(change->fflags & NOTE_TRIGGER))
        return EINVAL;
    uint64_t one = 1;
    return write((*place)->fd, &one, sizeof one) < 0 && errno != EAGAIN ? errno : 0;
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes what was found. What was forgotten since then is not reported. */
static int take(int fd, const struct epoll_event *found, int count, struct kevent *events)
{
    int taken = 0;
    pthread_mutex_lock(&lock);
    struct queue *queue = find_queue(fd);
    for (int i = 0; queue != NULL && i < count; i++) {
        struct note **place = find_fd(queue, (int)(uint32_t)found[i].data.u64);
        if (*place == NULL || (*place)->number != found[i].data.u64 >> 32)
            continue;
        events[taken] = (*place)->wanted;
        if (found[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            events[taken].flags |= EV_EOF;
        if (events[taken].filter == EVFILT_READ)
            forget(queue, place);
        taken++;
    }
    pthread_mutex_unlock(&lock);
    return taken;
}

int kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *limit)
{
    int error = 0;
    if (limit != NULL && (limit->tv_sec < 0 || limit->tv_sec > 100000000 || limit->tv_nsec < 0 || limit->tv_nsec >= 1000000000))
        error = EINVAL;
    pthread_mutex_lock(&lock);
    struct queue *queue = find_queue(fd);
    if (queue == NULL)
        error = EBADF;
    for (int i = 0; error == 0 && i < change_count; i++)
        error = apply(queue, &changes[i]);
    pthread_mutex_unlock(&lock);
    if (error != 0) {
        errno = error;
        return -1;
    }
    if (event_count == 0)
        return 0;
    int64_t end = limit == NULL ? INT64_MAX : milliseconds() + (int64_t)limit->tv_sec * 1000 + (limit->tv_nsec + 999999) / 1000000;
    for (;;) {
        struct epoll_event found[MOST];
        int64_t left = end - milliseconds();
        int wait = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
        int count = (int)syscall(SYS_epoll_pwait, fd, found, event_count < MOST ? event_count : MOST, wait, NULL, 0);
        if (count < 0)
            return -1;
        int taken = take(fd, found, count, events);
        if (taken > 0 || (count == 0 && milliseconds() >= end))
            return taken;
    }
}
