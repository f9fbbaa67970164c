/* A small client that connects, sends a text and prints the answer. It shows the size of a static program. */
#include <stdio.h>
#include <tabi.h>

int main(int argc, char **argv)
{
    char line[1024];
    tabi_sock *sk = NULL;
    ssize_t rc = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (rc == 0)
        rc = tabi_connect(sk, argc > 1 ? argv[1] : "127.0.0.1", 7);
    if (rc == 0)
        rc = tabi_sendall(sk, "hello\n", 6, 0, NULL);
    if (rc == 0)
        rc = tabi_recv(sk, line, sizeof line, 0);
    if (rc < 0)
        fprintf(stderr, "hello: %s: %s\n", tabi_strerror((int)rc), tabi_last_error_message());
    else
        fwrite(line, 1, (size_t)rc, stdout);
    tabi_sock_free(sk);
    return rc < 0;
}
