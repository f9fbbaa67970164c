/* Signals during look-ups. The resolver is this program's: it answers when it is told to. */
#include "check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>

static int tell[2], told[2];

/* Whether the resolver has been asked for a name. */
static volatile sig_atomic_t is_asked;

/* The library calls this function instead of the C library's. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **answers)
{
    char byte;
    (void)host, (void)service, (void)answers;
    if ((hints->ai_flags & AI_NUMERICHOST) == 0) {
        is_asked = 1;
        CHECK(read(tell[0], &byte, 1) == 1 && write(told[1], &byte, 1) == 1);
    }
    return EAI_NONAME;
}

static void answer(void)
{
    CHECK_EQ(write(tell[1], "x", 1), 1);
}

/* The next look-up must not get the answer of this one. */
static void has_answered(void)
{
    char byte;
    CHECK_EQ(read(told[0], &byte, 1), 1);
    is_asked = 0;
}

static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled = 1;
}

/* What the library's question is answered with once the look-up has begun, and how often it has asked. */
struct asked {
    int ends, times, answers;
};

static int ask(void *userdata)
{
    struct asked *asked = userdata;
    if (asked->times++ == 0 && asked->answers)
        answer();
    return asked->ends && is_asked;
}

static int look_up(void)
{
    tabi_addrinfo_list *list = NULL;
    int code = tabi_getaddrinfo_until("host.test", "80", AF_INET, SOCK_STREAM, 0, 0, tabi_deadline(3600), &list);
    CHECK(list == NULL);
    return code;
}

/* No signal comes here. The library asks after half a second, because one may have come just before the wait. */
static void the_function_ends_a_look_up(void)
{
    struct asked asked = {1, 0, 0};
    CHECK_OK(tabi_interrupt_lookups(ask, &asked));
    CHECK_CODE(look_up(), -EINTR);
    CHECK(asked.times >= 1);
    answer();
    has_answered();
}

static void the_function_lets_a_look_up_go_on(void)
{
    struct asked asked = {0, 0, 1};
    CHECK_OK(tabi_interrupt_lookups(ask, &asked));
    CHECK_CODE(look_up(), TABI_GAI_NONAME);
    CHECK(asked.times >= 1);
    has_answered();
}

static void *disturb(void *thread)
{
    struct timespec pause = {0, 1000000};
    while (!handled) {
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return thread;
}

/* Whether the handler has run when the library asks, and the look-up has begun. */
static int has_handled(void *unused)
{
    (void)unused;
    return handled && is_asked;
}

static void a_signal_makes_the_library_ask(void)
{
    struct sigaction action;
    pthread_t self = pthread_self(), other;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    CHECK_OK(tabi_interrupt_lookups(has_handled, NULL));
    CHECK_EQ(pthread_create(&other, NULL, disturb, &self), 0);
    CHECK_CODE(look_up(), -EINTR);
    CHECK_EQ(pthread_join(other, NULL), 0);
    answer();
    has_answered();
}

static void *looks_up_here(void *unused)
{
    answer();
    CHECK_CODE(look_up(), TABI_GAI_NONAME);
    has_answered();
    return unused;
}

static void other_threads_and_calls_on_sockets(void)
{
    struct asked asked = {1, 0, 0};
    tabi_sock *sk;
    pthread_t other;
    char name[64];
    double limit;
    CHECK_OK(tabi_interrupt_lookups(ask, &asked));
    CHECK_EQ(pthread_create(&other, NULL, looks_up_here, NULL), 0);
    CHECK_EQ(pthread_join(other, NULL), 0);
    CHECK_EQ(asked.times, 0);

    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &sk));
    CHECK_OK(tabi_settimeout(sk, 3600));
    CHECK_CODE(tabi_connect(sk, "host.test", 80), -EINTR);
    answer();
    has_answered();
    tabi_sock_free(sk);
    CHECK_CODE(tabi_getfqdn_until("host.test", tabi_deadline(3600), name, sizeof name), -EINTR);
    answer();
    has_answered();
    CHECK(asked.times >= 2);

    /* Without the function, and without enough time, the name is what was given. On a busy machine, the time may end
     * before the library has asked. */
    CHECK_OK(tabi_interrupt_lookups(NULL, NULL));
    for (limit = 0.05; !is_asked; limit *= 4) {
        CHECK_EQ(tabi_getfqdn_until("host.test", tabi_deadline(limit), name, sizeof name), 9);
        CHECK_STR(name, "host.test");
    }
    answer();
    has_answered();
}

int main(void)
{
    CHECK(pipe(tell) == 0 && pipe(told) == 0);
    RUN(the_function_ends_a_look_up);
    RUN(the_function_lets_a_look_up_go_on);
    RUN(a_signal_makes_the_library_ask);
    RUN(other_threads_and_calls_on_sockets);
    return 0;
}
