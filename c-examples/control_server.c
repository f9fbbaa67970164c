/* control_server PATH: accepts commands on a unix socket, only from processes of the same user.
 *
 * `who` prints the client's process and user, `statistics` prints what the server has done, and `stop` stops the
 * server. */
#include "example.h"

#include <unistd.h>

enum { LONGEST_LINE = 1000 };

static int same_user(tabi_request *request, void *userdata)
{
    uint32_t uid;
    int rc = tabi_peer_credentials(tabi_request_sock(request), NULL, &uid, NULL);
    (void)userdata;
    return rc < 0 ? rc : uid == getuid();
}

static int obey(tabi_request *request, void *userdata)
{
    tabi_sock *sk = tabi_request_sock(request);
    tabi_server *server = tabi_request_server(request);
    tabi_file *file = NULL;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n = tabi_makefile(sk, -1, &file);

    (void)userdata;
    while (n >= 0 && (n = tabi_file_getline(file, &line, &capacity, LONGEST_LINE)) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "") == 0)
            break;
        if (strcmp(line, "who") == 0) {
            int32_t pid;
            uint32_t uid;
            if ((n = tabi_peer_credentials(sk, &pid, &uid, NULL)) == 0)
                n = tabi_request_printf(request, "process %ld of user %lu\n", (long)pid, (unsigned long)uid);
        } else if (strcmp(line, "statistics") == 0) {
            tabi_server_statistics done = {.struct_size = sizeof done};
            if ((n = tabi_server_get_statistics(server, &done)) == 0)
                n = tabi_request_printf(request, "accepted: %llu, active: %llu\n",
                                        (unsigned long long)done.accepted, (unsigned long long)done.active);
        } else if (strcmp(line, "stop") == 0) {
            tabi_server_shutdown(server);
            n = tabi_request_printf(request, "stopping\n");
            break;
        } else {
            n = tabi_request_printf(request, "unknown command: %s\n", line);
        }
    }
    tabi_free(line);
    tabi_file_free(file);
    return (int)(n < 0 ? n : 0);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/tabi_control";
    tabi_server_hooks hooks = {.struct_size = sizeof hooks, .verify_request = same_user};
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = tabi_server_options_init(&options, sizeof options);

    options.address_family = AF_UNIX;
    options.concurrency = TABI_THREADS;
    options.request_timeout = 60;
    options.hooks = &hooks;
    options.unlink_path = 1;
    if (rc == 0) rc = tabi_addr_from_unix(path, strlen(path), &addr);
    if (rc == 0) rc = tabi_server_new(&options, &addr, obey, NULL, &server);
    if (rc == 0) {
        printf("listening on %s\n", path);
        fflush(stdout);
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc < 0) failed("control_server: %s", path);
    tabi_server_free(server);
    return rc < 0;
}
