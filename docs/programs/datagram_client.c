/* datagram_client TEXT: sends a datagram and prints what comes back. */
#include <stdio.h>
#include <string.h>
#include <tabi.h>

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "hello";
    static char answer[65536];
    tabi_sock *sk = NULL;
    tabi_addr sender;

    ssize_t n = tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk);
    if (n == 0) n = tabi_settimeout(sk, 2);
    if (n == 0) n = tabi_sendto(sk, text, strlen(text), 0, "127.0.0.1", 9002);
    if (n >= 0) n = tabi_recvfrom(sk, answer, sizeof answer, 0, &sender);
    if (n < 0) fprintf(stderr, "datagram_client: %s\n", tabi_last_error_message());
    else printf("%d bytes: %.*s\n", (int)n, (int)n, answer);
    tabi_sock_free(sk);
    return n < 0;
}
