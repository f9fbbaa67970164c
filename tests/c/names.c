/* Look-ups with a deadline, and the deadline itself. */
#include "check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void deadlines(void)
{
    int64_t before = now(), deadline = tabi_deadline(2.5);
    CHECK(deadline >= before + 2500000000 && deadline <= now() + 2500000000);
    CHECK(tabi_deadline(TABI_NO_TIMEOUT) == INT64_MAX);
    CHECK(tabi_deadline(1e300) == INT64_MAX);
    before = now();
    deadline = tabi_deadline(-1);
    CHECK(deadline >= before && deadline <= now());
    deadline = tabi_deadline((double)NAN);
    CHECK(deadline >= before && deadline <= now());
}

/* With enough time, the answers are those of the functions without a deadline. */
static void look_ups_that_are_answered(void)
{
    tabi_addrinfo_list *list;
    tabi_hostent *entry;
    tabi_addr address;
    char text[64], service[32];
    int64_t deadline = tabi_deadline(60);

    CHECK(tabi_getaddrinfo_until("localhost", "80", AF_INET, SOCK_STREAM, 0, 0, deadline, &list) >= 1);
    CHECK_OK(tabi_addr_host(&tabi_addrinfo_at(list, 0)->addr, text, sizeof text));
    CHECK_STR(text, "127.0.0.1");
    tabi_addrinfo_list_free(list);
    CHECK_OK(tabi_gethostbyname_until("localhost", deadline, text, sizeof text));
    CHECK_STR(text, "127.0.0.1");
    CHECK_OK(tabi_gethostbyname_ex_until("localhost", deadline, &entry));
    CHECK_STR(entry->addresses[0], "127.0.0.1");
    tabi_hostent_free(entry);
    CHECK_OK(tabi_gethostbyaddr_until("127.0.0.1", deadline, &entry));
    CHECK_STR(entry->addresses[0], "127.0.0.1");
    tabi_hostent_free(entry);
    CHECK_OK(tabi_addr_from_host_until(AF_INET, "localhost", 80, 0, 0, deadline, &address));
    CHECK(tabi_addr_port(&address) == 80);
    CHECK_OK(tabi_getnameinfo_until(&address, NI_NUMERICSERV, deadline, text, sizeof text, service, sizeof service));
    CHECK_STR(service, "80");
}

/* A deadline that has passed ends what would ask a name server, and nothing else. */
static void look_ups_that_are_late(void)
{
    tabi_addrinfo_list *list = NULL;
    tabi_hostent *entry = NULL;
    tabi_addr address;
    char text[64];

    CHECK_CODE(tabi_getaddrinfo_until("localhost", "80", AF_INET, SOCK_STREAM, 0, 0, 0, &list), TABI_ERR_TIMEOUT);
    CHECK(list == NULL);
    CHECK_CODE(tabi_gethostbyname_until("localhost", 0, text, sizeof text), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_gethostbyname_ex_until("localhost", 0, &entry), TABI_ERR_TIMEOUT);
    CHECK_CODE(tabi_gethostbyaddr_until("127.0.0.1", 0, &entry), TABI_ERR_TIMEOUT);
    CHECK(entry == NULL);
    CHECK_CODE(tabi_addr_from_host_until(AF_INET, "localhost", 80, 0, 0, 0, &address), TABI_ERR_TIMEOUT);
    CHECK_OK(tabi_addr_from_host_until(AF_INET, "127.0.0.1", 80, 0, 0, 0, &address));
    CHECK_CODE(tabi_getnameinfo_until(&address, 0, 0, text, sizeof text, NULL, 0), TABI_ERR_TIMEOUT);
    CHECK_OK(tabi_getnameinfo_until(&address, NI_NUMERICHOST | NI_NUMERICSERV, 0, text, sizeof text, NULL, 0));
    CHECK_STR(text, "127.0.0.1");
    CHECK_OK(tabi_gethostbyname_until("127.0.0.1", 0, text, sizeof text));
    CHECK(tabi_getaddrinfo_until("127.0.0.1", "80", AF_INET, SOCK_STREAM, 0, 0, 0, &list) == 1);
    tabi_addrinfo_list_free(list);
}

static void *looks_up(void *unused)
{
    look_ups_that_are_answered();
    return unused;
}

/* More threads than the library has for look-ups. */
static void look_ups_wait_for_their_turn(void)
{
    pthread_t threads[40];
    size_t i;
    for (i = 0; i < 40; i++)
        CHECK(pthread_create(&threads[i], NULL, looks_up, NULL) == 0);
    for (i = 0; i < 40; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static void a_connect_with_a_deadline(void)
{
    tabi_sock *listener, *client;
    tabi_addr address;

    CHECK_OK(tabi_create_server(AF_INET, "127.0.0.1", 0, TABI_BACKLOG, 0, &listener));
    CHECK_OK(tabi_getsockname(listener, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_connect_addr_until(client, &address, tabi_deadline(60)));
    tabi_sock_free(client);
    tabi_sock_free(listener);
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_CODE(tabi_connect_addr_until(client, &address, tabi_deadline(60)), -ECONNREFUSED);
    tabi_sock_free(client);
}

int main(void)
{
    RUN(deadlines);
    RUN(look_ups_that_are_answered);
    RUN(look_ups_that_are_late);
    RUN(look_ups_wait_for_their_turn);
    RUN(a_connect_with_a_deadline);
    return 0;
}
