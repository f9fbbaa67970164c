/* Many sockets in one poll, of which one has another owner; a thread closes that one. */
#include "../scenario.h"

#define PAIRS 20

static void *close_it(void *sock)
{
    /* The close of a descriptor that fails has closed it all the same. */
    tabi_close(sock);
    return NULL;
}

static int pass(void)
{
    int rc, i, started = 0;
    ssize_t found = 0;
    tabi_sock *socks[2 * PAIRS] = {NULL}, *copy = NULL;
    tabi_pollfd entries[2 * PAIRS];
    pthread_t thread;
    memset(entries, 0, sizeof entries);
    for (i = 0; i < PAIRS; i++)
        TRY(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &socks[2 * i], &socks[2 * i + 1]));
    for (i = 0; i < 2 * PAIRS; i++) {
        entries[i].sock = socks[i];
        entries[i].events = POLLIN;
    }
    TRY(tabi_send(socks[0], "x", 1, 0));
    TRY(found = tabi_poll(entries, 2 * PAIRS, TABI_NO_TIMEOUT));
    CHECK(found == 1 && entries[1].revents == POLLIN && entries[0].revents == 0);
    entries[1].events = 0;
    TRY(found = tabi_poll(entries, 3, 0.001));
    CHECK(found == 0);
    TRY(tabi_dup(socks[5], &copy));
    started = pthread_create(&thread, NULL, close_it, socks[5]) == 0;
    CHECK(started);
    TRY(found = tabi_poll(entries, 2 * PAIRS, TABI_NO_TIMEOUT));
    CHECK(found == 1 && entries[5].revents == TABI_POLL_CLOSED);
    TRY(tabi_send(socks[4], "y", 1, 0));
    entries[0].sock = copy;
    TRY(found = tabi_poll_until(entries, 1, INT64_MAX));
    CHECK(found == 1 && entries[0].revents == POLLIN);
    rc = 0;
end:
    if (started) pthread_join(thread, NULL);
    for (i = 0; i < 2 * PAIRS; i++)
        tabi_sock_free(socks[i]);
    tabi_sock_free(copy);
    return rc;
}
