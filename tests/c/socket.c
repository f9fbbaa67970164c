/* Making, adopting, duplicating, detaching and connecting sockets. */
#include "pairs.h"

#include <netinet/in.h>

static void a_socket_knows_what_it_is(void)
{
    tabi_sock *sk = new_socket(AF_INET6, SOCK_DGRAM);
    CHECK_EQ(tabi_family(sk), AF_INET6);
    CHECK_EQ(tabi_type(sk), SOCK_DGRAM);
    CHECK_EQ(tabi_proto(sk), 0);
    CHECK(tabi_fileno(sk) >= 0);
    CHECK_EQ(tabi_getblocking(sk), 1);
    tabi_sock_free(sk);
}

static void a_family_that_the_system_lacks_is_refused(void)
{
    tabi_sock *sk;
    SOIL(sk);
    CHECK_CODE(tabi_socket(12345, SOCK_STREAM, 0, &sk), -EAFNOSUPPORT);
    CHECK_UNTOUCHED(sk);
}

static void free_of_null_does_nothing(void)
{
    tabi_sock_free(NULL);
}

static void a_descriptor_becomes_a_socket(void)
{
    tabi_sock *one, *other, *adopted;
    int fd;
    unix_pair(&one, &other);
    fd = (int)CHECK_OK(tabi_detach(one));
    CHECK_OK(tabi_socket_from_fd(fd, -1, -1, -1, &adopted));
    CHECK_EQ(tabi_fileno(adopted), fd);
    CHECK_EQ(tabi_family(adopted), tabi_family(other));
    CHECK_EQ(tabi_type(adopted), SOCK_STREAM);
    CHECK_EQ(tabi_send(adopted, "x", 1, 0), 1);
    tabi_sock_free(adopted);
    CHECK_CODE(tabi_fileno(one), TABI_ERR_CLOSED);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void the_system_knows_the_protocol_of_a_descriptor(void)
{
    tabi_sock *sk = tcp_listener(), *adopted;
    int fd = (int)CHECK_OK(tabi_detach(sk));
    CHECK_OK(tabi_socket_from_fd(fd, -1, -1, -1, &adopted));
    CHECK_EQ(tabi_family(adopted), AF_INET);
    CHECK_EQ(tabi_proto(adopted), IPPROTO_TCP);
    tabi_sock_free(adopted);
    tabi_sock_free(sk);
}

static void a_descriptor_that_is_not_a_socket_stays_the_callers(void)
{
    tabi_sock *sk;
    int pipes[2];
    CHECK_EQ(pipe(pipes), 0);
    SOIL(sk);
    CHECK_CODE(tabi_socket_from_fd(pipes[0], -1, -1, -1, &sk), -ENOTSOCK);
    CHECK_CODE(tabi_socket_from_fd(-1, -1, -1, -1, &sk), TABI_ERR_VALUE);
    CHECK_CODE(tabi_socket_from_fd(1 << 20, -1, -1, -1, &sk), -EBADF);
    CHECK_UNTOUCHED(sk);
    CHECK_EQ(close(pipes[0]), 0);
    CHECK_EQ(close(pipes[1]), 0);
}

static void a_pair_needs_a_family_that_has_pairs(void)
{
    tabi_sock *one, *other;
    SOIL(one);
    SOIL(other);
    CHECK_CODE(tabi_socketpair(AF_INET, SOCK_STREAM, 0, &one, &other), -EOPNOTSUPP);
    CHECK_CODE(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL, &other), TABI_ERR_NULL);
    CHECK_CODE(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, NULL), TABI_ERR_NULL);
    CHECK_UNTOUCHED(one);
    CHECK_UNTOUCHED(other);
}

static void a_duplicate_outlives_the_original(void)
{
    tabi_sock *one, *other, *copy;
    char byte = 0;
    double timeout = 0;
    unix_pair(&one, &other);
    CHECK_OK(tabi_settimeout(one, 5));
    CHECK_OK(tabi_dup(one, &copy));
    CHECK(tabi_fileno(copy) != tabi_fileno(one));
    CHECK_OK(tabi_gettimeout(copy, &timeout));
    CHECK(timeout == 5);
    CHECK_OK(tabi_close(one));
    CHECK_EQ(tabi_send(other, "y", 1, 0), 1);
    CHECK_EQ(tabi_recv(copy, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'y');
    tabi_sock_free(copy);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void bare_descriptors_are_duplicated_and_closed(void)
{
    tabi_sock *one, *other;
    int fd;
    unix_pair(&one, &other);
    fd = (int)CHECK_OK(tabi_dup_fd(tabi_fileno(one)));
    CHECK_OK(tabi_set_shared(one));
    CHECK(!is_inherited(fd));
    CHECK_OK(tabi_close_fd(fd));
    CHECK_CODE(tabi_close_fd(fd), -EBADF);
    CHECK_CODE(tabi_dup_fd(-1), -EBADF);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void closing_twice_is_allowed_and_every_later_call_reports_closed(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    tabi_sock *out;
    tabi_addr addr;
    SOIL(out);
    SOIL(addr);
    CHECK_OK(tabi_close(sk));
    CHECK_OK(tabi_close(sk));
    CHECK_CODE(tabi_fileno(sk), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_detach(sk), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_dup(sk, &out), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_bind(sk, "127.0.0.1", 0), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_listen(sk, 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_accept(sk, &out, &addr), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_connect(sk, "127.0.0.1", 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_shutdown(sk, SHUT_RDWR), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_getsockname(sk, &addr), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_getpeername(sk, &addr), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_settimeout(sk, 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_get_inheritable(sk), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_set_inheritable(sk, 1), TABI_ERR_CLOSED);
    CHECK_EQ(tabi_connect_ex(sk, "127.0.0.1", 1), EBADF);
    CHECK_UNTOUCHED(out);
    CHECK_UNTOUCHED(addr);
    CHECK_EQ(tabi_family(sk), AF_INET);
    tabi_sock_free(sk);
}

static void a_client_meets_a_server(void)
{
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM), *peer;
    tabi_addr own, seen, asked;
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    CHECK_OK(tabi_accept(listener, &peer, &seen));
    CHECK_OK(tabi_getsockname(client, &own));
    CHECK_OK(tabi_getpeername(peer, &asked));
    CHECK_EQ(tabi_addr_port(&seen), tabi_addr_port(&own));
    CHECK_EQ(tabi_addr_port(&asked), tabi_addr_port(&own));
    CHECK(!is_inherited(tabi_fileno(peer)));
    tabi_sock_free(peer);
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void accept_can_give_a_bare_descriptor(void)
{
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM);
    tabi_addr seen;
    int i;
    for (i = 0; i < 2; i++) {
        int fd;
        tabi_sock *again = new_socket(AF_INET, SOCK_STREAM);
        CHECK_OK(tabi_connect(again, "127.0.0.1", port_of(listener)));
        fd = (int)CHECK_OK(i == 0 ? tabi_accept_fd(listener, &seen) : tabi_accept_fd_until(listener, &seen, INT64_MAX));
        CHECK_EQ(tabi_addr_port(&seen), port_of(again));
        CHECK(!is_inherited(fd));
        CHECK_OK(tabi_close_fd(fd));
        tabi_sock_free(again);
    }
    SOIL(seen);
    CHECK_CODE(tabi_accept_fd_until(listener, &seen, 0), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_accept_fd(client, &seen), -EINVAL);
    CHECK_UNTOUCHED(seen);
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void an_accepted_bare_descriptor_blocks(void)
{
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM);
    int fd;
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    fd = (int)CHECK_OK(tabi_accept_fd(listener, NULL));
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    CHECK_OK(tabi_close_fd(fd));
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void addresses_serve_in_place_of_host_and_port(void)
{
    tabi_sock *listener = new_socket(AF_INET, SOCK_STREAM), *client = new_socket(AF_INET, SOCK_STREAM), *peer;
    tabi_addr any, addr;
    CHECK_OK(tabi_addr_from_host(AF_INET, "localhost", 0, &any));
    CHECK_OK(tabi_bind_addr(listener, &any));
    CHECK_OK(tabi_listen(listener, -1));
    CHECK_OK(tabi_getsockname(listener, &addr));
    CHECK_OK(tabi_connect_addr(client, &addr));
    CHECK_OK(tabi_accept(listener, &peer, NULL));
    tabi_sock_free(peer);
    tabi_sock_free(client);
    client = new_socket(AF_INET, SOCK_STREAM);
    CHECK_EQ(tabi_connect_ex_addr(client, &addr), 0);
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void unix_sockets_meet_at_a_path(void)
{
    tabi_sock *listener = new_socket(AF_UNIX, SOCK_STREAM), *client = new_socket(AF_UNIX, SOCK_STREAM), *peer;
    char directory[32], path[64];
    tabi_addr seen;
    snprintf(path, sizeof path, "%s/socket", make_directory(directory));
    CHECK_CODE(tabi_connect_unix(client, path), -ENOENT);
    CHECK_OK(tabi_bind_unix(listener, path));
    CHECK_CODE(tabi_connect_unix(client, path), -ECONNREFUSED);
    CHECK_OK(tabi_listen(listener, 1));
    CHECK_OK(tabi_connect_unix(client, path));
    CHECK_OK(tabi_accept(listener, &peer, &seen));
    CHECK_EQ(tabi_addr_unix(&seen, NULL, 0), 0);
    tabi_sock_free(peer);
    tabi_sock_free(client);
    client = new_socket(AF_UNIX, SOCK_STREAM);
    CHECK_CODE(tabi_bind_unix(client, path), -EADDRINUSE);
    tabi_sock_free(client);
    tabi_sock_free(listener);
    remove_directory(directory, path);
}

static void connect_ex_returns_the_errno(void)
{
    tabi_sock *refuser = refusing(), *client = new_socket(AF_INET, SOCK_STREAM);
    tabi_addr addr;
    CHECK_EQ(tabi_connect_ex(client, "127.0.0.1", port_of(refuser)), ECONNREFUSED);
    tabi_sock_free(client);
    client = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_getsockname(refuser, &addr));
    CHECK_EQ(tabi_connect_ex_addr(client, &addr), ECONNREFUSED);
    tabi_sock_free(client);
    tabi_sock_free(refuser);
}

static void a_connect_that_is_under_way_can_be_finished(void)
{
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_setblocking(client, 0));
    CHECK_CODE(tabi_connect(client, "127.0.0.1", port_of(listener)), -EINPROGRESS);
    CHECK_OK(tabi_finish_connect_until(client, INT64_MAX));
    tabi_sock_free(client);
    tabi_sock_free(listener);
}

static void a_connect_that_was_refused_says_so_once(void)
{
    tabi_sock *refuser = refusing(), *client = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_setblocking(client, 0));
    CHECK_EQ(tabi_connect_ex(client, "127.0.0.1", port_of(refuser)), EINPROGRESS);
    CHECK_CODE(tabi_finish_connect_until(client, INT64_MAX), -ECONNREFUSED);
    CHECK_CODE(tabi_finish_connect_until(client, INT64_MAX), -ENOTCONN);
    tabi_sock_free(client);
    tabi_sock_free(refuser);
}

static void shutdown_ends_a_direction(void)
{
    tabi_sock *one, *other, *alone = new_socket(AF_INET, SOCK_STREAM);
    char byte;
    unix_pair(&one, &other);
    CHECK_OK(tabi_shutdown(one, SHUT_WR));
    CHECK_EQ(tabi_recv(other, &byte, 1, 0), 0);
    CHECK_EQ(tabi_send(other, "z", 1, 0), 1);
    CHECK_EQ(tabi_recv(one, &byte, 1, 0), 1);
    CHECK_CODE(tabi_shutdown(one, 77), -EINVAL);
    CHECK_CODE(tabi_shutdown(alone, SHUT_WR), -ENOTCONN);
    tabi_sock_free(alone);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void names_come_from_the_system(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    tabi_addr addr;
    char host[46];
    SOIL(addr);
    CHECK_CODE(tabi_getpeername(sk, &addr), -ENOTCONN);
    CHECK_UNTOUCHED(addr);
    CHECK_OK(tabi_bind(sk, "", 0));
    CHECK_OK(tabi_getsockname(sk, &addr));
    CHECK_EQ(tabi_addr_host(&addr, host, sizeof host), 7);
    CHECK_STR(host, "0.0.0.0");
    tabi_sock_free(sk);
}

static void inheritance_is_a_choice(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_EQ(tabi_get_inheritable(sk), 0);
    CHECK_OK(tabi_set_inheritable(sk, 1));
    CHECK_EQ(tabi_get_inheritable(sk), 1);
    CHECK(is_inherited(tabi_fileno(sk)));
    CHECK_OK(tabi_set_inheritable(sk, 0));
    CHECK_EQ(tabi_get_inheritable(sk), 0);
    CHECK(!is_inherited(tabi_fileno(sk)));
    tabi_sock_free(sk);
}

static void the_text_of_a_socket_is_pythons(void)
{
    tabi_sock *sk = bound(SOCK_STREAM);
    char text[160], expected[160], small[8];
    snprintf(expected, sizeof expected, "<socket fd=%lld, family=%d, type=%d, proto=0, laddr=('127.0.0.1', %d)>",
             (long long)tabi_fileno(sk), AF_INET, SOCK_STREAM, port_of(sk));
    CHECK_EQ(tabi_repr(sk, text, sizeof text), strlen(expected));
    CHECK_STR(text, expected);
    SOIL(small);
    CHECK_CODE(tabi_repr(sk, small, sizeof small), TABI_ERR_TOO_SMALL);
    CHECK_UNTOUCHED(small);
    CHECK_OK(tabi_close(sk));
    CHECK_OK(tabi_repr(sk, text, sizeof text));
    CHECK_CONTAINS(text, "<socket [closed] fd=-1");
    tabi_sock_free(sk);
}

int main(void)
{
    RUN(a_socket_knows_what_it_is);
    RUN(a_family_that_the_system_lacks_is_refused);
    RUN(free_of_null_does_nothing);
    RUN(a_descriptor_becomes_a_socket);
    RUN(the_system_knows_the_protocol_of_a_descriptor);
    RUN(a_descriptor_that_is_not_a_socket_stays_the_callers);
    RUN(a_pair_needs_a_family_that_has_pairs);
    RUN(a_duplicate_outlives_the_original);
    RUN(bare_descriptors_are_duplicated_and_closed);
    RUN(closing_twice_is_allowed_and_every_later_call_reports_closed);
    RUN(a_client_meets_a_server);
    RUN(accept_can_give_a_bare_descriptor);
    RUN(an_accepted_bare_descriptor_blocks);
    RUN(addresses_serve_in_place_of_host_and_port);
    RUN(unix_sockets_meet_at_a_path);
    RUN(connect_ex_returns_the_errno);
    RUN(a_connect_that_is_under_way_can_be_finished);
    RUN(a_connect_that_was_refused_says_so_once);
    RUN(shutdown_ends_a_direction);
    RUN(names_come_from_the_system);
    RUN(inheritance_is_a_choice);
    RUN(the_text_of_a_socket_is_pythons);
    return 0;
}
