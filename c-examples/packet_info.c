/* packet_info [PORT]: a UDP echo that answers each datagram from the address of this machine to which it was sent. */
#define _GNU_SOURCE /* for IP_PKTINFO */
#include "example.h"

#include <netinet/in.h>

int main(int argc, char **argv)
{
    static char datagram[65536];
    char control_space[256], host[46], from[64];
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9005);
    struct iovec buffer;
    tabi_sock *sk = NULL;
    tabi_addr addr, sender, destination, local;
    ssize_t n = tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk);
    if (n == 0) n = tabi_setsockopt(sk, IPPROTO_IP, IP_PKTINFO, 1);
    if (n == 0) n = tabi_bind(sk, "", port);
    if (n == 0) n = tabi_getsockname(sk, &addr);
    if (n == 0) {
        printf("listening on all addresses:%d\n", tabi_addr_port(&addr));
        fflush(stdout);
    }
    while (n >= 0) {
        tabi_control control = {control_space, sizeof control_space, 0};
        tabi_cmsg cmsg = {0};
        unsigned interface = 0;
        local = addr; /* with 0.0.0.0 the system chooses the address */

        buffer.iov_base = datagram;
        buffer.iov_len = sizeof datagram;
        n = tabi_recvmsg(sk, &buffer, 1, &control, 0, NULL, &sender);
        while (n >= 0 && tabi_control_next(&control, &cmsg) == 1) {
            if (tabi_cmsg_packet_info(&cmsg, &destination, &local, &interface) < 0)
                continue; /* another kind of control message */
            tabi_addr_host(&destination, host, sizeof host);
            tabi_addr_text(&sender, from, sizeof from);
            printf("%d bytes from %s to %s by interface %u\n", (int)n, from, host, interface);
            fflush(stdout);
        }
        if (n >= 0) {
            /* The answer is sent from the address that the client used, not from one that the system chooses. */
            buffer.iov_len = (size_t)n;
            control.len = 0;
            n = tabi_control_add_packet_info(&control, &local, interface);
        }
        if (n >= 0) n = tabi_sendmsg(sk, &buffer, 1, &control, 0, &sender);
    }
    tabi_sock_free(sk);
    return failed("packet_info: port %d", port);
}
