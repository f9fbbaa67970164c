/* Timeouts of sockets: blocking, non-blocking, and with a timeout. */
#include "pairs.h"

static double timeout_of(tabi_sock *sk)
{
    double seconds = -1;
    CHECK_OK(tabi_gettimeout(sk, &seconds));
    return seconds;
}

static void a_new_socket_blocks(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK(timeout_of(sk) == TABI_NO_TIMEOUT);
    CHECK_EQ(tabi_getblocking(sk), 1);
    tabi_sock_free(sk);
}

static void timeouts_are_seconds(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_settimeout(sk, 2.5));
    CHECK(timeout_of(sk) == 2.5);
    CHECK_EQ(tabi_getblocking(sk), 1);
    CHECK_OK(tabi_settimeout(sk, TABI_NO_TIMEOUT));
    CHECK(timeout_of(sk) == TABI_NO_TIMEOUT);
    CHECK_OK(tabi_settimeout(sk, 0));
    CHECK(timeout_of(sk) == 0);
    CHECK_EQ(tabi_getblocking(sk), 0);
    tabi_sock_free(sk);
}

static void setblocking_is_a_timeout_too(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_setblocking(sk, 0));
    CHECK(timeout_of(sk) == 0);
    CHECK_OK(tabi_setblocking(sk, 1));
    CHECK(timeout_of(sk) == TABI_NO_TIMEOUT);
    tabi_sock_free(sk);
}

static void negative_and_nan_timeouts_change_nothing(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_settimeout(sk, 3));
    CHECK_CODE(tabi_settimeout(sk, -1), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "timeout must be 0 seconds or more, got -1");
    CHECK_CODE(tabi_settimeout(sk, (double)NAN), TABI_ERR_VALUE);
    CHECK_CODE(tabi_settimeout(sk, -TABI_NO_TIMEOUT), TABI_ERR_VALUE);
    CHECK_CODE(tabi_settimeout(sk, 1e10), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_setdefaulttimeout(-0.5), TABI_ERR_VALUE);
    CHECK_CODE(tabi_setdefaulttimeout((double)NAN), TABI_ERR_VALUE);
    CHECK(timeout_of(sk) == 3);
    CHECK(tabi_getdefaulttimeout() == TABI_NO_TIMEOUT);
    tabi_sock_free(sk);
}

static void every_call_keeps_the_timeout(void)
{
    tabi_sock *listener = tcp_listener(), *server = bound(SOCK_DGRAM), *one, *other, *out;
    tabi_addr addr;
    char byte;
    unix_pair(&one, &other);
    SOIL(out);
    SOIL(addr);
    SOIL(byte);
    CHECK_OK(tabi_settimeout(listener, 0.01));
    CHECK_OK(tabi_settimeout(server, 0.01));
    CHECK_OK(tabi_settimeout(one, 0.01));
    CHECK_CODE(tabi_accept(listener, &out, &addr), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_accept_fd(listener, &addr), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_recvfrom(server, &byte, 1, 0, &addr), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_TIMEOUT);
    CHECK_STR(tabi_last_error_message(), "timed out");
    CHECK_UNTOUCHED(out);
    CHECK_UNTOUCHED(addr);
    CHECK_UNTOUCHED(byte);
    tabi_sock_free(one);
    tabi_sock_free(other);
    tabi_sock_free(server);
    tabi_sock_free(listener);
}

static void a_non_blocking_call_that_would_wait_is_eagain(void)
{
    tabi_sock *listener = tcp_listener(), *one, *other, *out;
    char byte;
    unix_pair(&one, &other);
    SOIL(out);
    CHECK_OK(tabi_setblocking(listener, 0));
    CHECK_OK(tabi_setblocking(one, 0));
    CHECK_CODE(tabi_accept(listener, &out, NULL), -EAGAIN);
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), -EAGAIN);
    CHECK_UNTOUCHED(out);
    tabi_sock_free(one);
    tabi_sock_free(other);
    tabi_sock_free(listener);
}

static void a_default_timeout_is_for_new_sockets(void)
{
    tabi_sock *listener = tcp_listener(), *client, *peer;
    CHECK_OK(tabi_setdefaulttimeout(7));
    CHECK(tabi_getdefaulttimeout() == 7);
    client = new_socket(AF_INET, SOCK_STREAM);
    CHECK(timeout_of(client) == 7);
    CHECK(timeout_of(listener) == TABI_NO_TIMEOUT);
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    CHECK_OK(tabi_accept(listener, &peer, NULL));
    CHECK(timeout_of(peer) == 7);
    CHECK_OK(tabi_setdefaulttimeout(TABI_NO_TIMEOUT));
    tabi_sock_free(peer);
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void an_accepted_socket_does_not_inherit_the_listeners_timeout(void)
{
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM), *peer;
    CHECK_OK(tabi_settimeout(listener, 30));
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    CHECK_OK(tabi_accept(listener, &peer, NULL));
    CHECK(timeout_of(peer) == TABI_NO_TIMEOUT);
    tabi_sock_free(peer);
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

int main(void)
{
    RUN(a_new_socket_blocks);
    RUN(timeouts_are_seconds);
    RUN(setblocking_is_a_timeout_too);
    RUN(negative_and_nan_timeouts_change_nothing);
    RUN(every_call_keeps_the_timeout);
    RUN(a_non_blocking_call_that_would_wait_is_eagain);
    RUN(a_default_timeout_is_for_new_sockets);
    RUN(an_accepted_socket_does_not_inherit_the_listeners_timeout);
    return 0;
}
