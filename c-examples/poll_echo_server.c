/* poll_echo_server [PORT]: one thread echoes for many clients, with non-blocking sockets and tabi_poll(). */
#include "example.h"

#define CLIENTS 1000

/* A client, and the bytes that could not be sent back to it yet. */
struct client {
    tabi_sock *sk;
    char bytes[4096];
    size_t len;
};

static struct client clients[CLIENTS];
static tabi_pollfd polled[CLIENTS + 1]; /* the server, then the clients */
static size_t count;

static void add_client(tabi_sock *server)
{
    tabi_sock *sk = NULL;
    int rc = tabi_accept(server, &sk, NULL);
    if (rc == 0) rc = tabi_setblocking(sk, 0);
    if (rc == 0) {
        clients[count].sk = sk;
        clients[count].len = 0;
        count++;
        polled[count].sock = sk;
        polled[count].events = POLLIN;
    } else {
        if (rc != -EAGAIN) failed("poll_echo_server: accept");
        tabi_sock_free(sk);
    }
}

/* Receives what has arrived and sends what can be sent. Returns a negative number when the connection has ended. */
static ssize_t serve(struct client *client, tabi_pollfd *poll)
{
    ssize_t n = 0;
    if (client->len == 0) {
        n = tabi_recv(client->sk, client->bytes, sizeof client->bytes, 0);
        if (n <= 0)
            return n == -EAGAIN ? 0 : -1;
        client->len = (size_t)n;
    }
    n = tabi_send(client->sk, client->bytes, client->len, 0);
    if (n > 0) {
        client->len -= (size_t)n;
        memmove(client->bytes, client->bytes + n, client->len);
    }
    /* While bytes wait to be sent back to the client, nothing more is received from it. */
    poll->events = client->len > 0 ? POLLOUT : POLLIN;
    return n == -EAGAIN ? 0 : n;
}

static void drop_client(size_t i)
{
    tabi_sock_free(clients[i].sk);
    count--;
    clients[i] = clients[count];
    polled[i + 1] = polled[count + 1];
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9007);
    tabi_sock *server = NULL;
    tabi_addr addr;

    int rc = tabi_create_server(AF_INET, "127.0.0.1", port, TABI_BACKLOG, 0, &server);
    if (rc == 0) rc = tabi_setblocking(server, 0);
    if (rc == 0) rc = tabi_getsockname(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc < 0)
        return failed("poll_echo_server: 127.0.0.1:%d", port);
    polled[0].sock = server;
    for (;;) {
        size_t i;
        /* When the table of clients is full, further clients wait in the system's queue. */
        polled[0].events = count < CLIENTS ? POLLIN : 0;
        if (tabi_poll(polled, count + 1, TABI_NO_TIMEOUT) < 0)
            break;
        for (i = count; i-- > 0;)
            if (polled[i + 1].revents != 0 && serve(&clients[i], &polled[i + 1]) < 0)
                drop_client(i);
        if (polled[0].revents & POLLIN)
            add_client(server);
    }
    failed("poll_echo_server: poll");
    while (count > 0)
        drop_client(count - 1);
    tabi_sock_free(server);
    return EXIT_FAILURE;
}
