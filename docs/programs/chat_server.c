/* chat_server: shows what its clients say, and answers each of them with a line from the keyboard. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <tabi.h>

/* The keyboard and the screen belong to one client at a time. */
static pthread_mutex_t console = PTHREAD_MUTEX_INITIALIZER;

/* Shows a line, and reads the answer from the keyboard. Returns 0 when the keyboard has ended. */
static int ask(const char *client, const char *line, char *answer, int size)
{
    int answered;
    pthread_mutex_lock(&console);
    printf("%s: %s>>>", client, line);
    fflush(stdout);
    answered = fgets(answer, size, stdin) != NULL;
    pthread_mutex_unlock(&console);
    return answered;
}

/* Talks with one client. Each client has a thread. */
static int talk(tabi_request *request, void *userdata)
{
    tabi_file *rfile = tabi_request_rfile(request);
    char client[64], line[1000], answer[1000];
    tabi_addr address;
    ssize_t n;

    (void)userdata;
    tabi_request_client_address(request, &address);
    tabi_addr_text(&address, client, sizeof client);
    while ((n = tabi_file_readline(rfile, line, sizeof line)) > 0) {
        if (strcmp(line, "exit\n") == 0 || !ask(client, line, answer, sizeof answer))
            break;
        if ((n = tabi_request_reply(request, answer, strlen(answer))) < 0)
            break;
    }
    printf("%s: %s\n", client, n < 0 ? tabi_last_error_message() : "has left");
    return 0;
}

int main(void)
{
    tabi_server *server = NULL;

    int rc = tabi_threading_tcp_server("127.0.0.1", 9001, talk, NULL, &server);
    if (rc == 0) {
        puts("listening on 127.0.0.1:9001");
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc < 0) fprintf(stderr, "chat_server: %s\n", tabi_last_error_message());
    tabi_server_free(server);
    return rc < 0;
}
