/* Descriptors that are passed from one process to another. */
#include "pairs.h"

#include <sys/resource.h>

static int is_null_device(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 0 && write(fd, "x", 1) == 1;
}

static void descriptors(void)
{
    tabi_sock *one, *other;
    int fds[4], taken[4], flags, i, null = open("/dev/null", O_RDWR);
    size_t fd_count;
    char bytes[8];

    unix_pair_of(SOCK_STREAM, &one, &other);
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

/* The system would send the bytes and drop the descriptors. */
static void only_unix_sockets_pass_descriptors(void)
{
    tabi_addr address;
    tabi_sock *sk = udp_at(AF_INET, &address);
    int null = open("/dev/null", O_RDWR);
    char byte;

    CHECK_OK(tabi_connect_addr(sk, &address));
    CHECK_CODE(tabi_send_fds(sk, "x", 1, &null, 1, 0), TABI_ERR_TYPE);
    CHECK_STR(tabi_last_error_message(), "descriptors are sent over AF_UNIX sockets, got AF_INET");
    CHECK_CODE(tabi_try_recv(sk, &byte, 1), -EAGAIN);
    CHECK_EQ(tabi_send_fds(sk, "x", 1, NULL, 0, 0), 1);
    tabi_sock_free(sk);
    close(null);
}

static void descriptors_in_control_messages(void)
{
    tabi_sock *one, *other;
    char out_space[128], in_space[128], byte = 'x';
    tabi_control out = {NULL, 0, 0}, in = {NULL, 0, 0};
    tabi_cmsg cmsg = {0, 0, NULL, 0, 0};
    tabi_iovec io;
    int fds[5], taken[5], i, before, null = open("/dev/null", O_RDWR);

    io.iov_base = &byte;
    io.iov_len = 1;
    out.data = out_space; out.size = sizeof out_space;
    in.data = in_space; in.size = sizeof in_space;
    for (i = 0; i < 5; i++)
        fds[i] = null;
    unix_pair_of(SOCK_STREAM, &one, &other);
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
    unix_pair_of(SOCK_STREAM, &one, &other);
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

int main(void)
{
    RUN(descriptors);
    RUN(descriptors_in_control_messages);
    RUN(only_unix_sockets_pass_descriptors);
    if (!check_emulated())
        RUN(an_exhausted_table);
    return 0;
}
