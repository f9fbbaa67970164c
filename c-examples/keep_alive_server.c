/* keep_alive_server [PORT]: a web server for the open internet. Between two requests a connection has no thread. */
#include "example.h"

#include <stdint.h>
#include <strings.h>

enum { LONGEST_LINE = 8000, MOST_HEADERS = 100 };

/* A header that ends the connection after this answer. */
static int asks_to_close(const char *header)
{
    return strncasecmp(header, "connection:", 11) == 0 && strstr(header, "close") != NULL;
}

static int reply(tabi_request *request, const char *status, const char *body)
{
    char text[256];
    int len = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %lu\r\n\r\n%s",
                       status, (unsigned long)strlen(body), body);
    return tabi_request_reply(request, text, (size_t)len);
}

/* Answers one request. The server calls it again when the client has sent more, or when more was read already. */
static int answer(tabi_request *request, void *userdata)
{
    tabi_file *rfile = tabi_request_rfile(request);
    intptr_t requests = (intptr_t)tabi_request_data(request) + 1; /* data of the connection, NULL in its first request */
    char line[LONGEST_LINE], header[LONGEST_LINE], body[64];
    int keep, headers;
    ssize_t n = tabi_file_readline(rfile, line, sizeof line);

    (void)userdata;
    if (n <= 0)
        return (int)n; /* the client has closed its connection, or the error */
    keep = strstr(line, "HTTP/1.1") != NULL;
    for (headers = 0; headers < MOST_HEADERS; headers++) {
        if ((n = tabi_file_readline(rfile, header, sizeof header)) < 0)
            return (int)n;
        if (strcspn(header, "\r\n") == 0)
            break;
        if (asks_to_close(header))
            keep = 0;
    }
    if (strncmp(line, "GET ", 4) != 0)
        return reply(request, "501 Not Implemented", "");
    tabi_request_set_data(request, (void *)requests);
    snprintf(body, sizeof body, "request %ld of this connection\n", (long)requests);
    if ((n = reply(request, "200 OK", body)) < 0)
        return (int)n;
    return keep ? TABI_PARK : 0;
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9014);
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr addr;
    /* The limits that a server on the open internet needs. Each of them may be changed afterwards. */
    int rc = tabi_server_options_internet(&options, sizeof options);

    options.max_threads = 4;
    options.idle_timeout = 30;
    options.request_end = "\r\n\r\n"; /* a client gets a thread when the head of its request is there */
    if (rc == 0) rc = tabi_addr_from_host(AF_INET, "127.0.0.1", port, &addr);
    if (rc == 0) rc = tabi_server_new(&options, &addr, answer, NULL, &server);
    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    if (rc < 0) failed("keep_alive_server: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
