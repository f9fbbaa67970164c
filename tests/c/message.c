/* Messages: several buffers, control messages in buffers of any bytes, several datagrams. */
#include "pairs.h"

#include <netinet/in.h>
#include <netinet/udp.h>

static void gather_and_scatter(void)
{
    tabi_sock *one, *other;
    char head[3], tail[20];
    char a[] = "hello ", b[] = "world";
    tabi_iovec out[2], in[2];
    int flags = -1;

    out[0].iov_base = a; out[0].iov_len = 6;
    out[1].iov_base = b; out[1].iov_len = 5;
    in[0].iov_base = head; in[0].iov_len = sizeof head;
    in[1].iov_base = tail; in[1].iov_len = sizeof tail;
    unix_pair_of(SOCK_DGRAM, &one, &other);
    CHECK_EQ(tabi_sendmsg(one, out, 2, NULL, 0, NULL), 11);
    CHECK_EQ(tabi_recvmsg(other, in, 2, NULL, 0, &flags, NULL), 11);
    CHECK(memcmp(head, "hel", 3) == 0 && memcmp(tail, "lo world", 8) == 0);
    CHECK_EQ(flags, 0);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void the_sender_in_a_pair_has_no_address(void)
{
    tabi_sock *one, *other;
    tabi_addr sender;
    char byte = 'x';
    tabi_iovec io;

    io.iov_base = &byte;
    io.iov_len = 1;
    unix_pair_of(SOCK_DGRAM, &one, &other);
    CHECK_EQ(tabi_sendmsg(one, &io, 1, NULL, 0, NULL), 1);
    CHECK_EQ(tabi_recvmsg(other, &io, 1, NULL, 0, NULL, &sender), 1);
    CHECK_EQ(sender.len, 0);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void datagrams_without_buffers_and_with_too_few(void)
{
    tabi_sock *one, *other;
    char hello[] = "hello", head[3];
    tabi_iovec out, in;
    int flags = -1;

    out.iov_base = hello; out.iov_len = 5;
    in.iov_base = head; in.iov_len = sizeof head;
    unix_pair_of(SOCK_DGRAM, &one, &other);
    CHECK_EQ(tabi_sendmsg(one, NULL, 0, NULL, 0, NULL), 0);
    CHECK_EQ(tabi_recvmsg(other, NULL, 0, NULL, 0, NULL, NULL), 0);
    CHECK_OK(tabi_sendmsg_until(one, &out, 1, NULL, 0, NULL, INT64_MAX));
    CHECK_EQ(tabi_recvmsg_until(other, &in, 1, NULL, 0, &flags, NULL, INT64_MAX), 3);
    CHECK_EQ(flags, MSG_TRUNC);
    CHECK_CODE(tabi_recvmsg_until(other, &in, 1, NULL, 0, NULL, NULL, 0), TABI_ERR_TIMEOUT);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void bad_messages(void)
{
    tabi_sock *one, *other;
    tabi_control control = {NULL, 16, 0};
    static tabi_iovec many[1025];
    tabi_iovec hole;
    tabi_addr address;

    hole.iov_base = NULL;
    hole.iov_len = 1;
    unix_pair_of(SOCK_STREAM, &one, &other);
    CHECK_CODE(tabi_sendmsg(NULL, many, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmsg(one, NULL, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmsg(one, &hole, 1, NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recvmsg(other, &hole, 1, NULL, 0, NULL, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_recvmsg(other, many, 1, &control, 0, NULL, NULL), TABI_ERR_NULL);
    control.data = &address;
    control.size = (size_t)1 << 31;
    CHECK_CODE(tabi_recvmsg(other, many, 1, &control, 0, NULL, NULL), TABI_ERR_VALUE);
    CHECK_OK(tabi_addr_from_host(AF_INET6, "::1", 1, &address));
    CHECK_CODE(tabi_sendmsg(one, many, 1, NULL, 0, &address), TABI_ERR_TYPE);
    tabi_sock_free(other);
    tabi_sock_free(one);
    CHECK_EQ(tabi_cmsg_len(4), (ssize_t)CMSG_LEN(4));
    CHECK_EQ(tabi_cmsg_space(5), (ssize_t)CMSG_SPACE(5));
    CHECK_CODE(tabi_cmsg_len(SIZE_MAX), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_cmsg_space(SIZE_MAX), TABI_ERR_OVERFLOW);
}

static void more_buffers_than_the_system_takes(void)
{
    tabi_sock *one, *other;
    static tabi_iovec many[1025];

    unix_pair_of(SOCK_STREAM, &one, &other);
    CHECK_CODE(tabi_sendmsg(one, many, 1025, NULL, 0, NULL), -EMSGSIZE);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_vanished_reader_is_an_error_and_no_signal(void)
{
    tabi_sock *one, *other;
    char byte = 'x';
    tabi_iovec io;

    io.iov_base = &byte;
    io.iov_len = 1;
    unix_pair_of(SOCK_STREAM, &one, &other);
    tabi_sock_free(other);
    CHECK_CODE(tabi_sendmsg(one, &io, 1, NULL, 0, NULL), -EPIPE);
    tabi_sock_free(one);
}

static void build_and_walk(void)
{
    char space[64];
    tabi_control control = {NULL, 0, 0};
    tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
    int value = 0;
    size_t end;

    control.data = space + 1; /* no alignment is needed */
    control.size = CMSG_SPACE(3) + CMSG_SPACE(4) + CMSG_SPACE(0) - 1;
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
    CHECK_CODE(tabi_cmsg_timestamp(&cmsg, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_cmsg_packet_info(&cmsg, NULL, NULL, NULL), TABI_ERR_TYPE);
#if !defined(_WIN32)
    CHECK_CODE(tabi_cmsg_fds(&cmsg, &value, 1), TABI_ERR_TYPE);
#endif
#if defined(__linux__)
    CHECK_CODE(tabi_cmsg_credentials(&cmsg, NULL, NULL, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_cmsg_error(&cmsg, NULL, NULL, NULL, NULL, NULL), TABI_ERR_TYPE);
#endif
    control.len = control.size + 1;
    CHECK_CODE(tabi_control_add_int(&control, 1, 2, 3), TABI_ERR_VALUE);
    memset(&cmsg, 0, sizeof cmsg);
    CHECK_CODE(tabi_control_next(&control, &cmsg), TABI_ERR_VALUE);
#if !defined(_WIN32)
    CHECK_CODE(tabi_control_close_fds(&control), TABI_ERR_VALUE);
#endif
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
#if !defined(_WIN32)
            CHECK_EQ(tabi_control_close_fds(&control), 0);
#endif
            free(space);
        }
    }
}

/* Receives until `wanted` datagrams have come. They come one after the other, so a call may find fewer. */
static int receive_many(tabi_sock *sk, tabi_datagram *in, int size, int wanted)
{
    int got = 0;
    while (got < wanted)
        got += (int)CHECK_OK(tabi_recvmany(sk, in + got, (size_t)(size - got), 0));
    return got;
}

static void many_datagrams(void)
{
    tabi_addr own, address;
    tabi_sock *one = udp_at(AF_INET, &own), *other = udp_at(AF_INET, &address);
    tabi_datagram out[4], in[8];
    char texts[4][4] = {"a", "bb", "ccc", "ddd"}, rooms[8][3];
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
    CHECK_EQ(tabi_sendmany(one, out, 4, 0), 4);
    in[0].size = 0;
    CHECK_EQ(receive_many(other, in, 8, 4), 4);
    CHECK_EQ(in[0].flags, MSG_TRUNC);
    CHECK(in[1].len == 2 && memcmp(rooms[1], "bb", 2) == 0);
    CHECK(in[2].len == 3 && memcmp(rooms[2], "ccc", 3) == 0);
    CHECK(in[3].len == 3 && memcmp(rooms[3], "ddd", 3) == 0 && in[3].flags == 0);
    CHECK_EQ(tabi_addr_port(&in[3].addr), tabi_addr_port(&own));
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

#if defined(__linux__)
static void one_datagram_is_sent_in_segments(void)
{
    tabi_addr own, address;
    tabi_sock *one = udp_at(AF_INET, &own), *other = udp_at(AF_INET, &address);
    tabi_datagram out, in[4];
    char text[] = "ddd", rooms[4][3], space[64];
    int i;

    memset(&out, 0, sizeof out);
    memset(in, 0, sizeof in);
    out.data = text;
    out.len = 3;
    out.addr = address;
    out.control.data = space;
    out.control.size = sizeof space;
    CHECK_OK(tabi_control_add_segment_size(&out.control, 1));
    for (i = 0; i < 4; i++) {
        in[i].data = rooms[i];
        in[i].size = sizeof rooms[i];
    }
    CHECK_EQ(tabi_sendmany(one, &out, 1, 0), 1);
    CHECK_EQ(receive_many(other, in, 4, 3), 3);
    for (i = 0; i < 3; i++) {
        CHECK(in[i].len == 1 && rooms[i][0] == 'd' && in[i].flags == 0);
        CHECK_EQ(tabi_addr_port(&in[i].addr), tabi_addr_port(&own));
    }
    tabi_sock_free(one);
    tabi_sock_free(other);
}
#endif

int main(void)
{
    RUN(gather_and_scatter);
    RUN(the_sender_in_a_pair_has_no_address);
    RUN(datagrams_without_buffers_and_with_too_few);
    RUN(bad_messages);
    RUN(more_buffers_than_the_system_takes);
    RUN(a_vanished_reader_is_an_error_and_no_signal);
    RUN(build_and_walk);
    RUN(malformed_buffers);
    RUN(many_datagrams);
#if defined(__linux__)
    RUN(one_datagram_is_sent_in_segments);
#endif
    return 0;
}
