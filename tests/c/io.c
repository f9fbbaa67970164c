/* Sending and receiving: bytes, datagrams, deadlines, and peers that have closed their connection. */
#include "pairs.h"

#include <signal.h>

static void bytes_go_both_ways_over_tcp(void)
{
    tabi_sock *client, *peer;
    char buffer[16];
    size_t sent = 0;
    tcp_pair(&client, &peer);
    CHECK_EQ(tabi_sendall(client, "hello", 5, 0, &sent), 0);
    CHECK_EQ(sent, 5);
    CHECK_EQ(tabi_recv(peer, buffer, 5, MSG_WAITALL), 5);
    CHECK_EQ(memcmp(buffer, "hello", 5), 0);
    CHECK_EQ(tabi_send(peer, "world", 5, 0), 5);
    CHECK_EQ(tabi_recv(client, buffer, 5, MSG_WAITALL), 5);
    CHECK_EQ(memcmp(buffer, "world", 5), 0);
    tabi_sock_free(peer);
    CHECK_EQ(tabi_recv(client, buffer, sizeof buffer, 0), 0);
    tabi_sock_free(client);
}

static void flags_are_the_systems(void)
{
    tabi_sock *one, *other;
    char buffer[4];
    unix_pair(&one, &other);
    CHECK_CODE(tabi_recv(one, buffer, sizeof buffer, MSG_DONTWAIT), -EAGAIN);
    CHECK_EQ(tabi_send(other, "abc", 3, 0), 3);
    CHECK_EQ(tabi_recv(one, buffer, sizeof buffer, MSG_PEEK), 3);
    CHECK_EQ(tabi_recv(one, buffer, sizeof buffer, 0), 3);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void datagrams_carry_their_sender(void)
{
    tabi_sock *server = bound(SOCK_DGRAM), *client = bound(SOCK_DGRAM);
    tabi_addr to, from;
    char buffer[8];
    CHECK_OK(tabi_getsockname(server, &to));
    CHECK_EQ(tabi_sendto(client, "one", 3, 0, "127.0.0.1", port_of(server)), 3);
    CHECK_EQ(tabi_recvfrom(server, buffer, sizeof buffer, 0, &from), 3);
    CHECK_EQ(tabi_addr_port(&from), port_of(client));
    CHECK_EQ(tabi_sendto_addr(client, "four", 4, 0, &to), 4);
    CHECK_EQ(tabi_recvfrom_until(server, buffer, sizeof buffer, 0, NULL, INT64_MAX), 4);
    CHECK_EQ(tabi_sendto_addr_until(client, NULL, 0, 0, &to, INT64_MAX), 0);
    CHECK_EQ(tabi_recvfrom(server, NULL, 0, 0, &from), 0);
    CHECK_EQ(tabi_addr_port(&from), port_of(client));
    tabi_sock_free(client);
    tabi_sock_free(server);
}

static void what_does_not_fit_of_a_datagram_is_lost(void)
{
    tabi_sock *server = bound(SOCK_DGRAM), *client = bound(SOCK_DGRAM);
    char buffer[4];
    CHECK_EQ(tabi_sendto(client, "longer", 6, 0, "127.0.0.1", port_of(server)), 6);
    CHECK_EQ(tabi_sendto(client, "x", 1, 0, "127.0.0.1", port_of(server)), 1);
    CHECK_EQ(tabi_recvfrom(server, buffer, sizeof buffer, 0, NULL), 4);
    CHECK_EQ(tabi_recvfrom(server, buffer, sizeof buffer, 0, NULL), 1);
    tabi_sock_free(client);
    tabi_sock_free(server);
}

static void a_datagram_over_64_kib_is_refused(void)
{
    tabi_sock *server = bound(SOCK_DGRAM), *client = bound(SOCK_DGRAM);
    size_t size = 65 * 1024;
    char *data = calloc(1, size);
    CHECK(data != NULL);
    CHECK_CODE(tabi_sendto(client, data, size, 0, "127.0.0.1", port_of(server)), -EMSGSIZE);
    free(data);
    tabi_sock_free(client);
    tabi_sock_free(server);
}

static void a_deadline_that_has_passed_tries_once(void)
{
    tabi_sock *one, *other, *server = bound(SOCK_DGRAM);
    tabi_addr from;
    char buffer[4];
    size_t sent = 99;
    unix_pair(&one, &other);
    SOIL(buffer);
    SOIL(from);
    CHECK_CODE(tabi_recv_until(one, buffer, sizeof buffer, 0, 0), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_recvfrom_until(server, buffer, sizeof buffer, 0, &from, 0), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_wait_until(one, TABI_READ, 0), TABI_ERR_TIMEOUT);
    CHECK_UNTOUCHED(buffer);
    CHECK_UNTOUCHED(from);
    CHECK_EQ(tabi_send_until(one, "a", 1, 0, 0), 1);
    CHECK_EQ(tabi_sendall_until(one, "b", 1, 0, &sent, 0), 0);
    CHECK_EQ(sent, 1);
    CHECK_EQ(tabi_wait_until(other, TABI_READ, 0), 0);
    CHECK_EQ(tabi_recv_until(other, buffer, sizeof buffer, 0, 0), 2);
    tabi_sock_free(server);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_try_never_waits(void)
{
    tabi_sock *one, *other, *server = bound(SOCK_DGRAM), *client = bound(SOCK_DGRAM);
    tabi_addr to, from;
    char buffer[8];
    size_t size = 8 << 20;
    char *data = calloc(1, size);
    ssize_t sent;
    CHECK(data != NULL);
    unix_pair(&one, &other);
    CHECK_CODE(tabi_try_recv(one, buffer, sizeof buffer), -EAGAIN);
    CHECK_EQ(tabi_try_send(other, "abc", 3), 3);
    CHECK_EQ(tabi_try_recv(one, buffer, sizeof buffer), 3);
    sent = tabi_try_send(one, data, size);
    CHECK(0 < sent && (size_t)sent < size);
    CHECK_CODE(tabi_try_send(one, data, size), -EAGAIN);
    CHECK_CODE(tabi_try_recv(one, NULL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_try_send(one, NULL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_try_recvfrom(server, buffer, sizeof buffer, &from), -EAGAIN);
    CHECK_OK(tabi_getsockname(server, &to));
    CHECK_EQ(tabi_try_sendto_addr(client, "four", 4, &to), 4);
    CHECK_OK(tabi_wait_until(server, TABI_READ, INT64_MAX));
    CHECK_EQ(tabi_try_recvfrom(server, buffer, sizeof buffer, &from), 4);
    CHECK_EQ(tabi_addr_port(&from), port_of(client));
    CHECK_CODE(tabi_try_sendto_addr(client, "four", 4, NULL), TABI_ERR_NULL);
    free(data);
    tabi_sock_free(client);
    tabi_sock_free(server);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_sendall_that_times_out_reports_the_sent_bytes(void)
{
    tabi_sock *one, *other;
    size_t size = 8 << 20, sent = 0, total = 0;
    char *data = calloc(1, size), *buffer = malloc(65536);
    ssize_t n;
    CHECK(data != NULL && buffer != NULL);
    unix_pair(&one, &other);
    CHECK_OK(tabi_settimeout(one, 0.01));
    CHECK_CODE(tabi_sendall(one, data, size, 0, &sent), TABI_ERR_TIMEOUT);
    CHECK(sent > 0 && sent < size);
    tabi_sock_free(one);
    while ((n = (ssize_t)CHECK_OK(tabi_recv(other, buffer, 65536, 0))) > 0)
        total += (size_t)n;
    CHECK_EQ(total, sent);
    tabi_sock_free(other);
    free(buffer);
    free(data);
}

static void readiness_is_waited_for(void)
{
    tabi_sock *one, *other;
    unix_pair(&one, &other);
    CHECK_OK(tabi_wait_until(one, TABI_WRITE, INT64_MAX));
    CHECK_EQ(tabi_send(other, "r", 1, 0), 1);
    CHECK_OK(tabi_wait_until(one, TABI_READ, INT64_MAX));
    CHECK_CODE(tabi_wait_until(one, 2, 0), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "got 2");
    tabi_sock_free(one);
    tabi_sock_free(other);
}

/* Writes until the system says that nobody reads any more. Returns the code of that error. */
static ssize_t write_to_a_vanished_peer(tabi_sock *sk)
{
    static const char data[4096];
    ssize_t n;
    do
        n = tabi_send(sk, data, sizeof data, 0);
    while (n >= 0);
    return n;
}

static void a_vanished_peer_is_an_error_and_no_signal(void)
{
    struct sigaction action;
    tabi_sock *client, *peer, *one, *other;
    ssize_t code;
    CHECK_EQ(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    tcp_pair(&client, &peer);
    tabi_sock_free(peer);
    code = write_to_a_vanished_peer(client);
    CHECK(code == -EPIPE || code == -ECONNRESET);
    CHECK_CODE(tabi_send(client, "x", 1, 0), -EPIPE);
    CHECK_CODE(tabi_sendall(client, "x", 1, 0, NULL), -EPIPE);
    tabi_sock_free(client);
    unix_pair(&one, &other);
    tabi_sock_free(other);
    CHECK_CODE(tabi_send(one, "x", 1, 0), -EPIPE);
    CHECK_CODE(tabi_send_until(one, "x", 1, 0, INT64_MAX), -EPIPE);
    tabi_sock_free(one);
    CHECK_EQ(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal_number)
{
    (void)signal_number;
    alarms++;
}

static void an_interruptible_call_returns_for_a_signal(void)
{
    tabi_sock *one, *other;
    struct sigaction action;
    char byte;
    size_t sent = 99;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_alarm;
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    unix_pair(&one, &other);
    CHECK_OK(tabi_set_interruptible(one, 1));
    alarms = 0;
    /* The timer repeats, because the first signal may come just before the call, which would then go on waiting. */
    CHECK_EQ(ualarm(10000, 10000), 0);
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), -EINTR);
    CHECK_CODE(tabi_wait_until(one, TABI_READ, INT64_MAX), -EINTR);
    CHECK_OK(tabi_set_interruptible(one, 0));
    CHECK_OK(tabi_settimeout(one, 0.05));
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_TIMEOUT);
    ualarm(0, 0);
    CHECK(alarms > 0);
    CHECK_EQ(tabi_sendall(one, "x", 1, 0, &sent), 0);
    CHECK_EQ(sent, 1);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(bytes_go_both_ways_over_tcp);
    RUN(flags_are_the_systems);
    RUN(datagrams_carry_their_sender);
    RUN(what_does_not_fit_of_a_datagram_is_lost);
    RUN(a_datagram_over_64_kib_is_refused);
    RUN(a_deadline_that_has_passed_tries_once);
    RUN(a_try_never_waits);
    RUN(a_sendall_that_times_out_reports_the_sent_bytes);
    RUN(readiness_is_waited_for);
    RUN(a_vanished_peer_is_an_error_and_no_signal);
    RUN(an_interruptible_call_returns_for_a_signal);
    return 0;
}
