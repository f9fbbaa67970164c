/* unix_echo_client [PATH [TEXT]]: sends a text and prints the echo. */
#include "example.h"

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/tabi_echo";
    const char *text = argc > 2 ? argv[2] : "hello";
    char bytes[4096];
    tabi_sock *sk = NULL;

    ssize_t n = tabi_socket(AF_UNIX, SOCK_STREAM, 0, &sk);
    if (n == 0) n = tabi_connect_unix(sk, path);
    if (n == 0) n = tabi_sendall(sk, text, strlen(text), 0, NULL);
    if (n == 0) n = tabi_shutdown(sk, SHUT_WR);
    while (n == 0 && (n = tabi_recv(sk, bytes, sizeof bytes, 0)) > 0) {
        printf("%.*s", (int)n, bytes);
        n = 0;
    }
    tabi_sock_free(sk);

    if (n < 0) return failed("unix_echo_client: %s", path);
    printf("\n");
    return 0;
}
