/* Control messages that the system makes: where a datagram went, when it came, who sent it, and which error it met. */
#include "pairs.h"

#include <netinet/in.h>
#include <time.h>

static void packet_info(void)
{
    const int families[] = {AF_INET, AF_INET6};
    int f;
    for (f = 0; f < 2; f++) {
        int v4 = families[f] == AF_INET, value, seen = 0;
        char space[256], byte = 'x', host[46];
        tabi_control control = {NULL, 0, 0};
        tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
        tabi_addr address, destination, local;
        unsigned interface = 0;
        tabi_iovec io;
        tabi_sock *sk = udp_at(families[f], &address);

        io.iov_base = &byte;
        io.iov_len = 1;
        control.data = space;
        control.size = sizeof space;
        CHECK_OK(v4 ? tabi_setsockopt(sk, IPPROTO_IP, IP_PKTINFO, 1)
                    : tabi_setsockopt(sk, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
        CHECK_OK(v4 ? tabi_setsockopt(sk, IPPROTO_IP, IP_RECVTTL, 1)
                    : tabi_setsockopt(sk, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1));
        CHECK_OK(tabi_control_add_packet_info(&control, &address, 0));
        CHECK_OK(v4 ? tabi_control_add_int(&control, IPPROTO_IP, IP_TTL, 5)
                    : tabi_control_add_int(&control, IPPROTO_IPV6, IPV6_HOPLIMIT, 5));
        CHECK_EQ(tabi_sendmsg(sk, &io, 1, &control, 0, &address), 1);
        CHECK_EQ(tabi_recvmsg(sk, &io, 1, &control, 0, NULL, NULL), 1);
        while (tabi_control_next(&control, &cmsg)) {
            seen++;
            if (cmsg.type == (v4 ? IP_PKTINFO : IPV6_PKTINFO)) {
                CHECK_OK(tabi_cmsg_packet_info(&cmsg, &destination, &local, &interface));
                CHECK(interface > 0);
                CHECK_OK(tabi_addr_host(&destination, host, sizeof host));
                CHECK_STR(host, v4 ? "127.0.0.1" : "::1");
                CHECK_OK(tabi_addr_host(&local, host, sizeof host));
                CHECK_STR(host, v4 ? "127.0.0.1" : "::1");
            } else {
                CHECK_OK(tabi_cmsg_int(&cmsg, &value));
                CHECK_EQ(value, 5);
            }
        }
        CHECK_EQ(seen, 2);
        CHECK_OK(tabi_addr_from_unix("/x", 2, &address));
        CHECK_CODE(tabi_control_add_packet_info(&control, &address, 0), TABI_ERR_TYPE);
        tabi_sock_free(sk);
    }
}

static void timestamps_credentials_and_errors(void)
{
    tabi_sock *one, *other;
    char space[512], byte = 'x', host[46];
    tabi_control control = {NULL, 0, 0};
    tabi_cmsg cmsg = {0, 0, NULL, 0, 0}, none = {0, 0, NULL, 0, 0};
    tabi_addr address, offender;
    tabi_iovec io;
    int64_t nanoseconds;
    int32_t pid;
    uint32_t uid, gid, info;
    int error, type, code;

    io.iov_base = &byte;
    io.iov_len = 1;
    control.data = space;
    control.size = sizeof space;

    one = udp_at(AF_INET, &address);
    CHECK_OK(tabi_setsockopt(one, SOL_SOCKET, SO_TIMESTAMP, 1));
    CHECK_EQ(tabi_sendto_addr(one, "x", 1, 0, &address), 1);
    CHECK_EQ(tabi_recvmsg(one, &io, 1, &control, 0, NULL, NULL), 1);
    CHECK_EQ(tabi_control_next(&control, &cmsg), 1);
    CHECK_OK(tabi_cmsg_timestamp(&cmsg, &nanoseconds));
    CHECK(nanoseconds / 1000000000 >= (int64_t)time(NULL) - 60);
    CHECK_CODE(tabi_cmsg_timestamp(&none, &nanoseconds), TABI_ERR_TYPE);

    CHECK_OK(tabi_setsockopt(one, IPPROTO_IP, IP_RECVERR, 1));
    /* This socket keeps the port, but it receives only from another peer. */
    other = udp_at(AF_INET, &address);
    CHECK_OK(tabi_connect(other, "127.0.0.2", 9));
    CHECK_EQ(tabi_sendto_addr(one, "x", 1, 0, &address), 1);
    /* A socket with an error polls as ready. */
    CHECK_OK(tabi_wait_until(one, TABI_READ, INT64_MAX));
    CHECK_EQ(tabi_recvmsg(one, &io, 1, &control, MSG_ERRQUEUE, NULL, NULL), 1);
    cmsg = none;
    while (tabi_control_next(&control, &cmsg) && cmsg.level != IPPROTO_IP)
        ;
    CHECK_OK(tabi_cmsg_error(&cmsg, &error, &type, &code, &info, &offender));
    CHECK(error == ECONNREFUSED && type == 3 && code == 3 && info == 0);
    CHECK_OK(tabi_addr_host(&offender, host, sizeof host));
    CHECK_STR(host, "127.0.0.1");
    tabi_sock_free(other);
    tabi_sock_free(one);

    unix_pair_of(SOCK_STREAM, &one, &other);
    CHECK_OK(tabi_setsockopt(other, SOL_SOCKET, SO_PASSCRED, 1));
    control.len = 0;
    CHECK_OK(tabi_control_add_credentials(&control, (int32_t)getpid(), getuid(), getgid()));
    CHECK_EQ(tabi_sendmsg(one, &io, 1, &control, 0, NULL), 1);
    CHECK_EQ(tabi_recvmsg(other, &io, 1, &control, 0, NULL, NULL), 1);
    cmsg = none;
    CHECK_EQ(tabi_control_next(&control, &cmsg), 1);
    CHECK_OK(tabi_cmsg_credentials(&cmsg, &pid, &uid, &gid));
    CHECK(pid == (int32_t)getpid() && uid == getuid() && gid == getgid());
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(packet_info);
    RUN(timestamps_credentials_and_errors);
    return 0;
}
