/* file_server FILE [PORT]: sends the file to every client. The kernel sends it without a copy in the program. */
#include "example.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int port = port_argument(argc > 2 ? argv[2] : NULL, 9006), file, rc;
    tabi_sock *server = NULL, *client = NULL;
    tabi_addr addr;

    if (argc < 2) {
        fprintf(stderr, "usage: file_server FILE [PORT]\n");
        return EXIT_FAILURE;
    }
    file = open(argv[1], O_RDONLY);
    if (file < 0) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    rc = tabi_create_server(AF_INET, "127.0.0.1", port, TABI_BACKLOG, 0, &server);
    if (rc == 0) rc = tabi_getsockname(server, &addr);
    if (rc == 0) print_listening(&addr);
    while (rc == 0 && (rc = tabi_accept(server, &client, NULL)) == 0) {
        size_t sent = 0;
        /* A client that has not received the whole file after a minute is disconnected. */
        if (tabi_settimeout(client, 60) < 0 || tabi_sendfile(client, file, 0, -1, &sent) < 0)
            failed("file_server: a client got %lu bytes", (unsigned long)sent);
        tabi_sock_free(client);
    }
    tabi_sock_free(server);
    close(file);
    return failed("file_server: 127.0.0.1:%d", port);
}
