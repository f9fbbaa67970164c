/* For all C tests: checks that end the program with file, line and values, and cases that must not leak descriptors. */
#ifndef CHECK_H
#define CHECK_H

#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tabi.h>

#if defined(__GNUC__)
#define CHECK_UNUSED __attribute__((unused))
#else
#define CHECK_UNUSED
#endif

/* A condition that must hold. */
#define CHECK(condition) \
    ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, "is false"))

/* Two integers that must be equal. */
#define CHECK_EQ(actual, expected) \
    check_eq(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))

/* Two strings that must be equal. */
#define CHECK_STR(actual, expected) check_str(__FILE__, __LINE__, #actual, (actual), (expected))

/* A text that must contain another. */
#define CHECK_CONTAINS(actual, part) check_contains(__FILE__, __LINE__, #actual, (actual), (part))

/* A call of the library that must succeed. The value of the macro is the result of the call. */
#define CHECK_OK(call) check_ok(__FILE__, __LINE__, #call, (long long)(call))

/* A call of the library that must fail with this code, leave a message, and set errno. */
#define CHECK_CODE(call, code) (errno = 0, check_code(__FILE__, __LINE__, #call, (long long)(call), (code)))

/* Runs a `static void name(void)`; the case must leave as many descriptors as it found. */
#define RUN(name) check_run(#name, (name))

CHECK_UNUSED static void check_failed(const char *file, int line, const char *what, const char *why)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, why);
    exit(1);
}

CHECK_UNUSED static void check_eq(const char *file, int line, const char *what, long long actual, long long expected)
{
    char why[96];
    if (actual == expected)
        return;
    snprintf(why, sizeof why, "expected %lld, got %lld", expected, actual);
    check_failed(file, line, what, why);
}

CHECK_UNUSED static void check_str(const char *file, int line, const char *what, const char *actual, const char *expected)
{
    char why[512];
    if (actual != NULL && strcmp(actual, expected) == 0)
        return;
    snprintf(why, sizeof why, "expected \"%s\", got \"%s\"", expected, actual ? actual : "(NULL)");
    check_failed(file, line, what, why);
}

CHECK_UNUSED static void check_contains(const char *file, int line, const char *what, const char *actual, const char *part)
{
    char why[512];
    if (actual != NULL && strstr(actual, part) != NULL)
        return;
    snprintf(why, sizeof why, "expected \"%s\" in it, got \"%s\"", part, actual ? actual : "(NULL)");
    check_failed(file, line, what, why);
}

CHECK_UNUSED static const char *check_name(long long code)
{
    const char *name = code < 0 ? tabi_error_name((int)code) : NULL;
    return name ? name : "no code";
}

CHECK_UNUSED static long long check_ok(const char *file, int line, const char *what, long long result)
{
    char why[512];
    if (result >= 0)
        return result;
    snprintf(why, sizeof why, "got %lld (%s): %s", result, check_name(result), tabi_last_error_message());
    check_failed(file, line, what, why);
    return result;
}

CHECK_UNUSED static void check_code(const char *file, int line, const char *what, long long result, long long code)
{
    char why[512];
    int found = errno, number = tabi_error_number((int)code);
    if (result != code) {
        snprintf(why, sizeof why, "expected %lld (%s), got %lld (%s)", code, check_name(code), result, check_name(result));
        check_failed(file, line, what, why);
    }
    if (code >= -4095 && found != number) {
        snprintf(why, sizeof why, "errno: expected %d, got %d", number, found);
        check_failed(file, line, what, why);
    }
    if (tabi_last_error_message()[0] == '\0')
        check_failed(file, line, what, "failed without a message");
    /* The case may look at it next. */
    errno = found;
}

/* Whether the program runs under valgrind or qemu, where limits of descriptors and new processes work in another way. */
CHECK_UNUSED static int check_emulated(void)
{
    const char *valgrind = getenv("TABI_VALGRIND");
    return getenv("TABI_EMULATED") != NULL || (valgrind != NULL && strcmp(valgrind, "1") == 0);
}

#if !defined(_WIN32)
/* Whether a program that this process starts gets the descriptor. */
CHECK_UNUSED static int is_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    CHECK(flags != -1);
    return (flags & FD_CLOEXEC) == 0;
}
#endif

/* How many descriptors below 256 are open. */
CHECK_UNUSED static int check_descriptors(void)
{
    int fd, open = 0;
    for (fd = 0; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            open++;
    return open;
}

/* Whether TABI_SKIP_CASES names this case: names with a space before and behind each. */
CHECK_UNUSED static int check_skipped(const char *name)
{
    char word[128];
    const char *cases = getenv("TABI_SKIP_CASES");
    snprintf(word, sizeof word, " %s ", name);
    return cases != NULL && strstr(cases, word) != NULL;
}

CHECK_UNUSED static void check_run(const char *name, void (*run)(void))
{
    int before = check_descriptors(), waits;
    if (check_skipped(name))
        return;
    printf("%s\n", name);
    fflush(stdout);
    run();
    /* A look-up that the case has left behind keeps a descriptor until it has ended. */
    for (waits = 0; waits < 1000 && check_descriptors() != before; waits++)
        tabi_poll(NULL, 0, 0.01);
    check_eq(name, 0, "descriptors that are open after the case", check_descriptors(), before);
}

#endif
