/* Echo on tabi's threading server. */
#include <tabi.h>
#include "listen.h"

static int on_client(tabi_request *request, void *userdata)
{
    char line[LINE];
    tabi_sock *sk = tabi_request_sock(request);
    (void)userdata;
    for (;;) {
        ssize_t n = tabi_recv(sk, line, sizeof line, 0);
        if (n <= 0)
            return (int)n;
        if ((n = tabi_sendall(sk, line, (size_t)n, 0, NULL)) < 0)
            return (int)n;
    }
}

int main(void)
{
    tabi_server *server = NULL;
    tabi_addr name;
    allow_many_descriptors();
    int rc = tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, &server);
    /* A second listen only makes the queue longer. */
    if (rc == 0 && listen(tabi_server_fileno(server), BACKLOG) != 0)
        fail("listen");
    if (rc == 0 && (rc = tabi_server_address(server, &name)) == 0) {
        print_port(tabi_addr_port(&name));
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", tabi_strerror(rc), tabi_last_error_message());
    tabi_server_free(server);
    return rc < 0;
}
