/* restart_server [PORT]: tells its clients which process answers, and starts a new process on the line "restart".
 *
 * No client is refused in the meantime, because the new process inherits the socket. The server also runs under
 * systemd-socket-activate, which passes the socket in the same way. */
#include "example.h"

#include <unistd.h>

static int answer(tabi_request *request, void *program)
{
    tabi_server *server = tabi_request_server(request);
    tabi_file *file = NULL;
    char line[100];
    pid_t successor;
    ssize_t n = tabi_makefile(tabi_request_sock(request), -1, &file);

    while (n >= 0 && (n = tabi_file_readline(file, line, sizeof line)) > 0 && line[0] != '\n') {
        if (strcmp(line, "restart\n") == 0) {
            if ((n = tabi_server_pass_to(server, program, NULL, "restart_server", &successor)) < 0)
                break;
            tabi_server_shutdown(server);
            n = tabi_request_printf(request, "process %ld follows\n", (long)successor);
        } else {
            n = tabi_request_printf(request, "process %ld\n", (long)getpid());
        }
    }
    tabi_file_free(file);
    return (int)(n < 0 ? n : 0);
}

/* Makes the server from the socket that this process has inherited, or on the port if there is none. */
static int make_server(int port, char *program, tabi_server **server)
{
    tabi_listen_socket *list = NULL;
    tabi_server_options options;
    size_t count = 0;
    int rc = tabi_listen_fds(&list, &count);
    if (rc == 0 && count == 0)
        rc = tabi_threading_tcp_server("127.0.0.1", port, answer, program, server);
    else if (rc == 0 && (rc = tabi_server_options_init(&options, sizeof options)) == 0) {
        options.concurrency = TABI_THREADS;
        rc = tabi_server_from_sockets(&options, &list[0].sk, 1, answer, program, server);
        if (rc == 0)
            list[0].sk = NULL;
    }
    tabi_listen_fds_free(list, count);
    return rc;
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9013);
    tabi_drain_report report = {.struct_size = sizeof report};
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = make_server(port, argv[0], &server);

    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    /* Clients may go on with the old process for 30 seconds. */
    if (rc == 0) rc = tabi_server_close(server, 30, &report);
    if (rc == 0)
        printf("process %ld: %lu finished, %lu cut off\n", (long)getpid(), (unsigned long)report.finished,
               (unsigned long)report.cut);
    else
        failed("restart_server: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
