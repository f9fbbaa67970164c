/* Messages: several buffers, control messages, descriptors, several datagrams. */
#include "check.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/resource.h>
#include <time.h>

static void make_pair(int type, tabi_sock **one, tabi_sock **other)
{
    CHECK_OK(tabi_socketpair(AF_UNIX, type, 0, one, other));
}

/* A UDP socket on a free port of the loopback interface, and its address. */
static tabi_sock *make_bound(int family, tabi_addr *address)
{
    tabi_sock *sk;
    CHECK_OK(tabi_socket(family, SOCK_DGRAM, 0, &sk));
    CHECK_OK(tabi_bind(sk, family == AF_INET ? "127.0.0.1" : "::1", 0));
    CHECK_OK(tabi_getsockname(sk, address));
    return sk;
}

static int is_null_device(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 0 && write(fd, "x", 1) == 1;
}

static void gather_and_scatter(void)
{
    tabi_sock *one, *other;
    char head[3], tail[20];
    char a[] = "hello ", b[] = "world";
    struct iovec out[2], in[2];
    int flags = -1;
    tabi_addr sender;

    out[0].iov_base = a; out[0].iov_len = 6;
    out[1].iov_base = b; out[1].iov_len = 5;
    in[0].iov_base = head; in[0].iov_len = sizeof head;
    in[1].iov_base = tail; in[1].iov_len = sizeof tail;
    make_pair(SOCK_DGRAM, &one, &other);
    CHECK_EQ(tabi_sendmsg(one, out, 2, NULL, 0, NULL), 11);
    CHECK_EQ(tabi_recvmsg(other, in, 2, NULL, 0, &flags, &sender), 11);
    CHECK(memcmp(head, "hel", 3) == 0 && memcmp(tail, "lo world", 8) == 0);
    CHECK_EQ(flags, 0);
    CHECK_EQ(sender.len, 0);
    CHECK_EQ(tabi_sendmsg(one, NULL, 0, NULL, 0, NULL), 0);
    CHECK_EQ(tabi_recvmsg(other, NULL, 0, NULL, 0, NULL, NULL), 0);
    CHECK_OK(tabi_sendmsg_until(one, out, 2, NULL, 0, NULL, INT64_MAX));
    CHECK_EQ(tabi_recvmsg_until(other, in, 1, NULL, 0, &flags, NULL, INT64_MAX), 3);
    CHECK_EQ(flags, MSG_TRUNC);
    CHECK_CODE(tabi_recvmsg_until(other, in, 1, NULL, 0, NULL, NULL, 0), TABI_ERR_TIMEOUT);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void bad_messages(void)
{
    tabi_sock *one, *other;
    tabi_control control = {NULL, 16, 0};
    static struct iovec many[1025];
    struct iovec hole = {NULL, 1};
    tabi_addr address;

    make_pair(SOCK_STREAM, &one, &other);
    CHECK_CODE(tabi_sendmsg(one, many, 1025, NULL, 0, NULL), -EMSGSIZE);
    CHECK_CODE(tabi_sendmsg(NULL, many, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmsg(one, NULL, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmsg(one, &hole, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recvmsg(other, &hole, 1, NULL, 0, NULL, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recvmsg(other, many, 1, &control, 0, NULL, NULL), TABI_ERR_NULL);
    control.data = &address;
    control.size = (size_t)1 << 31;
    CHECK_CODE(tabi_recvmsg(other, many, 1, &control, 0, NULL, NULL), TABI_ERR_VALUE);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &address));
    CHECK_CODE(tabi_sendmsg(one, many, 1, NULL, 0, &address), TABI_ERR_TYPE);
    tabi_sock_free(other);
    hole.iov_base = &address;
    CHECK_CODE(tabi_sendmsg(one, &hole, 1, NULL, 0, NULL), -EPIPE);
    tabi_sock_free(one);
    CHECK_EQ(tabi_cmsg_len(4), (ssize_t)CMSG_LEN(4));
    CHECK_EQ(tabi_cmsg_space(5), (ssize_t)CMSG_SPACE(5));
    CHECK_CODE(tabi_cmsg_len(SIZE_MAX), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_cmsg_space(SIZE_MAX), TABI_ERR_OVERFLOW);
}

static void build_and_walk(void)
{
    char space[64];
    tabi_control control = {NULL, 0, 0};
    tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
    int value = 0;
    size_t end;

    control.data = space + 1; /* no alignment is needed */
    control.size = sizeof space - 1;
    CHECK_EQ(tabi_control_next(&control, &cmsg), 0);
    CHECK_OK(tabi_control_add(&control, 1, 2, "abc", 3));
    CHECK_OK(tabi_control_add_int(&control, 3, 4, 77));
    end = control.len;
    CHECK_EQ(end, CMSG_SPACE(3) + CMSG_SPACE(4));
    CHECK_CODE(tabi_control_add(&control, 5, 6, NULL, 0), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_control_add(&control, 5, 6, NULL, SIZE_MAX / 2), TABI_ERR_NULL);
    CHECK_CODE(tabi_control_add(&control, 5, 6, space, (size_t)1 << 31), TABI_ERR_OVERFLOW);
    CHECK_EQ(control.len, end);
    CHECK_EQ(tabi_control_next(&control, &cmsg), 1);
    CHECK(cmsg.level == 1 && cmsg.type == 2 && cmsg.len == 3 && memcmp(cmsg.data, "abc", 3) == 0);
    CHECK_CODE(tabi_cmsg_int(&cmsg, &value), TABI_ERR_TYPE);
    CHECK_EQ(tabi_control_next(&control, &cmsg), 1);
    CHECK_OK(tabi_cmsg_int(&cmsg, &value));
    CHECK_EQ(value, 77);
    CHECK_EQ(tabi_control_next(&control, &cmsg), 0);
    CHECK_CODE(tabi_control_next(NULL, &cmsg), TABI_ERR_NULL);
    CHECK_CODE(tabi_control_next(&control, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_control_add(NULL, 1, 2, NULL, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_cmsg_int(NULL, &value), TABI_ERR_NULL);
    CHECK_CODE(tabi_cmsg_fds(&cmsg, &value, 1), TABI_ERR_TYPE);
    CHECK_CODE(tabi_cmsg_timestamp(&cmsg, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_cmsg_packet_info(&cmsg, NULL, NULL, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_cmsg_credentials(&cmsg, NULL, NULL, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_cmsg_error(&cmsg, NULL, NULL, NULL, NULL, NULL), TABI_ERR_TYPE);
    control.len = control.size + 1;
    CHECK_CODE(tabi_control_add_int(&control, 1, 2, 3), TABI_ERR_VALUE);
    memset(&cmsg, 0, sizeof cmsg);
    CHECK_CODE(tabi_control_next(&control, &cmsg), TABI_ERR_VALUE);
    CHECK_CODE(tabi_control_close_fds(&control), TABI_ERR_VALUE);
}

/* For any content of a buffer, the walk stays within it. Valgrind and the sanitizers would report a read outside. */
static void malformed_buffers(void)
{
    size_t size, claimed;
    for (size = 0; size <= 48; size++) {
        for (claimed = 0; claimed <= 64; claimed++) {
            char *space = malloc(size ? size : 1);
            tabi_control control = {NULL, 0, 0};
            tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
            int rounds = 0, sum = 0;
            memset(space, 1, size);
            if (size >= sizeof claimed)
                memcpy(space, &claimed, sizeof claimed);
            control.data = space;
            control.size = control.len = size;
            while (tabi_control_next(&control, &cmsg)) {
                size_t i;
                CHECK((char *)cmsg.data >= space && (char *)cmsg.data + cmsg.len <= space + size);
                for (i = 0; i < cmsg.len; i++)
                    sum += ((char *)cmsg.data)[i];
                CHECK(++rounds < 4 && sum >= 0);
            }
            CHECK_EQ(tabi_control_close_fds(&control), 0);
            free(space);
        }
    }
}

static void descriptors(void)
{
    tabi_sock *one, *other;
    int fds[4], taken[4], flags, i, null = open("/dev/null", O_RDWR);
    size_t fd_count;
    char bytes[8];

    make_pair(SOCK_STREAM, &one, &other);
    for (i = 0; i < 4; i++)
        fds[i] = null;
    CHECK_EQ(tabi_send_fds(one, "abc", 3, fds, 4, 0), 3);
    CHECK_EQ(tabi_recv_fds(other, bytes, sizeof bytes, taken, 4, 0, &fd_count, &flags), 3);
    CHECK_EQ(fd_count, 4);
    CHECK_EQ(flags, 0);
    for (i = 0; i < 4; i++) {
        CHECK(taken[i] != null && is_null_device(taken[i]));
        CHECK(fcntl(taken[i], F_GETFD) & FD_CLOEXEC);
        CHECK_OK(tabi_close_fd(taken[i]));
    }
    CHECK_EQ(tabi_send_fds(one, "abc", 3, fds, 4, 0), 3);
    CHECK_EQ(tabi_recv_fds(other, bytes, sizeof bytes, taken, 1, 0, &fd_count, &flags), 3);
    CHECK_EQ(fd_count, 1);
    CHECK_EQ(flags, MSG_CTRUNC);
    CHECK_OK(tabi_close_fd(taken[0]));
    CHECK_EQ(tabi_send_fds(one, "abc", 3, NULL, 0, 0), 3);
    CHECK_EQ(tabi_recv_fds(other, bytes, sizeof bytes, NULL, 0, 0, &fd_count, NULL), 3);
    CHECK_EQ(fd_count, 0);
    taken[0] = -1;
    CHECK_CODE(tabi_send_fds(one, "abc", 3, taken, 1, 0), TABI_ERR_VALUE);
    taken[0] = 1 << 20;
    CHECK_CODE(tabi_send_fds(one, "abc", 3, taken, 1, 0), -EBADF);
    CHECK_CODE(tabi_send_fds(one, "abc", 3, NULL, 1, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_recv_fds(other, bytes, 1, NULL, 1, 0, &fd_count, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recv_fds(other, bytes, 1, taken, 1, 0, NULL, NULL), TABI_ERR_NULL);
    tabi_sock_free(one);
    CHECK_EQ(tabi_recv_fds(other, bytes, 1, taken, 1, 0, &fd_count, &flags), 0);
    tabi_sock_free(other);
    close(null);
}

static void descriptors_in_control_messages(void)
{
    tabi_sock *one, *other;
    char out_space[128], in_space[128], byte = 'x';
    tabi_control out = {NULL, 0, 0}, in = {NULL, 0, 0};
    tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
    struct iovec io;
    int fds[5], taken[5], i, before, null = open("/dev/null", O_RDWR);

    io.iov_base = &byte;
    io.iov_len = 1;
    out.data = out_space; out.size = sizeof out_space;
    in.data = in_space; in.size = sizeof in_space;
    for (i = 0; i < 5; i++)
        fds[i] = null;
    make_pair(SOCK_STREAM, &one, &other);
    CHECK_OK(tabi_control_add_fds(&out, fds, 5));
    CHECK_EQ(tabi_sendmsg(one, &io, 1, &out, 0, NULL), 1);
    CHECK_EQ(tabi_sendmsg(one, &io, 1, &out, 0, NULL), 1);
    before = check_descriptors();
    CHECK_EQ(tabi_recvmsg(other, &io, 1, &in, 0, NULL, NULL), 1);
    CHECK_EQ(check_descriptors(), before + 5);
    CHECK_EQ(tabi_control_next(&in, &cmsg), 1);
    CHECK_EQ(tabi_cmsg_fds(&cmsg, taken, 2), 2);
    CHECK_EQ(tabi_control_close_fds(&in), 3);
    CHECK_EQ(tabi_control_close_fds(&in), 0);
    CHECK_EQ(tabi_cmsg_fds(&cmsg, taken + 2, 3), 0);
    for (i = 0; i < 2; i++) {
        CHECK(is_null_device(taken[i]));
        CHECK(fcntl(taken[i], F_GETFD) & FD_CLOEXEC);
        CHECK_OK(tabi_close_fd(taken[i]));
    }
    CHECK_EQ(check_descriptors(), before);
    in.size = CMSG_LEN(2 * sizeof(int)) ; /* space for two of the five */
    CHECK_EQ(tabi_recvmsg(other, &io, 1, &in, 0, &i, NULL), 1);
    CHECK_EQ(i, MSG_CTRUNC);
    CHECK_EQ(tabi_control_close_fds(&in), 2);
    CHECK_EQ(check_descriptors(), before);
    CHECK_CODE(tabi_control_close_fds(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_control_add_fds(&out, NULL, 1), TABI_ERR_NULL);
    tabi_sock_free(one);
    tabi_sock_free(other);
    close(null);
}

static void an_exhausted_table(void)
{
    tabi_sock *one, *other;
    int fds[8], taken[8], flags, i, highest, null = open("/dev/null", O_RDWR);
    size_t fd_count;
    char byte;
    struct rlimit limit, narrow;
    const char *preload = getenv("LD_PRELOAD");

    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        printf("skipped: valgrind keeps limits from the kernel\n");
        close(null);
        return;
    }
    for (i = 0; i < 8; i++)
        fds[i] = null;
    make_pair(SOCK_STREAM, &one, &other);
    CHECK_EQ(tabi_send_fds(one, "x", 1, fds, 8, 0), 1);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    highest = dup(null);
    close(highest);
    narrow = limit;
    narrow.rlim_cur = (rlim_t)highest + 3;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &narrow), 0);
    CHECK_EQ(tabi_recv_fds(other, &byte, 1, taken, 8, 0, &fd_count, &flags), 1);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQ(fd_count, 3);
    CHECK_EQ(flags, MSG_CTRUNC);
    for (i = 0; i < 3; i++)
        CHECK_OK(tabi_close_fd(taken[i]));
    tabi_sock_free(one);
    tabi_sock_free(other);
    close(null);
}

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
        struct iovec io;
        tabi_sock *sk = make_bound(families[f], &address);

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
    struct iovec io;
    int64_t nanoseconds;
    int32_t pid;
    uint32_t uid, gid, info;
    int error, type, code;

    io.iov_base = &byte;
    io.iov_len = 1;
    control.data = space;
    control.size = sizeof space;

    one = make_bound(AF_INET, &address);
    CHECK_OK(tabi_setsockopt(one, SOL_SOCKET, SO_TIMESTAMP, 1));
    CHECK_EQ(tabi_sendto_addr(one, "x", 1, 0, &address), 1);
    CHECK_EQ(tabi_recvmsg(one, &io, 1, &control, 0, NULL, NULL), 1);
    CHECK_EQ(tabi_control_next(&control, &cmsg), 1);
    CHECK_OK(tabi_cmsg_timestamp(&cmsg, &nanoseconds));
    CHECK(nanoseconds / 1000000000 >= (int64_t)time(NULL) - 60);
    CHECK_CODE(tabi_cmsg_timestamp(&none, &nanoseconds), TABI_ERR_TYPE);

    CHECK_OK(tabi_setsockopt(one, IPPROTO_IP, IP_RECVERR, 1));
    /* This socket keeps the port, but it receives only from another peer. */
    other = make_bound(AF_INET, &address);
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

    make_pair(SOCK_STREAM, &one, &other);
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

static void many_datagrams(void)
{
    tabi_addr own, address;
    tabi_sock *one = make_bound(AF_INET, &own), *other = make_bound(AF_INET, &address);
    tabi_datagram out[4], in[8];
    char texts[4][4] = {"a", "bb", "ccc", "ddd"}, rooms[8][3], space[64];
    int i;

    memset(out, 0, sizeof out);
    memset(in, 0, sizeof in);
    for (i = 0; i < 4; i++) {
        out[i].data = texts[i];
        out[i].len = strlen(texts[i]);
        out[i].addr = address;
    }
    for (i = 0; i < 8; i++) {
        in[i].data = rooms[i];
        in[i].size = sizeof rooms[i];
    }
    /* The last one is sent as three datagrams of one byte each. */
    out[3].control.data = space;
    out[3].control.size = sizeof space;
    CHECK_OK(tabi_control_add_segment_size(&out[3].control, 1));
    CHECK_EQ(tabi_sendmany(one, out, 4, 0), 4);
    in[0].size = 0;
    CHECK_EQ(tabi_recvmany(other, in, 8, 0), 6);
    CHECK_EQ(in[0].flags, MSG_TRUNC);
    CHECK(in[1].len == 2 && memcmp(rooms[1], "bb", 2) == 0);
    CHECK(in[2].len == 3 && memcmp(rooms[2], "ccc", 3) == 0);
    for (i = 3; i < 6; i++) {
        CHECK(in[i].len == 1 && rooms[i][0] == 'd' && in[i].flags == 0);
        CHECK_EQ(tabi_addr_port(&in[i].addr), tabi_addr_port(&own));
    }
    CHECK_EQ(tabi_recvmany(other, NULL, 0, 0), 0);
    CHECK_EQ(tabi_sendmany(one, NULL, 0, 0), 0);
    CHECK_OK(tabi_setblocking(other, 0));
    CHECK_CODE(tabi_recvmany(other, in, 8, 0), -EAGAIN);
    CHECK_CODE(tabi_recvmany(other, NULL, 1, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmany(one, NULL, 1, 0), TABI_ERR_NULL);
    in[1].data = NULL;
    CHECK_CODE(tabi_recvmany(other, in, 8, 0), TABI_ERR_NULL);
    CHECK_OK(tabi_addr_from_unix("/x", 2, &out[1].addr));
    CHECK_CODE(tabi_sendmany(one, out, 4, 0), TABI_ERR_TYPE);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(gather_and_scatter);
    RUN(bad_messages);
    RUN(build_and_walk);
    RUN(malformed_buffers);
    RUN(descriptors);
    RUN(descriptors_in_control_messages);
    if (!check_emulated())
        RUN(an_exhausted_table);
    RUN(packet_info);
    RUN(timestamps_credentials_and_errors);
    RUN(many_datagrams);
    return 0;
}
