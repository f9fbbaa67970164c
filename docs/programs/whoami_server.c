/* whoami_server [PORT]: tells each client its address. It can be started by systemd and stand behind HAProxy. */
#include <stdio.h>
#include <stdlib.h>
#include <tabi.h>

static int tell(tabi_request *request, void *userdata)
{
    tabi_addr address;
    char text[64];
    ssize_t n;

    (void)userdata;
    tabi_request_client_address(request, &address); /* that of the client, not that of the proxy */
    tabi_addr_text(&address, text, sizeof text);
    n = tabi_request_printf(request, "you are %s\n", text);
    return n < 0 ? (int)n : 0;
}

int main(int argc, char **argv)
{
    tabi_server_options options;
    tabi_listen_socket *given = NULL;
    tabi_server *server = NULL;
    size_t count = 0;

    int rc = tabi_server_options_internet(&options, sizeof options);
    options.wait_for_first_byte = 0;            /* this server speaks first */
    options.proxy_protocol = "127.0.0.1 ::1";   /* who may say for whom it connects */
    if (rc == 0) rc = tabi_listen_fds(&given, &count);
    if (rc == 0 && count > 0) { /* systemd has opened the socket */
        rc = tabi_server_from_sockets(&options, &given[0].sk, 1, tell, NULL, &server);
        if (rc == 0) given[0].sk = NULL; /* it belongs to the server now */
    } else if (rc == 0) {
        rc = tabi_server_from_host(&options, "127.0.0.1", argc > 1 ? atoi(argv[1]) : 9004, tell, NULL, &server);
    }
    if (rc == 0) rc = tabi_serve_until_signal(&server, 1, NULL, 0, 30, NULL);
    if (rc < 0) fprintf(stderr, "whoami_server: %s\n", tabi_last_error_message());
    tabi_listen_fds_free(given, count);
    tabi_server_free(server);
    return rc < 0;
}
