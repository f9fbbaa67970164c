/* A token: calls that end with their time or by another thread, on a thread and on a socket. */
#include "../scenario.h"

static void *trigger(void *token)
{
    CHECK(tabi_cancel_trigger(token) == 0);
    return NULL;
}

/* A call that is cancelled moves nothing, and the next one gets what has arrived. */
static int pass(void)
{
    int rc, entered = 0, started = 0;
    char bytes[8];
    pthread_t thread;
    tabi_cancel *token = NULL, *late = NULL;
    tabi_sock *one = NULL, *other = NULL;
    tabi_pollfd entry = {NULL, -1, POLLIN, 0};
    TRY(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    TRY(tabi_cancel_new(0.001, &late));
    TRY(tabi_set_cancel(one, late));
    rc = (int)tabi_recv(one, bytes, sizeof bytes, 0);
    if (rc != TABI_ERR_CANCELLED) goto end;
    entry.sock = one;
    rc = (int)tabi_poll(&entry, 1, 5);
    if (rc != TABI_ERR_CANCELLED) goto end;
    TRY(tabi_set_cancel(one, NULL));
    TRY(tabi_cancel_new(TABI_NO_TIMEOUT, &token));
    TRY(tabi_cancel_enter(token));
    entered = 1;
    started = pthread_create(&thread, NULL, trigger, token) == 0;
    CHECK(started);
    rc = (int)tabi_recv(one, bytes, sizeof bytes, 0);
    if (rc != TABI_ERR_CANCELLED) goto end;
    TRY(tabi_cancel_leave(token));
    entered = 0;
    TRY(tabi_sendall(other, "bytes", 5, 0, NULL));
    TRY(tabi_recv_exactly(one, bytes, 5, 0, NULL));
    CHECK(rc == 5 && memcmp(bytes, "bytes", 5) == 0);
    rc = 0;
end:
    if (started) pthread_join(thread, NULL);
    if (entered) CHECK(tabi_cancel_leave(token) == 0);
    tabi_cancel_free(token);
    tabi_cancel_free(late);
    tabi_sock_free(one);
    tabi_sock_free(other);
    return rc;
}
