/* The table of constants. */
#include "check.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

static void a_constant_has_the_value_that_the_headers_give_it(void)
{
    int64_t value = -1;
    CHECK_OK(tabi_constant("AF_INET", &value));
    CHECK_EQ(value, AF_INET);
    CHECK_OK(tabi_constant("SO_REUSEADDR", &value));
    CHECK_EQ(value, SO_REUSEADDR);
    CHECK_OK(tabi_constant("TCP_NODELAY", &value));
    CHECK_EQ(value, TCP_NODELAY);
    CHECK_OK(tabi_constant("INADDR_BROADCAST", &value));
    CHECK_EQ(value, 0xffffffffLL);
}

static void a_constant_that_the_platform_lacks_is_named_and_changes_nothing(void)
{
    int64_t value = 77;
    CHECK_CODE(tabi_constant("AF_HYPERV", &value), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "this platform has no constant \"AF_HYPERV\"");
    CHECK_CODE(tabi_constant("", &value), TABI_ERR_VALUE);
    CHECK_CODE(tabi_constant("AF_INET\xff", &value), TABI_ERR_VALUE);
    CHECK_CODE(tabi_constant(NULL, &value), TABI_ERR_NULL);
    CHECK_CODE(tabi_constant("AF_INET", NULL), TABI_ERR_NULL);
    CHECK_EQ(value, 77);
}

static void iteration_finds_every_name_in_order(void)
{
    size_t index;
    const char *last = "";
    CHECK(tabi_constant_count() > 90);
    for (index = 0; index < tabi_constant_count(); index++) {
        const char *name = NULL;
        int64_t value = -1, again = -2;
        CHECK_OK(tabi_constant_at(index, &name, &value));
        CHECK(strcmp(last, name) < 0);
        CHECK_OK(tabi_constant(name, &again));
        CHECK_EQ(value, again);
        last = name;
    }
}

static void an_index_beyond_the_end_is_refused(void)
{
    const char *name = "kept";
    int64_t value = 77;
    CHECK_CODE(tabi_constant_at(tabi_constant_count(), &name, &value), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "the index of a constant must be 0-");
    CHECK_CODE(tabi_constant_at(SIZE_MAX, &name, &value), TABI_ERR_VALUE);
    CHECK_CODE(tabi_constant_at(0, NULL, &value), TABI_ERR_NULL);
    CHECK_CODE(tabi_constant_at(0, &name, NULL), TABI_ERR_NULL);
    CHECK_STR(name, "kept");
    CHECK_EQ(value, 77);
}

static void some_constants_are_text(void)
{
    const char *text = NULL;
    CHECK_OK(tabi_string_constant("BDADDR_ANY", &text));
    CHECK_STR(text, "00:00:00:00:00:00");
    CHECK_OK(tabi_string_constant("BDADDR_LOCAL", &text));
    CHECK_STR(text, "00:00:00:FF:FF:FF");
    CHECK_CODE(tabi_string_constant("AF_INET", &text), TABI_ERR_VALUE);
    CHECK_CODE(tabi_string_constant(NULL, &text), TABI_ERR_NULL);
    CHECK_CODE(tabi_string_constant("BDADDR_ANY", NULL), TABI_ERR_NULL);
    CHECK_STR(text, "00:00:00:FF:FF:FF");
}

int main(void)
{
    RUN(a_constant_has_the_value_that_the_headers_give_it);
    RUN(a_constant_that_the_platform_lacks_is_named_and_changes_nothing);
    RUN(iteration_finds_every_name_in_order);
    RUN(an_index_beyond_the_end_is_refused);
    RUN(some_constants_are_text);
    return 0;
}
