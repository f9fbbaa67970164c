/* A server with every limit set, a queue, several loops, and a timeout for its requests. */
#include "../scenario.h"

static int pass(void)
{
    int rc;
    tabi_server *server = NULL;
    tabi_server_options options;
    tabi_addr address;
    TRY(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.max_threads = 1;
    options.loops = 2;
    options.when_full = TABI_WHEN_FULL_QUEUE;
    options.queue_size = 2;
    options.request_timeout = 5;
    options.max_connections_per_address = 8;
    options.thread_name = "torture";
    TRY(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &address));
    TRY(tabi_server_new(&options, &address, echo, NULL, &server));
    rc = serve_and_end(server, 4);
end:
    return rc;
}
