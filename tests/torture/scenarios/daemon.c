/* A daemon with two servers that serves until a signal comes, and then drains. */
/* The library keeps its pipe for signals. */
#define KEPT_DESCRIPTORS 2
#include "../scenario.h"

#include <signal.h>
#include <stdatomic.h>

struct clients { int port, served; atomic_int has_ended; };

/* Asks twice, then sends the signal until it has ended the daemon: one of the signals may be lost. */
static void *ask_and_end(void *argument)
{
    struct clients *clients = argument;
    for (int number = 0; number < 2; number++)
        clients->served += ask(clients->port, number);
    while (!atomic_load(&clients->has_ended)) {
        kill(getpid(), SIGTERM);
        usleep(10000);
    }
    return NULL;
}

static int pass(void)
{
    int rc;
    tabi_server *servers[2] = {NULL, NULL};
    struct clients clients = {0, 0, 0};
    pthread_t thread;
    /* Outside of the daemon, the signal must not end the scenario. */
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 2; i++)
        TRY(tabi_threading_tcp_server("127.0.0.1", 0, echo, NULL, &servers[i]));
    TRY(server_port(servers[1], &clients.port));
    CHECK(pthread_create(&thread, NULL, ask_and_end, &clients) == 0);
    rc = tabi_serve_until_signal(servers, 2, NULL, 0, 10, NULL);
    if (rc < 0) {
        complain("tabi_serve_until_signal", rc);
        /* Nobody waits for it. */
        shutdown(tabi_fileno(tabi_server_sock(servers[1])), SHUT_RDWR);
    }
    atomic_store(&clients.has_ended, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    /* A fault in the loop of either server ends the daemon, and rc says so. */
    CHECK(rc < 0 || clients.served >= 2 - (fault() != 0) || lasting());
    for (int i = 0; rc == 0 && i < 2; i++)
        CHECK(tabi_server_serve_forever(servers[i], 0.5) == TABI_ERR_CLOSED);
end:
    tabi_server_free(servers[0]);
    tabi_server_free(servers[1]);
    return rc;
}
