/* Codes, their names and texts, and the message of the last failure. */
#include "check.h"

#include <netdb.h>
#include <pthread.h>

static void a_code_has_a_name_and_a_text(void)
{
    CHECK_STR(tabi_error_name(-ECONNREFUSED), "ECONNREFUSED");
    CHECK_STR(tabi_strerror(-ECONNREFUSED), "Connection refused");
    CHECK_EQ(tabi_error_number(-ECONNREFUSED), ECONNREFUSED);
    CHECK_STR(tabi_error_name(TABI_ERR_TIMEOUT), "TABI_ERR_TIMEOUT");
    CHECK_STR(tabi_strerror(TABI_ERR_TIMEOUT), "timed out");
    CHECK_EQ(tabi_error_number(TABI_ERR_TIMEOUT), 0);
    CHECK_STR(tabi_error_name(TABI_GAI_NONAME), "TABI_GAI_NONAME");
    CHECK_STR(tabi_strerror(TABI_GAI_NONAME), "name or service not known");
    CHECK_STR(tabi_error_name(TABI_HERROR_TRY_AGAIN), "TABI_HERROR_TRY_AGAIN");
    CHECK_EQ(tabi_error_number(TABI_HERROR_TRY_AGAIN), 2);
}

static void a_closed_socket_is_ebadf_to_the_system(void)
{
    CHECK_EQ(tabi_error_number(TABI_ERR_CLOSED), EBADF);
}

static void every_number_has_a_text(void)
{
    CHECK_STR(tabi_strerror(0), "success");
    CHECK_STR(tabi_strerror(17), "success");
    CHECK_STR(tabi_strerror(-4999), "unknown code");
    CHECK_STR(tabi_strerror(-2147483647 - 1), "unknown code");
    CHECK(tabi_error_name(0) == NULL);
    CHECK(tabi_error_name(-4999) == NULL);
    CHECK_EQ(tabi_error_number(-4999), 0);
    CHECK_EQ(tabi_error_number(0), 0);
}

static void *ask_in_a_fresh_thread(void *unused)
{
    (void)unused;
    CHECK_STR(tabi_last_error_message(), "");
    CHECK_CODE(tabi_close(NULL), TABI_ERR_NULL);
    CHECK_STR(tabi_last_error_message(), "sk must not be NULL");
    return NULL;
}

static void the_message_belongs_to_the_thread(void)
{
    pthread_t thread;
    tabi_addr addr;
    CHECK_CODE(tabi_addr_from_host(AF_INET, "127.0.0.1", 70000, &addr), TABI_ERR_OVERFLOW);
    CHECK_EQ(pthread_create(&thread, NULL, ask_in_a_fresh_thread, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_STR(tabi_last_error_message(), "port must be 0-65535, got 70000");
}

static void the_message_survives_a_success(void)
{
    tabi_addr addr;
    CHECK_CODE(tabi_addr_from_host(AF_INET, "127.0.0.1", -1, &addr), TABI_ERR_OVERFLOW);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 1, &addr));
    CHECK_STR(tabi_last_error_message(), "port must be 0-65535, got -1");
}

static void an_old_message_stays_readable(void)
{
    char name[1000];
    int64_t value;
    const char *before, *after;
    CHECK_CODE(tabi_close(NULL), TABI_ERR_NULL);
    before = tabi_last_error_message();
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_CODE(tabi_constant(name, &value), TABI_ERR_VALUE);
    after = tabi_last_error_message();
    CHECK(strlen(after) > 10 * strlen(before));
    CHECK_STR(before, "sk must not be NULL");
    CHECK_CODE(tabi_listen(NULL, 1), TABI_ERR_NULL);
    CHECK(tabi_last_error_message() == after);
    CHECK_STR(after, "sk must not be NULL");
}

/* errno is set too, so that perror() never says "Success". */
static void a_failure_sets_errno(void)
{
    tabi_addrinfo_list *list;
    tabi_sock *sk;
    char bytes[8];
    errno = 0;
    CHECK_CODE(tabi_socket(-5, SOCK_STREAM, 0, &sk), -EAFNOSUPPORT);
    CHECK_EQ(errno, EAFNOSUPPORT);
    CHECK_CODE(tabi_getaddrinfo("localhost", "80", 0, 0, 0, AI_NUMERICHOST, &list), TABI_GAI_NONAME);
    CHECK_EQ(errno, EINVAL);
    errno = 0;
    CHECK_CODE(tabi_inet_pton(AF_INET, "1.2.3", bytes, sizeof bytes), TABI_ERR_OS);
    CHECK_EQ(errno, EINVAL);
}

static void the_library_is_of_the_headers_version(void)
{
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", TABI_VERSION_MAJOR, TABI_VERSION_MINOR, TABI_VERSION_PATCH);
    CHECK_STR(tabi_version(), version);
}

int main(void)
{
    CHECK_STR(tabi_last_error_message(), "");
    RUN(a_code_has_a_name_and_a_text);
    RUN(a_closed_socket_is_ebadf_to_the_system);
    RUN(every_number_has_a_text);
    RUN(the_message_belongs_to_the_thread);
    RUN(the_message_survives_a_success);
    RUN(an_old_message_stays_readable);
    RUN(a_failure_sets_errno);
    RUN(the_library_is_of_the_headers_version);
    return 0;
}
