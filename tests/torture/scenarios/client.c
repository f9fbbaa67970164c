/* A client: create_connection, a whole conversation under a timeout, names, a duplicate, the end. */
#include "../scenario.h"

static void *echo_back(void *listener)
{
    char bytes[256];
    ssize_t n;
    int fd = accept4(*(int *)listener, NULL, NULL, SOCK_CLOEXEC);
    while (fd >= 0 && (n = recv(fd, bytes, sizeof bytes, 0)) > 0 && send(fd, bytes, (size_t)n, MSG_NOSIGNAL) == n) {}
    if (fd >= 0) close(fd);
    return NULL;
}

static int pass(void)
{
    int rc, port, listener = plain_listener(&port);
    size_t have = 0;
    char got[8];
    tabi_sock *sk = NULL, *copy = NULL;
    tabi_addr address;
    pthread_t peer;
    CHECK(pthread_create(&peer, NULL, echo_back, &listener) == 0);
    TRY(tabi_create_connection("localhost", port, 10, NULL, 0, &sk));
    TRY(tabi_getsockname(sk, &address));
    TRY(tabi_getpeername(sk, &address));
    CHECK(tabi_addr_port(&address) == port);
    TRY(tabi_sendall(sk, "abcdefgh", 8, 0, NULL));
    while (have < 8) {
        TRY(tabi_recv(sk, got + have, 8 - have, 0));
        CHECK(rc > 0);
        have += (size_t)rc;
    }
    CHECK(memcmp(got, "abcdefgh", 8) == 0);
    TRY(tabi_settimeout(sk, TABI_NO_TIMEOUT));
    TRY(tabi_dup(sk, &copy));
    TRY(tabi_settimeout(copy, 5));
    TRY(tabi_sendall(copy, "ij", 2, 0, NULL));
    TRY(tabi_shutdown(copy, SHUT_WR));
    for (have = 0; (rc = (int)tabi_recv(sk, got + have, 8 - have, 0)) > 0; have += (size_t)rc) {}
    TRY(rc);
    CHECK(have == 2 && memcmp(got, "ij", 2) == 0);
    TRY(tabi_close(copy));
    TRY(tabi_close(sk));
end:
    tabi_sock_free(copy);
    tabi_sock_free(sk);
    shutdown(listener, SHUT_RDWR);
    pthread_join(peer, NULL);
    close(listener);
    return rc;
}
