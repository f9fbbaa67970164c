/* multicast_receiver GROUP [PORT [INTERFACE]]: prints the datagrams that are sent to a multicast group. */
#include "example.h"

int main(int argc, char **argv)
{
    static char datagram[65536];
    char from[64];
    int family = argc > 1 && strchr(argv[1], ':') != NULL ? AF_INET6 : AF_INET;
    int port = port_argument(argc > 2 ? argv[2] : NULL, 9004);
    const char *interface = argc > 3 ? argv[3] : "";
    tabi_sock *sk = NULL;
    tabi_addr sender;
    ssize_t n;

    if (argc < 2) {
        fprintf(stderr, "usage: multicast_receiver GROUP [PORT [INTERFACE]]\n");
        return EXIT_FAILURE;
    }
    n = tabi_socket(family, SOCK_DGRAM, 0, &sk);
    /* This allows several receivers on one machine. Each of them gets every datagram. */
    if (n == 0) n = tabi_setsockopt(sk, SOL_SOCKET, SO_REUSEADDR, 1);
    /* The socket is bound to the address of the group, so it gets only datagrams that are sent to the group. */
    if (n == 0) n = tabi_bind(sk, argv[1], port);
    if (n == 0) n = tabi_join_multicast(sk, argv[1], interface);
    if (n == 0) n = tabi_getsockname(sk, &sender);
    if (n == 0) {
        printf("joined %s on port %d\n", argv[1], tabi_addr_port(&sender));
        fflush(stdout);
    }
    while (n >= 0 && (n = tabi_recvfrom(sk, datagram, sizeof datagram, 0, &sender)) >= 0) {
        if (tabi_addr_text(&sender, from, sizeof from) < 0)
            strcpy(from, "?");
        printf("%s: %.*s\n", from, (int)n, datagram);
        fflush(stdout);
    }
    tabi_sock_free(sk);
    return failed("multicast_receiver: %s:%d", argv[1], port);
}
