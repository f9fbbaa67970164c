/* Two unix sockets: descriptors on the way, gathered and scattered messages, many datagrams in one call. */
#include "../scenario.h"

static int pass(void)
{
    int rc, fds[2] = {-1, -1}, flags, ends[2];
    size_t count = 0;
    char bytes[16];
    struct iovec parts[2] = {{(char *)"ab", 2}, {(char *)"cd", 2}}, into = {bytes, sizeof bytes};
    tabi_sock *one = NULL, *other = NULL;
    tabi_datagram many[2];
    tabi_addr sender;
    CHECK(pipe(ends) == 0);
    TRY(tabi_socketpair(AF_UNIX, SOCK_DGRAM, 0, &one, &other));
    TRY(tabi_settimeout(other, 5));
    TRY(tabi_send_fds(one, "f", 1, ends, 2, 0));
    TRY(tabi_recv_fds(other, bytes, sizeof bytes, fds, 2, 0, &count, &flags));
    CHECK(rc == 1 && count == 2);
    TRY(tabi_sendmsg(one, parts, 2, NULL, 0, NULL));
    TRY(tabi_recvmsg(other, &into, 1, NULL, 0, &flags, &sender));
    CHECK(rc == 4 && memcmp(bytes, "abcd", 4) == 0);
    memset(many, 0, sizeof many);
    many[0].data = (char *)"one", many[0].len = many[0].size = 3;
    many[1].data = (char *)"two", many[1].len = many[1].size = 3;
    TRY(tabi_sendmany(one, many, 2, 0));
    CHECK(rc == 2);
    memset(many, 0, sizeof many);
    many[0].data = bytes, many[0].size = 8;
    many[1].data = bytes + 8, many[1].size = 8;
    TRY(tabi_recvmany(other, many, 2, 0));
    CHECK(rc == 2 && memcmp(bytes, "one", 3) == 0 && memcmp(bytes + 8, "two", 3) == 0);
    rc = 0;
end:
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        if (fds[i] >= 0) close(fds[i]);
    }
    tabi_sock_free(one);
    tabi_sock_free(other);
    return rc;
}
