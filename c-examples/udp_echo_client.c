/* udp_echo_client [PORT [TEXT]]: sends a datagram and prints the echo. */
#include "example.h"

int main(int argc, char **argv)
{
    static char echo[65536];
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9002);
    const char *text = argc > 2 ? argv[2] : "hello";
    tabi_sock *sk = NULL;

    ssize_t n = tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk);
    if (n == 0) n = tabi_settimeout(sk, 5);
    if (n == 0) n = tabi_connect(sk, "127.0.0.1", port);
    if (n == 0) n = tabi_send(sk, text, strlen(text), 0);
    if (n >= 0) n = tabi_recv(sk, echo, sizeof echo, 0);
    tabi_sock_free(sk);

    if (n < 0) return failed("udp_echo_client: 127.0.0.1:%d", port);
    printf("%.*s\n", (int)n, echo);
    return 0;
}
