/* A unix listener with a name that the system chooses, and its client. */
#include "../scenario.h"

static int pass(void)
{
    int rc, fd = -1;
    char byte;
    tabi_sock *listener = NULL, *client = NULL;
    tabi_addr address;
    TRY(tabi_socket(AF_UNIX, SOCK_STREAM, 0, &listener));
    TRY(tabi_bind_unix(listener, ""));
    TRY(tabi_listen(listener, 1));
    TRY(tabi_getsockname(listener, &address));
    TRY(tabi_socket(AF_UNIX, SOCK_STREAM, 0, &client));
    TRY(tabi_connect_addr(client, &address));
    TRY(tabi_settimeout(listener, 5));
    TRY(fd = tabi_accept_fd(listener, NULL));
    CHECK(write(fd, "x", 1) == 1);
    TRY(tabi_recv(client, &byte, 1, 0));
    CHECK(rc == 1 && byte == 'x');
    rc = 0;
end:
    if (fd >= 0) close(fd);
    tabi_sock_free(listener);
    tabi_sock_free(client);
    return rc;
}
