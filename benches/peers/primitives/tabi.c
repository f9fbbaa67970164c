/* The primitives on tabi's C face. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
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

/* unix with a cancel token, which is attached to this thread, to both sockets, or to a socket that is not used. */
static void run_under_token(const struct job *job)
{
    tabi_sock *pair[2], *other[2];
    tabi_cancel *token;
    char *bytes = filled(job->size);
    make_pair("unix", pair);
    make_pair("unix", other);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    check(tabi_cancel_new(TABI_NO_TIMEOUT, &token));
    if (strcmp(job->name, "unix-thread-token") == 0)
        check(tabi_cancel_enter(token));
    int used = strcmp(job->name, "unix-socket-token") == 0;
    for (int i = 0; i < 2; i++)
        check(tabi_set_cancel(used ? pair[i] : other[i], token));
    exchange(pair[0], pair[1], bytes, job->size, WARM_UP);
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(pair[0], pair[1], bytes, job->size, job->iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
    free(bytes);
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
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(sk, sk, bytes, job->size, job->iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
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

static void send_bytes(tabi_sock *sk, size_t size)
{
    char *bytes = filled(BULK_CHUNK);
    for (size_t sent = 0; sent < size; sent += BULK_CHUNK)
        check(tabi_sendall(sk, bytes, BULK_CHUNK, 0, NULL));
    free(bytes);
}

static void send_file(tabi_sock *sk, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        fail(path);
    check(tabi_sendfile(sk, file, 0, -1, NULL));
    close(file);
}

static void run_bulk(const struct job *job)
{
    tabi_sock *pair[2];
    pthread_t reader;
    tcp_pair(pair, 0);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    double begin = nanoseconds(CLOCK_MONOTONIC);
    if (pthread_create(&reader, NULL, drain, pair[1]) != 0)
        fail("pthread_create");
    for (long i = 0; i < job->iterations; i++)
        if (strcmp(job->name, "bulk") == 0)
            send_bytes(pair[0], job->size);
        else
            send_file(pair[0], job->extra);
    check(tabi_shutdown(pair[0], SHUT_WR));
    pthread_join(reader, NULL);
    report(begin, CLOCK_MONOTONIC, job->iterations);
}

static void run_datagrams(const struct job *job)
{
    enum { BATCH = 64 };
    tabi_datagram out[BATCH] = {0}, in[BATCH] = {0};
    tabi_addr name, sender;
    tabi_sock *from = bound_socket(SOCK_DGRAM, &sender), *to = bound_socket(SOCK_DGRAM, &name);
    char *bytes = filled(job->size);
    int many = strcmp(job->extra, "many") == 0;
    enlarge(from);
    enlarge(to);
    bound(from, job->timeout);
    bound(to, job->timeout);
    for (int i = 0; i < BATCH; i++) {
        out[i].data = bytes;
        out[i].len = job->size;
        out[i].addr = name;
        in[i].data = filled(job->size);
        in[i].size = job->size;
    }
    double begin = 0;
    for (long i = -BATCH; i < job->iterations; i += BATCH) {
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int sent = 0; sent < BATCH;)
            if (many)
                sent += (int)check(tabi_sendmany(from, out + sent, (size_t)(BATCH - sent), 0));
            else
                check(tabi_sendto_addr(from, bytes, job->size, 0, &out[sent++].addr));
        for (int got = 0; got < BATCH;)
            got += (int)check(tabi_recvmany(to, in + got, (size_t)(BATCH - got), 0));
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

static void run_getaddrinfo(const struct job *job)
{
    double begin = 0;
    for (long i = -WARM_UP; i < job->iterations; i++) {
        tabi_addrinfo_list *list;
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        check(tabi_getaddrinfo("127.0.0.1", "80", 0, SOCK_STREAM, 0, 0, &list));
        tabi_addrinfo_list_free(list);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

/* The look-up of a name in /etc/hosts. With a timeout, a thread of the library makes it. */
static void run_lookup(const struct job *job)
{
    double begin = 0;
    for (long i = -WARM_UP; i < job->iterations; i++) {
        tabi_addrinfo_list *list;
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        if (job->timeout > 0) {
            int64_t deadline = (int64_t)(nanoseconds(CLOCK_MONOTONIC) + job->timeout * 1e9);
            check(tabi_getaddrinfo_until("localhost", "80", 0, SOCK_STREAM, 0, 0, deadline, &list));
        } else {
            check(tabi_getaddrinfo("localhost", "80", 0, SOCK_STREAM, 0, 0, &list));
        }
        tabi_addrinfo_list_free(list);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

static void run_create_connection(const struct job *job)
{
    tabi_addr name;
    tabi_sock *listener = bound_socket(SOCK_STREAM, &name);
    double begin = 0;
    check(tabi_listen(listener, 16));
    for (long i = -WARM_UP; i < job->iterations; i++) {
        tabi_sock *client, *peer;
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        check(tabi_create_connection("127.0.0.1", tabi_addr_port(&name), TABI_NO_TIMEOUT, NULL, 0, &client));
        check(tabi_accept(listener, &peer, NULL));
        tabi_sock_free(peer);
        tabi_sock_free(client);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(const struct job *); } cases[] = {
        {"unix", run_exchange}, {"tcp", run_exchange}, {"udp", run_exchange}, {"threads", run_threads},
        {"pingpong", run_pingpong}, {"bulk", run_bulk},
        {"sendfile", run_bulk}, {"datagrams", run_datagrams}, {"getaddrinfo", run_getaddrinfo},
        {"lookup", run_lookup}, {"create_connection", run_create_connection},
        {"unix-beside-token", run_under_token}, {"unix-thread-token", run_under_token},
        {"unix-socket-token", run_under_token},
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
