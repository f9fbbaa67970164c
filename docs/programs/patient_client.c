/* patient_client SECONDS: says hello to the chat server, and waits so many seconds for the answer. */
#include <stdio.h>
#include <stdlib.h>
#include <tabi.h>

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    tabi_sock *sk = NULL;
    char text[1000];

    ssize_t n = tabi_create_connection("127.0.0.1", 9001, seconds, NULL, 0, &sk);
    if (n == 0) n = tabi_sendall(sk, "hello\n", 6, 0, NULL);
    if (n == 0) n = tabi_recv(sk, text, sizeof text, 0);
    tabi_sock_free(sk);
    if (n == TABI_ERR_TIMEOUT) printf("no answer within %g seconds\n", seconds);
    else if (n < 0) fprintf(stderr, "patient_client: %s\n", tabi_last_error_message());
    else printf("%.*s", (int)n, text);
    return n < 0;
}
