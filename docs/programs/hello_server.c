/* hello_server: greets one client and ends. */
#include <stdio.h>
#include <tabi.h>

int main(void)
{
    tabi_sock *server = NULL, *client = NULL;

    int rc = tabi_socket(AF_INET, SOCK_STREAM, 0, &server);
    if (rc == 0) rc = tabi_setsockopt(server, SOL_SOCKET, SO_REUSEADDR, 1);
    if (rc == 0) rc = tabi_bind(server, "127.0.0.1", 9000);
    if (rc == 0) rc = tabi_listen(server, 5);
    if (rc == 0) {
        puts("listening on 127.0.0.1:9000");
        rc = tabi_accept(server, &client, NULL);
    }
    if (rc == 0) rc = tabi_sendall(client, "hello world\n", 12, 0, NULL);
    if (rc < 0) fprintf(stderr, "hello_server: %s\n", tabi_last_error_message());
    tabi_sock_free(client);
    tabi_sock_free(server);
    return rc < 0;
}
