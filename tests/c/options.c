/* Options whose values are structures, texts or durations. */
#include "check.h"

#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static tabi_sock *new_socket(int family, int type)
{
    tabi_sock *sk = NULL;
    CHECK_OK(tabi_socket(family, type, 0, &sk));
    return sk;
}

static void an_option_by_number(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int value = -1;
    char bytes[8] = {0};
    CHECK_OK(tabi_setsockopt(sk, SOL_SOCKET, SO_REUSEADDR, 1));
    CHECK_OK(tabi_getsockopt(sk, SOL_SOCKET, SO_REUSEADDR, &value));
    CHECK_EQ(value, 1);
    value = 0;
    CHECK_OK(tabi_setsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    CHECK_EQ(CHECK_OK(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, bytes, sizeof bytes)), (int)sizeof value);
    CHECK_EQ(bytes[0], 0);
    CHECK_CODE(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, bytes, 0), TABI_ERR_OS);
    CHECK_CODE(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, NULL, 4), TABI_ERR_NULL);
    CHECK_CODE(tabi_getsockopt(sk, SOL_SOCKET, SO_REUSEADDR, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_setsockopt(sk, SOL_SOCKET, 30000, 1), -ENOPROTOOPT);
    CHECK_CODE(tabi_setsockopt_null(sk, SOL_SOCKET, SO_REUSEADDR, 4), -EFAULT);
    tabi_sock_free(sk);
}

static void linger(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int on = -1, seconds = -1;
    CHECK_OK(tabi_linger(sk, &on, &seconds));
    CHECK_EQ(on, 0);
    CHECK_OK(tabi_set_linger(sk, 1, 7));
    CHECK_OK(tabi_linger(sk, &on, &seconds));
    CHECK_EQ(on, 1);
    CHECK_EQ(seconds, 7);
    CHECK_CODE(tabi_set_linger(sk, 1, -1), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "seconds must be 0 seconds or more, got -1");
    CHECK_CODE(tabi_linger(sk, NULL, &seconds), TABI_ERR_NULL);
    CHECK_OK(tabi_set_linger(sk, 0, 0));
    CHECK_OK(tabi_linger(sk, &on, &seconds));
    CHECK_EQ(on, 0);
    tabi_sock_free(sk);
}

static void keepalive(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    tabi_sock *udp = new_socket(AF_INET, SOCK_DGRAM);
    int on = -1, time = -1, interval = -1, retries = -1;
    CHECK_OK(tabi_set_keepalive(sk, 60, 5, 4));
    CHECK_OK(tabi_keepalive(sk, &on, &time, &interval, &retries));
    CHECK_EQ(on, 1);
    CHECK_EQ(time, 60);
    CHECK_EQ(interval, 5);
    CHECK_EQ(retries, 4);
    CHECK_OK(tabi_set_keepalive(sk, 0, 6, 0));
    CHECK_CODE(tabi_set_keepalive(sk, 40000, 0, 0), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "keepalive time must be 1-32767 seconds, got 40000");
    CHECK_CODE(tabi_set_keepalive(sk, 1, -5, 0), TABI_ERR_VALUE);
    CHECK_CODE(tabi_set_keepalive(sk, 1, 0, -5), TABI_ERR_VALUE);
    CHECK_OK(tabi_keepalive(sk, &on, &time, &interval, &retries));
    CHECK_EQ(time, 60);
    CHECK_EQ(interval, 6);
    CHECK_EQ(retries, 4);
    CHECK_OK(tabi_setsockopt(sk, SOL_SOCKET, SO_KEEPALIVE, 0));
    CHECK_OK(tabi_keepalive(sk, &on, &time, &interval, &retries));
    CHECK_EQ(on, 0);
    CHECK_CODE(tabi_keepalive(sk, &on, NULL, &interval, &retries), TABI_ERR_NULL);
    CHECK(tabi_keepalive(udp, &on, &time, &interval, &retries) < 0);
    CHECK(tabi_set_keepalive(udp, 1, 1, 1) < 0);
    tabi_sock_free(udp);
    tabi_sock_free(sk);
}

static void the_systems_own_timeouts(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_DGRAM);
    double seconds = -1;
    CHECK_OK(tabi_rcvtimeo(sk, &seconds));
    CHECK(isinf(seconds));
    CHECK_OK(tabi_sndtimeo(sk, &seconds));
    CHECK(isinf(seconds));
    CHECK_OK(tabi_set_rcvtimeo(sk, 2));
    CHECK_OK(tabi_set_sndtimeo(sk, 3));
    CHECK_OK(tabi_rcvtimeo(sk, &seconds));
    CHECK_EQ(seconds * 1000, 2000);
    CHECK_OK(tabi_sndtimeo(sk, &seconds));
    CHECK_EQ(seconds * 1000, 3000);
    CHECK_CODE(tabi_set_rcvtimeo(sk, -1), TABI_ERR_VALUE);
    CHECK_CODE(tabi_set_rcvtimeo(sk, 0), TABI_ERR_VALUE);
    CHECK_CODE(tabi_set_sndtimeo(sk, (double)NAN), TABI_ERR_VALUE);
    CHECK_CODE(tabi_rcvtimeo(sk, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sndtimeo(sk, NULL), TABI_ERR_NULL);
    CHECK_OK(tabi_set_rcvtimeo(sk, TABI_NO_TIMEOUT));
    CHECK_OK(tabi_rcvtimeo(sk, &seconds));
    CHECK(isinf(seconds));
    tabi_sock_free(sk);
}

static void names(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    char name[16] = "?";
    CHECK_EQ(CHECK_OK(tabi_device(sk, name, sizeof name)), 0);
    CHECK_STR(name, "");
    CHECK_OK(tabi_bind_device(sk, "lo"));
    CHECK_EQ(CHECK_OK(tabi_device(sk, name, sizeof name)), 2);
    CHECK_STR(name, "lo");
    CHECK_CODE(tabi_device(sk, name, 2), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_bind_device(sk, "none-such"), -ENODEV);
    CHECK_CODE(tabi_bind_device(sk, "0123456789abcdef"), TABI_ERR_VALUE);
    CHECK_CODE(tabi_bind_device(sk, NULL), TABI_ERR_NULL);

    CHECK_OK(tabi_set_congestion(sk, "reno"));
    CHECK_EQ(CHECK_OK(tabi_congestion(sk, name, sizeof name)), 4);
    CHECK_STR(name, "reno");
    CHECK_CODE(tabi_congestion(sk, name, 4), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_set_congestion(sk, "nonsense"), -ENOENT);
    CHECK_CODE(tabi_set_congestion(sk, NULL), TABI_ERR_NULL);
    tabi_sock_free(sk);
}

static void peer_credentials(void)
{
    tabi_sock *one = NULL, *other = NULL, *alone = new_socket(AF_UNIX, SOCK_STREAM);
    int32_t pid = -1;
    uint32_t uid = 7777, gid = 7777;
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_OK(tabi_peer_credentials(one, &pid, &uid, &gid));
    CHECK_EQ(pid, getpid());
    CHECK_EQ(uid, geteuid());
    CHECK_EQ(gid, getegid());
    CHECK_OK(tabi_peer_credentials(one, NULL, NULL, NULL));
    CHECK_CODE(tabi_peer_credentials(alone, &pid, &uid, &gid), -ENOTCONN);
    CHECK_EQ(pid, getpid());
    tabi_sock_free(alone);
    tabi_sock_free(other);
    tabi_sock_free(one);
}

static void groups(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_DGRAM), *sk6 = new_socket(AF_INET6, SOCK_DGRAM);
    CHECK_OK(tabi_join_multicast(sk, "239.255.77.2", "lo"));
    CHECK_CODE(tabi_join_multicast(sk, "239.255.77.2", "lo"), -EADDRINUSE);
    CHECK_OK(tabi_leave_multicast(sk, "239.255.77.2", "lo"));
    CHECK_OK(tabi_join_multicast(sk, "239.255.77.2", "127.0.0.1"));
    CHECK_OK(tabi_leave_multicast(sk, "239.255.77.2", "127.0.0.1"));
    CHECK_CODE(tabi_leave_multicast(sk, "239.255.77.2", "lo"), -EADDRNOTAVAIL);
    CHECK_OK(tabi_join_multicast(sk6, "ff01::77:3", "lo"));
    CHECK_OK(tabi_leave_multicast(sk6, "ff01::77:3", "lo"));
    CHECK_CODE(tabi_join_multicast(sk6, "ff01::77:3", "127.0.0.1"), TABI_ERR_TYPE);
    CHECK_CODE(tabi_join_multicast(sk, "127.0.0.1", "lo"), -EINVAL);
    CHECK_CODE(tabi_join_multicast(sk, "nobody", "lo"), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "group must be an IPv4 or IPv6 address, got 'nobody'");
    CHECK_CODE(tabi_join_multicast(sk, "239.255.77.2", "none-such"), -ENODEV);
    CHECK_CODE(tabi_join_multicast(sk, NULL, "lo"), TABI_ERR_NULL);
    CHECK_CODE(tabi_leave_multicast(sk, "239.255.77.2", NULL), TABI_ERR_NULL);

    CHECK_OK(tabi_join_source_multicast(sk, "239.255.77.2", "127.0.0.1", "lo"));
    CHECK_CODE(tabi_leave_source_multicast(sk, "239.255.77.2", "127.0.0.2", "lo"), -EADDRNOTAVAIL);
    CHECK_OK(tabi_leave_source_multicast(sk, "239.255.77.2", "127.0.0.1", "lo"));
    CHECK_CODE(tabi_join_source_multicast(sk, "239.255.77.2", "::1", "lo"), TABI_ERR_TYPE);
    CHECK_CODE(tabi_join_source_multicast(sk, "239.255.77.2", NULL, "lo"), TABI_ERR_NULL);

    CHECK_OK(tabi_set_multicast_interface(sk, "127.0.0.1"));
    CHECK_OK(tabi_set_multicast_interface(sk, ""));
    CHECK_OK(tabi_set_multicast_interface(sk6, "lo"));
    CHECK_CODE(tabi_set_multicast_interface(sk6, "127.0.0.1"), TABI_ERR_TYPE);
    CHECK_CODE(tabi_set_multicast_interface(sk, NULL), TABI_ERR_NULL);
    tabi_sock_free(sk6);
    tabi_sock_free(sk);
}

static void a_closed_socket_says_so(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int number = 0;
    double seconds = 0;
    char name[16];
    CHECK_OK(tabi_close(sk));
    CHECK_CODE(tabi_getsockopt(sk, SOL_SOCKET, SO_TYPE, &number), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_setsockopt(sk, SOL_SOCKET, SO_REUSEADDR, 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_linger(sk, &number, &number), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_set_linger(sk, 0, 0), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_keepalive(sk, &number, &number, &number, &number), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_set_keepalive(sk, 1, 1, 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_rcvtimeo(sk, &seconds), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_set_sndtimeo(sk, 1), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_device(sk, name, sizeof name), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_congestion(sk, name, sizeof name), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_peer_credentials(sk, NULL, NULL, NULL), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_join_multicast(sk, "239.255.77.2", "lo"), TABI_ERR_CLOSED);
    tabi_sock_free(sk);
    CHECK_CODE(tabi_linger(NULL, &number, &number), TABI_ERR_NULL);
}

int main(void)
{
    RUN(an_option_by_number);
    RUN(linger);
    RUN(keepalive);
    RUN(the_systems_own_timeouts);
    RUN(names);
    RUN(peer_credentials);
    RUN(groups);
    RUN(a_closed_socket_says_so);
    return 0;
}
