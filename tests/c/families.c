/* Addresses of Linux's own families, compared with the structures of the kernel's headers. */
#include "check.h"

#include <arpa/inet.h>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>

/* The headers of older systems do not have these constants. */
#ifndef AF_QIPCRTR
#define AF_QIPCRTR 42
#endif
#ifndef AF_BLUETOOTH
#define AF_BLUETOOTH 31
#endif

/* The bytes of a number of 16 bits in the system's order. Those of L2CAP are little-endian everywhere. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NUMBER(number) 0, number
#else
#define NUMBER(number) number, 0
#endif

#define DEVICE "00:1A:7D:DA:71:13"

/* The address must have exactly these bytes. */
static void check_bytes(const tabi_addr *addr, const void *expected, size_t len, int family)
{
    CHECK_EQ(addr->len, len);
    CHECK(memcmp(tabi_addr_sockaddr(addr), expected, len) == 0);
    CHECK_EQ(tabi_addr_family(addr), family);
}

static void netlink(void)
{
    struct sockaddr_nl expected;
    tabi_addr addr, other;
    uint32_t pid = 0, groups = 0;
    memset(&expected, 0, sizeof expected);
    expected.nl_family = AF_NETLINK;
    expected.nl_pid = 7;
    expected.nl_groups = 0x80000001u;
    CHECK_OK(tabi_addr_from_netlink(7, 0x80000001u, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_NETLINK);
    CHECK_OK(tabi_addr_netlink(&addr, &pid, &groups));
    CHECK_EQ(pid, 7);
    CHECK_EQ(groups, 0x80000001u);
    CHECK_OK(tabi_addr_netlink(&addr, NULL, NULL));
    CHECK_OK(tabi_addr_from_vsock(1, 1, &other));
    CHECK_CODE(tabi_addr_netlink(&other, &pid, &groups), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_netlink(NULL, &pid, &groups), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_netlink(0, 0, NULL), TABI_ERR_NULL);
}

static void vsock(void)
{
    struct sockaddr_vm expected;
    tabi_addr addr, other;
    uint32_t cid = 0, port = 0;
    memset(&expected, 0, sizeof expected);
    expected.svm_family = AF_VSOCK;
    expected.svm_cid = 3;
    expected.svm_port = 1024;
    CHECK_OK(tabi_addr_from_vsock(3, 1024, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_VSOCK);
    CHECK_OK(tabi_addr_vsock(&addr, &cid, &port));
    CHECK_EQ(cid, 3);
    CHECK_EQ(port, 1024);
    CHECK_OK(tabi_addr_from_netlink(1, 1, &other));
    CHECK_CODE(tabi_addr_vsock(&other, &cid, &port), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_from_vsock(1, 1, NULL), TABI_ERR_NULL);
}

static void qipcrtr(void)
{
    struct sockaddr_qrtr expected;
    tabi_addr addr, other;
    uint32_t node = 0, port = 0;
    memset(&expected, 0, sizeof expected);
    expected.sq_family = AF_QIPCRTR;
    expected.sq_node = 1;
    expected.sq_port = 0xaabbccddu;
    CHECK_OK(tabi_addr_from_qipcrtr(1, 0xaabbccddu, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_QIPCRTR);
    CHECK_OK(tabi_addr_qipcrtr(&addr, &node, &port));
    CHECK_EQ(node, 1);
    CHECK_EQ(port, 0xaabbccddu);
    CHECK_OK(tabi_addr_from_netlink(1, 1, &other));
    CHECK_CODE(tabi_addr_qipcrtr(&other, &node, &port), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_from_qipcrtr(1, 1, NULL), TABI_ERR_NULL);
}

static void packet(void)
{
    static const unsigned char device[] = {2, 0xfc, 0, 0, 0, 1};
    struct sockaddr_ll expected;
    tabi_addr addr, other;
    uint32_t interface = 0;
    uint16_t protocol = 0, hardware_type = 0;
    uint8_t packet_type = 0;
    unsigned char bytes[32];
    memset(&expected, 0, sizeof expected);
    expected.sll_family = AF_PACKET;
    expected.sll_protocol = htons(ETH_P_IPV6);
    expected.sll_ifindex = 4;
    expected.sll_hatype = 772;
    expected.sll_pkttype = PACKET_OUTGOING;
    expected.sll_halen = sizeof device;
    memcpy(expected.sll_addr, device, sizeof device);
    CHECK_OK(tabi_addr_from_packet(4, ETH_P_IPV6, PACKET_OUTGOING, 772, device, sizeof device, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_PACKET);
    CHECK_EQ(tabi_addr_packet(&addr, &interface, &protocol, &packet_type, &hardware_type, bytes, sizeof bytes), 6);
    CHECK_EQ(interface, 4);
    CHECK_EQ(protocol, ETH_P_IPV6);
    CHECK_EQ(packet_type, PACKET_OUTGOING);
    CHECK_EQ(hardware_type, 772);
    CHECK(memcmp(bytes, device, sizeof device) == 0);
    CHECK_CODE(tabi_addr_packet(&addr, NULL, NULL, NULL, NULL, bytes, 5), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_addr_packet(&addr, NULL, NULL, NULL, NULL, NULL, 6), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_packet(4, 65536, 0, 0, NULL, 0, &addr), TABI_ERR_OVERFLOW);
    CHECK_STR(tabi_last_error_message(), "protocol must be 0-65535, got 65536");
    CHECK_CODE(tabi_addr_from_packet(4, -1, 0, 0, NULL, 0, &addr), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_addr_from_packet(4, 3, 0, 0, bytes, 9, &addr), TABI_ERR_VALUE);
    check_bytes(&addr, &expected, sizeof expected, AF_PACKET);
    CHECK_OK(tabi_addr_from_packet(4, 3, 0, 0, NULL, 0, &addr));
    CHECK_EQ(tabi_addr_packet(&addr, NULL, NULL, NULL, NULL, NULL, 0), 0);
    CHECK_OK(tabi_addr_from_vsock(1, 1, &other));
    CHECK_CODE(tabi_addr_packet(&other, NULL, NULL, NULL, NULL, NULL, 0), TABI_ERR_TYPE);
}

static void can(void)
{
    struct sockaddr_can expected;
    tabi_addr addr, other;
    uint32_t interface = 0, rx_id = 0, tx_id = 0, pgn = 0;
    uint64_t name = 0;
    uint8_t address = 0;
    memset(&expected, 0, sizeof expected);
    expected.can_family = AF_CAN;
    expected.can_ifindex = 3;
    CHECK_OK(tabi_addr_from_can(3, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_CAN);
    CHECK_OK(tabi_addr_can(&addr, &interface));
    CHECK_EQ(interface, 3);

    expected.can_addr.tp.rx_id = 0x123;
    expected.can_addr.tp.tx_id = 0x456 | CAN_EFF_FLAG;
    CHECK_OK(tabi_addr_from_can_isotp(3, 0x123, 0x456 | CAN_EFF_FLAG, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_CAN);
    CHECK_OK(tabi_addr_can_isotp(&addr, &interface, &rx_id, &tx_id));
    CHECK_EQ(rx_id, 0x123);
    CHECK_EQ(tx_id, 0x456 | CAN_EFF_FLAG);

    memset(&expected.can_addr, 0, sizeof expected.can_addr);
    expected.can_addr.j1939.name = 0x0102030405060708u;
    expected.can_addr.j1939.pgn = 0x3ffff;
    expected.can_addr.j1939.addr = 0xfe;
    CHECK_OK(tabi_addr_from_can_j1939(3, 0x0102030405060708u, 0x3ffff, 0xfe, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_CAN);
    CHECK_OK(tabi_addr_can_j1939(&addr, &interface, &name, &pgn, &address));
    CHECK(name == 0x0102030405060708u);
    CHECK_EQ(pgn, 0x3ffff);
    CHECK_EQ(address, 0xfe);

    CHECK_OK(tabi_addr_from_vsock(1, 1, &other));
    CHECK_CODE(tabi_addr_can(&other, &interface), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_can_isotp(&other, &interface, &rx_id, &tx_id), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_can_j1939(&other, &interface, &name, &pgn, &address), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_from_can(3, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_can_isotp(3, 0, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_can_j1939(3, 0, 0, 0, NULL), TABI_ERR_NULL);
}

static void tipc(void)
{
    struct sockaddr_tipc expected;
    tabi_addr addr, other;
    uint32_t addr_type = 0, v1 = 0, v2 = 0, v3 = 0;
    int scope = 0;
    memset(&expected, 0, sizeof expected);
    expected.family = AF_TIPC;
    expected.addrtype = TIPC_ADDR_NAMESEQ;
    expected.scope = TIPC_CLUSTER_SCOPE;
    expected.addr.nameseq.type = 1000;
    expected.addr.nameseq.lower = 1;
    expected.addr.nameseq.upper = 9;
    CHECK_OK(tabi_addr_from_tipc(TIPC_ADDR_NAMESEQ, 1000, 1, 9, TIPC_CLUSTER_SCOPE, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_TIPC);
    CHECK_OK(tabi_addr_tipc(&addr, &addr_type, &v1, &v2, &v3, &scope));
    CHECK_EQ(addr_type, TIPC_ADDR_NAMESEQ);
    CHECK_EQ(v1, 1000);
    CHECK_EQ(v2, 1);
    CHECK_EQ(v3, 9);
    CHECK_EQ(scope, TIPC_CLUSTER_SCOPE);

    memset(&expected.addr, 0, sizeof expected.addr);
    expected.addrtype = TIPC_ADDR_NAME;
    expected.scope = -1;
    expected.addr.name.name.type = 1000;
    expected.addr.name.name.instance = 7;
    CHECK_OK(tabi_addr_from_tipc(TIPC_ADDR_NAME, 1000, 7, 99, -1, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_TIPC);
    CHECK_OK(tabi_addr_tipc(&addr, &addr_type, &v1, &v2, &v3, &scope));
    CHECK_EQ(v3, 7);
    CHECK_EQ(scope, -1);

    memset(&expected.addr, 0, sizeof expected.addr);
    expected.addrtype = TIPC_ADDR_ID;
    expected.scope = TIPC_NODE_SCOPE;
    expected.addr.id.node = 0x01001001;
    expected.addr.id.ref = 0xcafe;
    CHECK_OK(tabi_addr_from_tipc(TIPC_ADDR_ID, 0x01001001, 0xcafe, 0, TIPC_NODE_SCOPE, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_TIPC);
    CHECK_OK(tabi_addr_tipc(&addr, NULL, &v1, &v2, NULL, NULL));
    CHECK_EQ(v1, 0x01001001);
    CHECK_EQ(v2, 0xcafe);

    CHECK_CODE(tabi_addr_from_tipc(4, 0, 0, 0, 0, &addr), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_from_tipc(1, 0, 0, 0, 128, &addr), TABI_ERR_OVERFLOW);
    check_bytes(&addr, &expected, sizeof expected, AF_TIPC);
    expected.addrtype = 9;
    CHECK_OK(tabi_addr_from_sockaddr((const struct sockaddr *)&expected, sizeof expected, &other));
    CHECK_CODE(tabi_addr_tipc(&other, &addr_type, &v1, &v2, &v3, &scope), TABI_ERR_VALUE);
}

static void alg(void)
{
    struct sockaddr_alg expected;
    tabi_addr addr, other;
    char type[15] = "", name[65] = "";
    uint32_t feat = 0, mask = 0;
    memset(&expected, 0, sizeof expected);
    expected.salg_family = AF_ALG;
    memcpy(expected.salg_type, "hash", 5);
    memcpy(expected.salg_name, "sha256", 7);
    expected.salg_feat = 1;
    expected.salg_mask = 0x1ffff;
    CHECK_OK(tabi_addr_from_alg("hash", "sha256", 1, 0x1ffff, &addr));
    check_bytes(&addr, &expected, sizeof expected, AF_ALG);
    CHECK_OK(tabi_addr_alg(&addr, type, sizeof type, name, sizeof name, &feat, &mask));
    CHECK_STR(type, "hash");
    CHECK_STR(name, "sha256");
    CHECK_EQ(feat, 1);
    CHECK_EQ(mask, 0x1ffff);
    type[0] = name[0] = '?';
    CHECK_CODE(tabi_addr_alg(&addr, type, sizeof type, name, 6, &feat, &mask), TABI_ERR_TOO_SMALL);
    CHECK_STR(tabi_last_error_message(), "name is too small for the result: 7 bytes are needed");
    CHECK_CODE(tabi_addr_alg(&addr, type, 4, name, sizeof name, &feat, &mask), TABI_ERR_TOO_SMALL);
    CHECK_STR(tabi_last_error_message(), "type is too small for the result: 5 bytes are needed");
    CHECK_CODE(tabi_addr_alg(&addr, type, sizeof type, name, SIZE_MAX, &feat, &mask), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_addr_alg(&addr, type, sizeof type, NULL, 5, &feat, &mask), TABI_ERR_NULL);
    CHECK_EQ(type[0], '?');
    CHECK_EQ(name[0], '?');
    CHECK_CODE(tabi_addr_from_alg("12345678901234", "x", 0, 0, &addr), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "AF_ALG type must be at most 13 bytes, got 14");
    CHECK_CODE(tabi_addr_from_alg(NULL, "x", 0, 0, &addr), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_alg("hash", "\xff", 0, 0, &addr), TABI_ERR_VALUE);
    expected.salg_name[0] = 0xff;
    CHECK_OK(tabi_addr_from_sockaddr((const struct sockaddr *)&expected, sizeof expected, &other));
    CHECK_CODE(tabi_addr_alg(&other, type, sizeof type, name, sizeof name, &feat, &mask), TABI_ERR_VALUE);
    CHECK_OK(tabi_addr_from_vsock(1, 7, &other));
    CHECK_CODE(tabi_addr_alg(&other, type, sizeof type, name, sizeof name, &feat, &mask), TABI_ERR_TYPE);
    CHECK_STR(tabi_last_error_message(), "(1, 7) is not an AF_ALG address");
}

static void bluetooth(void)
{
    static const unsigned char l2cap[14] = {NUMBER(31), 1, 16, 0x13, 0x71, 0xda, 0x7d, 0x1a, 0, 4, 0, 2, 0};
    static const unsigned char rfcomm[10] = {NUMBER(31), 0x13, 0x71, 0xda, 0x7d, 0x1a, 0, 30, 0};
    static const unsigned char hci[6] = {NUMBER(31), NUMBER(1), NUMBER(3)};
    static const unsigned char sco[8] = {NUMBER(31), 0x13, 0x71, 0xda, 0x7d, 0x1a, 0};
    tabi_addr addr, other;
    char bdaddr[18];
    uint16_t psm = 0, cid = 0, device = 0, number = 0;
    uint8_t bdaddr_type = 0, channel = 0;

    CHECK_OK(tabi_addr_from_l2cap(DEVICE, 0x1001, 4, 2, &addr));
    check_bytes(&addr, l2cap, sizeof l2cap, AF_BLUETOOTH);
    CHECK_OK(tabi_addr_l2cap(&addr, bdaddr, sizeof bdaddr, &psm, &cid, &bdaddr_type));
    CHECK_STR(bdaddr, DEVICE);
    CHECK_EQ(psm, 0x1001);
    CHECK_EQ(cid, 4);
    CHECK_EQ(bdaddr_type, 2);
    CHECK_CODE(tabi_addr_l2cap(&addr, bdaddr, 17, &psm, &cid, &bdaddr_type), TABI_ERR_TOO_SMALL);

    CHECK_OK(tabi_addr_from_rfcomm(DEVICE, 30, &addr));
    check_bytes(&addr, rfcomm, sizeof rfcomm, AF_BLUETOOTH);
    CHECK_OK(tabi_addr_rfcomm(&addr, bdaddr, sizeof bdaddr, &channel));
    CHECK_STR(bdaddr, DEVICE);
    CHECK_EQ(channel, 30);

    CHECK_OK(tabi_addr_from_hci(1, 3, &addr));
    check_bytes(&addr, hci, sizeof hci, AF_BLUETOOTH);
    CHECK_OK(tabi_addr_hci(&addr, &device, &number));
    CHECK_EQ(device, 1);
    CHECK_EQ(number, 3);

    CHECK_OK(tabi_addr_from_sco(DEVICE, &addr));
    check_bytes(&addr, sco, sizeof sco, AF_BLUETOOTH);
    CHECK_OK(tabi_addr_sco(&addr, bdaddr, sizeof bdaddr));
    CHECK_STR(bdaddr, DEVICE);

    CHECK_CODE(tabi_addr_from_sco("nobody", &addr), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "bad bluetooth address: 'nobody'");
    CHECK_CODE(tabi_addr_from_l2cap(NULL, 1, 0, 0, &addr), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_rfcomm("00:1A:7D:DA:71", 1, &addr), TABI_ERR_OS);
    CHECK_CODE(tabi_addr_from_hci(1, 1, NULL), TABI_ERR_NULL);
    check_bytes(&addr, sco, sizeof sco, AF_BLUETOOTH);
    CHECK_OK(tabi_addr_from_vsock(1, 1, &other));
    CHECK_CODE(tabi_addr_l2cap(&other, bdaddr, sizeof bdaddr, NULL, NULL, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_rfcomm(&other, bdaddr, sizeof bdaddr, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_hci(&other, NULL, NULL), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_sco(&other, bdaddr, sizeof bdaddr), TABI_ERR_TYPE);
}

static void interfaces(void)
{
    tabi_sock *sk = NULL;
    uint32_t index = 0;
    char name[16];
    CHECK_OK(tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk));
    CHECK_OK(tabi_interface_index(sk, "lo", &index));
    CHECK(index > 0);
    CHECK_EQ(CHECK_OK(tabi_interface_name(sk, index, name, sizeof name)), 2);
    CHECK_STR(name, "lo");
    CHECK_EQ(CHECK_OK(tabi_interface_name(sk, 0, name, sizeof name)), 0);
    CHECK_STR(name, "");
    CHECK_CODE(tabi_interface_name(sk, index, name, 2), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_interface_index(sk, "none-such", &index), -ENODEV);
    CHECK_CODE(tabi_interface_index(sk, "0123456789abcdef", &index), TABI_ERR_OS);
    CHECK_CODE(tabi_interface_index(sk, NULL, &index), TABI_ERR_NULL);
    CHECK_CODE(tabi_interface_index(sk, "lo", NULL), TABI_ERR_NULL);
    CHECK_OK(tabi_close(sk));
    CHECK_CODE(tabi_interface_index(sk, "lo", &index), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_interface_name(sk, index, name, sizeof name), TABI_ERR_CLOSED);
    tabi_sock_free(sk);
}

static void only_a_cipher_takes_orders(void)
{
    static char text[] = "x";
    tabi_iovec buffer;
    tabi_sock *sk = NULL;
    buffer.iov_base = text;
    buffer.iov_len = 1;
    CHECK_OK(tabi_socket(AF_INET, SOCK_DGRAM, 0, &sk));
    CHECK_CODE(tabi_sendmsg_afalg(sk, &buffer, 1, ALG_OP_ENCRYPT, NULL, 0, -1, 0), TABI_ERR_OS);
    CHECK_CONTAINS(tabi_last_error_message(), "algset is only supported for AF_ALG");
    CHECK_CODE(tabi_sendmsg_afalg(sk, &buffer, 1, ALG_OP_ENCRYPT, NULL, 4, -1, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendmsg_afalg(sk, &buffer, 1, ALG_OP_ENCRYPT, text, 1, 0x100000000, 0), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_sendmsg_afalg(sk, NULL, 1, ALG_OP_ENCRYPT, NULL, 0, -1, 0), TABI_ERR_NULL);
    tabi_sock_free(sk);
}

int main(void)
{
    RUN(netlink);
    RUN(vsock);
    RUN(qipcrtr);
    RUN(packet);
    RUN(can);
    RUN(tipc);
    RUN(alg);
    RUN(bluetooth);
    RUN(interfaces);
    RUN(only_a_cipher_takes_orders);
    return 0;
}
