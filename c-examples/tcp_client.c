/* tcp_client HOST PORT [TEXT]: connects to the first address of the host that answers, sends the text and prints the
 * answer. */
#include "example.h"

int main(int argc, char **argv)
{
    const char *text = argc > 3 ? argv[3] : "hello";
    char answer[1024];
    tabi_sock *sk = NULL;
    ssize_t n;

    if (argc < 3) {
        fprintf(stderr, "usage: tcp_client HOST PORT [TEXT]\n");
        return EXIT_FAILURE;
    }
    /* The timeout of ten seconds limits the attempts at all addresses together, and then each call. */
    n = tabi_create_connection(argv[1], port_argument(argv[2], 0), 10, NULL, 0, &sk);
    if (n == 0) n = tabi_sendall(sk, text, strlen(text), 0, NULL);
    if (n == 0) n = tabi_shutdown(sk, SHUT_WR);
    while (n >= 0 && (n = tabi_recv(sk, answer, sizeof answer, 0)) > 0)
        fwrite(answer, 1, (size_t)n, stdout);
    if (n == 0) putchar('\n');
    tabi_sock_free(sk);
    return n < 0 ? failed("tcp_client: %s:%s", argv[1], argv[2]) : 0;
}
