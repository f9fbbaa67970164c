/* datagram_server: sends every datagram back to its sender. */
#include <stdio.h>
#include <tabi.h>

int main(void)
{
    static char datagram[65536];
    tabi_sock *server = NULL;
    tabi_addr sender;

    ssize_t n = tabi_socket(AF_INET, SOCK_DGRAM, 0, &server);
    if (n == 0) n = tabi_bind(server, "127.0.0.1", 9002);
    if (n == 0) {
        puts("waiting for datagrams at 127.0.0.1:9002");
        fflush(stdout);
    }
    while (n >= 0) {
        n = tabi_recvfrom(server, datagram, sizeof datagram, 0, &sender);
        if (n >= 0) n = tabi_sendto_addr(server, datagram, (size_t)n, 0, &sender);
    }
    fprintf(stderr, "datagram_server: %s\n", tabi_last_error_message());
    tabi_sock_free(server);
    return 1;
}
