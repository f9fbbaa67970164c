/* Options and what else is asked of a socket and of the interfaces. */
#include "../scenario.h"
#include <netinet/tcp.h>

static int pass(void)
{
    int rc, value, seconds;
    int32_t pid;
    uint32_t uid, gid, index, same;
    char text[64];
    tabi_addr sender;
    tabi_sock *sk = NULL, *one = NULL, *other = NULL;
    TRY(tabi_socket(AF_INET, SOCK_STREAM, 0, &sk));
    TRY(tabi_get_inheritable(sk));
    CHECK(rc == 0);
    TRY(tabi_set_inheritable(sk, 1));
    TRY(tabi_set_inheritable(sk, 0));
    TRY(tabi_setsockopt(sk, IPPROTO_TCP, TCP_NODELAY, 1));
    TRY(tabi_getsockopt(sk, IPPROTO_TCP, TCP_NODELAY, &value));
    CHECK(value == 1);
    TRY(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_KEEPALIVE, text, sizeof text));
    CHECK(rc == sizeof value);
    TRY(tabi_set_keepalive(sk, 10, 5, 3));
    TRY(tabi_congestion(sk, text, sizeof text));
    TRY(tabi_set_congestion(sk, text));
    TRY(tabi_if_nametoindex("lo", &index));
    TRY(tabi_if_indextoname(index, text, sizeof text));
    CHECK(strcmp(text, "lo") == 0);
    TRY(tabi_interface_index(sk, "lo", &same));
    CHECK(same == index);
    TRY(tabi_interface_name(sk, index, text, sizeof text));
    /* It is empty when the system does not tell. */
    CHECK(strcmp(text, rc ? "lo" : "") == 0);
    TRY(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    TRY(tabi_peer_credentials(one, &pid, &uid, &gid));
    CHECK(pid == getpid());
    TRY(tabi_sendall(other, "x", 1, 0, NULL));
    TRY(tabi_recvfrom(one, text, sizeof text, 0, &sender));
    CHECK(rc == 1 && text[0] == 'x');
    TRY(tabi_bind_device(sk, "lo"));
    TRY(tabi_device(sk, text, sizeof text));
    CHECK(strcmp(text, "lo") == 0);
    TRY(tabi_set_linger(sk, 1, 2));
    TRY(tabi_linger(sk, &value, &seconds));
    CHECK(value == 1 && seconds == 2);
    TRY(tabi_set_rcvtimeo(sk, 2));
    rc = 0;
end:
    tabi_sock_free(sk);
    tabi_sock_free(one);
    tabi_sock_free(other);
    return rc;
}
