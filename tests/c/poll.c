/* Waiting for several sockets and descriptors at once. */
#include "pairs.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static tabi_pollfd entry_of(tabi_sock *sk, unsigned events)
{
    tabi_pollfd entry;
    memset(&entry, 0, sizeof entry);
    entry.sock = sk;
    entry.fd = -1;
    entry.events = events;
    return entry;
}

static tabi_pollfd entry_of_fd(tabi_fd fd, unsigned events)
{
    tabi_pollfd entry = entry_of(NULL, events);
    entry.fd = fd;
    return entry;
}

static void sockets_and_descriptors_are_polled_together(void)
{
    tabi_sock *one, *other, *reader, *writer;
    tabi_sock *listener = tcp_listener(), *client = new_socket(AF_INET, SOCK_STREAM);
    tabi_pollfd entries[5];
    unix_pair(&one, &other);
    unix_pair(&reader, &writer);
    entries[0] = entry_of(one, POLLIN | POLLOUT);
    entries[1] = entry_of(other, POLLIN);
    entries[2] = entry_of(listener, POLLIN);
    entries[3] = entry_of_fd((tabi_fd)tabi_fileno(reader), POLLIN);
    entries[4] = entry_of_fd(-1, POLLIN);
    SOIL(entries[1].revents);
    CHECK_EQ(tabi_poll(entries, 5, 0), 1);
    CHECK_EQ(entries[0].revents, POLLOUT);
    CHECK_EQ(entries[1].revents, 0);
    CHECK_EQ(entries[2].revents, 0);
    CHECK_EQ(entries[3].revents, 0);
    CHECK_EQ(entries[4].revents, 0);

    CHECK_EQ(tabi_send(one, "x", 1, 0), 1);
    CHECK_OK(tabi_connect(client, "127.0.0.1", port_of(listener)));
    CHECK_EQ(tabi_send(writer, "x", 1, 0), 1);
    CHECK_EQ(tabi_poll(entries, 5, TABI_NO_TIMEOUT), 4);
    CHECK_EQ(entries[1].revents, POLLIN);
    CHECK_EQ(entries[2].revents, POLLIN);
    CHECK_EQ(entries[3].revents, POLLIN);
    CHECK_EQ(entries[4].revents, 0);

    tabi_sock_free(reader);
    tabi_sock_free(writer);
    tabi_sock_free(client);
    tabi_sock_free(listener);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_descriptor_that_is_not_open_says_so(void)
{
    tabi_pollfd entry = entry_of_fd(INT_MAX, POLLIN);
    CHECK_EQ(tabi_poll(&entry, 1, TABI_NO_TIMEOUT), 1);
    CHECK_EQ(entry.revents, POLLNVAL);
}

static void a_poll_of_nothing_waits_for_its_time(void)
{
    tabi_pollfd skipped = entry_of_fd(-1, POLLIN);
    int64_t deadline = tabi_deadline(0.02);
    CHECK_EQ(tabi_poll(NULL, 0, 0.02), 0);
    CHECK(tabi_deadline(0) >= deadline);
    deadline = tabi_deadline(0.02);
    CHECK_EQ(tabi_poll_until(NULL, 0, deadline), 0);
    CHECK(tabi_deadline(0) >= deadline);
    deadline = tabi_deadline(0.02);
    CHECK_EQ(tabi_poll_until(&skipped, 1, deadline), 0);
    CHECK(tabi_deadline(0) >= deadline);
    CHECK_EQ(tabi_poll_until(&skipped, 1, INT64_MIN), 0);
}

static void bad_arguments_change_nothing(void)
{
    tabi_sock *one, *other;
    tabi_pollfd entries[2];
    unix_pair(&one, &other);
    entries[0] = entry_of(one, POLLOUT);
    entries[1] = entry_of(other, 0x8000);
    SOIL(entries[0].revents);
    CHECK_CODE(tabi_poll(entries, 2, 0), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "events of a poll must be 0-0x7fff, got 0x8000");
    entries[1].events = 0x40000;
    CHECK_CODE(tabi_poll_until(entries, 2, INT64_MAX), TABI_ERR_VALUE);
    entries[1].events = POLLIN;
    CHECK_CODE(tabi_poll(entries, 2, -1), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "timeout must be 0 seconds or more, got -1");
    CHECK_CODE(tabi_poll(entries, 2, 1e10), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_poll(NULL, 1, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_poll_until(NULL, 1, 0), TABI_ERR_NULL);
    CHECK_CODE(tabi_poll(entries, SIZE_MAX, 0), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_poll(entries, SIZE_MAX / 16, 0), TABI_ERR_OVERFLOW);
    CHECK_UNTOUCHED(entries[0].revents);
    /* Events that are always found may be asked for. */
    entries[0].events = POLLOUT | POLLHUP | POLLERR | POLLNVAL | TABI_POLL_CLOSED;
    CHECK_EQ(tabi_poll(entries, 2, 0), 1);
    CHECK_EQ(entries[0].revents, POLLOUT);
    /* No call is left in flight: the close gives the descriptor back, as RUN() checks. */
    tabi_sock_free(one);
    tabi_sock_free(other);
}

struct poller {
    tabi_pollfd entries[3];
    long long result;
};

static void *poll_for_ever(void *argument)
{
    struct poller *poller = argument;
    poller->result = tabi_poll(poller->entries, 3, TABI_NO_TIMEOUT);
    return NULL;
}

/* Whether the close comes before the poll or during it, the poll ends. */
static void a_close_in_another_thread_ends_the_poll(void)
{
    int shared, round;
    for (shared = 0; shared < 2; shared++) {
        for (round = 0; round < 50; round++) {
            tabi_sock *one, *other, *quiet, *peer;
            struct poller poller;
            pthread_t thread;
            unix_pair(&one, &other);
            tcp_pair(&quiet, &peer);
            if (shared)
                CHECK_OK(tabi_set_shared(one));
            poller.entries[0] = entry_of(quiet, POLLIN);
            poller.entries[1] = entry_of(one, POLLIN);
            poller.entries[2] = entry_of(one, 0);
            CHECK_EQ(pthread_create(&thread, NULL, poll_for_ever, &poller), 0);
            CHECK_OK(tabi_close(one));
            CHECK_EQ(pthread_join(thread, NULL), 0);
            CHECK_EQ(poller.result, 2);
            CHECK_EQ(poller.entries[0].revents, 0);
            CHECK_EQ(poller.entries[1].revents, TABI_POLL_CLOSED);
            CHECK_EQ(poller.entries[2].revents, TABI_POLL_CLOSED);
            CHECK_EQ(tabi_poll(poller.entries, 3, TABI_NO_TIMEOUT), 2);
            tabi_sock_free(one);
            tabi_sock_free(other);
            tabi_sock_free(quiet);
            tabi_sock_free(peer);
        }
    }
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal_number)
{
    (void)signal_number;
    alarms++;
}

static void a_signal_ends_only_an_interruptible_poll(void)
{
    tabi_sock *one, *other;
    tabi_pollfd entries[2];
    int64_t deadline;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_alarm;
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    unix_pair(&one, &other);
    entries[0] = entry_of(one, POLLIN);
    entries[1] = entry_of_fd(-1, 0);
    alarms = 0;
    /* The timer repeats, because the first signal may come just before the call, which would then go on waiting. */
    CHECK_EQ(ualarm(10000, 10000), 0);
    deadline = tabi_deadline(0.05);
    CHECK_EQ(tabi_poll_until(entries, 2, deadline), 0);
    CHECK(tabi_deadline(0) >= deadline);
    entries[1].events = TABI_POLL_INTERRUPTIBLE;
    CHECK_CODE(tabi_poll(entries, 2, TABI_NO_TIMEOUT), -EINTR);
    entries[1].events = 0;
    CHECK_OK(tabi_set_interruptible(one, 1));
    CHECK_CODE(tabi_poll(entries, 2, TABI_NO_TIMEOUT), -EINTR);
    ualarm(0, 0);
    CHECK(alarms > 0);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_forked_child_polls_for_itself(void)
{
    tabi_sock *one, *other;
    tabi_pollfd entry;
    pid_t child;
    int status;
    unix_pair(&one, &other);
    entry = entry_of(one, POLLIN);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int wrong = tabi_poll(&entry, 1, 0) != 0 || tabi_close(one) != 0 || tabi_poll(&entry, 1, 10) != 1;
        _exit(wrong || entry.revents != TABI_POLL_CLOSED);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(tabi_send(other, "x", 1, 0), 1);
    CHECK_EQ(tabi_poll(&entry, 1, TABI_NO_TIMEOUT), 1);
    CHECK_EQ(entry.revents, POLLIN);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(sockets_and_descriptors_are_polled_together);
    RUN(a_descriptor_that_is_not_open_says_so);
    RUN(a_poll_of_nothing_waits_for_its_time);
    RUN(bad_arguments_change_nothing);
    RUN(a_close_in_another_thread_ends_the_poll);
    RUN(a_signal_ends_only_an_interruptible_poll);
    RUN(a_forked_child_polls_for_itself);
    return 0;
}
