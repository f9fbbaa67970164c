/* dual_stack_server [PORT]: sends every client, over IPv4 or IPv6, the address from which it has connected. */
#include "example.h"

static ssize_t greet(tabi_sock *client, const tabi_addr *peer)
{
    char text[128] = "you are ";
    size_t begin = strlen(text);
    ssize_t n = tabi_settimeout(client, 10);
    if (n == 0) n = tabi_addr_text(peer, text + begin, sizeof text - begin);
    if (n >= 0) n = tabi_sendall(client, text, strlen(text), 0, NULL);
    return n;
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9003);
    int family = tabi_has_dualstack_ipv6() ? AF_INET6 : AF_INET;
    unsigned flags = family == AF_INET6 ? TABI_DUALSTACK_IPV6 : 0;
    tabi_sock *server = NULL, *client = NULL;
    tabi_addr addr, peer;

    int rc = tabi_create_server(family, "", port, TABI_BACKLOG, flags, &server);
    if (rc == 0) rc = tabi_getsockname(server, &addr);
    if (rc == 0) {
        printf("listening on all addresses:%d\n", tabi_addr_port(&addr));
        fflush(stdout);
    }
    while (rc == 0 && (rc = tabi_accept(server, &client, &peer)) == 0) {
        if (greet(client, &peer) < 0)
            failed("dual_stack_server: a client");
        tabi_sock_free(client);
    }
    tabi_sock_free(server);
    return failed("dual_stack_server: port %d", port);
}
