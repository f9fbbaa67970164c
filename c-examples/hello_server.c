/* hello_server [PORT]: sends a greeting to one client and ends. */
#include "example.h"

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9000);
    tabi_sock *server = NULL, *client = NULL;
    tabi_addr addr;

    int rc = tabi_socket(AF_INET, SOCK_STREAM, 0, &server);
    if (rc == 0) rc = tabi_setsockopt(server, SOL_SOCKET, SO_REUSEADDR, 1);
    if (rc == 0) rc = tabi_bind(server, "127.0.0.1", port);
    if (rc == 0) rc = tabi_listen(server, 5);
    if (rc == 0) rc = tabi_getsockname(server, &addr);
    if (rc == 0) {
        print_listening(&addr);
        rc = tabi_accept(server, &client, NULL);
    }
    if (rc == 0) rc = tabi_sendall(client, "hello world", 11, 0, NULL);

    tabi_sock_free(client);
    tabi_sock_free(server);
    return rc < 0 ? failed("hello_server: 127.0.0.1:%d", port) : 0;
}
