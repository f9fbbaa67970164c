/* The end of every server on tabi. */
#ifndef TABI_SERVE_H
#define TABI_SERVE_H

#include <tabi.h>
#include "listen.h"

/* Prints the port and serves until the process is killed. `rc` is the result of making the server. Returns what main()
 * returns, after it has printed why there is no server. */
static inline int serve(int rc, tabi_server *server)
{
    tabi_addr name;
    if (rc == 0 && (rc = tabi_server_address(server, &name)) == 0) {
        print_port(tabi_addr_port(&name));
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", tabi_strerror(rc), tabi_last_error_message());
    tabi_server_free(server);
    return rc < 0;
}

#endif
