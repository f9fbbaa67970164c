/* tabi_create_connection, tabi_create_server, tabi_socketpair and tabi_recv_exactly. */
#include "check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int port_of(tabi_sock *sk)
{
    tabi_addr address;
    CHECK_OK(tabi_getsockname(sk, &address));
    return (int)CHECK_OK(tabi_addr_port(&address));
}

static void connections(void)
{
    tabi_sock *server, *client, *peer;
    tabi_addr address;
    char host[46];
    double timeout;
    int port;

    CHECK_OK(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &server));
    port = port_of(server);
    CHECK_OK(tabi_create_connection("localhost", port, 30, NULL, 0, &client));
    CHECK_OK(tabi_gettimeout(client, &timeout));
    CHECK(timeout == 30);
    CHECK_OK(tabi_accept(server, &peer, NULL));
    tabi_sock_free(peer);
    tabi_sock_free(client);

    CHECK_OK(tabi_create_connection("127.0.0.1", port, TABI_NO_TIMEOUT, "127.0.0.7", 0, &client));
    CHECK_OK(tabi_accept(server, &peer, &address));
    CHECK_OK(tabi_addr_host(&address, host, sizeof host));
    CHECK_STR(host, "127.0.0.7");
    tabi_sock_free(peer);
    tabi_sock_free(client);
    tabi_sock_free(server);
}

static void connections_that_fail(void)
{
    tabi_sock *held, *out = NULL;
    int port;

    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &held));
    CHECK_OK(tabi_bind(held, "127.0.0.1", 0));
    port = port_of(held);
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, NULL, 0, &out), -ECONNREFUSED);
    CHECK_CONTAINS(tabi_last_error_message(), "('127.0.0.1', ");
    CHECK_CONTAINS(tabi_last_error_message(), "Connection refused");
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, "192.0.2.1", 0, &out), -EADDRNOTAVAIL);
#ifndef _WIN32
    /* Wine has an error without a name for this. */
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, "::1", 0, &out), TABI_GAI_ADDRFAMILY);
    CHECK_CONTAINS(tabi_last_error_message(), "('::1', 0): ");
#endif
    CHECK_CODE(tabi_create_connection("127.0.0.1", 65536, 30, NULL, 0, &out), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, NULL, -1, &out), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, -1, NULL, 0, &out), TABI_ERR_VALUE);
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, "\xff", 0, &out), TABI_ERR_VALUE);
    CHECK_CODE(tabi_create_connection(NULL, port, 30, NULL, 0, &out), TABI_ERR_NULL);
    CHECK_CODE(tabi_create_connection("127.0.0.1", port, 30, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK(tabi_create_connection("no such host", 80, 30, NULL, 0, &out) <= TABI_GAI_ADDRFAMILY);
    CHECK_CONTAINS(tabi_last_error_message(), "('no such host', 80): ");
    CHECK(out == NULL);
    tabi_sock_free(held);
}

/* Whether it would wait or not, and whatever the host. */
static void a_connection_under_a_triggered_token_is_not_begun(void)
{
    static const double timeouts[] = {0, 30, HUGE_VAL};
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    tabi_sock *server, *out = NULL;
    tabi_cancel *token;
    size_t i;

    CHECK_OK(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &server));
    CHECK_OK(tabi_setblocking(server, 0));
    CHECK_OK(tabi_cancel_new(TABI_NO_TIMEOUT, &token));
    CHECK_OK(tabi_cancel_trigger(token));
    CHECK_OK(tabi_cancel_enter(token));
    for (i = 0; i < 6; i++)
        CHECK_CODE(tabi_create_connection(hosts[i / 3], port_of(server), timeouts[i % 3], NULL, 0, &out), TABI_ERR_CANCELLED);
    CHECK_OK(tabi_cancel_leave(token));
    CHECK_CODE(tabi_accept(server, &out, NULL), -EAGAIN);
    CHECK(out == NULL);
    tabi_cancel_free(token);
    tabi_sock_free(server);
}

struct failures {
    int count;
    int code;
    char where[64];
};

static void count_failure(const tabi_addr *addr, int code, const char *message, void *userdata)
{
    struct failures *failures = userdata;
    failures->count++;
    failures->code = code;
    CHECK(message[0] != 0);
    if (addr == NULL)
        strcpy(failures->where, "none");
    else
        CHECK_OK(tabi_addr_text(addr, failures->where, sizeof failures->where));
}

static void settings_of_a_connection(void)
{
    struct failures failures = {0, 0, ""};
    tabi_connection_options options;
    tabi_sock *server, *client = NULL;
    char expected[64];
    double timeout;
    int port;

    CHECK_CODE(tabi_connection_options_init(&options, sizeof options.struct_size), TABI_ERR_VALUE);
    CHECK_CODE(tabi_connection_options_init(NULL, sizeof options), TABI_ERR_NULL);
    CHECK_OK(tabi_connection_options_init(&options, sizeof options));
    options.timeout = 60;
    options.source_host = "127.0.0.7";
    options.attempt_failed = count_failure;
    options.userdata = &failures;
    CHECK_OK(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &server));
    port = port_of(server);
    CHECK_OK(tabi_create_connection_with("localhost", port, &options, &client));
    CHECK_OK(tabi_gettimeout(client, &timeout));
    CHECK(timeout == 60 && failures.count == 0);
    tabi_sock_free(client);
    tabi_sock_free(server);

    client = NULL;
    CHECK_CODE(tabi_create_connection_with("127.0.0.1", port, &options, &client), -ECONNREFUSED);
    CHECK_EQ(failures.count, 1);
    CHECK_EQ(failures.code, -ECONNREFUSED);
    snprintf(expected, sizeof expected, "('127.0.0.1', %d)", port);
    CHECK_STR(failures.where, expected);
    CHECK(tabi_create_connection_with("no such host", port, &options, &client) <= TABI_GAI_ADDRFAMILY);
    CHECK_EQ(failures.count, 2);
    CHECK_STR(failures.where, "none");

    options.attempt_delay = 0.001;
    CHECK_CODE(tabi_create_connection_with("127.0.0.1", port, &options, &client), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "attempt_delay must be 10 ms or more");
    options.attempt_delay = TABI_NO_TIMEOUT;
    options.first_family_count = 0;
    CHECK_CODE(tabi_create_connection_with("127.0.0.1", port, &options, &client), TABI_ERR_VALUE);
    options.first_family_count = 2;
    options.resolution_delay = -1;
    CHECK_CODE(tabi_create_connection_with("127.0.0.1", port, &options, &client), TABI_ERR_VALUE);
    CHECK(client == NULL);
}

static void servers(void)
{
    tabi_sock *one, *other, *out = NULL;
    tabi_addr address;
    int port;

    CHECK_OK(tabi_create_server(AF_INET, "", 0, 5, TABI_REUSE_PORT, &one));
    port = port_of(one);
    CHECK_OK(tabi_create_server(AF_INET, "", port, 5, TABI_REUSE_PORT, &other));
    CHECK_CODE(tabi_create_server(AF_INET, "", port, 5, 0, &out), -EADDRINUSE);
    CHECK_CODE(tabi_create_server(AF_INET, "", 0, 5, TABI_DUALSTACK_IPV6, &out), TABI_ERR_VALUE);
    CHECK_CODE(tabi_create_server(AF_INET, "", 0, 5, 4, &out), TABI_ERR_VALUE);
    CHECK_CODE(tabi_create_server(AF_INET, "", -1, 5, 0, &out), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_create_server(AF_UNIX, "", 0, 5, 0, &out), TABI_ERR_TYPE);
    CHECK_CODE(tabi_create_server(AF_INET, NULL, 0, 5, 0, &out), TABI_ERR_NULL);
    CHECK_CODE(tabi_create_server(AF_INET, "", 0, 5, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_create_server_addr(NULL, 5, 0, &out), TABI_ERR_NULL);
    tabi_sock_free(one);
    tabi_sock_free(other);
    CHECK_OK(tabi_addr_from_unix("", 0, &address));
    CHECK_OK(tabi_create_server_addr(&address, TABI_BACKLOG, 0, &one));
    CHECK_EQ(tabi_family(one), AF_UNIX);
    tabi_sock_free(one);
    if (tabi_has_dualstack_ipv6()) {
        CHECK_OK(tabi_create_server(AF_INET6, "", 0, 5, TABI_DUALSTACK_IPV6, &one));
        CHECK_OK(tabi_create_connection("127.0.0.1", port_of(one), 30, NULL, 0, &other));
        tabi_sock_free(other);
        CHECK_OK(tabi_create_connection("::1", port_of(one), 30, NULL, 0, &other));
        tabi_sock_free(other);
        tabi_sock_free(one);
    }
    CHECK(out == NULL);
}

static void pairs_and_duplicates(void)
{
    tabi_sock *one, *other, *copy = NULL;
    char byte;

    CHECK_OK(tabi_socketpair_any(AF_INET, SOCK_STREAM, 0, &one, &other));
    CHECK_EQ(tabi_send(one, "x", 1, 0), 1);
    CHECK_EQ(tabi_recv(other, &byte, 1, 0), 1);
    CHECK_OK(tabi_fromfd(tabi_fileno(other), -1, -1, -1, &copy));
    CHECK_EQ(tabi_family(copy), AF_INET);
    CHECK_OK(tabi_close(copy));
    CHECK_EQ(tabi_send(one, "y", 1, 0), 1);
    CHECK_EQ(tabi_recv(other, &byte, 1, 0), 1);
    tabi_sock_free(copy);
    tabi_sock_free(one);
    tabi_sock_free(other);
    copy = NULL;
    CHECK_CODE(tabi_fromfd(1 << 20, -1, -1, -1, &copy), -EBADF);
    CHECK_CODE(tabi_fromfd(-1, -1, -1, -1, &copy), -EBADF);
    CHECK_CODE(tabi_fromfd(0, -1, -1, -1, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_socketpair_any(AF_INET, SOCK_STREAM, 0, NULL, &other), TABI_ERR_NULL);
    CHECK_CODE(tabi_socketpair_any(AF_INET, SOCK_STREAM, 0, &one, NULL), TABI_ERR_NULL);
    CHECK(tabi_socketpair_any(-5, SOCK_STREAM, 0, &one, &other) < 0);
    CHECK(copy == NULL);
}

static void exact_receives(void)
{
    tabi_sock *one, *other;
    char bytes[8];
    size_t received = 99;

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_OK(tabi_sendall(one, "abcdefghij", 10, 0, NULL));
    CHECK_EQ(tabi_recv_exactly(other, bytes, 8, 0, NULL), 8);
    CHECK(memcmp(bytes, "abcdefgh", 8) == 0);
    CHECK_CODE(tabi_recv_exactly_until(other, bytes, 8, 0, &received, 0), TABI_ERR_TIMEOUT);
    CHECK_EQ(received, 2);
    CHECK(memcmp(bytes, "ij", 2) == 0);
    CHECK_CODE(tabi_recv_exactly(other, NULL, 8, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recv_exactly(NULL, bytes, 8, 0, NULL), TABI_ERR_NULL);
    CHECK_OK(tabi_sendall(one, "end", 3, 0, NULL));
    tabi_sock_free(one);
    CHECK_EQ(tabi_recv_exactly(other, bytes, 8, 0, &received), 3);
    CHECK_EQ(received, 3);
    CHECK_EQ(tabi_recv_exactly(other, bytes, 8, 0, &received), 0);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(connections);
    RUN(connections_that_fail);
    RUN(a_connection_under_a_triggered_token_is_not_begun);
    RUN(settings_of_a_connection);
    RUN(servers);
    RUN(pairs_and_duplicates);
    RUN(exact_receives);
    return 0;
}
