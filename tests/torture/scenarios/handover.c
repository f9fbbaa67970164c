/* A server whose sockets are duplicates of others, and which hands them to a program. */
#include "../scenario.h"
#include <sys/wait.h>

static int pass(void)
{
    int rc, port, status;
    pid_t pid;
    const char *const argv[] = {"true", NULL};
    tabi_sock *sk = NULL;
    tabi_server *server = NULL;
    tabi_server_options options;
    struct serving serving;
    TRY(tabi_server_options_init(&options, sizeof options));
    TRY(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &sk));
    TRY(tabi_server_from_sockets(&options, &sk, 1, echo, NULL, &server));
    sk = NULL;
    TRY(server_port(server, &port));
    TRY(tabi_server_pass_to(server, "/bin/true", argv, "web", &pid));
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    begin_to_serve(&serving, server);
    ask_all(port, 2);
    TRY(end_serving(&serving));
end:
    tabi_sock_free(sk);
    tabi_server_free(server);
    return rc;
}
