/* Options of sockets: integers, bytes, NULL with a length. */
#include "pairs.h"

static void integers_are_set_and_read(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int value = -1;
    CHECK_OK(tabi_getsockopt(sk, SOL_SOCKET, SO_REUSEADDR, &value));
    CHECK_EQ(value, 0);
    CHECK_OK(tabi_setsockopt(sk, SOL_SOCKET, SO_REUSEADDR, 1));
    CHECK_OK(tabi_getsockopt(sk, SOL_SOCKET, SO_REUSEADDR, &value));
    CHECK(value != 0);
    CHECK_OK(tabi_getsockopt(sk, SOL_SOCKET, SO_TYPE, &value));
    CHECK_EQ(value, SOCK_STREAM);
    tabi_sock_free(sk);
}

static void a_struct_travels_as_bytes(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    struct linger linger = {1, 5}, seen;
    memset(&seen, 0, sizeof seen);
    CHECK_OK(tabi_setsockopt_bytes(sk, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    CHECK_EQ(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_LINGER, &seen, sizeof seen), sizeof seen);
    CHECK(seen.l_onoff != 0);
    CHECK_EQ(seen.l_linger, 5);
    tabi_sock_free(sk);
}

static void an_unknown_option_is_refused(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int value;
    char bytes[8];
    SOIL(value);
    SOIL(bytes);
    CHECK_CODE(tabi_getsockopt(sk, SOL_SOCKET, 9999, &value), -ENOPROTOOPT);
    CHECK_CODE(tabi_getsockopt_bytes(sk, SOL_SOCKET, 9999, bytes, sizeof bytes), -ENOPROTOOPT);
    CHECK_CODE(tabi_setsockopt(sk, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
    CHECK_UNTOUCHED(value);
    CHECK_UNTOUCHED(bytes);
    tabi_sock_free(sk);
}

static void a_value_has_1_to_1024_bytes(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    char bytes[1025];
    SOIL(bytes);
    CHECK_CODE(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_TYPE, bytes, 0), TABI_ERR_OS);
    CHECK_CODE(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_TYPE, bytes, 1025), TABI_ERR_OS);
    CHECK_CONTAINS(tabi_last_error_message(), "1025");
    CHECK_UNTOUCHED(bytes);
    CHECK_EQ(tabi_getsockopt_bytes(sk, SOL_SOCKET, SO_TYPE, bytes, 1024), sizeof(int));
    tabi_sock_free(sk);
}

static void null_goes_to_the_system_with_its_length(void)
{
    tabi_sock *sk = new_socket(AF_INET, SOCK_STREAM);
    int value = -1;
    CHECK_CODE(tabi_setsockopt_null(sk, SOL_SOCKET, SO_REUSEADDR, 0), -EINVAL);
    CHECK_CODE(tabi_setsockopt_null(sk, SOL_SOCKET, SO_REUSEADDR, sizeof(int)), -EFAULT);
    /* The system takes a length of 32 bits. */
    CHECK_CODE(tabi_setsockopt_null(sk, SOL_SOCKET, SO_REUSEADDR, SIZE_MAX), SIZE_MAX > UINT32_MAX ? TABI_ERR_OVERFLOW : -EINVAL);
    CHECK_CODE(tabi_setsockopt_bytes(sk, SOL_SOCKET, SO_REUSEADDR, "", 0), -EINVAL);
    CHECK_OK(tabi_getsockopt(sk, SOL_SOCKET, SO_REUSEADDR, &value));
    CHECK_EQ(value, 0);
    tabi_sock_free(sk);
}

int main(void)
{
    RUN(integers_are_set_and_read);
    RUN(a_struct_travels_as_bytes);
    RUN(an_unknown_option_is_refused);
    RUN(a_value_has_1_to_1024_bytes);
    RUN(null_goes_to_the_system_with_its_length);
    return 0;
}
