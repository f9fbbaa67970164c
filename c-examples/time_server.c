/* time_server [PORT]: answers every datagram with the time of RFC 868, the seconds since 1900 in four bytes. */
#include "example.h"

#include <time.h>

/* Seconds from 1900 to 1970. */
#define UNIX_EPOCH 2208988800u

static int tell(tabi_request *request, void *userdata)
{
    /* The four bytes of the protocol start again at 0 in 2036. */
    uint32_t now = (uint32_t)time(NULL) + UNIX_EPOCH;
    unsigned char bytes[4] = {(unsigned char)(now >> 24), (unsigned char)(now >> 16), (unsigned char)(now >> 8),
                              (unsigned char)now};
    (void)userdata;
    return tabi_request_reply(request, bytes, sizeof bytes);
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9012);
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = tabi_udp_server("127.0.0.1", port, tell, NULL, &server);

    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    if (rc < 0) failed("time_server: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
