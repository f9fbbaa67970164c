/* hello_client: prints what the server says. */
#include <stdio.h>
#include <tabi.h>

int main(void)
{
    tabi_sock *sk = NULL;
    char text[1024];

    ssize_t n = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (n == 0) n = tabi_connect(sk, "127.0.0.1", 9000);
    if (n == 0) n = tabi_recv(sk, text, sizeof text, 0);
    if (n < 0) fprintf(stderr, "hello_client: %s\n", tabi_last_error_message());
    else printf("%.*s", (int)n, text);
    tabi_sock_free(sk);
    return n < 0;
}
