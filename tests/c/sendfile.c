/* tabi_sendfile(), in a process that SIGPIPE would end. */
#include "check.h"

/* What tabi_sendfile() takes for a file of the C library. */
static tabi_fd handle_of(int file)
{
#if defined(_WIN32)
    return (tabi_fd)_get_osfhandle(file);
#else
    return file;
#endif
}

/* A file of which not all bytes have a place in the buffers of a connection. */
static int large_file(void)
{
    FILE *file = tmpfile();
    int fd;
    CHECK(file != NULL);
    fd = dup(fileno(file));
    fclose(file);
    CHECK_EQ(ftruncate(fd, 256 << 20), 0);
    return fd;
}

static int file_of(const char *text)
{
    FILE *file = tmpfile();
    int fd;
    CHECK(file != NULL);
    fputs(text, file);
    fflush(file);
    fd = dup(fileno(file));
    fclose(file);
    return fd;
}

static void files_arrive(void)
{
    tabi_sock *one, *other;
    char bytes[32];
    size_t sent = 0;
    int file = file_of("0123456789");

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_EQ(tabi_sendfile(one, handle_of(file), 0, -1, &sent), 10);
    CHECK_EQ(sent, 10);
    CHECK_EQ(tabi_recv(other, bytes, sizeof bytes, 0), 10);
    CHECK(memcmp(bytes, "0123456789", 10) == 0);
    CHECK_EQ(tabi_sendfile(one, handle_of(file), 4, 3, NULL), 3);
    CHECK_EQ(tabi_recv(other, bytes, sizeof bytes, 0), 3);
    CHECK(memcmp(bytes, "456", 3) == 0);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 7);
    CHECK_EQ(tabi_sendfile_until(one, handle_of(file), 8, 100, &sent, INT64_MAX), 2);
    CHECK_EQ(sent, 2);
    close(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void deadlines_report_progress(void)
{
    tabi_sock *one, *other;
    size_t sent = 0;
    int file = large_file();

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    /* What the system sends itself, as on Windows, has perhaps not begun when it is cancelled. */
    while (sent == 0)
        CHECK_CODE(tabi_sendfile_until(one, handle_of(file), 0, -1, &sent, 0), TABI_ERR_TIMEOUT);
    CHECK_OK(tabi_settimeout(one, 0.01));
    /* Until the buffers of the connection are full. */
    while (sent > 0)
        CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, -1, &sent), TABI_ERR_TIMEOUT);
    close(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void vanished_peers_raise_no_signal(void)
{
    tabi_sock *one, *other;
    size_t sent = 99;
    int file = file_of("0123456789");

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    tabi_sock_free(other);
    CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, -1, &sent), -EPIPE);
    CHECK_EQ(sent, 0);
    CHECK_OK(tabi_settimeout(one, 30));
    CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, -1, &sent), -EPIPE);
    CHECK_CODE(tabi_sendfile_until(one, handle_of(file), 0, -1, &sent, INT64_MAX), -EPIPE);
    tabi_sock_free(one);
    close(file);
}

static void bad_arguments(void)
{
    tabi_sock *one, *other;
    int file = file_of("0123456789");

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_CODE(tabi_sendfile(NULL, handle_of(file), 0, -1, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_sendfile(one, -1, 0, -1, NULL), TABI_ERR_VALUE);
    CHECK_CODE(tabi_sendfile(one, handle_of(file), -1, -1, NULL), TABI_ERR_VALUE);
    CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, 0, NULL), TABI_ERR_VALUE);
    CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, -2, NULL), TABI_ERR_VALUE);
    CHECK_OK(tabi_setblocking(one, 0));
    CHECK_CODE(tabi_sendfile(one, handle_of(file), 0, -1, NULL), TABI_ERR_VALUE);
    close(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_number_that_is_no_file(void)
{
    tabi_sock *one, *other;

    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_CODE(tabi_sendfile(one, 1 << 20, 0, -1, NULL), -EBADF);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(files_arrive);
    RUN(deadlines_report_progress);
    RUN(vanished_peers_raise_no_signal);
    RUN(bad_arguments);
    RUN(a_number_that_is_no_file);
    return 0;
}
