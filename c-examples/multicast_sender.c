/* multicast_sender GROUP PORT TEXT [INTERFACE]: sends a datagram to all who have joined the group. */
#define _DEFAULT_SOURCE /* for IP_MULTICAST_TTL */
#include "example.h"

#include <netinet/in.h>

int main(int argc, char **argv)
{
    int hops = 1; /* the datagram does not leave this network */
    int family = argc > 1 && strchr(argv[1], ':') != NULL ? AF_INET6 : AF_INET;
    tabi_sock *sk = NULL;
    ssize_t n;

    if (argc < 4) {
        fprintf(stderr, "usage: multicast_sender GROUP PORT TEXT [INTERFACE]\n");
        return EXIT_FAILURE;
    }
    n = tabi_socket(family, SOCK_DGRAM, 0, &sk);
    if (n == 0) n = family == AF_INET ? tabi_setsockopt(sk, IPPROTO_IP, IP_MULTICAST_TTL, hops)
                                      : tabi_setsockopt(sk, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    if (n == 0 && argc > 4) n = tabi_set_multicast_interface(sk, argv[4]);
    if (n == 0) n = tabi_sendto(sk, argv[3], strlen(argv[3]), 0, argv[1], port_argument(argv[2], 0));
    tabi_sock_free(sk);
    return n < 0 ? failed("multicast_sender: %s:%s", argv[1], argv[2]) : 0;
}
