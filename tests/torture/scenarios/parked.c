/* A server whose connections wait without a thread between two messages: the client after the one that met the fault is served. */
#include "../scenario.h"

static int echo_and_park(tabi_request *request, void *userdata)
{
    char bytes[64];
    tabi_sock *sk = tabi_request_sock(request);
    ssize_t n = tabi_recv(sk, bytes, sizeof bytes, 0);
    (void)userdata;
    if (n > 0) n = tabi_sendall(sk, bytes, (size_t)n, 0, NULL) < 0 ? -EPIPE : TABI_PARK;
    return (int)n;
}

static int pass(void)
{
    return serve_in_threads(echo_and_park);
}
