/* Sockets for the tests: listening, connected, and addresses of their own. */
#ifndef PAIRS_H
#define PAIRS_H

#include "check.h"

/* Fills an output with a pattern, so that CHECK_UNTOUCHED() can see whether a failed call has written to it. */
#define SOIL(object) memset(&(object), 0xA5, sizeof(object))

/* An output that SOIL() has filled must be unchanged. */
#define CHECK_UNTOUCHED(object) check_untouched(__FILE__, __LINE__, #object, &(object), sizeof(object))

CHECK_UNUSED static void check_untouched(const char *file, int line, const char *what, const void *object, size_t size)
{
    const unsigned char *bytes = object;
    size_t i;
    for (i = 0; i < size; i++)
        if (bytes[i] != 0xA5)
            check_failed(file, line, what, "was written to by a call that failed");
}

CHECK_UNUSED static tabi_sock *new_socket(int family, int type)
{
    tabi_sock *sk = NULL;
    CHECK_OK(tabi_socket(family, type, 0, &sk));
    return sk;
}

/* The port that a socket is bound to. */
CHECK_UNUSED static int port_of(tabi_sock *sk)
{
    tabi_addr addr;
    CHECK_OK(tabi_getsockname(sk, &addr));
    return (int)CHECK_OK(tabi_addr_port(&addr));
}

CHECK_UNUSED static tabi_sock *bound(int type)
{
    tabi_sock *sk = new_socket(AF_INET, type);
    CHECK_OK(tabi_bind(sk, "127.0.0.1", 0));
    return sk;
}

CHECK_UNUSED static tabi_sock *tcp_listener(void)
{
    tabi_sock *listener = bound(SOCK_STREAM);
    CHECK_OK(tabi_listen(listener, TABI_BACKLOG));
    return listener;
}

/* Two TCP sockets that are connected to each other. */
CHECK_UNUSED static void tcp_pair(tabi_sock **client, tabi_sock **peer)
{
    tabi_sock *listener = tcp_listener();
    *client = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_connect(*client, "127.0.0.1", port_of(listener)));
    CHECK_OK(tabi_accept(listener, peer, NULL));
    tabi_sock_free(listener);
}

CHECK_UNUSED static void unix_pair_of(int type, tabi_sock **one, tabi_sock **other)
{
    CHECK_OK(tabi_socketpair(AF_UNIX, type, 0, one, other));
}

CHECK_UNUSED static void unix_pair(tabi_sock **one, tabi_sock **other)
{
    unix_pair_of(SOCK_STREAM, one, other);
}

/* A UDP socket on a free port of the loopback interface, and its address. */
CHECK_UNUSED static tabi_sock *udp_at(int family, tabi_addr *address)
{
    tabi_sock *sk = new_socket(family, SOCK_DGRAM);
    CHECK_OK(tabi_bind(sk, family == AF_INET ? "127.0.0.1" : "::1", 0));
    CHECK_OK(tabi_getsockname(sk, address));
    return sk;
}

/* A socket that is bound but does not listen, so its port refuses clients and nobody else gets it. */
CHECK_UNUSED static tabi_sock *refusing(void)
{
    return bound(SOCK_STREAM);
}

/* Makes a new directory for the paths of sockets; remove_directory() removes it. */
CHECK_UNUSED static char *make_directory(char template_path[32])
{
    strcpy(template_path, "/tmp/tabi-test-XXXXXX");
    CHECK(mkdtemp(template_path) != NULL);
    return template_path;
}

CHECK_UNUSED static void remove_directory(const char *directory, const char *path)
{
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(directory), 0);
}

#endif
