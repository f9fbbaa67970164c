/* An echo server with a child for each client. */
#include "../scenario.h"

static int pass(void)
{
    int rc;
    tabi_server *server = NULL;
    TRY(tabi_forking_tcp_server("127.0.0.1", 0, echo, NULL, &server));
    rc = serve_and_end(server, 3);
end:
    return rc;
}
