/* unix_echo_server [PATH]: sends the bytes of each client back to it, one client after the other. */
#include "example.h"

#include <unistd.h>

/* Binds to the path; if a server that has ended left its file there, the file is removed. */
static int bind_path(tabi_sock *server, const char *path)
{
    int rc = tabi_bind_unix(server, path);
    if (rc == -EADDRINUSE) {
        tabi_sock *probe = NULL;
        int answer = tabi_socket(AF_UNIX, SOCK_STREAM, 0, &probe);
        if (answer == 0) answer = tabi_connect_unix(probe, path);
        tabi_sock_free(probe);
        if (answer == -ECONNREFUSED) unlink(path);
        rc = tabi_bind_unix(server, path);
    }
    return rc;
}

static void echo(tabi_sock *client)
{
    char bytes[4096];
    ssize_t n;
    while ((n = tabi_recv(client, bytes, sizeof bytes, 0)) > 0)
        if (tabi_sendall(client, bytes, (size_t)n, 0, NULL) < 0)
            return;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/tabi_echo";
    tabi_sock *server = NULL, *client;

    int rc = tabi_socket(AF_UNIX, SOCK_STREAM, 0, &server);
    if (rc == 0) rc = bind_path(server, path);
    if (rc == 0) rc = tabi_listen(server, 5);
    if (rc == 0) {
        printf("listening on %s\n", path);
        fflush(stdout);
    }
    while (rc == 0) {
        rc = tabi_accept(server, &client, NULL);
        if (rc == 0) {
            echo(client);
            tabi_sock_free(client);
        }
    }
    tabi_sock_free(server);
    return failed("unix_echo_server: %s", path);
}
