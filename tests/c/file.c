/* Buffered reading and writing with tabi_makefile(). */
#include "check.h"

static void make_pair(tabi_sock **one, tabi_sock **other)
{
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, one, other));
}

static void lines(void)
{
    tabi_sock *one, *other;
    tabi_file *file;
    char line[8];

    make_pair(&one, &other);
    CHECK_OK(tabi_makefile(other, -1, &file));
    CHECK_OK(tabi_sendall(one, "short\nlonger line\nend", 21, 0, NULL));
    CHECK_OK(tabi_shutdown(one, SHUT_WR));
    CHECK_EQ(tabi_file_readline(file, line, sizeof line), 6);
    CHECK_STR(line, "short\n");
    CHECK_EQ(tabi_file_buffered(file), 15);
    CHECK_EQ(tabi_file_readline(file, line, sizeof line), 7);
    CHECK_STR(line, "longer ");
    CHECK_EQ(tabi_file_readline(file, line, sizeof line), 5);
    CHECK_STR(line, "line\n");
    CHECK_EQ(tabi_file_readline(file, line, sizeof line), 3);
    CHECK_STR(line, "end");
    CHECK_EQ(tabi_file_readline(file, line, sizeof line), 0);
    CHECK_STR(line, "");
    tabi_file_free(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void whole_lines_grow_within_a_limit(void)
{
    tabi_sock *one, *other;
    tabi_file *file;
    char *line = NULL, *before, text[1000];
    size_t capacity = 0;

    make_pair(&one, &other);
    CHECK_OK(tabi_makefile(other, 16, &file));
    memset(text, 'x', sizeof text);
    text[999] = '\n';
    CHECK_OK(tabi_sendall(one, "short\n", 6, 0, NULL));
    CHECK_OK(tabi_sendall(one, text, sizeof text, 0, NULL));
    CHECK_OK(tabi_sendall(one, "a\0b\nend", 7, 0, NULL));
    CHECK_EQ(tabi_file_getline(file, &line, &capacity, 1000), 6);
    CHECK_STR(line, "short\n");
    CHECK(capacity > 6 && capacity < 1000);
    before = line;
    CHECK_CODE(tabi_file_getline(file, &line, &capacity, 999), -EMSGSIZE);
    CHECK_STR(tabi_last_error_message(), "the line is longer than 999 bytes");
    CHECK(line == before);
    CHECK_EQ(tabi_file_getline(file, &line, &capacity, 1000), 1000);
    CHECK(capacity > 1000 && memcmp(line, text, sizeof text) == 0 && line[1000] == '\0');
    before = line;
    CHECK_EQ(tabi_file_getline(file, &line, &capacity, 1000), 4);
    CHECK(line == before && memcmp(line, "a\0b\n", 5) == 0);
    CHECK_OK(tabi_shutdown(one, SHUT_WR));
    CHECK_EQ(tabi_file_getline(file, &line, &capacity, SIZE_MAX), 3);
    CHECK_STR(line, "end");
    CHECK_EQ(tabi_file_getline(file, &line, &capacity, 0), 0);
    CHECK_STR(line, "");
    CHECK_CODE(tabi_file_getline(NULL, &line, &capacity, 10), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_getline(file, NULL, &capacity, 10), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_getline(file, &line, NULL, 10), TABI_ERR_NULL);
    tabi_free(line);
    tabi_free(NULL);
    tabi_file_free(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void formatted_texts_are_written_whole(void)
{
    static char sent[3001], received[3001];
    const char *none = NULL;
    tabi_sock *one, *other;
    tabi_file *file;
    int buffering;

    memset(sent, 'y', 3000);
    for (buffering = 0; buffering <= 100; buffering += 100) {
        make_pair(&one, &other);
        CHECK_OK(tabi_makefile(one, buffering, &file));
        CHECK_EQ(tabi_file_printf(file, "%s has %d\n", "somebody", -7), 16);
        CHECK_EQ(tabi_file_printf(file, "%s", ""), 0);
        CHECK_EQ(tabi_file_printf(file, "%.*s", 255, sent), 255);
        CHECK_EQ(tabi_file_printf(file, "%.*s", 256, sent), 256);
        CHECK_EQ(tabi_file_printf(file, "%s", sent), 3000);
        CHECK_OK(tabi_file_flush(file));
        CHECK_EQ(tabi_recv_exactly(other, received, 16, 0, NULL), 16);
        CHECK(memcmp(received, "somebody has -7\n", 16) == 0);
        CHECK_EQ(tabi_recv_exactly(other, received, 511, 0, NULL), 511);
        CHECK(memcmp(received, sent, 511) == 0);
        CHECK_EQ(tabi_recv_exactly(other, received, 3000, 0, NULL), 3000);
        CHECK_STR(received, sent);
        errno = 0;
        CHECK_EQ(tabi_file_printf(file, none), TABI_ERR_NULL);
        CHECK_EQ(errno, EINVAL);
        CHECK_CODE(tabi_file_printf(NULL, "%d", 1), TABI_ERR_NULL);
        CHECK_OK(tabi_shutdown(one, SHUT_WR));
        CHECK_EQ(tabi_file_printf(file, "%s", sent), -EPIPE);
        tabi_file_free(file);
        tabi_sock_free(one);
        tabi_sock_free(other);
    }
}

static void timeouts_lose_nothing(void)
{
    tabi_sock *one, *other;
    tabi_file *file;
    char bytes[16] = "unchanged";

    make_pair(&one, &other);
    CHECK_OK(tabi_settimeout(other, 0.01));
    CHECK_OK(tabi_makefile(other, 4, &file));
    CHECK_OK(tabi_sendall(one, "half", 4, 0, NULL));
    CHECK_CODE(tabi_file_readline(file, bytes, sizeof bytes), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_file_read(file, bytes, 9), TABI_ERR_TIMEOUT);
    CHECK_EQ(tabi_file_buffered(file), 4);
    CHECK_OK(tabi_sendall(one, "whole", 5, 0, NULL));
    CHECK_EQ(tabi_file_read(file, bytes, 9), 9);
    CHECK(memcmp(bytes, "halfwhole", 9) == 0);
    CHECK_OK(tabi_sendall(one, "!", 1, 0, NULL));
    CHECK_EQ(tabi_file_read1(file, bytes, sizeof bytes), 1);
    CHECK_OK(tabi_shutdown(one, SHUT_WR));
    CHECK_EQ(tabi_file_read(file, bytes, sizeof bytes), 0);
    CHECK_EQ(tabi_file_read1(file, bytes, sizeof bytes), 0);
    tabi_file_free(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void writes_are_kept_until_the_flush(void)
{
    tabi_sock *one, *other;
    tabi_file *file;
    char bytes[16];

    make_pair(&one, &other);
    CHECK_OK(tabi_setblocking(other, 0));
    CHECK_OK(tabi_makefile(one, -1, &file));
    CHECK_EQ(tabi_file_write(file, "one ", 4), 4);
    CHECK_EQ(tabi_file_write(file, "two", 3), 3);
    CHECK_EQ(tabi_file_unsent(file), 7);
    CHECK_CODE(tabi_recv(other, bytes, sizeof bytes, 0), -EAGAIN);
    CHECK_OK(tabi_file_flush(file));
    CHECK_EQ(tabi_file_unsent(file), 0);
    CHECK_EQ(tabi_recv(other, bytes, sizeof bytes, 0), 7);
    CHECK(memcmp(bytes, "one two", 7) == 0);
    CHECK_EQ(tabi_file_write(file, "last", 4), 4);
    tabi_file_free(file);
    CHECK_EQ(tabi_recv(other, bytes, sizeof bytes, 0), 4);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void vanished_readers(void)
{
    tabi_sock *one, *other;
    tabi_file *file;

    make_pair(&one, &other);
    CHECK_OK(tabi_makefile(one, 0, &file));
    tabi_sock_free(other);
    CHECK_CODE(tabi_file_write(file, "x", 1), -EPIPE);
    tabi_file_free(file);
    CHECK_OK(tabi_makefile(one, -1, &file));
    CHECK_EQ(tabi_file_write(file, "x", 1), 1);
    CHECK_CODE(tabi_file_flush(file), -EPIPE);
    CHECK_EQ(tabi_file_unsent(file), 1);
    tabi_close(one);
    CHECK_CODE(tabi_file_flush(file), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_file_read(file, &(char){0}, 1), TABI_ERR_CLOSED);
    tabi_file_free(file);
    tabi_sock_free(one);
}

static void bad_arguments(void)
{
    tabi_sock *one, *other;
    tabi_file *file = NULL;
    char line[2];

    make_pair(&one, &other);
    CHECK_CODE(tabi_makefile(NULL, -1, &file), TABI_ERR_NULL);
    CHECK_CODE(tabi_makefile(one, -1, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_makefile(one, -2, &file), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "got -2");
    CHECK(file == NULL);
    CHECK_OK(tabi_makefile(one, -1, &file));
    CHECK_CODE(tabi_file_readline(file, line, 1), TABI_ERR_VALUE);
    CHECK_CODE(tabi_file_readline(file, NULL, 2), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_readline(NULL, line, 2), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_readline(NULL, NULL, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_read(file, NULL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_read(NULL, line, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_read1(NULL, line, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_write(file, NULL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_write(NULL, line, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_flush(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_buffered(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_unsent(NULL), TABI_ERR_NULL);
    CHECK_EQ(tabi_file_read(file, NULL, 0), 0);
    CHECK_EQ(tabi_file_write(file, NULL, 0), 0);
    tabi_file_free(file);
    tabi_file_free(NULL);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(lines);
    RUN(whole_lines_grow_within_a_limit);
    RUN(formatted_texts_are_written_whole);
    RUN(timeouts_lose_nothing);
    RUN(writes_are_kept_until_the_flush);
    RUN(vanished_readers);
    RUN(bad_arguments);
    return 0;
}
