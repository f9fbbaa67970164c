/* tabi_addr: text that can be read back, equality, ports and networks. */
#include "pairs.h"

#include <netinet/in.h>

static tabi_addr from_text(const char *text)
{
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_text(text, -1, &addr));
    return addr;
}

static void text_is_read_and_written(void)
{
    static const struct {
        const char *text, *without_port;
        int family;
    } cases[] = {
        {"192.0.2.1:80", "192.0.2.1", AF_INET},
        {"[2001:db8::1]:80", "2001:db8::1", AF_INET6},
        {"[fe80::1%3]:80", "fe80::1%3", AF_INET6},
        {"[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1", AF_INET6},
        {"unix:/run/s", "unix:/run/s", AF_UNIX},
        {"unix:/run/\\xff\\n", "unix:/run/\\xff\\n", AF_UNIX},
#ifdef __linux__
        {"unix:@name", "unix:@name", AF_UNIX},
#endif
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        tabi_addr addr = from_text(cases[i].text), again;
        CHECK_EQ(tabi_addr_family(&addr), cases[i].family);
        CHECK_EQ(tabi_addr_format(&addr, 1, text, sizeof text), strlen(cases[i].text));
        CHECK_STR(text, cases[i].text);
        CHECK_EQ(tabi_addr_format(&addr, 0, text, sizeof text), strlen(cases[i].without_port));
        CHECK_STR(text, cases[i].without_port);
        CHECK_OK(tabi_addr_from_text(text, 80, &again));
        CHECK_EQ(tabi_addr_equal(&addr, &again), 1);
    }
}

static void text_that_is_no_address_is_refused(void)
{
    tabi_addr addr;
    char text[8];
    SOIL(addr);
    CHECK_CODE(tabi_addr_from_text("192.0.2.1:70000", -1, &addr), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(),
              "\"192.0.2.1:70000\" is not an address: port must be 0-65535, got \"70000\"");
    CHECK_CODE(tabi_addr_from_text("192.0.2.1", -1, &addr), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "\"192.0.2.1\" is not an address: it has no port");
    CHECK_CODE(tabi_addr_from_text("localhost", 80, &addr), TABI_ERR_VALUE);
    CHECK_CODE(tabi_addr_from_text("\xff", 80, &addr), TABI_ERR_VALUE);
    CHECK_CODE(tabi_addr_from_text("192.0.2.1", 65536, &addr), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_addr_from_text("192.0.2.1", -2, &addr), TABI_ERR_OVERFLOW);
    CHECK_UNTOUCHED(addr);

    addr = from_text("192.0.2.1:80");
    SOIL(text);
    CHECK_CODE(tabi_addr_format(&addr, 1, text, sizeof text), TABI_ERR_TOO_SMALL);
    CHECK_UNTOUCHED(text);
    memset(&addr, 0, sizeof addr);
    CHECK_CODE(tabi_addr_format(&addr, 1, text, sizeof text), TABI_ERR_TYPE);
}

static void what_does_not_matter_makes_no_address_different(void)
{
    struct sockaddr_in v4;
    tabi_addr one = from_text("192.0.2.1:80"), other;
    uint64_t hash_of_one, hash_of_other;
    memcpy(&v4, tabi_addr_sockaddr(&one), sizeof v4);
#ifdef __linux__
    memset(v4.sin_zero, 0x55, sizeof v4.sin_zero);
#endif
    CHECK_OK(tabi_addr_from_sockaddr((struct sockaddr *)&v4, sizeof v4, &other));
    memset((char *)other.data + sizeof v4, 0x55, sizeof other.data - sizeof v4);
    CHECK_EQ(tabi_addr_equal(&one, &other), 1);
    CHECK_OK(tabi_addr_hash(&one, 7, &hash_of_one));
    CHECK_OK(tabi_addr_hash(&other, 7, &hash_of_other));
    CHECK(hash_of_one == hash_of_other);
    CHECK_OK(tabi_addr_hash(&one, 8, &hash_of_other));
    CHECK(hash_of_one != hash_of_other);

    CHECK_OK(tabi_addr_from_numeric6("fe80::1", 80, 1, 3, &one));
    CHECK_OK(tabi_addr_from_numeric6("fe80::1", 80, 2, 3, &other));
    CHECK_EQ(tabi_addr_equal(&one, &other), 1);
    CHECK_OK(tabi_addr_hash(&one, 7, &hash_of_one));
    CHECK_OK(tabi_addr_hash(&other, 7, &hash_of_other));
    CHECK(hash_of_one == hash_of_other);
    CHECK_OK(tabi_addr_from_numeric6("fe80::1", 80, 1, 4, &other));
    CHECK_EQ(tabi_addr_equal(&one, &other), 0);

    other = from_text("192.0.2.1:81");
    CHECK_EQ(tabi_addr_equal(&one, &other), 0);
    other.len = 100000;
    CHECK_CODE(tabi_addr_equal(&one, &other), TABI_ERR_VALUE);
    CHECK_CODE(tabi_addr_hash(&other, 0, &hash_of_one), TABI_ERR_VALUE);
}

static void the_port_is_changed_or_the_address_is_not(void)
{
    tabi_addr addr = from_text("[fe80::1%3]:80"), before = addr;
    char text[64];
    CHECK_OK(tabi_addr_set_port(&addr, 65535));
    CHECK_OK(tabi_addr_format(&addr, 1, text, sizeof text));
    CHECK_STR(text, "[fe80::1%3]:65535");

    addr = before;
    CHECK_CODE(tabi_addr_set_port(&addr, 65536), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_addr_set_port(&addr, -1), TABI_ERR_OVERFLOW);
    CHECK_EQ(tabi_addr_equal(&addr, &before), 1);
    addr = from_text("unix:/run/s");
    CHECK_CODE(tabi_addr_set_port(&addr, 80), TABI_ERR_TYPE);
    CHECK_STR(tabi_last_error_message(), "only AF_INET and AF_INET6 addresses have a port, got '/run/s'");
}

static int contains(const char *network, const char *address)
{
    tabi_network parsed;
    tabi_addr addr = from_text(address);
    CHECK_OK(tabi_network_from_text(network, &parsed));
    return tabi_network_contains(&parsed, &addr);
}

static void a_network_contains_the_addresses_with_its_bits(void)
{
    tabi_network network;
    char text[50];
    CHECK_EQ(contains("10.0.0.0/8", "10.255.0.1:80"), 1);
    CHECK_EQ(contains("10.0.0.0/8", "[::ffff:10.1.2.3]:80"), 1);
    CHECK_EQ(contains("10.0.0.0/8", "11.0.0.0:80"), 0);
    CHECK_EQ(contains("10.0.0.0/8", "[::1]:80"), 0);
    CHECK_EQ(contains("2001:db8::/32", "[2001:db8:ffff::1%3]:80"), 1);
    CHECK_EQ(contains("2001:db8::/32", "[2001:db9::]:80"), 0);
    CHECK_EQ(contains("0.0.0.0/0", "unix:/run/s"), 0);

    CHECK_OK(tabi_network_from_text("192.0.2.1", &network));
    CHECK_EQ(network.family, AF_INET);
    CHECK_EQ(network.prefix, 32);
    CHECK_EQ(tabi_network_text(&network, text, sizeof text), 12);
    CHECK_STR(text, "192.0.2.1/32");
    CHECK_CODE(tabi_network_text(&network, text, 12), TABI_ERR_TOO_SMALL);
}

static void what_is_no_network_is_refused(void)
{
    tabi_network network;
    tabi_addr addr = from_text("192.0.2.1:80");
    char text[50];
    SOIL(network);
    CHECK_CODE(tabi_network_from_text("10.0.0.1/8", &network), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "\"10.0.0.1/8\" is not a network: bits behind the prefix are set");
    CHECK_CODE(tabi_network_from_text("\xff/8", &network), TABI_ERR_VALUE);
    CHECK_UNTOUCHED(network);
    /* A program may write anything to the members. */
    memset(&network, 0, sizeof network);
    network.family = AF_UNIX;
    CHECK_CODE(tabi_network_contains(&network, &addr), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "the family of a network must be AF_INET or AF_INET6, got AF_UNIX");
    network.family = AF_INET;
    network.prefix = 33;
    CHECK_CODE(tabi_network_text(&network, text, sizeof text), TABI_ERR_VALUE);
    network.prefix = -1;
    CHECK_CODE(tabi_network_contains(&network, &addr), TABI_ERR_VALUE);
    network.prefix = 0;
    CHECK_EQ(tabi_network_contains(&network, &addr), 1);
}

static void a_host_may_have_any_family(void)
{
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_host(AF_UNSPEC, "::1", 80, &addr));
    CHECK_EQ(tabi_addr_family(&addr), AF_INET6);
    CHECK_OK(tabi_addr_from_host(AF_UNSPEC, "127.0.0.1", 80, &addr));
    CHECK_EQ(tabi_addr_family(&addr), AF_INET);
    CHECK_OK(tabi_addr_from_host(AF_UNSPEC, "<broadcast>", 80, &addr));
    CHECK_EQ(tabi_addr_family(&addr), AF_INET);
    CHECK_OK(tabi_addr_from_host(AF_UNSPEC, "localhost", 80, &addr));
    CHECK(tabi_addr_family(&addr) == AF_INET || tabi_addr_family(&addr) == AF_INET6);
    CHECK_EQ(tabi_addr_port(&addr), 80);
    CHECK_OK(tabi_addr_from_host6(AF_UNSPEC, "fe80::1", 80, 1, 3, &addr));
    CHECK_CODE(tabi_addr_from_host(AF_UNSPEC, "", 80, &addr), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "host \"\" has an address of each family: it needs AF_INET or AF_INET6");
}

/* A message of a call that failed must begin with the address. */
#define CHECK_NAMES(code, address) \
    do { \
        CHECK((code) < 0); \
        CHECK(strncmp(tabi_last_error_message(), (address), strlen(address)) == 0); \
    } while (0)

static void a_call_that_fails_names_its_address(void)
{
    tabi_sock *taken = new_socket(AF_INET, SOCK_STREAM), *sk, *out = NULL;
    tabi_addr addr;
    char address[128], host[64], directory[32];
    CHECK_OK(tabi_bind(taken, "127.0.0.1", 0));
    CHECK_OK(tabi_getsockname(taken, &addr));
    CHECK_OK(tabi_addr_text(&addr, address, sizeof address));

    sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_NAMES(tabi_bind(sk, "127.0.0.1", tabi_addr_port(&addr)), address);
    CHECK_CONTAINS(tabi_last_error_message(), ": Address already in use");
    CHECK_NAMES(tabi_bind_addr(sk, &addr), address);
    CHECK_NAMES(tabi_create_server_addr(&addr, 1, 0, &out), address);
    CHECK_NAMES(tabi_create_server(AF_INET, "127.0.0.1", tabi_addr_port(&addr), 1, 0, &out), address);
    tabi_sock_free(sk);
    sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_NAMES(tabi_connect(sk, "127.0.0.1", tabi_addr_port(&addr)), address);
    CHECK_CONTAINS(tabi_last_error_message(), ": Connection refused");
    tabi_sock_free(sk);
    sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_NAMES(tabi_connect_addr(sk, &addr), address);
    tabi_sock_free(sk);
    sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_NAMES(tabi_connect_addr_until(sk, &addr, tabi_deadline(30)), address);
    /* A name of which a name server cannot be asked. */
    CHECK_NAMES(tabi_connect(sk, "no such host", 80), "('no such host', 80): ");
    CHECK_NAMES(tabi_bind(sk, "no such host", 80), "('no such host', 80): ");
    tabi_sock_free(sk);

    sk = new_socket(AF_INET, SOCK_DGRAM);
    /* Without SO_BROADCAST the system refuses this address. */
    CHECK_NAMES(tabi_sendto(sk, "x", 1, 0, "255.255.255.255", 9), "('255.255.255.255', 9): ");
    CHECK_OK(tabi_addr_from_text("255.255.255.255:9", -1, &addr));
    CHECK_NAMES(tabi_sendto_addr(sk, "x", 1, 0, &addr), "('255.255.255.255', 9): ");
    CHECK_NAMES(tabi_sendmsg(sk, NULL, 0, NULL, 0, &addr), "('255.255.255.255', 9): ");
    CHECK_CODE(tabi_connect_unix(sk, "/"), TABI_ERR_TYPE);
    CHECK_STR(tabi_last_error_message(), "the address is of family AF_UNIX, but the socket is of family AF_INET");
    tabi_sock_free(sk);

    sk = new_socket(AF_UNIX, SOCK_STREAM);
    /* In a directory of its own nobody else makes this path. */
    snprintf(host, sizeof host, "%s/none/socket", make_directory(directory));
    snprintf(address, sizeof address, "'%s': No such file or directory", host);
    CHECK_NAMES(tabi_connect_unix(sk, host), address);
    CHECK_NAMES(tabi_bind_unix(sk, host), address);
    CHECK_EQ(rmdir(directory), 0);
    CHECK(out == NULL);
    tabi_sock_free(sk);
    tabi_sock_free(taken);
}

int main(void)
{
    RUN(text_is_read_and_written);
    RUN(text_that_is_no_address_is_refused);
    RUN(what_does_not_matter_makes_no_address_different);
    RUN(the_port_is_changed_or_the_address_is_not);
    RUN(a_network_contains_the_addresses_with_its_bits);
    RUN(what_is_no_network_is_refused);
    RUN(a_host_may_have_any_family);
    RUN(a_call_that_fails_names_its_address);
    return 0;
}
