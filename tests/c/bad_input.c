/* Wrong arguments: NULL, closed and unconnected sockets, bad ports, hosts, paths and lengths. */
#include "pairs.h"

#define IS_NULL(call) CHECK_CODE(call, TABI_ERR_NULL)

static void a_null_handle_is_an_error_everywhere(void)
{
    tabi_sock *out, *sk = NULL;
    tabi_addr addr;
    char byte;
    int value;
    double seconds;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &addr));
    SOIL(out);
    SOIL(byte);
    SOIL(value);
    SOIL(seconds);
    IS_NULL(tabi_recv(sk, &byte, 1, 0));
    CHECK_STR(tabi_last_error_message(), "sk must not be NULL");
    IS_NULL(tabi_recv_until(sk, &byte, 1, 0, 0));
    IS_NULL(tabi_recvfrom(sk, &byte, 1, 0, NULL));
    IS_NULL(tabi_recvfrom_until(sk, &byte, 1, 0, NULL, 0));
    IS_NULL(tabi_send(sk, "x", 1, 0));
    IS_NULL(tabi_send_until(sk, "x", 1, 0, 0));
    IS_NULL(tabi_sendall(sk, "x", 1, 0, NULL));
    IS_NULL(tabi_sendall_until(sk, "x", 1, 0, NULL, 0));
    IS_NULL(tabi_sendto(sk, "x", 1, 0, "127.0.0.1", 1));
    IS_NULL(tabi_sendto_addr(sk, "x", 1, 0, &addr));
    IS_NULL(tabi_sendto_addr_until(sk, "x", 1, 0, &addr, 0));
    IS_NULL(tabi_try_recv(sk, &byte, 1));
    IS_NULL(tabi_try_recvfrom(sk, &byte, 1, NULL));
    IS_NULL(tabi_try_send(sk, "x", 1));
    IS_NULL(tabi_try_sendto_addr(sk, "x", 1, &addr));
    IS_NULL(tabi_wait_until(sk, TABI_READ, 0));
    IS_NULL(tabi_set_interruptible(sk, 1));
    IS_NULL(tabi_settimeout(sk, 1));
    IS_NULL(tabi_gettimeout(sk, &seconds));
    IS_NULL(tabi_setblocking(sk, 1));
    IS_NULL(tabi_getblocking(sk));
    IS_NULL(tabi_getsockopt(sk, SOL_SOCKET, SO_TYPE, &value));
    IS_NULL(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_TYPE, &byte, 1));
    IS_NULL(tabi_setsockopt(sk, SOL_SOCKET, SO_REUSEADDR, 1));
    IS_NULL(tabi_setsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, "x", 1));
    IS_NULL(tabi_setsockopt_null(sk, SOL_SOCKET, SO_REUSEADDR, 0));
    IS_NULL(tabi_dup(sk, &out));
    IS_NULL(tabi_set_shared(sk));
    IS_NULL(tabi_close(sk));
    IS_NULL(tabi_detach(sk));
    IS_NULL(tabi_fileno(sk));
    IS_NULL(tabi_family(sk));
    IS_NULL(tabi_type(sk));
    IS_NULL(tabi_proto(sk));
    IS_NULL(tabi_repr(sk, &byte, 1));
    IS_NULL(tabi_bind(sk, "127.0.0.1", 0));
    IS_NULL(tabi_bind_unix(sk, "/tmp/x"));
    IS_NULL(tabi_bind_addr(sk, &addr));
    IS_NULL(tabi_listen(sk, 1));
    IS_NULL(tabi_accept(sk, &out, NULL));
    IS_NULL(tabi_accept_fd(sk, NULL));
    IS_NULL(tabi_accept_fd_until(sk, NULL, 0));
    IS_NULL(tabi_connect(sk, "127.0.0.1", 1));
    IS_NULL(tabi_connect_unix(sk, "/tmp/x"));
    IS_NULL(tabi_connect_addr(sk, &addr));
    IS_NULL(tabi_connect_ex(sk, "127.0.0.1", 1));
    IS_NULL(tabi_connect_ex_addr(sk, &addr));
    IS_NULL(tabi_finish_connect_until(sk, 0));
    IS_NULL(tabi_shutdown(sk, SHUT_WR));
    IS_NULL(tabi_getsockname(sk, &addr));
    IS_NULL(tabi_getpeername(sk, &addr));
    IS_NULL(tabi_get_inheritable(sk));
    IS_NULL(tabi_set_inheritable(sk, 1));
    tabi_sock_free(sk);
    CHECK_UNTOUCHED(out);
    CHECK_UNTOUCHED(byte);
    CHECK_UNTOUCHED(value);
    CHECK_UNTOUCHED(seconds);
}

static void a_null_argument_is_an_error_and_names_itself(void)
{
    tabi_sock *sk = bound(SOCK_DGRAM), *one, *other;
    tabi_addr addr;
    unix_pair(&one, &other);
    SOIL(addr);
    IS_NULL(tabi_socket(AF_INET, SOCK_STREAM, 0, NULL));
    IS_NULL(tabi_socket_from_fd(tabi_fileno(sk), -1, -1, -1, NULL));
    IS_NULL(tabi_dup(sk, NULL));
    IS_NULL(tabi_accept(sk, NULL, &addr));
    CHECK_STR(tabi_last_error_message(), "out must not be NULL");
    IS_NULL(tabi_bind(sk, NULL, 0));
    CHECK_STR(tabi_last_error_message(), "host must not be NULL");
    IS_NULL(tabi_connect(sk, NULL, 1));
    IS_NULL(tabi_connect_ex(sk, NULL, 1));
    IS_NULL(tabi_sendto(sk, "x", 1, 0, NULL, 1));
    IS_NULL(tabi_addr_from_host(AF_INET, NULL, 1, &addr));
    IS_NULL(tabi_addr_from_host6(AF_INET6, NULL, 1, 0, 0, &addr));
    IS_NULL(tabi_bind_unix(one, NULL));
    CHECK_STR(tabi_last_error_message(), "path must not be NULL");
    IS_NULL(tabi_connect_unix(one, NULL));
    IS_NULL(tabi_addr_from_unix(NULL, 3, &addr));
    IS_NULL(tabi_bind_addr(sk, NULL));
    IS_NULL(tabi_connect_addr(sk, NULL));
    IS_NULL(tabi_connect_ex_addr(sk, NULL));
    IS_NULL(tabi_sendto_addr(sk, "x", 1, 0, NULL));
    IS_NULL(tabi_sendto_addr_until(sk, "x", 1, 0, NULL, 0));
    IS_NULL(tabi_getsockname(sk, NULL));
    IS_NULL(tabi_getpeername(one, NULL));
    IS_NULL(tabi_gettimeout(sk, NULL));
    IS_NULL(tabi_getsockopt(sk, SOL_SOCKET, SO_TYPE, NULL));
    IS_NULL(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_TYPE, NULL, 4));
    IS_NULL(tabi_setsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, NULL, 4));
    IS_NULL(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, NULL));
    IS_NULL(tabi_addr_from_unix("/x", 2, NULL));
    IS_NULL(tabi_addr_family(NULL));
    IS_NULL(tabi_addr_port(NULL));
    IS_NULL(tabi_addr_host(NULL, NULL, 0));
    IS_NULL(tabi_addr_scope(NULL, NULL, NULL));
    IS_NULL(tabi_addr_unix(NULL, NULL, 0));
    IS_NULL(tabi_addr_text(NULL, NULL, 0));
    CHECK_UNTOUCHED(addr);
    tabi_sock_free(one);
    tabi_sock_free(other);
    tabi_sock_free(sk);
}

static void a_buffer_is_null_only_when_it_is_empty(void)
{
    tabi_sock *one, *other;
    size_t sent;
    unix_pair(&one, &other);
    IS_NULL(tabi_recv(one, NULL, 1, 0));
    IS_NULL(tabi_recvfrom(one, NULL, 1, 0, NULL));
    IS_NULL(tabi_send(one, NULL, 1, 0));
    IS_NULL(tabi_sendall(one, NULL, 1, 0, NULL));
    IS_NULL(tabi_repr(one, NULL, 4));
    CHECK_EQ(tabi_recv(one, NULL, 0, 0), 0);
    CHECK_EQ(tabi_send(one, NULL, 0, 0), 0);
    CHECK_EQ(tabi_sendall(one, NULL, 0, 0, &sent), 0);
    CHECK_EQ(sent, 0);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

/* A program may read the number of bytes after any failure. */
static void bad_input_moves_no_bytes_and_says_so(void)
{
    tabi_sock *one, *other;
    size_t moved;
    char byte;
    unix_pair(&one, &other);
#define MOVES_NONE(call, code)      \
    do {                            \
        SOIL(moved);                \
        CHECK_CODE((call), (code)); \
        CHECK_EQ(moved, 0);         \
    } while (0)
    MOVES_NONE(tabi_sendall(NULL, "x", 1, 0, &moved), TABI_ERR_NULL);
    MOVES_NONE(tabi_sendall(one, NULL, 1, 0, &moved), TABI_ERR_NULL);
    MOVES_NONE(tabi_sendall(one, "x", (size_t)-1, 0, &moved), TABI_ERR_OVERFLOW);
    MOVES_NONE(tabi_sendall_until(NULL, "x", 1, 0, &moved, 0), TABI_ERR_NULL);
    MOVES_NONE(tabi_recv_exactly(NULL, &byte, 1, 0, &moved), TABI_ERR_NULL);
    MOVES_NONE(tabi_recv_exactly(one, NULL, 1, 0, &moved), TABI_ERR_NULL);
    MOVES_NONE(tabi_recv_exactly_until(one, &byte, (size_t)-1, 0, &moved, 0), TABI_ERR_OVERFLOW);
    MOVES_NONE(tabi_sendfile(NULL, 0, 0, -1, &moved), TABI_ERR_NULL);
    MOVES_NONE(tabi_sendfile(one, -1, 0, -1, &moved), TABI_ERR_VALUE);
    MOVES_NONE(tabi_sendfile(one, 0, -1, -1, &moved), TABI_ERR_VALUE);
    MOVES_NONE(tabi_sendfile_until(one, 0, 0, 0, &moved, 0), TABI_ERR_VALUE);
    /* Looking at the same byte again and again would fill the buffer with it. */
    CHECK_EQ(tabi_send(other, "x", 1, 0), 1);
    MOVES_NONE(tabi_recv_exactly(one, &byte, 1, MSG_PEEK, &moved), TABI_ERR_VALUE);
#undef MOVES_NONE
    CHECK_EQ(tabi_recv(one, &byte, 1, 0), 1);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void an_absurd_length_is_refused(void)
{
    tabi_sock *one, *other;
    char byte;
    unix_pair(&one, &other);
    SOIL(byte);
    CHECK_CODE(tabi_recv(one, &byte, (size_t)-1, 0), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_recvfrom(one, &byte, (size_t)-1, 0, NULL), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_send(one, &byte, (size_t)-1, 0), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_sendall(one, &byte, (size_t)-1, 0, NULL), TABI_ERR_OVERFLOW);
    CHECK_UNTOUCHED(byte);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_port_beyond_the_range_reaches_no_system_call(void)
{
    static const int bad[] = {-1, 65536, 70000};
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tabi_sock *sk = new_socket(AF_INET, SOCK_DGRAM);
        CHECK_CODE(tabi_bind(sk, "127.0.0.1", bad[i]), TABI_ERR_OVERFLOW);
        CHECK_CODE(tabi_connect(sk, "127.0.0.1", bad[i]), TABI_ERR_OVERFLOW);
        CHECK_CODE(tabi_connect_ex(sk, "127.0.0.1", bad[i]), TABI_ERR_OVERFLOW);
        CHECK_CODE(tabi_sendto(sk, "x", 1, 0, "127.0.0.1", bad[i]), TABI_ERR_OVERFLOW);
        CHECK_CONTAINS(tabi_last_error_message(), "port must be 0-65535, got ");
        CHECK_EQ(port_of(sk), 0);
        tabi_sock_free(sk);
    }
}

static void a_busy_port_is_eaddrinuse(void)
{
    tabi_sock *listener = tcp_listener(), *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_CODE(tabi_bind(sk, "127.0.0.1", port_of(listener)), -EADDRINUSE);
    CHECK_STR(tabi_error_name(-EADDRINUSE), "EADDRINUSE");
    tabi_sock_free(sk);
    tabi_sock_free(listener);
}

static void an_unreachable_port_is_econnrefused(void)
{
    tabi_sock *refuser = refusing(), *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_CODE(tabi_connect(sk, "127.0.0.1", port_of(refuser)), -ECONNREFUSED);
    tabi_sock_free(sk);
    tabi_sock_free(refuser);
}

static void a_host_that_does_not_resolve_is_a_resolver_code(void)
{
    /* A name server cannot be asked for a label of more than 63 bytes. */
    char host[128];
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int code;
    memset(host, 'a', sizeof host);
    host[sizeof host - 1] = '\0';
    code = tabi_connect(sk, host, 1);
    CHECK_CONTAINS(tabi_error_name(code), "TABI_GAI_");
    CHECK_CODE(tabi_bind(sk, host, 0), code);
    CHECK_CODE(tabi_connect_ex(sk, host, 1), code);
    tabi_sock_free(sk);
}

/* What a program passes on from its peers may be long. */
static void an_error_shows_the_beginning_of_a_long_text(void)
{
    static char text[100000];
    tabi_sock *sk = new_socket(AF_INET, SOCK_DGRAM);
    int64_t value;
    memset(text, '\xff', sizeof text - 1);
    CHECK(tabi_bind(sk, text, 0) < 0);
    CHECK(strlen(tabi_last_error_message()) < 2000);
    CHECK_CONTAINS(tabi_last_error_message(), "\\xff'..., 0): ");
    CHECK_CODE(tabi_constant(text, &value), TABI_ERR_VALUE);
    CHECK(strlen(tabi_last_error_message()) < 2000);
    CHECK_CODE(tabi_join_multicast(sk, text, ""), TABI_ERR_VALUE);
    CHECK(strlen(tabi_last_error_message()) < 2000);
    tabi_sock_free(sk);
}

static void an_address_of_another_family_is_refused(void)
{
    tabi_sock *inet = new_socket(AF_INET, SOCK_DGRAM), *inet6 = new_socket(AF_INET6, SOCK_DGRAM);
    tabi_sock *local = new_socket(AF_UNIX, SOCK_DGRAM);
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_host(AF_INET6, "::1", 1, &addr));
    CHECK_CODE(tabi_bind_addr(inet, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_connect_addr(inet, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_connect_ex_addr(inet, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_sendto_addr(inet, "x", 1, 0, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_sendto_addr(local, "x", 1, 0, &addr), TABI_ERR_TYPE);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &addr));
    CHECK_CODE(tabi_connect_addr(inet6, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_bind(local, "127.0.0.1", 0), TABI_ERR_TYPE);
    CHECK_CODE(tabi_connect(local, "127.0.0.1", 1), TABI_ERR_TYPE);
    CHECK_CODE(tabi_bind_unix(inet, "/tmp/x"), TABI_ERR_TYPE);
    CHECK_CODE(tabi_connect_unix(inet, "/tmp/x"), TABI_ERR_TYPE);
    tabi_sock_free(local);
    tabi_sock_free(inet6);
    tabi_sock_free(inet);
}

static void a_unix_path_of_108_bytes_is_too_long(void)
{
    tabi_sock *sk = new_socket(AF_UNIX, SOCK_STREAM);
    char path[109];
    memset(path, 'p', 108);
    path[108] = '\0';
    CHECK_CODE(tabi_bind_unix(sk, path), TABI_ERR_OS);
    CHECK_CODE(tabi_connect_unix(sk, path), TABI_ERR_OS);
    CHECK_CONTAINS(tabi_last_error_message(), "108 bytes");
    tabi_sock_free(sk);
}

static void sending_needs_a_connection_that_is_open(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM), *client, *peer;
    size_t sent = 99;
    char byte;
    ssize_t code = tabi_send(sk, "x", 1, 0);
    CHECK(code == -EPIPE || code == -ENOTCONN);
    CHECK_CODE(tabi_recv(sk, &byte, 1, 0), -ENOTCONN);
    CHECK_OK(tabi_close(sk));
    CHECK_CODE(tabi_send(sk, "x", 1, 0), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_sendto(sk, "x", 1, 0, "127.0.0.1", 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_recv(sk, &byte, 1, 0), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_recv(sk, NULL, 0, 0), TABI_ERR_CLOSED);
    tabi_sock_free(sk);
    tcp_pair(&client, &peer);
    CHECK_OK(tabi_shutdown(client, SHUT_WR));
    CHECK_CODE(tabi_sendall(client, "x", 1, 0, &sent), -EPIPE);
    CHECK_EQ(sent, 0);
    CHECK_EQ(tabi_recv(peer, &byte, 1, 0), 0);
    tabi_sock_free(client);
    tabi_sock_free(peer);
}

int main(void)
{
    RUN(a_null_handle_is_an_error_everywhere);
    RUN(a_null_argument_is_an_error_and_names_itself);
    RUN(a_buffer_is_null_only_when_it_is_empty);
    RUN(bad_input_moves_no_bytes_and_says_so);
    RUN(an_absurd_length_is_refused);
    RUN(a_port_beyond_the_range_reaches_no_system_call);
    RUN(a_busy_port_is_eaddrinuse);
    RUN(an_unreachable_port_is_econnrefused);
    RUN(a_host_that_does_not_resolve_is_a_resolver_code);
    RUN(an_error_shows_the_beginning_of_a_long_text);
    RUN(an_address_of_another_family_is_refused);
    RUN(a_unix_path_of_108_bytes_is_too_long);
    RUN(sending_needs_a_connection_that_is_open);
    return 0;
}
