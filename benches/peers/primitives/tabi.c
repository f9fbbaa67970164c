/* The primitives on tabi's C face. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include "prim.h"
#include "tabi.h"

static ssize_t check(ssize_t result)
{
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", tabi_strerror((int)result), tabi_last_error_message());
        exit(1);
    }
    return result;
}

static void enlarge(tabi_sock *sk)
{
    check(tabi_setsockopt(sk, SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER));
    check(tabi_setsockopt(sk, SOL_SOCKET, SO_RCVBUF, KERNEL_BUFFER));
}

static tabi_sock *bound_socket(int type, tabi_addr *name)
{
    tabi_sock *sk;
    check(tabi_socket(AF_INET, type, 0, &sk));
    check(tabi_bind(sk, "127.0.0.1", 0));
    check(tabi_getsockname(sk, name));
    return sk;
}

static void tcp_pair(tabi_sock *pair[2], int fixed_buffers)
{
    tabi_addr name;
    tabi_sock *listener = bound_socket(SOCK_STREAM, &name);
    check(tabi_socket(AF_INET, SOCK_STREAM, 0, &pair[0]));
    if (fixed_buffers) {
        enlarge(listener);
        enlarge(pair[0]);
    }
    check(tabi_listen(listener, 1));
    check(tabi_connect_addr(pair[0], &name));
    check(tabi_accept(listener, &pair[1], NULL));
    for (int i = 0; i < 2; i++)
        check(tabi_setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, 1));
    tabi_sock_free(listener);
}

static void make_pair(const char *kind, tabi_sock *pair[2])
{
    if (strcmp(kind, "unix") == 0) {
        check(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &pair[0], &pair[1]));
    } else if (strcmp(kind, "tcp") == 0) {
        tcp_pair(pair, 1);
    } else {
        tabi_addr names[2];
        for (int i = 0; i < 2; i++) {
            pair[i] = bound_socket(SOCK_DGRAM, &names[i]);
            enlarge(pair[i]);
        }
        for (int i = 0; i < 2; i++)
            check(tabi_connect_addr(pair[i], &names[!i]));
    }
}

static void bound(tabi_sock *sk, double timeout)
{
    if (timeout > 0)
        check(tabi_settimeout(sk, timeout));
}

static void exchange(tabi_sock *from, tabi_sock *to, char *bytes, size_t size, long times)
{
    for (long i = 0; i < times; i++) {
        for (size_t sent = 0; sent < size;)
            sent += (size_t)check(tabi_send(from, bytes + sent, size - sent, 0));
        for (size_t got = 0; got < size;)
            got += (size_t)check(tabi_recv(to, bytes + got, size - got, 0));
    }
}

struct worker {
    const struct job *job;
    pthread_barrier_t *gate;
    double begin, end;
};

static void *exchange_in_thread(void *argument)
{
    struct worker *worker = argument;
    const struct job *job = worker->job;
    tabi_sock *pair[2];
    char *bytes = filled(job->size);
    make_pair("unix", pair);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    exchange(pair[0], pair[1], bytes, job->size, WARM_UP);
    pthread_barrier_wait(worker->gate);
    worker->begin = nanoseconds(CLOCK_MONOTONIC);
    exchange(pair[0], pair[1], bytes, job->size, job->iterations);
    worker->end = nanoseconds(CLOCK_MONOTONIC);
    return NULL;
}

static void run_threads(const struct job *job)
{
    long count = atol(job->extra);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    struct worker *workers = calloc((size_t)count, sizeof *workers);
    pthread_barrier_t gate;
    pthread_barrier_init(&gate, NULL, (unsigned)count);
    for (long i = 0; i < count; i++) {
        workers[i] = (struct worker){.job = job, .gate = &gate};
        if (pthread_create(&threads[i], NULL, exchange_in_thread, &workers[i]) != 0)
            fail("pthread_create");
    }
    double begin = 1e300, end = 0;
    for (long i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        begin = workers[i].begin < begin ? workers[i].begin : begin;
        end = workers[i].end > end ? workers[i].end : end;
    }
    printf("%.2f\n", (end - begin) / (double)(job->iterations * count));
    free(threads);
    free(workers);
}

static void run_exchange(const struct job *job)
{
    tabi_sock *pair[2];
    char *bytes = filled(job->size);
    make_pair(job->name, pair);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    exchange(pair[0], pair[1], bytes, job->size, WARM_UP);
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(pair[0], pair[1], bytes, job->size, job->iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
    free(bytes);
}

static void run_pingpong(const struct job *job)
{
    tabi_sock *sk;
    char *bytes = filled(job->size);
    check(tabi_socket(AF_INET, SOCK_STREAM, 0, &sk));
    check(tabi_connect(sk, "127.0.0.1", atoi(job->extra)));
    check(tabi_setsockopt(sk, IPPROTO_TCP, TCP_NODELAY, 1));
    bound(sk, job->timeout);
    exchange(sk, sk, bytes, job->size, WARM_UP);
    double begin = nanoseconds(CLOCK_MONOTONIC);
    exchange(sk, sk, bytes, job->size, job->iterations);
    report(begin, CLOCK_MONOTONIC, job->iterations);
    tabi_sock_free(sk);
    free(bytes);
}

static void *drain(void *argument)
{
    char *bytes = filled(BULK_READ);
    while (check(tabi_recv(argument, bytes, BULK_READ, 0)) > 0) {
    }
    free(bytes);
    return NULL;
}

static void run_bulk(const struct job *job)
{
    tabi_sock *pair[2];
    pthread_t reader;
    char *bytes = filled(BULK_CHUNK);
    tcp_pair(pair, 0);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    double begin = nanoseconds(CLOCK_MONOTONIC);
    if (pthread_create(&reader, NULL, drain, pair[1]) != 0)
        fail("pthread_create");
    for (long i = 0; i < job->iterations; i++)
        for (size_t sent = 0; sent < job->size; sent += BULK_CHUNK)
            check(tabi_sendall(pair[0], bytes, BULK_CHUNK, 0, NULL));
    check(tabi_shutdown(pair[0], SHUT_WR));
    pthread_join(reader, NULL);
    report(begin, CLOCK_MONOTONIC, job->iterations);
    free(bytes);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(const struct job *); } cases[] = {
        {"unix", run_exchange}, {"tcp", run_exchange}, {"udp", run_exchange}, {"threads", run_threads},
        {"pingpong", run_pingpong}, {"bulk", run_bulk},
    };
    struct job job = read_job(argc, argv);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, job.name) == 0) {
            cases[i].run(&job);
            return 0;
        }
    fprintf(stderr, "%s: no such case: %s\n", argv[0], job.name);
    return 3;
}
