/*
 * What the scenarios share. A scenario defines `static int pass(void)`: it does its work with the library, gives back
 * everything, and returns 0 or the code of the first call that failed. It runs twice, in threads of its own: one call
 * of the library fails in the first run, nothing fails in the second, which must succeed.
 */
#ifndef SCENARIO_H
#define SCENARIO_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tabi.h>

int torture_error(void) __attribute__((weak));
long torture_live(void) __attribute__((weak));
int torture_lasts(void) __attribute__((weak));
void torture_stop(void) __attribute__((weak));

#define CHECK(condition) ((condition) ? (void)0 : finding(__FILE__, __LINE__, #condition))

/* Notes the code of a call that fails, and goes to the label `end`. */
#define TRY(call) do { if ((rc = (int)(call)) < 0) { complain(#call, rc); goto end; } } while (0)

static inline void finding(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s (errno %d, last message: %s)\n", file, line, what, errno, tabi_last_error_message());
    exit(1);
}

static inline void complain(const char *call, int code)
{
    /* Not the text of the code: the library keeps that. */
    fprintf(stderr, "failed: %s: %s: %s\n", call, tabi_error_name(code), tabi_last_error_message());
}

static inline int fault(void) { return torture_error ? torture_error() : 0; }

/* All later calls of the kind fail too, until the second run. */
static inline int lasting(void) { return fault() && torture_lasts(); }

static int pass(void);

/* How many descriptors the process keeps after the first pass. */
#ifndef KEPT_DESCRIPTORS
#define KEPT_DESCRIPTORS 0
#endif

/* What a client sends before its line. */
#ifndef PREFACE
#define PREFACE ""
#endif

static inline int descriptors(void)
{
    int open = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        open++;
    closedir(directory);
    return open;
}

/* The threads for look-ups under a time limit, which the library keeps for a while. */
static inline int kept_resolvers(void)
{
    int kept = 0;
    char place[300], name[32] = "";
    struct dirent *entry;
    DIR *directory = opendir("/proc/self/task");
    while ((entry = readdir(directory))) {
        FILE *file;
        snprintf(place, sizeof place, "/proc/self/task/%s/comm", entry->d_name);
        if ((file = fopen(place, "r"))) {
            kept += fgets(name, sizeof name, file) && strcmp(name, "tabi-resolver\n") == 0;
            fclose(file);
        }
    }
    closedir(directory);
    return kept;
}

static inline void *run_pass(void *result)
{
    *(int *)result = pass();
    return NULL;
}

static inline int pass_in_thread(void)
{
    pthread_t thread;
    int result = -1;
    pthread_create(&thread, NULL, run_pass, &result);
    pthread_join(thread, NULL);
    return result;
}

/* A failure must say what happened: its system number is that of the fault. */
static inline int says_what_happened(int code)
{
    return code == 0 || tabi_error_number(code) == fault()
        || (fault() == ENOMEM && code == TABI_GAI_MEMORY);
}

int main(void)
{
    int expected = descriptors() + KEPT_DESCRIPTORS, code;
    code = pass_in_thread();
    if (torture_stop)
        torture_stop();
    if (!says_what_happened(code)) {
        fprintf(stderr, "got the code %d (%s) when the fault was %d (%s)\n", code, tabi_error_name(code), fault(), strerror(fault()));
        return 1;
    }
    code = pass_in_thread();
    if (code != 0) {
        fprintf(stderr, "the run after the fault failed with %d (%s)\n", code, tabi_error_name(code));
        return 1;
    }
    /* A look-up that nobody waits for any more still reads its files. */
    for (int tried = 0; tried < 500 && descriptors() != expected; tried++)
        usleep(10000);
    if (descriptors() != expected) {
        fprintf(stderr, "%d descriptors should be open at the end, %d are\n", expected, descriptors());
        return 1;
    }
    /* How many of these threads there are, and what they have, depends on when they were started. */
    if (!kept_resolvers())
        printf("live %ld\n", torture_live ? torture_live() : 0);
    return 0;
}

/* The other side of a connection, which makes its calls without the library. */

static inline struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)port);
    return address;
}

static inline int plain_listener(int *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static inline int plain_connect(int port)
{
    struct sockaddr_in address = loopback(port);
    struct timeval patience = {lasting() ? 0 : 5, lasting() ? 200000 : 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads exactly `size` bytes unless the stream ends; returns how many there were, or -1 when nothing came in time. */
static inline ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = recv(fd, buffer + have, size - have, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return -1;
        if (n <= 0) break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* One server that runs in a thread while clients come. */
struct serving { tabi_server *server; pthread_t thread; int code; };

static inline void *serve(void *argument)
{
    struct serving *serving = argument;
    serving->code = tabi_server_serve_forever(serving->server, 0.5);
    if (serving->code < 0) {
        complain("serve_forever", serving->code);
        /* Nobody waits for it. */
        shutdown(tabi_fileno(tabi_server_sock(serving->server)), SHUT_RDWR);
    }
    return NULL;
}

static inline void begin_to_serve(struct serving *serving, tabi_server *server)
{
    serving->server = server;
    serving->code = 0;
    CHECK(pthread_create(&serving->thread, NULL, serve, serving) == 0);
}

/* Ends the server and returns what serve_forever returned: after a client was served, that is success. */
static inline int end_serving(struct serving *serving)
{
    CHECK(tabi_server_shutdown(serving->server) == 0);
    pthread_join(serving->thread, NULL);
    return serving->code;
}

/* Sends bytes in two pieces, so that the server sees the first one alone. Returns whether the connection took them. */
static inline int send_in_pieces(int fd, const char *bytes, size_t length)
{
    size_t first = length / 2;
    if (send(fd, bytes, first, MSG_NOSIGNAL) != (ssize_t)first)
        return 0;
    /* Nothing tells the client when the server has looked. */
    usleep(2000);
    return send(fd, bytes + first, length - first, MSG_NOSIGNAL) == (ssize_t)(length - first);
}

/* Sends a line and expects it back, whole or cut by the end of the stream. Returns whether it came whole. */
static inline int ask(int port, int number)
{
    char sent[32], got[64];
    int length = snprintf(sent, sizeof sent, "client %06d\n", number), fd = plain_connect(port), took = fd >= 0;
    size_t preface = strlen(PREFACE);
    ssize_t n;
    if (took && preface)
        took = send_in_pieces(fd, PREFACE, preface) && send_in_pieces(fd, sent, (size_t)length);
    else if (took)
        took = send(fd, sent, (size_t)length, MSG_NOSIGNAL) == length;
    /* A client that was cut off may notice it here. */
    if (!took) {
        if (fd >= 0) close(fd);
        return 0;
    }
    shutdown(fd, SHUT_WR);
    n = read_all(fd, got, sizeof got);
    CHECK(n >= 0 || lasting());
    CHECK(n <= length && (n < 0 || memcmp(got, sent, (size_t)n) == 0));
    close(fd);
    return n == length;
}

/* A server may fail when it begins to serve; afterwards one client may be lost to the one fault, never two. */
static inline void ask_all(int port, int clients)
{
    int served = 0;
    for (int number = 0; number < clients; number++)
        served += ask(port, number);
    if ((served == 0 && fault()) || lasting())
        return;
    CHECK(served >= clients - (fault() != 0));
    /* The one that is lost may be the next. */
    CHECK(ask(port, clients) || (served == clients && ask(port, clients)) || lasting());
}

static inline int server_port(tabi_server *server, int *port)
{
    tabi_addr address;
    int rc = tabi_server_address(server, &address);
    *port = rc < 0 ? 0 : tabi_addr_port(&address);
    return rc;
}

static inline int echo(tabi_request *request, void *userdata)
{
    char line[64];
    tabi_sock *sk = tabi_request_sock(request);
    (void)userdata;
    for (;;) {
        ssize_t n = tabi_recv(sk, line, sizeof line, 0);
        if (n <= 0) return (int)n;
        if ((n = tabi_sendall(sk, line, (size_t)n, 0, NULL)) < 0) return (int)n;
    }
}

/* Lets a server serve some clients, then ends and frees it. */
static inline int serve_and_end(tabi_server *server, int clients)
{
    int rc, port;
    struct serving serving;
    TRY(server_port(server, &port));
    begin_to_serve(&serving, server);
    ask_all(port, clients);
    TRY(end_serving(&serving));
    TRY(tabi_server_close(server, 10, NULL));
end:
    tabi_server_free(server);
    return rc;
}

/* A server in threads, four clients, and the end of the server. */
static inline int serve_in_threads(tabi_handler handler)
{
    int rc;
    tabi_server *server = NULL;
    TRY(tabi_threading_tcp_server("127.0.0.1", 0, handler, NULL, &server));
    rc = serve_and_end(server, 4);
end:
    return rc;
}
#endif
