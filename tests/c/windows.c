/* What only sockets of Windows have. On other systems the program does nothing. */
#include "pairs.h"

#if defined(_WIN32)
#include <mstcpip.h>

static void probes_of_an_idle_connection(void)
{
    tabi_sock *client, *peer;
    tcp_pair(&client, &peer);
    CHECK_EQ(tabi_ioctl_keepalive_vals(client, 1, 1000, 1000), 0);
    CHECK_EQ(tabi_ioctl_keepalive_vals(client, 0, 0, 0), 0);
    CHECK_CODE(tabi_ioctl_keepalive_vals(NULL, 1, 1000, 1000), TABI_ERR_NULL);
    CHECK_CODE(tabi_ioctl(NULL, SIO_RCVALL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_ioctl(client, 0x12345678, 1), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "invalid ioctl command 305419896");
    /* All packets of an interface are for other sockets than those of TCP. */
    CHECK(tabi_ioctl(client, SIO_RCVALL, 1) < 0);
    tabi_sock_free(client);
    tabi_sock_free(peer);
}

static void a_shared_socket_is_the_same_connection(void)
{
    tabi_sock *one, *other, *again;
    char bytes[sizeof(WSAPROTOCOL_INFOW)], byte = 0;
    tcp_pair(&one, &other);
    CHECK_EQ(tabi_share(one, GetCurrentProcessId(), bytes, sizeof bytes), sizeof bytes);
    CHECK_OK(tabi_fromshare(bytes, sizeof bytes, &again));
    CHECK_EQ(tabi_family(again), AF_INET);
    CHECK_EQ(tabi_type(again), SOCK_STREAM);
    CHECK_EQ(tabi_proto(again), IPPROTO_TCP);
    CHECK(!is_inherited(tabi_fileno(again)));
    /* The connection has two owners, and the close of one does not end it. */
    tabi_sock_free(one);
    CHECK_EQ(tabi_send(again, "x", 1, 0), 1);
    CHECK_EQ(tabi_recv(other, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'x');
    tabi_sock_free(again);
    CHECK_EQ(tabi_recv(other, &byte, 1, 0), 0);
    tabi_sock_free(other);
}

static void what_cannot_be_shared(void)
{
    tabi_sock *one, *other, *out;
    char bytes[sizeof(WSAPROTOCOL_INFOW)];
    tcp_pair(&one, &other);
    SOIL(bytes);
    SOIL(out);
    CHECK_CODE(tabi_share(one, GetCurrentProcessId(), bytes, sizeof bytes - 1), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_share(one, GetCurrentProcessId(), NULL, sizeof bytes), TABI_ERR_NULL);
    CHECK_CODE(tabi_share(NULL, GetCurrentProcessId(), bytes, sizeof bytes), TABI_ERR_NULL);
    CHECK(tabi_share(one, 0, bytes, sizeof bytes) < 0);
    CHECK_UNTOUCHED(bytes);
    CHECK_CODE(tabi_fromshare(bytes, sizeof bytes - 1, &out), TABI_ERR_VALUE);
    CHECK_CODE(tabi_fromshare(NULL, sizeof bytes, &out), TABI_ERR_NULL);
    CHECK_CODE(tabi_fromshare(bytes, sizeof bytes, NULL), TABI_ERR_NULL);
    CHECK(tabi_fromshare(bytes, sizeof bytes, &out) < 0);
    CHECK_UNTOUCHED(out);
    tabi_sock_free(one);
    tabi_sock_free(other);
}
#endif

int main(void)
{
#if defined(_WIN32)
    RUN(probes_of_an_idle_connection);
    RUN(a_shared_socket_is_the_same_connection);
    RUN(what_cannot_be_shared);
#endif
    return 0;
}
