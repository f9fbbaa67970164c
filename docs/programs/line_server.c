/* line_server: answers every line in capital letters. It is fit for the open internet. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <tabi.h>

/* Answers one line. Until the next line comes, the connection has no thread. */
static int answer(tabi_request *request, void *userdata)
{
    char line[1000];
    ssize_t i, n = tabi_file_readline(tabi_request_rfile(request), line, sizeof line);

    (void)userdata;
    if (n <= 0)
        return (int)n; /* 0 when the client has left, or the error */
    if (strcmp(line, "exit\n") == 0)
        return 0;
    for (i = 0; i < n; i++)
        line[i] = (char)toupper((unsigned char)line[i]);
    n = tabi_request_reply(request, line, (size_t)n);
    return n < 0 ? (int)n : TABI_PARK;
}

int main(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;

    int rc = tabi_server_options_internet(&options, sizeof options);
    options.idle_timeout = 2;    /* short, so that you need not wait long */
    options.request_end = "\n";  /* a client has no thread before its line is complete */
    if (rc == 0) rc = tabi_server_from_host(&options, "127.0.0.1", 9001, answer, NULL, &server);
    if (rc == 0) {
        puts("listening on 127.0.0.1:9001");
        rc = tabi_serve_until_signal(&server, 1, NULL, 0, 10, NULL);
    }
    if (rc < 0) fprintf(stderr, "line_server: %s\n", tabi_last_error_message());
    else puts("line_server: stopped");
    tabi_server_free(server);
    return rc < 0;
}
