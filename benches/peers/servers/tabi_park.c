/* Echo on tabi's threading server with sixteen threads. A connection is parked while its client says nothing. */
#include <tabi.h>
#include "listen.h"

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
    if (rc == 0 && (rc = tabi_server_address(server, &name)) == 0) {
        print_port(tabi_addr_port(&name));
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", tabi_strerror(rc), tabi_last_error_message());
    tabi_server_free(server);
    return rc < 0;
}
