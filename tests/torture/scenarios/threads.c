/* An echo server in threads: the client after the one that met the fault is served. */
#include "../scenario.h"

static int pass(void)
{
    return serve_in_threads(echo);
}
