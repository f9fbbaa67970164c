/* An address or a control buffer may have any bytes: reading it fails or succeeds, and stays within its memory. Each buffer
   is allocated with exactly its size, so that a memory checker reports a read of one byte too many. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static uint64_t state = 1;

/* Random numbers that are the same in every run (xorshift64). */
static uint64_t number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t limit)
{
    return (size_t)(number() % limit);
}

/* Returns a buffer of random bytes, never NULL. */
static unsigned char *any_bytes(size_t size)
{
    unsigned char *bytes = malloc(size ? size : 1);
    size_t i, character = below(4);
    CHECK(bytes != NULL);
    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(character == 0 ? 0 : character == 1 ? 0xff : character == 2 ? number() % 3 : number());
    return bytes;
}

/* The result must be an error, or a number of bytes that fits in the buffer. */
static void check_written(ssize_t written, size_t size)
{
    CHECK(written <= (ssize_t)size);
    CHECK(written >= 0 || tabi_error_name((int)written) != NULL);
}

static void read_parts(const tabi_addr *addr)
{
    uint8_t a8;
    uint16_t a16, b16;
    uint32_t a32, b32, c32, d32;
    uint64_t a64;
    int scope;

    tabi_addr_family(addr);
    tabi_addr_port(addr);
    tabi_addr_scope(addr, &a32, &b32);
    tabi_addr_hci(addr, &a16, &b16);
    tabi_addr_netlink(addr, &a32, &b32);
    tabi_addr_vsock(addr, &a32, &b32);
    tabi_addr_qipcrtr(addr, &a32, &b32);
    tabi_addr_can(addr, &a32);
    tabi_addr_can_isotp(addr, &a32, &b32, &c32);
    tabi_addr_can_j1939(addr, &a32, &a64, &b32, &a8);
    tabi_addr_tipc(addr, &a32, &b32, &c32, &d32, &scope);
    tabi_addr_packet(addr, &a32, &a16, &a8, &b16, NULL, 0);
}

static void read_texts(const tabi_addr *addr, size_t size)
{
    void *out = any_bytes(size);
    char *name = malloc(size + 1);
    uint8_t a8;
    uint16_t a16, b16;
    uint32_t a32, b32;

    CHECK(name != NULL);
    check_written(tabi_addr_host(addr, out, size), size);
    check_written(tabi_addr_unix(addr, out, size), size);
    check_written(tabi_addr_text(addr, out, size), size);
    check_written(tabi_addr_packet(addr, &a32, &a16, &a8, &b16, out, size), size);
    tabi_addr_l2cap(addr, out, size, &a16, &b16, &a8);
    tabi_addr_rfcomm(addr, out, size, &a8);
    tabi_addr_sco(addr, out, size);
    tabi_addr_alg(addr, out, size, name, size + 1, &a32, &b32);
    free(name);
    free(out);
}

static void addresses(void)
{
    int family;
    size_t len;
    for (family = 0; family < 46; family++)
        for (len = 0; len <= sizeof(struct sockaddr_storage) + 40; len += 1 + len / 12) {
            unsigned char *bytes = any_bytes(len);
            tabi_addr *addr = malloc(sizeof *addr);
            CHECK(addr != NULL);
            if (len >= sizeof(sa_family_t)) {
                sa_family_t name = (sa_family_t)family;
                memcpy(bytes, &name, sizeof name);
            }
            if (len > sizeof(struct sockaddr_storage)) {
                CHECK_CODE(tabi_addr_from_sockaddr((struct sockaddr *)(void *)bytes, len, addr), TABI_ERR_VALUE);
            } else {
                CHECK_OK(tabi_addr_from_sockaddr((struct sockaddr *)(void *)bytes, len, addr));
                CHECK(memcmp(tabi_addr_sockaddr(addr), bytes, len) == 0);
                read_parts(addr);
                read_texts(addr, below(140));
            }
            free(addr);
            free(bytes);
        }
}

/* Addresses that were not made by a function of the library. */
static void forged_addresses(void)
{
    int round;
    for (round = 0; round < 300; round++) {
        tabi_addr addr;
        unsigned char *bytes = any_bytes(sizeof addr);
        memcpy(&addr, bytes, sizeof addr);
        free(bytes);
        read_parts(&addr);
        read_texts(&addr, below(140));
        if (addr.len > sizeof addr.data)
            CHECK_CODE(tabi_addr_port(&addr), TABI_ERR_VALUE);
    }
}

static void unix_names(void)
{
    size_t len;
    for (len = 0; len < 200; len++) {
        unsigned char *name = any_bytes(len), back[128];
        tabi_addr addr;
        int rc = tabi_addr_from_unix(name, len, &addr);
        if (rc == 0) {
            CHECK_EQ(tabi_addr_unix(&addr, back, sizeof back), len);
            CHECK(memcmp(name, back, len) == 0);
        } else {
            CHECK(rc == TABI_ERR_OS || rc == TABI_ERR_VALUE);
        }
        free(name);
    }
}

static void read_message(const tabi_cmsg *cmsg)
{
    int a, b, c, fds[8];
    int32_t pid;
    int64_t time;
    uint32_t uid, gid;
    unsigned int interface;
    tabi_addr one, two;
    static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP};
    tabi_cmsg known = *cmsg;
    size_t level;

    for (level = 0; level < sizeof levels / sizeof *levels; level++)
        for (known.level = levels[level], known.type = 0; known.type < 110; known.type++) {
            tabi_cmsg_int(&known, &a);
            tabi_cmsg_packet_info(&known, &one, &two, &interface);
            tabi_cmsg_timestamp(&known, &time);
            tabi_cmsg_credentials(&known, &pid, &uid, &gid);
            if (tabi_cmsg_error(&known, &a, &b, &c, &uid, &one) == 0)
                read_texts(&one, 60);
        }
    check_written(tabi_cmsg_fds(cmsg, fds, below(9)), 8);
}

/* Writes a length in the place of a message's length: a correct one, a slightly wrong one, or an absurd one. */
static void plant_length(unsigned char *bytes, size_t size)
{
    size_t length;
    switch (below(5)) {
    case 0: length = size; break;
    case 1: length = size + below(20); break;
    case 2: length = below(20); break;
    case 3: length = SIZE_MAX - below(40); break;
    default: length = 16 + below(size + 1); break;
    }
    if (size >= sizeof length)
        memcpy(bytes, &length, sizeof length);
}

static void control_buffers(void)
{
    int round;
    for (round = 0; round < 1000; round++) {
        tabi_control control;
        tabi_cmsg cmsg;
        size_t size = below(200), place, count = 0;
        unsigned char *bytes = any_bytes(size);
        for (place = 0; place < size; place += 16 + 8 * below(4))
            plant_length(bytes + place, size - place);
        memset(&cmsg, 0, sizeof cmsg);
        control.data = bytes;
        control.size = control.len = size;
        while (tabi_control_next(&control, &cmsg) == 1) {
            CHECK((unsigned char *)cmsg.data >= bytes && cmsg.len <= size);
            CHECK((unsigned char *)cmsg.data + cmsg.len <= bytes + size);
            CHECK(++count <= size / (size_t)tabi_cmsg_len(0));
            if (round % 50 == 0)
                read_message(&cmsg);
        }
        cmsg.next = (size_t)number();
        CHECK(tabi_control_next(&control, &cmsg) == 0 || cmsg.next <= size + 8);
        free(bytes);
    }
}

static void full_control_buffers(void)
{
    int round;
    for (round = 0; round < 500; round++) {
        size_t size = below(100), len = below(60);
        unsigned char *bytes = any_bytes(size), *data = any_bytes(len);
        tabi_control control;
        size_t before;
        control.data = bytes;
        control.size = size;
        control.len = below(size + 20);
        before = control.len;
        if (tabi_control_add(&control, SOL_SOCKET, 99, data, len) == 0)
            CHECK_EQ(control.len, before + (size_t)tabi_cmsg_space(len));
        else
            CHECK_EQ(control.len, before);
        CHECK(control.len <= size || control.len == before);
        free(data);
        free(bytes);
    }
}

int main(void)
{
    RUN(addresses);
    RUN(forged_addresses);
    RUN(unix_names);
    RUN(control_buffers);
    RUN(full_control_buffers);
    return 0;
}
