/* tabi_addr: made from hosts, paths and sockaddr, and converted back. */
#include "pairs.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

static void a_host_and_a_port_become_an_address(void)
{
    tabi_addr addr;
    char text[64], host[46];
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 8080, &addr));
    CHECK_EQ(tabi_addr_family(&addr), AF_INET);
    CHECK_EQ(tabi_addr_port(&addr), 8080);
    CHECK_EQ(addr.len, sizeof(struct sockaddr_in));
    CHECK_EQ(tabi_addr_host(&addr, host, sizeof host), 9);
    CHECK_STR(host, "127.0.0.1");
    CHECK_EQ(tabi_addr_text(&addr, text, sizeof text), 19);
    CHECK_STR(text, "('127.0.0.1', 8080)");
}

static void the_empty_host_is_any_address_and_broadcast_has_a_name(void)
{
    tabi_addr addr;
    char host[46];
    CHECK_OK(tabi_addr_from_host(AF_INET, "", 1, &addr));
    CHECK_OK(tabi_addr_host(&addr, host, sizeof host));
    CHECK_STR(host, "0.0.0.0");
    CHECK_OK(tabi_addr_from_host(AF_INET6, "", 1, &addr));
    CHECK_OK(tabi_addr_host(&addr, host, sizeof host));
    CHECK_STR(host, "::");
    CHECK_OK(tabi_addr_from_host(AF_INET, "<broadcast>", 1, &addr));
    CHECK_OK(tabi_addr_host(&addr, host, sizeof host));
    CHECK_STR(host, "255.255.255.255");
}

static void an_inet6_address_has_two_more_parts(void)
{
    tabi_addr addr;
    uint32_t flowinfo = 0, scope_id = 0;
    CHECK_OK(tabi_addr_from_host6(AF_INET6, "::1", 443, 0xfffff, 7, &addr));
    CHECK_OK(tabi_addr_scope(&addr, &flowinfo, &scope_id));
    CHECK_EQ(flowinfo, 0xfffff);
    CHECK_EQ(scope_id, 7);
    CHECK_OK(tabi_addr_scope(&addr, NULL, NULL));
    SOIL(addr);
    CHECK_CODE(tabi_addr_from_host6(AF_INET6, "::1", 443, 0x100000, 0, &addr), TABI_ERR_OVERFLOW);
    CHECK_CONTAINS(tabi_last_error_message(), "1048576");
    CHECK_UNTOUCHED(addr);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &addr));
    SOIL(flowinfo);
    CHECK_CODE(tabi_addr_scope(&addr, &flowinfo, NULL), TABI_ERR_TYPE);
    CHECK_UNTOUCHED(flowinfo);
}

static void ports_beyond_the_range_are_refused(void)
{
    static const int bad[] = {-1, 65536, 70000};
    tabi_addr addr;
    size_t i;
    SOIL(addr);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char message[64];
        snprintf(message, sizeof message, "port must be 0-65535, got %d", bad[i]);
        CHECK_CODE(tabi_addr_from_host(AF_INET, "127.0.0.1", bad[i], &addr), TABI_ERR_OVERFLOW);
        CHECK_STR(tabi_last_error_message(), message);
    }
    CHECK_UNTOUCHED(addr);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 65535, &addr));
    CHECK_EQ(tabi_addr_port(&addr), 65535);
}

static void a_host_that_does_not_resolve_is_refused(void)
{
    /* A name server cannot be asked for a label of more than 63 bytes. */
    char host[128];
    tabi_addr addr;
    int code;
    memset(host, 'a', sizeof host);
    host[sizeof host - 1] = '\0';
    SOIL(addr);
    code = tabi_addr_from_host(AF_INET, host, 1, &addr);
    CHECK(code <= TABI_GAI_ADDRFAMILY && code >= TABI_GAI_OTHER);
    CHECK_CONTAINS(tabi_error_name(code), "TABI_GAI_");
    CHECK_UNTOUCHED(addr);
}

static void a_host_needs_an_internet_family(void)
{
    tabi_addr addr;
    SOIL(addr);
    CHECK_CODE(tabi_addr_from_host(AF_UNIX, "127.0.0.1", 1, &addr), TABI_ERR_TYPE);
    CHECK_UNTOUCHED(addr);
}

static void unix_names_are_paths_abstract_or_none(void)
{
    tabi_addr addr;
    char name[108], text[64];
    CHECK_OK(tabi_addr_from_unix("/run/s", 6, &addr));
    CHECK_EQ(tabi_addr_family(&addr), AF_UNIX);
    CHECK_EQ(tabi_addr_unix(&addr, name, sizeof name), 6);
    CHECK_EQ(memcmp(name, "/run/s", 6), 0);
    CHECK_OK(tabi_addr_text(&addr, text, sizeof text));
    CHECK_STR(text, "'/run/s'");
    CHECK_OK(tabi_addr_from_unix(NULL, 0, &addr));
    CHECK_EQ(tabi_addr_unix(&addr, name, sizeof name), 0);
#ifdef __linux__
    CHECK_OK(tabi_addr_from_unix("\0a\0b", 4, &addr));
    CHECK_EQ(tabi_addr_unix(&addr, name, sizeof name), 4);
    CHECK_EQ(memcmp(name, "\0a\0b", 4), 0);
#endif
}

static void unix_names_have_a_limit_and_paths_no_nul(void)
{
    tabi_addr addr;
    char path[300];
    size_t len;
    memset(path, 'p', sizeof path);
    SOIL(addr);
    for (len = 108; len <= sizeof path; len += 64)
        CHECK_CODE(tabi_addr_from_unix(path, len, &addr), TABI_ERR_OS);
    CHECK_CONTAINS(tabi_last_error_message(), "300 bytes, at most 107 fit");
    CHECK_CODE(tabi_addr_from_unix("a\0b", 3, &addr), TABI_ERR_VALUE);
#if defined(__linux__)
    path[0] = '\0';
    CHECK_CODE(tabi_addr_from_unix(path, 109, &addr), TABI_ERR_OS);
    CHECK_CONTAINS(tabi_last_error_message(), "109 bytes, at most 108 fit");
    path[0] = 'p';
#endif
    CHECK_UNTOUCHED(addr);
    CHECK_OK(tabi_addr_from_unix(path, 107, &addr));
    CHECK_EQ(tabi_addr_unix(&addr, path, sizeof path), 107);
}

static void a_sockaddr_goes_in_and_comes_out(void)
{
    struct sockaddr_in in;
    tabi_addr addr;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_port = htons(4321);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(tabi_addr_from_sockaddr((const struct sockaddr *)&in, sizeof in, &addr));
    CHECK_EQ(tabi_addr_port(&addr), 4321);
    CHECK_EQ(addr.len, sizeof in);
    CHECK_EQ(memcmp(tabi_addr_sockaddr(&addr), &in, sizeof in), 0);
    SOIL(addr);
    CHECK_CODE(tabi_addr_from_sockaddr((const struct sockaddr *)&in, 129, &addr), TABI_ERR_VALUE);
    CHECK_CODE(tabi_addr_from_sockaddr(NULL, sizeof in, &addr), TABI_ERR_NULL);
    CHECK_UNTOUCHED(addr);
    CHECK(tabi_addr_sockaddr(NULL) == NULL);
}

static void a_question_of_another_family_is_refused(void)
{
    tabi_addr inet, local;
    char buffer[128];
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &inet));
    CHECK_OK(tabi_addr_from_unix("/s", 2, &local));
    SOIL(buffer);
    CHECK_CODE(tabi_addr_host(&local, buffer, sizeof buffer), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_port(&local), TABI_ERR_TYPE);
    CHECK_CODE(tabi_addr_unix(&inet, buffer, sizeof buffer), TABI_ERR_TYPE);
    CHECK_UNTOUCHED(buffer);
}

static void texts_need_space_for_their_nul(void)
{
    tabi_addr addr;
    char host[10], text[32];
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 80, &addr));
    SOIL(host);
    SOIL(text);
    CHECK_CODE(tabi_addr_host(&addr, host, 9), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_addr_text(&addr, text, 17), TABI_ERR_TOO_SMALL);
    CHECK_CODE(tabi_addr_host(&addr, NULL, 0), TABI_ERR_TOO_SMALL);
    CHECK_UNTOUCHED(host);
    CHECK_UNTOUCHED(text);
    CHECK_EQ(tabi_addr_host(&addr, host, 10), 9);
    CHECK_EQ(tabi_addr_text(&addr, text, 18), 17);
}

/* An error of a buffer names the argument, also in functions that have two of them. */
static void buffers_are_named_in_their_errors(void)
{
    tabi_addr addr;
    char host[16], service[16];
    SOIL(host);
    CHECK_OK(tabi_addr_from_numeric("127.0.0.1", 8080, &addr));
    CHECK_CODE(tabi_addr_host(&addr, NULL, 10), TABI_ERR_NULL);
    CHECK_STR(tabi_last_error_message(), "host must not be NULL");
    CHECK_CODE(tabi_addr_host(&addr, host, 9), TABI_ERR_TOO_SMALL);
    CHECK_STR(tabi_last_error_message(), "host is too small for the result: 10 bytes are needed");
    CHECK_CODE(tabi_addr_text(&addr, host, (size_t)-1), TABI_ERR_OVERFLOW);
    CHECK_CONTAINS(tabi_last_error_message(), "text has an impossible length");
    CHECK_CODE(tabi_inet_pton(AF_INET, "127.0.0.1", NULL, 4), TABI_ERR_NULL);
    CHECK_STR(tabi_last_error_message(), "packed must not be NULL");
    CHECK_CODE(tabi_getnameinfo(&addr, NI_NUMERICHOST | NI_NUMERICSERV, host, sizeof host, NULL, 5), TABI_ERR_NULL);
    CHECK_STR(tabi_last_error_message(), "service must not be NULL");
    CHECK_CODE(tabi_getnameinfo(&addr, NI_NUMERICHOST | NI_NUMERICSERV, host, sizeof host, service, 4), TABI_ERR_TOO_SMALL);
    CHECK_STR(tabi_last_error_message(), "service is too small for the result: 5 bytes are needed");
    CHECK_CODE(tabi_getnameinfo(&addr, NI_NUMERICHOST | NI_NUMERICSERV, host, sizeof host, service, (size_t)-1), TABI_ERR_OVERFLOW);
    CHECK_UNTOUCHED(host);
}

static void an_empty_address_has_no_family(void)
{
    tabi_addr addr;
    memset(&addr, 0, sizeof addr);
    CHECK_EQ(tabi_addr_family(&addr), AF_UNSPEC);
    CHECK_CODE(tabi_addr_port(&addr), TABI_ERR_TYPE);
}

static void a_length_beyond_the_data_is_refused(void)
{
    tabi_addr addr;
    char text[64];
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 80, &addr));
    addr.len = 100000;
    CHECK_CODE(tabi_addr_family(&addr), TABI_ERR_VALUE);
    CHECK_CODE(tabi_addr_text(&addr, text, sizeof text), TABI_ERR_VALUE);
    CHECK_CODE(tabi_bind_addr(sk, &addr), TABI_ERR_VALUE);
    CHECK_CODE(tabi_connect_addr(sk, &addr), TABI_ERR_VALUE);
    tabi_sock_free(sk);
}

int main(void)
{
    RUN(a_host_and_a_port_become_an_address);
    RUN(the_empty_host_is_any_address_and_broadcast_has_a_name);
    RUN(an_inet6_address_has_two_more_parts);
    RUN(ports_beyond_the_range_are_refused);
    RUN(a_host_that_does_not_resolve_is_refused);
    RUN(a_host_needs_an_internet_family);
    RUN(unix_names_are_paths_abstract_or_none);
    RUN(unix_names_have_a_limit_and_paths_no_nul);
    RUN(a_sockaddr_goes_in_and_comes_out);
    RUN(a_question_of_another_family_is_refused);
    RUN(texts_need_space_for_their_nul);
    RUN(buffers_are_named_in_their_errors);
    RUN(an_empty_address_has_no_family);
    RUN(a_length_beyond_the_data_is_refused);
    return 0;
}
