/* chat_server [PORT]: prints what its clients say and answers each with a line from standard input. */
#include "example.h"

#include <pthread.h>

/* The lock gives the console to one client at a time, so that a message, its prompt and its answer stay together. */
static pthread_mutex_t console = PTHREAD_MUTEX_INITIALIZER;
static int input_ended;

/* Prints what a client said, and reads an answer unless `answer` is NULL. Returns 0 at the end of the input. */
static int show(const char *client, const char *text, char *answer, size_t size)
{
    int more;
    pthread_mutex_lock(&console);
    if (!input_ended) {
        printf("%s: %s\n", client, text);
        if (answer != NULL) {
            printf(">>>");
            fflush(stdout);
            input_ended = !read_line(answer, size);
            if (input_ended)
                printf("\nend of input\n");
        }
        fflush(stdout);
    }
    more = !input_ended;
    pthread_mutex_unlock(&console);
    return more;
}

/* Talks with one client. It runs in a thread of the server. */
static int on_client(tabi_request *request, void *userdata)
{
    tabi_sock *sk = tabi_request_sock(request);
    tabi_addr address;
    char client[64], line[1024];
    ssize_t n;

    (void)userdata;
    tabi_request_client_address(request, &address);
    tabi_addr_text(&address, client, sizeof client);
    while ((n = tabi_recv(sk, line, sizeof line - 1, 0)) > 0) {
        line[n] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "exit") == 0) {
            show(client, line, NULL, 0);
            return 0;
        }
        /* The input has ended, so the server can give no more answers and stops. */
        if (!show(client, line, line, sizeof line - 1))
            return tabi_server_shutdown(tabi_request_server(request));
        strcat(line, "\n");
        n = tabi_sendall(sk, line, strlen(line), 0, NULL);
        if (n < 0)
            break;
    }
    show(client, n < 0 ? tabi_last_error_message() : "left", NULL, 0);
    return 0;
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9001);
    tabi_server *server = NULL;
    tabi_addr addr;

    int rc = tabi_threading_tcp_server("127.0.0.1", port, on_client, NULL, &server);
    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) {
        print_listening(&addr);
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc == 0) rc = tabi_server_close(server, 0, NULL);
    tabi_server_free(server);
    return rc < 0 ? failed("chat_server: 127.0.0.1:%d", port) : 0;
}
