/* A server whose program accepts the clients itself. A request that cannot be made leaves the socket to its caller. */
#include "../scenario.h"

static int own_get_request(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata)
{
    int rc;
    tabi_addr peer;
    tabi_sock *client = NULL;
    (void)userdata;
    TRY(tabi_accept(sk, &client, &peer));
    TRY(tabi_request_from_sock(server, client, &peer, request));
    client = NULL;
end:
    tabi_sock_free(client);
    return rc;
}

static int pass(void)
{
    int rc;
    tabi_server *server = NULL;
    tabi_server_hooks hooks;
    tabi_server_options options;
    tabi_addr address;
    TRY(tabi_server_options_init(&options, sizeof options));
    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.get_request = own_get_request;
    options.hooks = &hooks;
    options.concurrency = TABI_THREADS;
    TRY(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &address));
    TRY(tabi_server_new(&options, &address, echo, NULL, &server));
    rc = serve_and_end(server, 4);
end:
    return rc;
}
