/* A panic of the library: the call returns a code, nothing is printed, and the library goes on. */
#include "check.h"

#include <sys/socket.h>
#include <sys/syscall.h>

static int read_lies;

/* In the place of the C library's: reports a byte more than there is space for, which no system does. */
ssize_t read(int fd, void *buffer, size_t size)
{
    long n = syscall(SYS_read, fd, buffer, size);
    return read_lies && n > 0 ? (ssize_t)size + 1 : (ssize_t)n;
}

/* What the library has printed to the standard error while it sent a pipe. */
static void send_pipe(tabi_sock *sk, ssize_t expected, char *printed, size_t size)
{
    int source[2], errors[2], kept = dup(2);
    CHECK(pipe(source) == 0 && pipe(errors) == 0 && kept >= 0);
    CHECK_EQ(write(source[1], "text", 4), 4);
    CHECK_EQ(close(source[1]), 0);
    CHECK(dup2(errors[1], 2) == 2);
    ssize_t result = tabi_sendfile(sk, source[0], 0, -1, NULL);
    CHECK(dup2(kept, 2) == 2);
    CHECK_EQ(result, expected);
    close(errors[1]);
    read_lies = 0;
    ssize_t n = read(errors[0], printed, size - 1);
    printed[n > 0 ? n : 0] = '\0';
    close(errors[0]);
    close(source[0]);
    close(kept);
}

static void a_panic_is_a_code_and_prints_nothing(void)
{
    tabi_sock *one = NULL, *other = NULL;
    char printed[1000];
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    read_lies = 1;
    send_pipe(one, TABI_ERR_PANIC, printed, sizeof printed);
    CHECK_STR(printed, "");
    CHECK_CONTAINS(tabi_last_error_message(), "internal error: ");
    CHECK_CONTAINS(tabi_last_error_message(), "out of range");

    send_pipe(one, 4, printed, sizeof printed);
    CHECK_EQ(tabi_recv(other, printed, sizeof printed, 0), 4);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    a_panic_is_a_code_and_prints_nothing();
    return 0;
}
