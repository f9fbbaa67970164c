/* For the tests of servers: a server that serves in a thread, its clients, and what it has counted. */
#ifndef SERVING_H
#define SERVING_H

#include "check.h"

#include <pthread.h>

CHECK_UNUSED static void *serve(void *server)
{
    CHECK_OK(tabi_server_serve_forever(server, 0.5));
    return NULL;
}

CHECK_UNUSED static pthread_t serve_in_a_thread(tabi_server *server)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, serve, server), 0);
    return thread;
}

/* Stops the server, ends its connections at once, and frees it. */
CHECK_UNUSED static void stop(tabi_server *server, pthread_t thread)
{
    CHECK_OK(tabi_server_shutdown(server));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_OK(tabi_server_close(server, 0.0, NULL));
    tabi_server_free(server);
}

/* A client of an internet server, whose calls end after a minute at the latest. */
CHECK_UNUSED static tabi_sock *connect_to(tabi_server *server)
{
    tabi_addr address;
    tabi_sock *client = NULL;
    CHECK_OK(tabi_server_address(server, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_settimeout(client, 60));
    CHECK_OK(tabi_connect_addr(client, &address));
    return client;
}

CHECK_UNUSED static void say(tabi_sock *client, const char *text)
{
    CHECK_OK(tabi_sendall(client, text, strlen(text), 0, NULL));
}

/* The next bytes that the client receives must be `text`. */
#define HEAR(client, text) hear(__FILE__, __LINE__, (client), (text))

CHECK_UNUSED static void hear(const char *file, int line, tabi_sock *client, const char *text)
{
    char bytes[256];
    size_t len = strlen(text);
    check_eq(file, line, "bytes received",
             check_ok(file, line, "recv", tabi_recv_exactly(client, bytes, len, 0, NULL)), (long long)len);
    bytes[len] = '\0';
    check_str(file, line, "answer", bytes, text);
}

/* The server must have ended this connection; nothing more was sent. */
#define HEAR_END(client) CHECK_EQ(check_end(client), 0)

CHECK_UNUSED static int check_end(tabi_sock *client)
{
    char byte;
    return (int)tabi_recv(client, &byte, 1, 0);
}

CHECK_UNUSED static tabi_server_statistics statistics_of(tabi_server *server)
{
    tabi_server_statistics statistics;
    memset(&statistics, 0, sizeof statistics);
    statistics.struct_size = sizeof statistics;
    CHECK_OK(tabi_server_get_statistics(server, &statistics));
    return statistics;
}

/* Waits until a counter of the server has this value. The tests' time limit ends a wait for a value that never comes. */
#define WAIT_FOR_COUNT(server, counter, value)               \
    do {                                                     \
        while (statistics_of(server).counter != (value))     \
            check_pause();                                   \
    } while (0)

CHECK_UNUSED static void check_pause(void)
{
    const struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
}

#endif
