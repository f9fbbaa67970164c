/* The load generator: one thread with one epoll, the same for every server.
 *
 *   load echo  PORT PID CLIENTS SIZE MESSAGES     each client sends, waits for the echo, sends again
 *   load churn PORT PID CLIENTS SIZE CONNECTIONS  each client connects, sends, waits, closes, and starts again
 *   load idle  PORT PID CLIENTS SIZE 0            each client connects and has one message echoed, then all
 *                                                 wait until standard input ends
 *   load web   PORT PID CLIENTS ACTIVE REQUESTS   all clients stay connected to a web server, and ACTIVE of them at a
 *                                                 time wait for an answer: the next one asks when one has its answer
 *   load web-idle PORT PID CLIENTS 1 0            as idle, with a request in place of the message
 *
 * It prints `SECONDS SERVER_CPU_SECONDS OWN_CPU_SECONDS LATENCY_P99_US`. The CPU times are those of whole processes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, IN_HANDSHAKE = 128, LATENCIES = 1 << 18, WARM_UP_ROUNDS = 5 };

struct client {
    int fd;
    size_t got;
    double since;
    int waits; /* for an echo or an answer */
};

static struct sockaddr_in server;
static clockid_t server_clock;
static int epoll;
static struct client *clients;
static long client_count, sources;
static size_t message_size, answer_size; /* the size of an answer is 0 until the first one is there */
static int web;
static char *message;
static float *latencies;
static long latency_count;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Every connection uses the next of many loopback addresses. A port cannot be used again for a minute, and a single
 * address would have too few of them. */
static void open_client(struct client *client)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    int on = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    source.sin_addr.s_addr = htonl(0x7f010001u + (unsigned)(sources++ % 60000));
    setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (client->fd < 0 || bind(client->fd, (struct sockaddr *)&source, sizeof source) != 0)
        fail("bind");
    if (connect(client->fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
        fail("epoll_ctl");
}

static void speak(struct client *client)
{
    client->got = 0;
    client->waits = 1;
    client->since = seconds(CLOCK_MONOTONIC);
    if (send(client->fd, message, message_size, MSG_NOSIGNAL) != (ssize_t)message_size)
        fail("send");
}

/* The size of a web server's answer. All answers have the same; the head of the first one arrives whole. */
static size_t size_of_answer(char *head, size_t size)
{
    head[size] = '\0';
    const char *length = strcasestr(head, "\r\ncontent-length:"), *end = strstr(head, "\r\n\r\n");
    if (strncmp(head, "HTTP/1.1 200", 12) != 0 || length == NULL || end == NULL) {
        fprintf(stderr, "unexpected answer: %s\n", head);
        exit(1);
    }
    return (size_t)(end + 4 - head) + strtoul(length + 17, NULL, 10);
}

/* Reads what has arrived. Returns whether the echo or the answer is complete. */
static int listen_to(struct client *client)
{
    static char buffer[65537];
    ssize_t n = recv(client->fd, buffer, sizeof buffer - 1, MSG_DONTWAIT);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return 0;
        fail("recv: the server hung up");
    }
    client->got += (size_t)n;
    if (answer_size == 0)
        answer_size = size_of_answer(buffer, (size_t)n);
    if (client->got < answer_size)
        return 0;
    client->waits = 0;
    if (latency_count < LATENCIES)
        latencies[latency_count++] = (float)(seconds(CLOCK_MONOTONIC) - client->since);
    return 1;
}

/* The clients of a web server ask in turns. */
static struct client *next_quiet(void)
{
    static long next;
    do
        next = (next + 1) % client_count;
    while (clients[next].waits);
    return &clients[next];
}

/* Waits until `wanted` echoes are complete. A client that has its echo sends again while `again` messages are left. */
static void run(long wanted, long again, int churn)
{
    struct epoll_event events[EVENTS];
    while (wanted > 0) {
        int ready = epoll_wait(epoll, events, EVENTS, 60000);
        if (ready <= 0)
            fail("epoll_wait: the server is silent");
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (!listen_to(client))
                continue;
            wanted--;
            if (churn)
                close(client->fd);
            if (again <= 0)
                continue;
            again--;
            if (churn)
                open_client(client);
            speak(web ? next_quiet() : client);
        }
    }
}

static void open_all(int talk)
{
    for (long i = 0; i < client_count; i += IN_HANDSHAKE) {
        long end = i + IN_HANDSHAKE < client_count ? i + IN_HANDSHAKE : client_count;
        for (long j = i; j < end; j++)
            open_client(&clients[j]);
        for (long j = i; j < end && talk; j++)
            speak(&clients[j]);
        if (talk)
            run(end - i, 0, 0);
    }
}

static int ascending(const void *one, const void *other)
{
    float difference = *(const float *)one - *(const float *)other;
    return difference < 0 ? -1 : difference > 0;
}

static double own_begin;

static void print(double begin, double cpu_begin)
{
    double end = seconds(CLOCK_MONOTONIC), cpu_end = seconds(server_clock);
    double own = seconds(CLOCK_PROCESS_CPUTIME_ID) - own_begin;
    qsort(latencies, (size_t)latency_count, sizeof *latencies, ascending);
    printf("%.9f %.9f %.9f %.2f\n", end - begin, cpu_end - cpu_begin, own,
           latencies[latency_count * 99 / 100] * 1e6);
    fflush(stdout);
}

static void speak_all(long total)
{
    latency_count = 0;
    for (long i = 0; i < client_count; i++)
        speak(&clients[i]);
    run(total, total - client_count, 0);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: load echo|churn|idle|web|web-idle PORT PID CLIENTS SIZE COUNT\n");
        return 2;
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (clock_getcpuclockid((pid_t)atoi(argv[3]), &server_clock) != 0)
        fail("clock_getcpuclockid");
    client_count = atol(argv[4]);
    message_size = strtoul(argv[5], NULL, 10);
    long count = atol(argv[6]);
    web = strncmp(argv[1], "web", 3) == 0;
    if (client_count < 1 || message_size < 1 || message_size > (web ? (size_t)client_count : 65536)) {
        fprintf(stderr, "CLIENTS must be 1 or more, SIZE 1-65536, ACTIVE 1-CLIENTS\n");
        return 2;
    }
    count = count < client_count ? client_count : count;
    size_t active = message_size;
    if (web) {
        message = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        message_size = strlen(message);
    } else {
        message = memset(malloc(message_size), 'x', message_size);
        answer_size = message_size;
    }
    clients = calloc((size_t)client_count, sizeof *clients);
    latencies = calloc(LATENCIES, sizeof *latencies);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    sources = (long)getpid() * 977 % 60000;

    double begin = seconds(CLOCK_MONOTONIC), cpu = seconds(server_clock);
    own_begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (strcmp(argv[1], "idle") == 0 || strcmp(argv[1], "web-idle") == 0) {
        open_all(1);
        print(begin, cpu);
        while (getchar() != EOF) {
        }
    } else if (strcmp(argv[1], "web") == 0) {
        open_all(1);
        latency_count = 0;
        begin = seconds(CLOCK_MONOTONIC), cpu = seconds(server_clock);
        own_begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < active; i++)
            speak(next_quiet());
        run(count, count - (long)active, 0);
        print(begin, cpu);
    } else if (strcmp(argv[1], "echo") == 0) {
        open_all(1);
        speak_all(client_count * WARM_UP_ROUNDS);
        begin = seconds(CLOCK_MONOTONIC), cpu = seconds(server_clock);
        own_begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
        speak_all(count);
        print(begin, cpu);
    } else {
        for (long i = 0; i < client_count; i++) {
            open_client(&clients[i]);
            speak(&clients[i]);
        }
        run(count, count - client_count, 1);
        print(begin, cpu);
    }
    return 0;
}
