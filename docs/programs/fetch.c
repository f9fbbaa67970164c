/* fetch HOST PORT TEXT: sends a line and prints the answer, within 5 seconds in all. */
#include <stdio.h>
#include <stdlib.h>
#include <tabi.h>

int main(int argc, char **argv)
{
    int64_t deadline = tabi_deadline(5);
    tabi_sock *sk = NULL;
    char text[4096];
    ssize_t n;

    if (argc != 4)
        return 2;
    n = tabi_create_connection(argv[1], atoi(argv[2]), 5, NULL, 0, &sk);
    if (n == 0) n = snprintf(text, sizeof text, "%s\n", argv[3]);
    if (n > 0) n = tabi_sendall_until(sk, text, (size_t)n, 0, NULL, deadline);
    while (n >= 0 && (n = tabi_recv_until(sk, text, sizeof text, 0, deadline)) > 0)
        fwrite(text, 1, (size_t)n, stdout);
    if (n < 0) fprintf(stderr, "fetch: %s\n", tabi_last_error_message());
    tabi_sock_free(sk);
    return n < 0;
}
