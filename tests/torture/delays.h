/*
 * The part of the shim that delays system calls of a program, so that other threads act between a function's beginning and
 * its system call. All system calls of the program count, whoever makes them.
 *
 * A thread asks with torture_hold() that it be held before one of its calls. With TORTURE_DELAY=ODDS:MICROSECONDS, one in
 * ODDS calls is delayed by a random time of less than MICROSECONDS.
 */
#ifndef DELAYS_H
#define DELAYS_H
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static __thread long calls_before_hold;
static __thread atomic_int *hold_state;

/*
 * Holds this thread before its call number `number` from now on, unless `state` is not 0: `state` is 1 then, until somebody
 * stores another number there. With the number 0 it takes that back.
 */
void torture_hold(long number, atomic_int *state)
{
    calls_before_hold = number;
    hold_state = state;
}

static unsigned delay_odds, delay_microseconds;

static void read_delay(void)
{
    const char *delay = getenv("TORTURE_DELAY");
    if (delay && (sscanf(delay, "%u:%u", &delay_odds, &delay_microseconds) != 2 || !delay_microseconds))
        abort();
}

static unsigned random_number(void)
{
    static atomic_uint threads;
    static __thread unsigned long state;
    if (!state)
        state = 0x9e3779b97f4a7c15ul * (atomic_fetch_add(&threads, 1) + 1ul);
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)(state >> 16);
}

static void pause_before_call(void)
{
    int saved = errno;
    if (calls_before_hold > 0 && --calls_before_hold == 0) {
        struct timespec moment = {0, 50000};
        int nothing = 0;
        atomic_compare_exchange_strong(hold_state, &nothing, 1);
        while (atomic_load(hold_state) == 1)
            nanosleep(&moment, NULL);
    }
    if (delay_odds && random_number() % delay_odds == 0) {
        struct timespec delay = {0, (long)(random_number() % delay_microseconds) * 1000};
        nanosleep(&delay, NULL);
    }
    errno = saved;
}
#endif
