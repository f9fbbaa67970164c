/* A server of datagrams, asked by a socket of the library. */
#include "../scenario.h"

static int reply(tabi_request *request, void *userdata)
{
    size_t length;
    const void *packet = tabi_request_packet(request, &length);
    (void)userdata;
    return tabi_request_reply(request, packet, length);
}

static int pass(void)
{
    int rc, port, served = 0, number;
    char got[8];
    tabi_sock *sk = NULL;
    tabi_server *server = NULL;
    tabi_addr address, sender;
    struct serving serving;
    TRY(tabi_udp_server("127.0.0.1", 0, reply, NULL, &server));
    TRY(server_port(server, &port));
    TRY(tabi_server_address(server, &address));
    TRY(tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk));
    TRY(tabi_settimeout(sk, 1));
    begin_to_serve(&serving, server);
    for (number = 0; number < 4; number++) {
        rc = (int)(number % 2 ? tabi_sendto(sk, "hello", 5, 0, "localhost", port) : tabi_sendto_addr(sk, "hello", 5, 0, &address));
        if (rc < 0) complain("sendto", rc);
        if (!says_what_happened(rc < 0 ? rc : 0)) finding(__FILE__, __LINE__, "sendto says what happened");
        if (rc < 0) continue;
        rc = (int)tabi_recvfrom(sk, got, sizeof got, 0, number < 2 ? &sender : NULL);
        if (rc == TABI_ERR_TIMEOUT) continue;
        if (!says_what_happened(rc < 0 ? rc : 0)) finding(__FILE__, __LINE__, "recvfrom says what happened");
        /* An answer that could not be read is still there. */
        if (rc < 0) rc = (int)tabi_recvfrom(sk, got, sizeof got, 0, &sender);
        CHECK(rc == 5 && memcmp(got, "hello", 5) == 0);
        served++;
    }
    CHECK(served >= 4 - (fault() != 0) || lasting() || serving.code < 0);
    TRY(end_serving(&serving));
    TRY(tabi_server_close(server, 10, NULL));
end:
    tabi_sock_free(sk);
    tabi_server_free(server);
    return rc;
}
