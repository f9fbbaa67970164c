/* Servers for a host name, with both versions of IP or with one. */
#include "pairs.h"

#include <netinet/in.h>
#include <pthread.h>

static int greet(tabi_request *request, void *userdata)
{
    (void)userdata;
    return (int)tabi_request_printf(request, "hello");
}

static void *serve(void *server)
{
    CHECK_OK(tabi_server_serve_forever(server, 0.5));
    return NULL;
}

static int family_at(tabi_server *server, size_t index)
{
    tabi_sock *sk = tabi_server_sock_at(server, index);
    return sk == NULL ? AF_UNSPEC : (int)CHECK_OK(tabi_family(sk));
}

/* Whether the server greets a client that connects to this host at the server's port. */
static int greets(tabi_server *server, const char *host)
{
    char text[8] = "";
    tabi_addr address;
    tabi_sock *client = NULL;
    CHECK_OK(tabi_server_address(server, &address));
    if (tabi_create_connection(host, (int)CHECK_OK(tabi_addr_port(&address)), 60, NULL, 0, &client) < 0)
        return 0;
    CHECK_EQ(tabi_recv_exactly(client, text, 5, 0, NULL), 5);
    CHECK_STR(text, "hello");
    tabi_sock_free(client);
    return 1;
}

static int have_ipv6(void)
{
    tabi_sock *sk = NULL;
    int have = tabi_socket(AF_INET6, SOCK_STREAM, 0, &sk) == 0 && tabi_bind(sk, "::1", 0) == 0;
    tabi_sock_free(sk);
    return have;
}

static void the_empty_host_is_both_versions(void)
{
    tabi_server *server = NULL;
    pthread_t thread;
    int both = have_ipv6();
    CHECK_OK(tabi_threading_tcp_server("", 0, greet, NULL, &server));
    CHECK_EQ(pthread_create(&thread, NULL, serve, server), 0);
    CHECK_EQ(family_at(server, 0), AF_INET);
    CHECK_EQ(family_at(server, 1), both ? AF_INET6 : AF_UNSPEC);
    CHECK_EQ(family_at(server, 2), AF_UNSPEC);
    CHECK(tabi_server_sock_at(server, 0) == tabi_server_sock(server));
    CHECK(tabi_server_sock_at(NULL, 0) == NULL);
    CHECK(greets(server, "127.0.0.1"));
    CHECK_EQ(greets(server, "::1"), both);
    CHECK_OK(tabi_server_shutdown(server));
    pthread_join(thread, NULL);
    tabi_server_free(server);
}

static void options_choose_the_version(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr any;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK_OK(tabi_server_from_host(&options, "localhost", 0, greet, NULL, &server));
    CHECK_EQ(family_at(server, 0), AF_INET);
    CHECK_EQ(family_at(server, 1), AF_UNSPEC);
    tabi_server_free(server);

    options.address_family = AF_UNSPEC;
    CHECK_OK(tabi_server_from_host(&options, "127.0.0.1", 0, greet, NULL, &server));
    CHECK_EQ(family_at(server, 0), AF_INET);
    CHECK_EQ(family_at(server, 1), AF_UNSPEC);
    tabi_server_free(server);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, greet, NULL, &server));
    CHECK_EQ(family_at(server, 0), AF_INET);
    tabi_server_free(server);

    if (have_ipv6()) {
        int only = -1;
        options.address_family = AF_INET6;
        options.dualstack_ipv6 = 0;
        CHECK_OK(tabi_server_from_host(&options, "", 0, greet, NULL, &server));
        CHECK_EQ(family_at(server, 0), AF_INET6);
        CHECK_EQ(family_at(server, 1), AF_UNSPEC);
        CHECK_OK(tabi_getsockopt(tabi_server_sock(server), IPPROTO_IPV6, IPV6_V6ONLY, &only));
        CHECK_EQ(only, 1);
        tabi_server_free(server);
    }
}

static void bad_hosts(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK_CODE(tabi_server_from_host(NULL, "", 0, greet, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_from_host(&options, NULL, 0, greet, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_from_host(&options, "", 0, NULL, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_from_host(&options, "", 0, greet, NULL, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_from_host(&options, "", 70000, greet, NULL, &server), TABI_ERR_OVERFLOW);
    CHECK_STR(tabi_last_error_message(), "port must be 0-65535, got 70000");
    options.address_family = AF_UNSPEC;
    options.dualstack_ipv6 = 1;
    CHECK_CODE(tabi_server_from_host(&options, "", 0, greet, NULL, &server), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "dualstack_ipv6 is for AF_INET6");
    options.dualstack_ipv6 = -1;
    /* An address that is kept for documentation, so no machine has it. */
    CHECK_CODE(tabi_server_from_host(&options, "192.0.2.1", 0, greet, NULL, &server), -EADDRNOTAVAIL);
    CHECK(server == NULL);
}

int main(void)
{
    RUN(the_empty_host_is_both_versions);
    RUN(options_choose_the_version);
    RUN(bad_hosts);
    return 0;
}
