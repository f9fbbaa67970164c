/* relay_server [PORT] [TARGET]: connects each client to the port TARGET of this machine, and relays the bytes of both. */
#include "example.h"

#include <stdint.h>

static const double LONGEST_SILENCE = 300; /* in seconds */

/* One direction of a connection, with the bytes that are on their way. */
struct way {
    tabi_sock *from, *to;
    char bytes[16384];
    size_t sent, len;
    int has_ended;
};

/* Moves what can be moved without waiting. Returns 0, or the error that ends the connection. */
static int move(struct way *way)
{
    ssize_t n;
    if (way->sent == way->len && !way->has_ended) {
        n = tabi_try_recv(way->from, way->bytes, sizeof way->bytes);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        way->sent = 0;
        way->len = (size_t)n;
        if (n == 0) {
            way->has_ended = 1;
            return tabi_shutdown(way->to, SHUT_WR);
        }
    }
    if (way->sent < way->len) {
        n = tabi_try_send(way->to, way->bytes + way->sent, way->len - way->sent);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        way->sent += (size_t)n;
    }
    return 0;
}

/* Waits for bytes to read, or for space to write those that were read. A socket with neither is left out. */
static tabi_pollfd wish(tabi_sock *sk, const struct way *reads, const struct way *writes)
{
    tabi_pollfd entry = {NULL, -1, 0, 0};
    if (reads->sent == reads->len && !reads->has_ended)
        entry.events |= POLLIN;
    if (writes->sent < writes->len)
        entry.events |= POLLOUT;
    if (entry.events != 0)
        entry.sock = sk;
    return entry;
}

static int relay(tabi_sock *client, tabi_sock *target)
{
    struct way there = {client, target, {0}, 0, 0, 0}, back = {target, client, {0}, 0, 0, 0};
    while (!there.has_ended || !back.has_ended) {
        tabi_pollfd entries[2];
        ssize_t ready;
        int rc;
        entries[0] = wish(client, &there, &back);
        entries[1] = wish(target, &back, &there);
        ready = tabi_poll(entries, 2, LONGEST_SILENCE);
        if (ready <= 0)
            return ready == 0 ? TABI_ERR_TIMEOUT : (int)ready;
        rc = move(&there);
        if (rc == 0) rc = move(&back);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Runs in a thread of the server. */
static int on_client(tabi_request *request, void *target_port)
{
    tabi_sock *target = NULL;
    int rc = tabi_create_connection("127.0.0.1", *(int *)target_port, 10, NULL, 0, &target);
    if (rc == 0) rc = relay(tabi_request_sock(request), target);
    tabi_sock_free(target);
    return rc;
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9015);
    int target = port_argument(argc > 2 ? argv[2] : NULL, 9001);
    tabi_server *server = NULL;
    tabi_addr addr;

    int rc = tabi_threading_tcp_server("127.0.0.1", port, on_client, &target, &server);
    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    if (rc < 0) failed("relay_server: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
