/* The primitives on the bare system calls; -DSTYLE chooses how a timeout is kept. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "style.h"

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void enlarge(int fd)
{
    int size = KERNEL_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static int bound_socket(int type, struct sockaddr_in *name)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *name;
    *name = loopback(0);
    if (fd < 0 || bind(fd, (struct sockaddr *)name, sizeof *name) != 0 ||
        getsockname(fd, (struct sockaddr *)name, &length) != 0)
        fail("socket");
    return fd;
}

static void tcp_pair(int pair[2], int fixed_buffers)
{
    struct sockaddr_in name;
    int on = 1, listener = bound_socket(SOCK_STREAM, &name);
    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fixed_buffers) {
        enlarge(listener);
        enlarge(pair[0]);
    }
    if (listen(listener, 1) != 0 || connect(pair[0], (struct sockaddr *)&name, sizeof name) != 0)
        fail("connect");
    pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (pair[1] < 0)
        fail("accept4");
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    close(listener);
}

static void make_pair(const char *kind, int pair[2])
{
    if (strcmp(kind, "unix") == 0) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            fail("socketpair");
    } else if (strcmp(kind, "tcp") == 0) {
        tcp_pair(pair, 1);
    } else {
        struct sockaddr_in names[2];
        for (int i = 0; i < 2; i++)
            pair[i] = bound_socket(SOCK_DGRAM, &names[i]);
        for (int i = 0; i < 2; i++) {
            enlarge(pair[i]);
            if (connect(pair[i], (struct sockaddr *)&names[!i], sizeof names[i]) != 0)
                fail("connect");
        }
    }
}

static void exchange(int from, int to, char *bytes, size_t size, long times)
{
    for (long i = 0; i < times; i++) {
        for (size_t sent = 0; sent < size;)
            sent += (size_t)send_some(from, bytes + sent, size - sent);
        for (size_t got = 0; got < size;)
            got += (size_t)recv_some(to, bytes + got, size - got);
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
    int pair[2];
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

/* Many threads, each with its own pair: the time from the first start to the last end, divided by all operations. */
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
    int pair[2];
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

/* An echo server is at the other end, so nothing is ready when the receive begins. The harness adds its CPU time. */
static void run_pingpong(const struct job *job)
{
    struct sockaddr_in name = loopback(atoi(job->extra));
    char *bytes = filled(job->size);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bound(fd, job->timeout);
    exchange(fd, fd, bytes, job->size, WARM_UP);
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(fd, fd, bytes, job->size, job->iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
    free(bytes);
}

static void *drain(void *argument)
{
    int fd = *(int *)argument;
    char *bytes = filled(BULK_READ);
    while (recv_some(fd, bytes, BULK_READ) > 0) {
    }
    free(bytes);
    return NULL;
}

static void send_bytes(int fd, size_t size)
{
    char *bytes = filled(BULK_CHUNK);
    for (size_t left = size; left > 0;) {
        size_t part = left < BULK_CHUNK ? left : BULK_CHUNK;
        for (size_t sent = 0; sent < part;)
            sent += (size_t)send_some(fd, bytes + sent, part - sent);
        left -= part;
    }
    free(bytes);
}

static void send_file(int fd, const char *path)
{
    struct stat status;
    off_t offset = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        fail(path);
    while (offset < status.st_size)
        if (sendfile(fd, file, &offset, (size_t)(status.st_size - offset)) < 0)
            fail("sendfile");
    close(file);
}

static void run_bulk(const struct job *job)
{
    int pair[2];
    pthread_t reader;
    tcp_pair(pair, 0);
    bound(pair[0], job->timeout);
    bound(pair[1], job->timeout);
    double begin = nanoseconds(CLOCK_MONOTONIC);
    if (pthread_create(&reader, NULL, drain, &pair[1]) != 0)
        fail("pthread_create");
    for (long i = 0; i < job->iterations; i++)
        if (strcmp(job->name, "bulk") == 0)
            send_bytes(pair[0], job->size);
        else
            send_file(pair[0], job->extra);
    shutdown(pair[0], SHUT_WR);
    pthread_join(reader, NULL);
    report(begin, CLOCK_MONOTONIC, job->iterations);
}

/* Sends with `sendto` one by one, or a batch with `sendmmsg`. `recvmmsg` receives both, with the address of the sender,
 * which whoever answers must know. */
static void run_datagrams(const struct job *job)
{
    enum { BATCH = 64 };
    struct mmsghdr messages[BATCH] = {0};
    struct iovec part = {filled(job->size), job->size};
    struct sockaddr_storage senders[BATCH];
    struct sockaddr_in name, sender;
    int many = strcmp(job->extra, "many") == 0;
    int from = bound_socket(SOCK_DGRAM, &sender), to = bound_socket(SOCK_DGRAM, &name);
    enlarge(from);
    enlarge(to);
    bound(from, job->timeout);
    bound(to, job->timeout);
    for (int i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
    double begin = 0;
    for (long i = -BATCH; i < job->iterations; i += BATCH) {
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int j = 0; j < BATCH; j++) {
            messages[j].msg_hdr.msg_name = many ? &name : NULL;
            messages[j].msg_hdr.msg_namelen = many ? sizeof name : 0;
        }
        if (many) {
            if (sendmmsg(from, messages, BATCH, MSG_NOSIGNAL) != BATCH)
                fail("sendmmsg");
        } else {
            for (int j = 0; j < BATCH; j++)
                if (sendto(from, part.iov_base, part.iov_len, MSG_NOSIGNAL, (struct sockaddr *)&name,
                           sizeof name) < 0)
                    fail("sendto");
        }
        for (int j = 0; j < BATCH; j++) {
            messages[j].msg_hdr.msg_name = &senders[j];
            messages[j].msg_hdr.msg_namelen = sizeof senders[j];
        }
        for (int got = 0; got < BATCH;) {
            int n = recvmmsg(to, messages, (unsigned)(BATCH - got), MSG_WAITFORONE, NULL);
            if (n < 0)
                fail("recvmmsg");
            got += n;
        }
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

static void run_getaddrinfo(const struct job *job)
{
    double begin = 0;
    for (long i = -WARM_UP; i < job->iterations; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        if (getaddrinfo("127.0.0.1", "80", &hints, &list) != 0)
            fail("getaddrinfo");
        freeaddrinfo(list);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

/* The look-up of a name in /etc/hosts. */
static void run_lookup(const struct job *job)
{
    double begin = 0;
    for (long i = -WARM_UP; i < job->iterations; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        if (getaddrinfo("localhost", "80", &hints, &list) != 0)
            fail("getaddrinfo");
        freeaddrinfo(list);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

static int connected(const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    if (getaddrinfo("127.0.0.1", port, &hints, &list) != 0)
        fail("getaddrinfo");
    for (struct addrinfo *each = list; each; each = each->ai_next) {
        int fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
        if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen) == 0) {
            freeaddrinfo(list);
            return fd;
        }
        close(fd);
    }
    fail("connect");
    return -1;
}

/* The accepting end closes first, so that the waiting ports all have its one number. */
static void run_create_connection(const struct job *job)
{
    struct sockaddr_in name;
    char port[8];
    int listener = bound_socket(SOCK_STREAM, &name);
    listen(listener, 16);
    snprintf(port, sizeof port, "%d", ntohs(name.sin_port));
    double begin = 0;
    for (long i = -WARM_UP; i < job->iterations; i++) {
        if (i == 0)
            begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        int client = connected(port), peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            fail("accept4");
        close(peer);
        close(client);
    }
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job->iterations);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(const struct job *); } cases[] = {
        {"unix", run_exchange}, {"tcp", run_exchange}, {"udp", run_exchange}, {"threads", run_threads},
        {"pingpong", run_pingpong}, {"bulk", run_bulk}, {"sendfile", run_bulk},
        {"datagrams", run_datagrams}, {"getaddrinfo", run_getaddrinfo}, {"lookup", run_lookup},
        {"create_connection", run_create_connection},
    };
    struct job job = read_job(argc, argv);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, job.name) == 0) {
            cases[i].run(&job);
            return 0;
        }
    fprintf(stderr, "%s: no such case: %s\n", argv[0], job.name);
    return 2;
}
