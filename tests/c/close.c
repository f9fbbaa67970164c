/* Closing from another thread ends the calls that are blocked on the socket. */
#include "pairs.h"

#include <pthread.h>
#ifdef __linux__
#include <netinet/in.h>
#include <sys/syscall.h>
#endif

/* A call that blocks, what it returned, and the thread that is in it. */
struct blocked {
    tabi_sock *sk;
    long long (*call)(struct blocked *);
    long long result;
    long thread;
    pthread_mutex_t lock;
    pthread_cond_t started;
};

static void *run(void *argument)
{
    struct blocked *blocked = argument;
    CHECK_EQ(pthread_mutex_lock(&blocked->lock), 0);
#ifdef __linux__
    blocked->thread = syscall(SYS_gettid);
#else
    blocked->thread = 1;
#endif
    CHECK_EQ(pthread_cond_signal(&blocked->started), 0);
    CHECK_EQ(pthread_mutex_unlock(&blocked->lock), 0);
    blocked->result = blocked->call(blocked);
    return NULL;
}

/* Waits until the thread sleeps in its call. Where the system does not show this, the close may come before the call. */
static void wait_until_asleep(long thread)
{
#ifdef __linux__
    char path[64], stat[512], *state;
    do {
        FILE *file;
        size_t n;
        snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
        file = fopen(path, "r");
        CHECK(file != NULL);
        n = fread(stat, 1, sizeof stat - 1, file);
        CHECK_EQ(fclose(file), 0);
        stat[n] = '\0';
        state = strrchr(stat, ')');
        CHECK(state != NULL);
    } while (state[2] != 'S');
#else
    (void)thread;
#endif
}

/* Runs the call in a thread, closes the socket, and returns the result of the call. */
static long long closed_during(tabi_sock *sk, long long (*call)(struct blocked *))
{
    struct blocked blocked = {sk, call, 0, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    CHECK_EQ(pthread_mutex_lock(&blocked.lock), 0);
    CHECK_EQ(pthread_create(&thread, NULL, run, &blocked), 0);
    while (blocked.thread == 0)
        CHECK_EQ(pthread_cond_wait(&blocked.started, &blocked.lock), 0);
    CHECK_EQ(pthread_mutex_unlock(&blocked.lock), 0);
    wait_until_asleep(blocked.thread);
    CHECK_OK(tabi_close(sk));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_CODE(tabi_fileno(sk), TABI_ERR_CLOSED);
    return blocked.result;
}

static long long receive(struct blocked *blocked)
{
    char byte;
    return tabi_recv(blocked->sk, &byte, 1, 0);
}

static long long receive_from(struct blocked *blocked)
{
    char byte;
    tabi_addr sender, before;
    long long result;
    memset(&before, 0x55, sizeof before);
    sender = before;
    result = tabi_recvfrom(blocked->sk, &byte, 1, 0, &sender);
    CHECK(memcmp(&sender, &before, sizeof sender) == 0);
    return result;
}

static long long accept_one(struct blocked *blocked)
{
    tabi_sock *client;
    return tabi_accept(blocked->sk, &client, NULL);
}

static long long send_for_ever(struct blocked *blocked)
{
    static const char data[65536];
    int code;
    do
        code = tabi_sendall(blocked->sk, data, sizeof data, 0, NULL);
    while (code == 0);
    return code;
}

static void a_blocked_recv_ends(void)
{
    tabi_sock *one, *other, *client, *peer;
    unix_pair(&one, &other);
    CHECK_EQ(closed_during(one, receive), TABI_ERR_CLOSED);
    tabi_sock_free(one);
    tabi_sock_free(other);
    tcp_pair(&client, &peer);
    CHECK_EQ(closed_during(client, receive), TABI_ERR_CLOSED);
    tabi_sock_free(client);
    tabi_sock_free(peer);
}

static void a_timed_recv_ends(void)
{
    tabi_sock *client, *peer;
    tcp_pair(&client, &peer);
    CHECK_OK(tabi_settimeout(client, 3600));
    CHECK_EQ(closed_during(client, receive), TABI_ERR_CLOSED);
    tabi_sock_free(client);
    tabi_sock_free(peer);
}

static void a_blocked_recvfrom_ends(void)
{
    tabi_sock *server = bound(SOCK_DGRAM);
    CHECK_EQ(closed_during(server, receive_from), TABI_ERR_CLOSED);
    tabi_sock_free(server);
}

static void a_blocked_accept_ends(void)
{
    tabi_sock *listener = tcp_listener();
    CHECK_EQ(closed_during(listener, accept_one), TABI_ERR_CLOSED);
    tabi_sock_free(listener);
}

static void a_blocked_accept_of_a_duplicate_ends_and_the_original_goes_on(void)
{
    tabi_sock *listener = tcp_listener(), *copy, *client = new_socket(AF_INET, SOCK_STREAM), *peer;
    CHECK_OK(tabi_dup(listener, &copy));
    CHECK_EQ(closed_during(copy, accept_one), TABI_ERR_CLOSED);
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    CHECK_OK(tabi_accept(listener, &peer, NULL));
    tabi_sock_free(peer);
    tabi_sock_free(client);
    tabi_sock_free(copy);
    tabi_sock_free(listener);
}

static void a_blocked_sendall_ends(void)
{
    tabi_sock *one, *other;
    unix_pair(&one, &other);
    CHECK_EQ(closed_during(one, send_for_ever), TABI_ERR_CLOSED);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static tabi_addr busy_address;

static long long connect_for_ever(struct blocked *blocked)
{
    return tabi_connect_addr(blocked->sk, &busy_address);
}

/* Waits until the system has put the first client into the queue of the listener. In Linux's table of sockets, the bytes
   that have come are the clients of a listener. */
static void wait_until_full(unsigned listening)
{
#ifdef __linux__
    enum { LISTENS = 10 };
    unsigned port, state, clients, waiting = 0;
    char line[256];
    while (waiting == 0) {
        FILE *table = fopen("/proc/net/tcp", "r");
        CHECK(table != NULL);
        while (fgets(line, sizeof line, table) != NULL)
            if (sscanf(line, "%*s %*8x:%x %*8x:%*x %x %*x:%x", &port, &state, &clients) == 3 && port == listening &&
                state == LISTENS)
                waiting = clients;
        fclose(table);
    }
#else
    (void)listening;
#endif
}

/* A listener accepts one client more than its backlog. The connect of the next client waits for an answer. */
static void a_timed_connect_ends(void)
{
    tabi_sock *listener = bound(SOCK_STREAM), *queued[2], *client = new_socket(AF_INET, SOCK_STREAM);
    size_t i;
    CHECK_OK(tabi_listen(listener, 0));
    CHECK_OK(tabi_getsockname(listener, &busy_address));
    for (i = 0; i < 2; i++) {
        queued[i] = new_socket(AF_INET, SOCK_STREAM);
        CHECK_OK(tabi_setblocking(queued[i], 0));
        CHECK_EQ(tabi_connect_ex_addr(queued[i], &busy_address), EINPROGRESS);
    }
    CHECK_OK(tabi_finish_connect_until(queued[0], INT64_MAX));
    wait_until_full((unsigned)port_of(listener));
    CHECK_OK(tabi_settimeout(client, 3600));
    CHECK_EQ(closed_during(client, connect_for_ever), TABI_ERR_CLOSED);
    tabi_sock_free(client);
    for (i = 0; i < 2; i++)
        tabi_sock_free(queued[i]);
    tabi_sock_free(listener);
}

int main(void)
{
    RUN(a_blocked_recv_ends);
    RUN(a_timed_recv_ends);
    RUN(a_blocked_recvfrom_ends);
    RUN(a_blocked_accept_ends);
    RUN(a_blocked_accept_of_a_duplicate_ends_and_the_original_goes_on);
    RUN(a_blocked_sendall_ends);
    RUN(a_timed_connect_ends);
    return 0;
}
