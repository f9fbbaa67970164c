/*
 * What a connection has come to is what the system says in SO_ERROR. EISCONN there means that the socket is connected,
 * as in Python. This program has a getsockopt() of its own, which libtabi calls too, because Linux does not say EISCONN.
 */
#include "pairs.h"

#ifdef __linux__

#include <sys/syscall.h>

/* The answer for SO_ERROR, or -1 for that of the system. */
static int answer = -1;
static int times_asked;

int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    int result = (int)syscall(SYS_getsockopt, fd, level, option, value, size);
    if (level == SOL_SOCKET && option == SO_ERROR) {
        times_asked++;
        if (result == 0 && answer >= 0)
            memcpy(value, &answer, sizeof answer);
    }
    return result;
}

/* Connects with a timeout, so that the call asks for the result when the connection is made. */
static void connect_to(tabi_sock *listener, int error, int code)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_settimeout(sk, 60));
    answer = error;
    times_asked = 0;
    if (code == 0)
        CHECK_OK(tabi_connect(sk, "127.0.0.1", port_of(listener)));
    else
        CHECK_CODE(tabi_connect(sk, "127.0.0.1", port_of(listener)), code);
    CHECK_EQ(times_asked, 1);
    answer = -1;
    tabi_sock_free(sk);
}

static void the_system_says_what_a_connection_has_come_to(void)
{
    tabi_sock *listener = tcp_listener();
    connect_to(listener, -1, 0);
    connect_to(listener, 0, 0);
    connect_to(listener, ECONNREFUSED, -ECONNREFUSED);
    connect_to(listener, ETIMEDOUT, -ETIMEDOUT);
    tabi_sock_free(listener);
}

static void a_socket_that_is_connected_already_is_connected(void)
{
    tabi_sock *listener = tcp_listener();
    connect_to(listener, EISCONN, 0);
    tabi_sock_free(listener);
}

int main(void)
{
    RUN(the_system_says_what_a_connection_has_come_to);
    RUN(a_socket_that_is_connected_already_is_connected);
    return 0;
}

#else

/* On other systems, the function of a program does not always come before that of the system. */
int main(void)
{
    printf("skipped: only on Linux\n");
    return 0;
}

#endif
