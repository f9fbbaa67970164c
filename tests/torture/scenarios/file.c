/* A file through a socket: sendfile, lines, buffered writing. */
#include "../scenario.h"

static int pass(void)
{
    int rc;
    char line[32], name[] = "/tmp/tabi-torture-XXXXXX";
    size_t sent = 0;
    tabi_sock *one = NULL, *other = NULL;
    tabi_file *reader = NULL, *writer = NULL;
    int file = mkstemp(name);
    CHECK(file >= 0 && write(file, "first\nsecond\n", 13) == 13 && unlink(name) == 0);
    TRY(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    TRY(tabi_settimeout(one, 5));
    TRY(tabi_settimeout(other, 5));
    TRY(tabi_makefile(other, -1, &reader));
    TRY(tabi_makefile(one, -1, &writer));
    TRY(tabi_sendfile(one, file, 0, -1, &sent));
    CHECK(sent == 13);
    TRY(tabi_file_write(writer, "third\n", 6));
    TRY(tabi_file_flush(writer));
    TRY(tabi_file_readline(reader, line, sizeof line));
    CHECK(rc == 6 && memcmp(line, "first\n", 6) == 0);
    TRY(tabi_file_readline(reader, line, sizeof line));
    CHECK(rc == 7 && memcmp(line, "second\n", 7) == 0);
    TRY(tabi_file_readline(reader, line, sizeof line));
    CHECK(rc == 6 && memcmp(line, "third\n", 6) == 0);
    rc = 0;
end:
    close(file);
    tabi_file_free(reader);
    tabi_file_free(writer);
    tabi_sock_free(one);
    tabi_sock_free(other);
    return rc < 0 ? rc : 0;
}
