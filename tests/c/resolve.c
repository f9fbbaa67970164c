/* Names and numbers: hosts, services, protocols, interfaces, the text of addresses. No lookup leaves the machine. */
#include "check.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define NUMERIC (NI_NUMERICHOST | NI_NUMERICSERV)

/* Whether a database of the system exists. A missing one is a failure where everything must be checked. */
static int have(const char *database)
{
    if (access(database, R_OK) == 0)
        return 1;
    CHECK(getenv("CI") == NULL);
    fprintf(stderr, "skipped: there is no %s\n", database);
    return 0;
}

static void check_addr(const tabi_addr *addr, int family, const char *host, int port)
{
    char text[46] = "";
    CHECK_EQ(tabi_addr_family(addr), family);
    CHECK_OK(tabi_addr_host(addr, text, sizeof text));
    CHECK_STR(text, host);
    CHECK_EQ(tabi_addr_port(addr), port);
}

static void getaddrinfo_answers_for_each_type_of_socket(void)
{
    tabi_addrinfo_list *list = NULL;
    const tabi_addrinfo *info;
    size_t index;
    int count = (int)CHECK_OK(tabi_getaddrinfo("127.0.0.1", "80", AF_UNSPEC, 0, 0, AI_CANONNAME, &list));
    CHECK(count >= 2);
    for (index = 0; (info = tabi_addrinfo_at(list, index)) != NULL; index++) {
        CHECK_EQ(info->struct_size, sizeof *info);
        CHECK_EQ(info->family, AF_INET);
        CHECK_STR(info->canonname, index == 0 ? "127.0.0.1" : "");
        check_addr(&info->addr, AF_INET, "127.0.0.1", 80);
    }
    CHECK_EQ(index, count);
    tabi_addrinfo_list_free(list);
}

static void getaddrinfo_has_hints_and_takes_null(void)
{
    tabi_addrinfo_list *list = NULL;
    const tabi_addrinfo *info;
    CHECK_EQ(tabi_getaddrinfo("::1", NULL, AF_INET6, SOCK_STREAM, IPPROTO_TCP, 0, &list), 1);
    info = tabi_addrinfo_at(list, 0);
    CHECK(info != NULL);
    CHECK_EQ(info->type, SOCK_STREAM);
    CHECK_EQ(info->proto, IPPROTO_TCP);
    check_addr(&info->addr, AF_INET6, "::1", 0);
    tabi_addrinfo_list_free(list);

    CHECK_EQ(tabi_getaddrinfo(NULL, "9", AF_INET, SOCK_DGRAM, 0, AI_PASSIVE, &list), 1);
    check_addr(&tabi_addrinfo_at(list, 0)->addr, AF_INET, "0.0.0.0", 9);
    tabi_addrinfo_list_free(list);
}

static void getaddrinfo_refuses_what_it_cannot_look_up(void)
{
    tabi_addrinfo_list *list = NULL;
    CHECK_CODE(tabi_getaddrinfo("localhost", "80", 0, 0, 0, AI_NUMERICHOST, &list), TABI_GAI_NONAME);
    CHECK_CODE(tabi_getaddrinfo(NULL, NULL, 0, 0, 0, 0, &list), TABI_GAI_NONAME);
    CHECK_CODE(tabi_getaddrinfo("127.0.0.1", "no such", 0, 0, 0, 0, &list), TABI_GAI_SERVICE);
    CHECK_CODE(tabi_getaddrinfo("127.0.0.1", "80", 12345, 0, 0, 0, &list), TABI_GAI_FAMILY);
    CHECK_CODE(tabi_getaddrinfo("127.0.0.1", "80", 0, 12345, 0, 0, &list), TABI_GAI_SOCKTYPE);
    CHECK_CODE(tabi_getaddrinfo("127.0.0.1", "80", 0, 0, 0, 0, NULL), TABI_ERR_NULL);
    CHECK(list == NULL);
    CHECK(tabi_addrinfo_at(NULL, 0) == NULL);
    tabi_addrinfo_list_free(NULL);
}

static void getaddrinfo_refuses_flags_that_it_does_not_know(void)
{
    tabi_addrinfo_list *list = NULL;
    CHECK_CODE(tabi_getaddrinfo("127.0.0.1", "80", 0, 0, 0, 1 << 30, &list), TABI_GAI_BADFLAGS);
    CHECK(list == NULL);
}

static void getnameinfo_gives_host_and_service(void)
{
    char host[NI_MAXHOST] = "", service[32] = "";
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_numeric("127.0.0.1", 80, &addr));
    CHECK_OK(tabi_getnameinfo(&addr, NUMERIC, host, sizeof host, service, sizeof service));
    CHECK_STR(host, "127.0.0.1");
    CHECK_STR(service, "80");
    CHECK_OK(tabi_addr_from_numeric6("::1", 443, 1, 0, &addr));
    CHECK_OK(tabi_getnameinfo(&addr, NUMERIC, host, sizeof host, NULL, 0));
    CHECK_STR(host, "::1");
    CHECK_OK(tabi_getnameinfo(&addr, NUMERIC, NULL, 0, service, sizeof service));
    CHECK_STR(service, "443");
}

static void getnameinfo_writes_both_names_or_none(void)
{
    char host[16] = "kept", service[16] = "kept";
    tabi_addr addr, none;
    CHECK_OK(tabi_addr_from_numeric("127.0.0.1", 8080, &addr));
    CHECK_CODE(tabi_getnameinfo(&addr, NUMERIC, host, sizeof host, service, 4), TABI_ERR_TOO_SMALL);
    CHECK_CONTAINS(tabi_last_error_message(), "5 bytes");
    CHECK_CODE(tabi_getnameinfo(&addr, NUMERIC, host, 9, service, sizeof service), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_getnameinfo(&addr, NUMERIC, NULL, 16, service, sizeof service), TABI_ERR_NULL);
    CHECK_CODE(tabi_getnameinfo(NULL, NUMERIC, host, sizeof host, service, sizeof service), TABI_ERR_NULL);
    memset(&none, 0, sizeof none);
    CHECK_CODE(tabi_getnameinfo(&none, NUMERIC, host, sizeof host, service, sizeof service), TABI_GAI_FAMILY);
    CHECK_STR(host, "kept");
    CHECK_STR(service, "kept");
}

static void a_numeric_address_is_not_looked_up(void)
{
    tabi_addr addr;
    memset(&addr, 0, sizeof addr);
    CHECK_CODE(tabi_addr_from_numeric("localhost", 80, &addr), TABI_GAI_NONAME);
    CHECK_CODE(tabi_addr_from_numeric("127.0.0.1", -1, &addr), TABI_GAI_SERVICE);
    CHECK_CODE(tabi_addr_from_numeric(NULL, 80, &addr), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_numeric("::1", 80, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_numeric6("127.0.0.1", 80, 0, 0, &addr), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "IPv4 sockaddr must be 2 tuple");
    CHECK_CODE(tabi_addr_from_numeric6("::1", 80, 0x100000, 0, &addr), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_addr_from_numeric6(NULL, 80, 0, 0, &addr), TABI_ERR_NULL);
    CHECK_CODE(tabi_addr_from_numeric6("::1", 80, 0, 0, NULL), TABI_ERR_NULL);
    CHECK_EQ(addr.len, 0);
}

static void addresses_are_written_as_the_c_library_writes_them(void)
{
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_numeric("::1.2.3.4", 80, &addr));
    check_addr(&addr, AF_INET6, "::1.2.3.4", 80);
    CHECK_OK(tabi_addr_from_numeric("::0102", 80, &addr));
    check_addr(&addr, AF_INET6, "::102", 80);
}

static void gethostbyname_gives_an_address_as_text(void)
{
    char address[16] = "kept";
    CHECK_EQ(tabi_gethostbyname("127.1", address, sizeof address), 9);
    CHECK_STR(address, "127.0.0.1");
    CHECK_OK(tabi_gethostbyname("", address, sizeof address));
    CHECK_STR(address, "0.0.0.0");
    CHECK_OK(tabi_gethostbyname("<broadcast>", address, sizeof address));
    CHECK_STR(address, "255.255.255.255");
    CHECK_CODE(tabi_gethostbyname("127.0.0.1", address, 9), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_gethostbyname(NULL, address, sizeof address), TABI_ERR_NULL);
    CHECK_CODE(tabi_gethostbyname("127.0.0.1", NULL, 16), TABI_ERR_NULL);
    CHECK_STR(address, "255.255.255.255");
}

static void gethostbyname_ex_gives_names_and_addresses(void)
{
    tabi_hostent *entry = NULL;
    CHECK_OK(tabi_gethostbyname_ex("127.0.0.9", &entry));
    CHECK_EQ(entry->struct_size, sizeof *entry);
    CHECK_STR(entry->name, "127.0.0.9");
    CHECK(entry->aliases[0] == NULL);
    CHECK_STR(entry->addresses[0], "127.0.0.9");
    CHECK(entry->addresses[1] == NULL);
    tabi_hostent_free(entry);
    entry = NULL;
    CHECK_CODE(tabi_gethostbyname_ex(NULL, &entry), TABI_ERR_NULL);
    CHECK_CODE(tabi_gethostbyname_ex("127.0.0.1", NULL), TABI_ERR_NULL);
    CHECK(entry == NULL);
    tabi_hostent_free(NULL);
}

static void gethostbyname_knows_no_addresses_of_ipv6(void)
{
    char address[16] = "kept";
    tabi_hostent *entry = NULL;
    CHECK_CODE(tabi_gethostbyname("::1", address, sizeof address), TABI_GAI_ADDRFAMILY);
    CHECK_CODE(tabi_gethostbyname_ex("::1", &entry), TABI_GAI_ADDRFAMILY);
    CHECK_STR(address, "kept");
    CHECK(entry == NULL);
}

static void gethostbyaddr_finds_the_name_of_loopback(void)
{
    tabi_hostent *entry = NULL;
    if (have("/etc/hosts")) {
        CHECK_OK(tabi_gethostbyaddr("127.0.0.1", &entry));
        CHECK(entry->name[0] != '\0');
        CHECK_STR(entry->addresses[0], "127.0.0.1");
        tabi_hostent_free(entry);
    }
    entry = NULL;
    CHECK_CODE(tabi_gethostbyaddr("", &entry), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "wildcard resolved to multiple address");
    CHECK_CODE(tabi_gethostbyaddr(NULL, &entry), TABI_ERR_NULL);
    CHECK_CODE(tabi_gethostbyaddr("127.0.0.1", NULL), TABI_ERR_NULL);
    CHECK(entry == NULL);
}

static void this_machine_has_a_name(void)
{
    char name[256] = "", same[256] = "", longest[1001];
    CHECK_OK(gethostname(same, sizeof same));
    CHECK_EQ(tabi_gethostname(name, sizeof name), strlen(same));
    CHECK_STR(name, same);
    CHECK_CODE(tabi_gethostname(name, strlen(same)), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_gethostname(NULL, 10), TABI_ERR_NULL);

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
#if !defined(_WIN32)
    CHECK(tabi_sethostname(longest) < 0);
    CHECK_CODE(tabi_sethostname(NULL), TABI_ERR_NULL);
#endif
    CHECK_OK(tabi_gethostname(name, sizeof name));
    CHECK_STR(name, same);
}

static void getfqdn_of_this_machine_has_several_spellings(void)
{
    char own[1025] = "", same[1025] = "";
    CHECK_OK(tabi_getfqdn(NULL, own, sizeof own));
    CHECK(own[0] != '\0');
    CHECK_OK(tabi_getfqdn("::", same, sizeof same));
    CHECK_STR(same, own);
    CHECK_CODE(tabi_getfqdn("", same, strlen(own)), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_getfqdn("", NULL, 10), TABI_ERR_NULL);
    CHECK_STR(same, own);
}

static void getfqdn_returns_a_name_that_cannot_be_a_hosts(void)
{
    char same[8];
    CHECK_EQ(tabi_getfqdn(" \xff\xfe", same, sizeof same), 2);
    CHECK_STR(same, "\xff\xfe");
}

static void services_and_protocols_have_names_and_numbers(void)
{
    char name[32] = "kept";
    if (have("/etc/services")) {
        CHECK_EQ(tabi_getservbyname("http", "tcp"), 80);
        CHECK_EQ(tabi_getservbyname("ssh", NULL), 22);
        CHECK_EQ(tabi_getservbyport(80, "tcp", name, sizeof name), 4);
        CHECK_STR(name, "http");
        CHECK_OK(tabi_getservbyport(22, NULL, name, sizeof name));
        CHECK_STR(name, "ssh");
        CHECK_CODE(tabi_getservbyport(80, "tcp", name, 4), TABI_ERR_TOO_SMALL);
        CHECK_CODE(tabi_getservbyport(80, "tcp", NULL, 4), TABI_ERR_NULL);
        CHECK_STR(name, "ssh");
    }
    if (have("/etc/protocols")) {
        CHECK_EQ(tabi_getprotobyname("tcp"), IPPROTO_TCP);
        CHECK_EQ(tabi_getprotobyname("udp"), IPPROTO_UDP);
    }
}

static void services_and_protocols_that_are_not_there_are_named(void)
{
    char name[32] = "kept";
    CHECK_CODE(tabi_getservbyname("no-such", "tcp"), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "service/proto not found: \"no-such\", \"tcp\"");
    CHECK_CODE(tabi_getservbyname(NULL, "tcp"), TABI_ERR_NULL);
    CHECK_CODE(tabi_getservbyport(80, "no-such", name, sizeof name), TABI_ERR_OS);
    CHECK_CODE(tabi_getservbyport(65536, NULL, name, sizeof name), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_getservbyport(-1, NULL, name, sizeof name), TABI_ERR_OVERFLOW);
    CHECK_STR(tabi_last_error_message(), "getservbyport: port must be 0-65535, got -1");
    CHECK_CODE(tabi_getprotobyname("no-such"), TABI_ERR_OS);
    CHECK_CODE(tabi_getprotobyname(NULL), TABI_ERR_NULL);
    CHECK_STR(name, "kept");
}

static void interfaces_have_names_and_numbers(void)
{
    tabi_interface_list *list = NULL;
    const tabi_interface *interface;
    size_t index;
    int count = (int)CHECK_OK(tabi_if_nameindex(&list));
    CHECK(count >= 1);
    for (index = 0; (interface = tabi_interface_at(list, index)) != NULL; index++) {
        char name[IF_NAMESIZE] = "";
        uint32_t number = 0;
        CHECK_EQ(interface->struct_size, sizeof *interface);
        CHECK_OK(tabi_if_nametoindex(interface->name, &number));
        CHECK_EQ(number, interface->index);
        CHECK_EQ(tabi_if_indextoname(number, name, sizeof name), strlen(interface->name));
        CHECK_STR(name, interface->name);
        CHECK_CODE(tabi_if_indextoname(number, name, strlen(name)), TABI_ERR_TOO_SMALL);
    }
    CHECK_EQ(index, count);
    tabi_interface_list_free(list);
}

static void interfaces_that_are_not_there_are_named(void)
{
    char name[IF_NAMESIZE] = "kept";
    uint32_t number = 77;
    CHECK_CODE(tabi_if_nametoindex("no-such", &number), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "no interface with this name: \"no-such\"");
    CHECK_CODE(tabi_if_nametoindex(NULL, &number), TABI_ERR_NULL);
    CHECK_CODE(tabi_if_nametoindex("lo", NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_if_nameindex(NULL), TABI_ERR_NULL);
    CHECK_EQ(number, 77);
    CHECK_STR(name, "kept");
    CHECK(tabi_interface_at(NULL, 0) == NULL);
    tabi_interface_list_free(NULL);
}

static void a_number_of_no_interface_is_an_error(void)
{
    char name[IF_NAMESIZE] = "kept";
    CHECK_CODE(tabi_if_indextoname(0, name, sizeof name), -ENXIO);
    CHECK_STR(name, "kept");
}

static void inet_aton_and_inet_ntoa_are_the_c_librarys(void)
{
    unsigned char packed[4] = {9, 9, 9, 9};
    char text[16] = "kept";
    CHECK_EQ(tabi_inet_aton("0x7f.1", packed, sizeof packed), 4);
    CHECK(memcmp(packed, "\x7f\0\0\1", 4) == 0);
    CHECK_EQ(tabi_inet_ntoa(packed, sizeof packed, text, sizeof text), 9);
    CHECK_STR(text, "127.0.0.1");

    CHECK_CODE(tabi_inet_aton("1.2.3.4.5", packed, sizeof packed), TABI_ERR_OS);
    CHECK_STR(tabi_last_error_message(), "illegal IP address string passed to inet_aton: \"1.2.3.4.5\"");
    CHECK_CODE(tabi_inet_aton("9.9.9.9", packed, 3), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_inet_aton(NULL, packed, sizeof packed), TABI_ERR_NULL);
    CHECK_CODE(tabi_inet_ntoa(packed, 3, text, sizeof text), TABI_ERR_OS);
    CHECK_CODE(tabi_inet_ntoa(NULL, 4, text, sizeof text), TABI_ERR_NULL);
    CHECK_CODE(tabi_inet_ntoa(packed, 4, text, 9), TABI_ERR_TOO_SMALL);
    CHECK(memcmp(packed, "\x7f\0\0\1", 4) == 0);
    CHECK_STR(text, "127.0.0.1");
}

static void inet_pton_and_inet_ntop_are_inverse(void)
{
    unsigned char packed[16], expected[16];
    char text[46] = "";
    CHECK_EQ(tabi_inet_pton(AF_INET6, "2001:db8::1", packed, sizeof packed), 16);
    CHECK_EQ(inet_pton(AF_INET6, "2001:db8::1", expected), 1);
    CHECK(memcmp(packed, expected, 16) == 0);
    CHECK_EQ(tabi_inet_ntop(AF_INET6, packed, 16, text, sizeof text), 11);
    CHECK_STR(text, "2001:db8::1");
    CHECK_EQ(tabi_inet_pton(AF_INET, "192.0.2.7", packed, sizeof packed), 4);
    CHECK_OK(tabi_inet_ntop(AF_INET, packed, 4, text, sizeof text));
    CHECK_STR(text, "192.0.2.7");

    CHECK_CODE(tabi_inet_pton(AF_INET, "127.1", packed, sizeof packed), TABI_ERR_OS);
    CHECK_CODE(tabi_inet_pton(99, "127.0.0.1", packed, sizeof packed), -EAFNOSUPPORT);
    CHECK_CODE(tabi_inet_pton(AF_INET6, "::1", packed, 15), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_inet_pton(AF_INET6, NULL, packed, 16), TABI_ERR_NULL);
    CHECK_CODE(tabi_inet_ntop(AF_INET, packed, 16, text, sizeof text), TABI_ERR_VALUE);
    CHECK_CODE(tabi_inet_ntop(99, packed, 4, text, sizeof text), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "unknown address family 99");
    CHECK_CODE(tabi_inet_ntop(AF_INET, NULL, 4, text, sizeof text), TABI_ERR_NULL);
    CHECK_CODE(tabi_inet_ntop(AF_INET, packed, 4, text, 9), TABI_ERR_TOO_SMALL);
    CHECK_STR(text, "192.0.2.7");
}

static void the_network_has_the_high_byte_first(void)
{
    CHECK_EQ(tabi_htons(0x1234), htons(0x1234));
    CHECK_EQ(tabi_htonl(0x12345678), htonl(0x12345678));
    CHECK_EQ(tabi_ntohs(htons(0xabcd)), 0xabcd);
    CHECK_EQ(tabi_ntohl(htonl(0xdeadbeef)), 0xdeadbeef);
}

int main(void)
{
    RUN(getaddrinfo_answers_for_each_type_of_socket);
    RUN(getaddrinfo_has_hints_and_takes_null);
    RUN(getaddrinfo_refuses_what_it_cannot_look_up);
    RUN(getaddrinfo_refuses_flags_that_it_does_not_know);
    RUN(getnameinfo_gives_host_and_service);
    RUN(getnameinfo_writes_both_names_or_none);
    RUN(a_numeric_address_is_not_looked_up);
    RUN(addresses_are_written_as_the_c_library_writes_them);
    RUN(gethostbyname_gives_an_address_as_text);
    RUN(gethostbyname_ex_gives_names_and_addresses);
    RUN(gethostbyname_knows_no_addresses_of_ipv6);
    RUN(gethostbyaddr_finds_the_name_of_loopback);
    RUN(this_machine_has_a_name);
    RUN(getfqdn_of_this_machine_has_several_spellings);
    RUN(getfqdn_returns_a_name_that_cannot_be_a_hosts);
    RUN(services_and_protocols_have_names_and_numbers);
    RUN(services_and_protocols_that_are_not_there_are_named);
    RUN(interfaces_have_names_and_numbers);
    RUN(interfaces_that_are_not_there_are_named);
    RUN(a_number_of_no_interface_is_an_error);
    RUN(inet_aton_and_inet_ntoa_are_the_c_librarys);
    RUN(inet_pton_and_inet_ntop_are_inverse);
    RUN(the_network_has_the_high_byte_first);
    return 0;
}
