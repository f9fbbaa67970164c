/* prefork_server [PORT]: three processes accept clients from one socket. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tabi.h>

static int tell(tabi_request *request, void *userdata)
{
    ssize_t n = tabi_request_printf(request, "process %ld\n", (long)getpid());
    (void)userdata;
    return n < 0 ? (int)n : 0;
}

int main(int argc, char **argv)
{
    tabi_server *server = NULL;
    tabi_addr address;
    int i;

    int rc = tabi_threading_tcp_server("127.0.0.1", argc > 1 ? atoi(argv[1]) : 9005, tell, NULL, &server);
    if (rc == 0) rc = tabi_server_address(server, &address);
    if (rc == 0) {
        printf("listening on 127.0.0.1:%d\n", tabi_addr_port(&address));
        fflush(stdout);
    }
    for (i = 0; rc == 0 && i < 3; i++) {
        pid_t pid = fork(); /* this process has no other threads yet */
        if (pid == 0) {
            /* What the child makes, its threads and its wake-up descriptors, is its own. */
            rc = tabi_serve_until_signal(&server, 1, NULL, 0, 10, NULL);
            tabi_server_free(server);
            return rc < 0;
        }
        if (pid < 0) perror("fork");
    }
    /* Ctrl-C reaches all processes of the terminal. This one waits for the others. */
    signal(SIGINT, SIG_IGN);
    while (wait(NULL) > 0)
        ;
    if (rc < 0) fprintf(stderr, "prefork_server: %s\n", tabi_last_error_message());
    tabi_server_free(server);
    return rc < 0;
}
