/* Headers of the PROXY protocol: made, sent, read, and asked. */
#include "pairs.h"

static tabi_addr host(const char *text, int port)
{
    tabi_addr addr;
    CHECK_OK(tabi_addr_from_host(strchr(text, ':') ? AF_INET6 : AF_INET, text, port, &addr));
    return addr;
}

static tabi_proxy_header *header_for(int version, const char *source, const char *destination)
{
    tabi_addr from = host(source, 56324), to = host(destination, 443);
    tabi_proxy_header *header = NULL;
    CHECK_OK(tabi_proxy_header_new(version, &from, &to, &header));
    return header;
}

static void check_bytes(const void *bytes, size_t len, const char *expected)
{
    CHECK_EQ(len, strlen(expected));
    CHECK(bytes != NULL && memcmp(bytes, expected, len) == 0);
}

static void check_address(const tabi_addr *addr, const char *expected)
{
    char text[64];
    CHECK_OK(tabi_addr_text(addr, text, sizeof text));
    CHECK_STR(text, expected);
}

static void a_line_of_version_1_is_sent(void)
{
    tabi_sock *proxy, *server;
    tabi_proxy_header *header = header_for(1, "192.0.2.1", "192.0.2.7"), *none = NULL;
    char line[108];
    ssize_t n;
    unix_pair(&proxy, &server);
    CHECK_OK(tabi_send_proxy_header(proxy, header));
    n = (ssize_t)CHECK_OK(tabi_recv(server, line, sizeof line, 0));
    check_bytes(line, (size_t)n, "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r\n");
    CHECK_CODE(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_ALPN, "h2", 2), TABI_ERR_TYPE);
    CHECK_OK(tabi_proxy_header_new(1, NULL, NULL, &none));
    n = (ssize_t)CHECK_OK(tabi_proxy_header_write(none, line, sizeof line));
    check_bytes(line, (size_t)n, "PROXY UNKNOWN\r\n");
    CHECK_CODE(tabi_proxy_header_write(none, line, 14), TABI_ERR_TOO_SMALL);
    tabi_proxy_header_free(header);
    tabi_proxy_header_free(none);
    tabi_sock_free(proxy);
    CHECK_OK(tabi_close(server));
    CHECK_OK(tabi_proxy_header_new(1, NULL, NULL, &header));
    CHECK_CODE(tabi_send_proxy_header(server, header), TABI_ERR_CLOSED);
    tabi_proxy_header_free(header);
    tabi_sock_free(server);
}

static void a_header_of_version_2_is_read_with_its_values(void)
{
    static const char ssl[] = "\x05\0\0\0\0\x21\0\x07TLSv1.3";
    tabi_proxy_header *header = header_for(2, "2001:db8::1", "::1"), *read = NULL;
    unsigned char bytes[256];
    tabi_addr addr;
    uint32_t verify = 7;
    int type = -1, client = -1;
    size_t len = 99;
    ssize_t n;
    CHECK_OK(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_UNIQUE_ID, "request 7", 9));
    CHECK_OK(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_CRC32C, NULL, 0));
    CHECK_OK(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_SSL, ssl, sizeof ssl - 1));
    CHECK_OK(tabi_proxy_header_add_tlv(header, 0xE0, NULL, 0));
    n = (ssize_t)CHECK_OK(tabi_proxy_header_write(header, bytes, sizeof bytes - 1));
    tabi_proxy_header_free(header);

    bytes[n] = 'x';
    CHECK_EQ(tabi_proxy_header_read(2, bytes, (size_t)n - 1, &read), 0);
    CHECK(read == NULL);
    CHECK_EQ(tabi_proxy_header_read(0, bytes, (size_t)n + 1, &read), n);
    CHECK_EQ(tabi_proxy_header_version(read), 2);
    CHECK_EQ(tabi_proxy_header_is_local(read), 0);
    CHECK_OK(tabi_proxy_header_source(read, &addr));
    check_address(&addr, "('2001:db8::1', 56324, 0, 0)");
    CHECK_OK(tabi_proxy_header_destination(read, &addr));
    check_address(&addr, "('::1', 443, 0, 0)");
    check_bytes(tabi_proxy_header_tlv(read, TABI_PP2_TYPE_UNIQUE_ID, &len), 9, "request 7");
    CHECK_EQ(len, 9);
    check_bytes(tabi_proxy_header_tlv(read, TABI_PP2_SUBTYPE_SSL_VERSION, NULL), 7, "TLSv1.3");
    CHECK(tabi_proxy_header_tlv(read, TABI_PP2_SUBTYPE_SSL_CN, &len) == NULL);
    CHECK_EQ(len, 0);
    CHECK(tabi_proxy_header_tlv(read, TABI_PP2_TYPE_ALPN, NULL) == NULL);
    CHECK(tabi_proxy_header_tlv(read, 256 + TABI_PP2_TYPE_UNIQUE_ID, NULL) == NULL);
    CHECK_EQ(tabi_proxy_header_ssl(read, &client, &verify), 1);
    CHECK_EQ(client, TABI_PP2_CLIENT_SSL | TABI_PP2_CLIENT_CERT_SESS);
    CHECK_EQ(verify, 0);
    CHECK(tabi_proxy_header_tlv_at(read, 3, &type, &len) != NULL);
    CHECK_EQ(type, 0xE0);
    CHECK_EQ(len, 0);
    CHECK(tabi_proxy_header_tlv_at(read, 4, &type, NULL) == NULL);

    bytes[20] ^= 1;
    SOIL(header);
    CHECK_CODE(tabi_proxy_header_read(0, bytes, (size_t)n, &header), TABI_ERR_VALUE);
    CHECK_UNTOUCHED(header);
    CHECK_STR(tabi_last_error_message(), "a PROXY header is not valid: its checksum is wrong");
    CHECK_CODE(tabi_proxy_header_read(1, bytes, (size_t)n, &header), TABI_ERR_VALUE);
    tabi_proxy_header_free(read);
}

static void a_health_check_says_nothing_about_a_client(void)
{
    tabi_proxy_header *header = NULL;
    tabi_addr addr;
    int client = -1;
    uint32_t verify;
    CHECK_OK(tabi_proxy_header_new(2, NULL, NULL, &header));
    CHECK_EQ(tabi_proxy_header_is_local(header), 1);
    CHECK_OK(tabi_proxy_header_source(header, &addr));
    CHECK_EQ(addr.len, 0);
    CHECK_EQ(tabi_proxy_header_ssl(header, &client, &verify), 0);
    CHECK_EQ(client, -1);
    tabi_proxy_header_free(header);
}

static void headers_that_cannot_be_are_refused(void)
{
    tabi_addr v4 = host("192.0.2.1", 1), v6 = host("::1", 1);
    tabi_proxy_header *header;
    SOIL(header);
    CHECK_CODE(tabi_proxy_header_new(3, &v4, &v4, &header), TABI_ERR_VALUE);
    CHECK_CODE(tabi_proxy_header_new(2, &v4, &v6, &header), TABI_ERR_TYPE);
    CHECK_CODE(tabi_proxy_header_new(2, &v4, NULL, &header), TABI_ERR_NULL);
    CHECK_CODE(tabi_proxy_header_new(2, NULL, &v4, &header), TABI_ERR_NULL);
    CHECK_UNTOUCHED(header);
    CHECK_OK(tabi_proxy_header_new(2, &v4, &v4, &header));
    CHECK_CODE(tabi_proxy_header_add_tlv(header, 256, "x", 1), TABI_ERR_VALUE);
    CHECK_CODE(tabi_proxy_header_add_tlv(header, -1, "x", 1), TABI_ERR_VALUE);
    CHECK_CODE(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_SSL, "x", 1), TABI_ERR_VALUE);
    CHECK(tabi_proxy_header_tlv_at(header, 0, NULL, NULL) == NULL);
    tabi_proxy_header_free(header);
}

int main(void)
{
    RUN(a_line_of_version_1_is_sent);
    RUN(a_header_of_version_2_is_read_with_its_values);
    RUN(a_health_check_says_nothing_about_a_client);
    RUN(headers_that_cannot_be_are_refused);
    return 0;
}
