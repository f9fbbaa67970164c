/* A server whose connections wait without a thread between two messages: the client after the one that met the fault is served. */
#include "../scenario.h"

static int echo_and_park(tabi_request *request, void *userdata)
{
    char bytes[64];
    tabi_sock *sk = tabi_request_sock(request);
    ssize_t n = tabi_recv(sk, bytes, sizeof bytes, 0);
    (void)userdata;
    if (n > 0) n = tabi_sendall(sk, bytes, (size_t)n, 0, NULL) < 0 ? -EPIPE : TABI_PARK;
    return (int)n;
}

static int pass(void)
{
    int rc, port;
    tabi_server *server = NULL;
    struct serving serving;
    TRY(tabi_threading_tcp_server("127.0.0.1", 0, echo_and_park, NULL, &server));
    TRY(server_port(server, &port));
    begin_to_serve(&serving, server);
    ask_all(port, 4);
    TRY(end_serving(&serving));
    TRY(tabi_server_close(server, 10, NULL));
end:
    tabi_server_free(server);
    return rc;
}
