/* What the primitive programs in C share: the command line, the clock, and how they report errors.
 *
 *   PROGRAM CASE SIZE TIMEOUT ITERATIONS [EXTRA]
 *
 * prints the nanoseconds of one operation. A case with one thread is timed by the CPU clock of its process, so that the
 * time that other programs use is not counted. */
#ifndef PRIM_H
#define PRIM_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM_UP 200
#define BULK_CHUNK (1 << 20)
#define BULK_READ (256 << 10)
/* The size of the kernel's buffers, enough for the largest message, because one thread uses both ends. */
#define KERNEL_BUFFER 212992

struct job {
    const char *name;
    size_t size;
    double timeout; /* seconds; 0 for none */
    long iterations;
    const char *extra; /* threads, port, path or batch */
};

static inline void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline struct job read_job(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s CASE SIZE TIMEOUT ITERATIONS [EXTRA]\n", argv[0]);
        exit(2);
    }
    struct job job = {argv[1], strtoul(argv[2], NULL, 10), atof(argv[3]), atol(argv[4]),
                      argc > 5 ? argv[5] : "1"};
    return job;
}

static inline double nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void report(double begin, clockid_t clock, long iterations)
{
    printf("%.2f\n", (nanoseconds(clock) - begin) / (double)iterations);
}

static inline char *filled(size_t size)
{
    char *bytes = (char *)malloc(size ? size : 1);
    if (!bytes)
        fail("malloc");
    memset(bytes, 'x', size);
    return bytes;
}

#endif
