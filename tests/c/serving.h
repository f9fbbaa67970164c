/* Servers for the tests, and clients of them. */
#ifndef SERVING_H
#define SERVING_H

#include "check.h"

/* Connects to a server as a client that does not wait for ever. */
CHECK_UNUSED static tabi_sock *connect_to(tabi_server *server)
{
    tabi_addr address;
    tabi_sock *client = NULL;
    CHECK_OK(tabi_server_address(server, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_settimeout(client, 60));
    CHECK_OK(tabi_connect_addr(client, &address));
    return client;
}

#endif
