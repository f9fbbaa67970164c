/* Echo on tabi's threading server with sixteen threads. A connection is parked while its client says nothing. */
#include "tabi_serve.h"

static int on_client(tabi_request *request, void *userdata)
{
    char line[LINE];
    tabi_sock *sk = tabi_request_sock(request);
    ssize_t n = tabi_recv(sk, line, sizeof line, 0);
    (void)userdata;
    if (n <= 0)
        return (int)n;
    if ((n = tabi_sendall(sk, line, (size_t)n, 0, NULL)) < 0)
        return (int)n;
    return TABI_PARK;
}

int main(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr name;
    allow_many_descriptors();
    int rc = tabi_server_options_init(&options, sizeof options);
    options.concurrency = TABI_THREADS;
    options.max_threads = 16;
    options.wait_for_first_byte = 1;
    options.request_queue_size = BACKLOG;
    if (rc == 0)
        rc = tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &name);
    if (rc == 0)
        rc = tabi_server_new(&options, &name, on_client, NULL, &server);
    return serve(rc, server);
}
