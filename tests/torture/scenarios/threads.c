/* An echo server in threads: the client after the one that met the fault is served. */
#include "../scenario.h"

static int pass(void)
{
    int rc, port;
    tabi_server *server = NULL;
    struct serving serving;
    TRY(tabi_threading_tcp_server("127.0.0.1", 0, echo, NULL, &server));
    TRY(server_port(server, &port));
    begin_to_serve(&serving, server);
    ask_all(port, 4);
    TRY(end_serving(&serving));
    TRY(tabi_server_close(server, 10, NULL));
end:
    tabi_server_free(server);
    return rc;
}
