/* udp_echo_server [PORT]: sends every datagram back to its sender. */
#include "example.h"

int main(int argc, char **argv)
{
    static char datagram[65536];
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9002);
    tabi_sock *server = NULL;
    tabi_addr addr, client;

    ssize_t n = tabi_socket(AF_INET, SOCK_DGRAM, 0, &server);
    if (n == 0) n = tabi_bind(server, "127.0.0.1", port);
    if (n == 0) n = tabi_getsockname(server, &addr);
    if (n == 0) print_listening(&addr);
    while (n >= 0) {
        n = tabi_recvfrom(server, datagram, sizeof datagram, 0, &client);
        if (n >= 0) n = tabi_sendto_addr(server, datagram, (size_t)n, 0, &client);
    }
    tabi_sock_free(server);
    return failed("udp_echo_server: 127.0.0.1:%d", port);
}
