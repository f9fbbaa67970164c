/* Listeners and their clients without a server: create, bind, listen, accept, options, detach, names. */
#include "../scenario.h"

static int pass(void)
{
    int rc, port, fd = -1, value;
    tabi_sock *one = NULL, *two = NULL, *client = NULL, *taken = NULL, *again = NULL;
    tabi_addr address;
    TRY(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &one));
    TRY(tabi_getsockname(one, &address));
    port = tabi_addr_port(&address);
    TRY(tabi_settimeout(one, 0.001));
    rc = tabi_accept(one, &taken, &address);
    CHECK(rc < 0);
    if (rc != TABI_ERR_TIMEOUT) goto end;
    TRY(tabi_settimeout(one, 10));
    TRY(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    TRY(tabi_settimeout(client, 10));
    TRY(tabi_connect(client, "127.0.0.1", port));
    TRY(tabi_accept(one, &taken, &address));
    TRY(tabi_setsockopt(taken, SOL_SOCKET, SO_KEEPALIVE, 1));
    TRY(tabi_getsockopt(taken, SOL_SOCKET, SO_KEEPALIVE, &value));
    CHECK(value == 1);
    TRY(tabi_set_inheritable(taken, 0));
    TRY(fd = tabi_detach(taken));
    TRY(tabi_setdefaulttimeout(10));
    TRY(tabi_socket_from_fd(fd, -1, -1, -1, &again));
    fd = -1;
    TRY(tabi_sendall(again, "x", 1, 0, NULL));
    TRY(tabi_close(again));
    TRY(tabi_recv(client, &value, 1, 0));
    CHECK(rc == 1);
    TRY(tabi_recv(client, &value, 1, 0));
    CHECK(rc == 0);
    TRY(tabi_socket(AF_INET, SOCK_STREAM, 0, &two));
    TRY(tabi_bind(two, "localhost", 0));
    TRY(tabi_listen(two, 1));
    TRY(tabi_close(two));
end:
    /* The descriptor is still the scenario's when the call fails. */
    CHECK(fd < 0 || close(fd) == 0);
    CHECK(tabi_setdefaulttimeout(TABI_NO_TIMEOUT) == 0);
    tabi_sock_free(one);
    tabi_sock_free(two);
    tabi_sock_free(client);
    tabi_sock_free(taken);
    tabi_sock_free(again);
    return rc;
}
