/* Echo on tabi's threading server. */
#include "tabi_serve.h"

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
    allow_many_descriptors();
    int rc = tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, &server);
    /* A second listen only makes the queue longer. */
    if (rc == 0 && listen(tabi_server_fileno(server), BACKLOG) != 0)
        fail("listen");
    return serve(rc, server);
}
