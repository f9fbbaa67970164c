/* hello_client [PORT]: prints what the server sends. */
#include "example.h"

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9000);
    tabi_sock *sk = NULL;
    char text[1024];

    ssize_t n = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (n == 0) n = tabi_connect(sk, "127.0.0.1", port);
    if (n == 0) n = tabi_recv(sk, text, sizeof text, 0);
    tabi_sock_free(sk);

    if (n < 0) return failed("hello_client: 127.0.0.1:%d", port);
    if (n == 0) {
        fprintf(stderr, "hello_client: the server said nothing\n");
        return EXIT_FAILURE;
    }
    printf("%.*s\n", (int)n, text);
    return 0;
}
