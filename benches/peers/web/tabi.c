/* A web server on tabi with sixteen threads. A connection is parked between two requests. */
#include "../servers/tabi_serve.h"

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n";

/* Reads the head of one request, and answers it. */
static int on_request(tabi_request *request, void *userdata)
{
    char line[LINE];
    tabi_file *rfile = tabi_request_rfile(request);
    ssize_t n;
    int rc;
    (void)userdata;
    do {
        if ((n = tabi_file_readline(rfile, line, sizeof line)) <= 0)
            return (int)n;
    } while (strcspn(line, "\r\n") != 0);
    if ((rc = tabi_request_reply(request, answer, sizeof answer - 1)) < 0)
        return rc;
    return TABI_PARK;
}

int main(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr name;
    allow_many_descriptors();
    int rc = tabi_server_options_init(&options, sizeof options);
    options.concurrency = TABI_THREADS;
    options.max_threads = 16;
    options.request_end = "\r\n\r\n";
    options.request_queue_size = BACKLOG;
    if (rc == 0)
        rc = tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &name);
    if (rc == 0)
        rc = tabi_server_new(&options, &name, on_request, NULL, &server);
    return serve(rc, server);
}
