/* A server behind a proxy, whose clients wait without a thread until their header and their line are complete. */
#define PREFACE "PROXY TCP4 192.0.2.1 127.0.0.1 56324 443\r\n"
#include "../scenario.h"

static int echo_for_others(tabi_request *request, void *userdata)
{
    tabi_addr address;
    CHECK(tabi_request_client_address(request, &address) == 0 && tabi_addr_port(&address) == 56324);
    return echo(request, userdata);
}

static int pass(void)
{
    int rc;
    tabi_server *server = NULL;
    tabi_server_options options;
    tabi_addr address;
    TRY(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.proxy_protocol = "127.0.0.0/8";
    options.request_end = "\n";
    TRY(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &address));
    TRY(tabi_server_new(&options, &address, echo_for_others, NULL, &server));
    rc = serve_and_end(server, 3);
end:
    return rc;
}
