/* chat_room [PORT]: everybody receives what one client says.
 *
 * The first line is the client's name. An empty line ends the connection. */
#include "example.h"

#include <pthread.h>

enum { MOST_MEMBERS = 1000, LONGEST_LINE = 1000 };

struct member {
    char name[32];
    tabi_sock *sk;
};

/* The members of the room. The list has a lock, because handlers run in threads. */
struct room {
    pthread_mutex_t lock;
    struct member members[MOST_MEMBERS];
    size_t count;
};

/* Sends a line to all members. A member that does not read is disconnected, so that nobody has to wait for it. */
static void tell(struct room *room, const char *name, const char *between, const char *text)
{
    char line[LONGEST_LINE + 64];
    int len = snprintf(line, sizeof line, "%s%s%s\n", name, between, text);
    size_t i;
    pthread_mutex_lock(&room->lock);
    for (i = 0; i < room->count; i++)
        if (tabi_sendall(room->members[i].sk, line, (size_t)len, MSG_DONTWAIT, NULL) < 0)
            tabi_shutdown(room->members[i].sk, SHUT_RDWR);
    pthread_mutex_unlock(&room->lock);
}

static int enter(struct room *room, const char *name, tabi_sock *sk)
{
    size_t i;
    int free_name;
    pthread_mutex_lock(&room->lock);
    for (i = 0; i < room->count && strcmp(room->members[i].name, name) != 0; i++)
        ;
    free_name = i == room->count && i < MOST_MEMBERS;
    if (free_name) {
        snprintf(room->members[i].name, sizeof room->members[i].name, "%s", name);
        room->members[room->count++].sk = sk;
    }
    pthread_mutex_unlock(&room->lock);
    return free_name;
}

static void leave(struct room *room, tabi_sock *sk)
{
    size_t i;
    pthread_mutex_lock(&room->lock);
    for (i = 0; room->members[i].sk != sk; i++)
        ;
    room->members[i] = room->members[--room->count];
    pthread_mutex_unlock(&room->lock);
}

/* Reads a line without its newline. Returns 0 for an empty line and at the end of the stream, negative for an error. */
static ssize_t next_line(tabi_file *file, char *line, size_t size)
{
    ssize_t n = tabi_file_readline(file, line, size);
    if (n > 0)
        line[strcspn(line, "\r\n")] = '\0';
    return n > 0 ? (ssize_t)strlen(line) : n;
}

static int visit(tabi_request *request, void *userdata)
{
    struct room *room = userdata;
    tabi_sock *sk = tabi_request_sock(request);
    tabi_file *file = NULL;
    char name[32], line[LONGEST_LINE];
    ssize_t n = tabi_makefile(sk, -1, &file);

    if (n == 0 && (n = next_line(file, name, sizeof name)) > 0) {
        if (enter(room, name, sk)) {
            tell(room, name, " ", "is here");
            while ((n = next_line(file, line, sizeof line)) > 0)
                tell(room, name, ": ", line);
            leave(room, sk);
            tell(room, name, " ", "has left");
        } else {
            n = tabi_request_reply(request, "that name is taken\n", 19);
        }
    }
    tabi_file_free(file);
    return (int)n;
}

int main(int argc, char **argv)
{
    static struct room room = {.lock = PTHREAD_MUTEX_INITIALIZER};
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9010);
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = tabi_threading_tcp_server("127.0.0.1", port, visit, &room, &server);

    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    if (rc < 0) failed("chat_room: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
