/* The deadlines of each phase of a connection's life, and what they refuse. */
#include "serving.h"

#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static tabi_server_options in_threads(void)
{
    tabi_server_options options;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    return options;
}

static tabi_server *server_of(const tabi_server_options *options, tabi_handler handler)
{
    tabi_server *server = NULL;
    tabi_addr any;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(options, &any, handler, NULL, &server));
    return server;
}

/* Answers one line. A line that does not end keeps its thread. */
static int echo_a_line(tabi_request *request, void *userdata)
{
    char line[64];
    ssize_t n = tabi_file_readline(tabi_request_rfile(request), line, sizeof line);
    (void)userdata;
    if (n <= 0)
        return (int)n;
    if (line[n - 1] != '\n')
        return 0;
    CHECK_OK(tabi_request_reply(request, line, (size_t)n));
    return TABI_PARK;
}

static void a_client_that_says_nothing_is_cut_before_its_first_and_after_its_last_request(void)
{
    tabi_server_options options = in_threads();
    tabi_server *server;
    tabi_sock *silent, *client;
    pthread_t thread;
    options.wait_for_first_byte = 1;
    options.idle_timeout = 1;
    server = server_of(&options, echo_a_line);
    thread = serve_in_a_thread(server);
    silent = connect_to(server);
    client = connect_to(server);
    say(client, "hello\n");
    HEAR(client, "hello\n");
    HEAR_END(silent);
    HEAR_END(client);
    WAIT_FOR_COUNT(server, finished, 2);
    WAIT_FOR_COUNT(server, idle_cut, 2);
    CHECK_EQ(statistics_of(server).failed, 0);
    tabi_sock_free(silent);
    tabi_sock_free(client);
    stop(server, thread);
}

static void a_request_that_does_not_end_is_cut(void)
{
    tabi_server_options options = in_threads();
    tabi_server *server;
    tabi_sock *slow;
    pthread_t thread;
    options.wait_for_first_byte = 1;
    options.request_deadline = 1;
    server = server_of(&options, echo_a_line);
    thread = serve_in_a_thread(server);
    slow = connect_to(server);
    say(slow, "whole\n");
    HEAR(slow, "whole\n");
    say(slow, "a part");
    HEAR_END(slow);
    WAIT_FOR_COUNT(server, finished, 1);
    WAIT_FOR_COUNT(server, request_cut, 1);
    CHECK_EQ(statistics_of(server).idle_cut, 0);
    tabi_sock_free(slow);
    stop(server, thread);
}

/* Says how many bytes there are at once. */
static int counts(tabi_request *request, void *userdata)
{
    char bytes[64], answer[16];
    ssize_t n = tabi_recv(tabi_request_sock(request), bytes, sizeof bytes, 0);
    (void)userdata;
    if (n <= 0)
        return (int)n;
    snprintf(answer, sizeof answer, "%d;", (int)n);
    CHECK_EQ(tabi_request_reply(request, answer, strlen(answer)), 0);
    return TABI_PARK;
}

static void a_request_gets_a_thread_when_it_is_complete(void)
{
    tabi_server_options options = in_threads();
    tabi_server *server;
    tabi_sock *slow;
    pthread_t thread;
    options.request_end = "\r\n\r\n";
    server = server_of(&options, counts);
    thread = serve_in_a_thread(server);
    slow = connect_to(server);
    say(slow, "GET");
    WAIT_FOR_COUNT(server, woken, 1);
    say(slow, "\r\n\r");
    say(slow, "\n");
    HEAR(slow, "7;");
    tabi_sock_free(slow);
    stop(server, thread);
}

static void refuse(const tabi_server_options *options, const char *message)
{
    tabi_server *server = NULL;
    tabi_addr any;
    CHECK_OK(tabi_addr_from_host(options->address_family, "127.0.0.1", 0, &any));
    CHECK_CODE(tabi_server_new(options, &any, echo_a_line, NULL, &server), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), message);
    CHECK(server == NULL);
}

/* Linux counts the bytes of TCP connections since 4.19, and its report about a connection is so long then. */
static int counts_bytes(void)
{
#ifdef __linux__
    char report[512];
    tabi_sock *sk = NULL;
    ssize_t length;
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &sk));
    length = tabi_getsockopt_bytes(sk, IPPROTO_TCP, TCP_INFO, report, sizeof report);
    tabi_sock_free(sk);
    return length >= 216;
#else
    return 0;
#endif
}

static void a_client_that_is_too_slow_is_cut(void)
{
    tabi_server_options options = in_threads();
    tabi_server *server;
    tabi_sock *slow;
    pthread_t thread;
    options.min_rate = 1000;
    options.min_rate_grace = 0.1;
    if (!counts_bytes()) {
        refuse(&options, "min_rate needs a system that counts the bytes of TCP connections");
        return;
    }
    server = server_of(&options, echo_a_line);
    thread = serve_in_a_thread(server);
    slow = connect_to(server);
    say(slow, "a part");
    HEAR_END(slow);
    WAIT_FOR_COUNT(server, finished, 1);
    WAIT_FOR_COUNT(server, rate_cut, 1);
    tabi_sock_free(slow);
    stop(server, thread);
}

/* Takes bytes until there are a thousand. */
static int takes_its_time(tabi_request *request, void *userdata)
{
    char byte;
    int taken = 0;
    (void)userdata;
    while (taken < 1000 && tabi_recv(tabi_request_sock(request), &byte, 1, 0) == 1)
        taken++;
    return taken == 1000 ? 0 : -EPROTO;
}

static void a_handshake_that_does_not_end_is_cut(void)
{
    tabi_server_options options = in_threads();
    tabi_server_hooks hooks = {.struct_size = sizeof hooks, .handshake = takes_its_time};
    tabi_server *server;
    tabi_sock *silent, *slow;
    pthread_t thread;
    options.hooks = &hooks;
    options.handshake_timeout = 0.2;
    server = server_of(&options, echo_a_line);
    thread = serve_in_a_thread(server);
    silent = connect_to(server);
    slow = connect_to(server);
    HEAR_END(silent);
    /* A byte now and then prolongs nothing: all of them would take a second. */
    while (tabi_send(slow, ".", 1, 0) == 1)
        check_pause();
    WAIT_FOR_COUNT(server, finished, 2);
    WAIT_FOR_COUNT(server, handshake_cut, 2);
    CHECK_EQ(statistics_of(server).handshake_failed, 0);
    CHECK_EQ(statistics_of(server).failed, 0);
    tabi_sock_free(silent);
    tabi_sock_free(slow);
    stop(server, thread);
}

/* Making a server with these settings fails with TABI_ERR_VALUE and this message. */

static void what_cannot_be_is_refused_with_its_name_and_value(void)
{
    tabi_server_options options = in_threads();
    options.request_end = "";
    refuse(&options, "request_end must have 1 to 64 bytes, got 0");
    options.request_end = NULL;
    options.idle_timeout = 0;
    refuse(&options, "idle_timeout must be above 0 seconds, got 0");
    options.idle_timeout = -1;
    refuse(&options, "idle_timeout must be 0 seconds or more, got -1");
    options.idle_timeout = (double)NAN;
    refuse(&options, "idle_timeout must be 0 seconds or more, got NaN");
    options.idle_timeout = TABI_NO_TIMEOUT;
    options.request_deadline = 0;
    refuse(&options, "request_deadline must be above 0 seconds, got 0");
    options.request_deadline = TABI_NO_TIMEOUT;
    options.handshake_timeout = 0;
    refuse(&options, "handshake_timeout must be above 0 seconds, got 0");
    options.handshake_timeout = TABI_NO_TIMEOUT;
    options.min_rate = 1;
    options.min_rate_grace = 0;
    refuse(&options, "the grace of min_rate must be above 0 seconds, got 0");
    options.min_rate = 0;
    options.concurrency = TABI_INLINE;
    options.request_deadline = 1;
    refuse(&options, "request_deadline needs a server with threads");
}

static void a_forking_server_refuses_what_needs_parking(void)
{
    tabi_server_options options = in_threads();
    options.concurrency = TABI_FORKS;
    options.wait_for_first_byte = 1;
    refuse(&options, "wait_for_first_byte is not for forking servers, which cannot park a connection");
}

static void the_settings_for_the_internet(void)
{
    tabi_server_options options;
    tabi_server *server;
    tabi_sock *client;
    pthread_t thread;
    CHECK_OK(tabi_server_options_internet(&options, sizeof options));
    CHECK_EQ(options.struct_size, sizeof options);
    CHECK_EQ(options.concurrency, TABI_THREADS);
    CHECK_EQ(options.wait_for_first_byte, 1);
    CHECK(options.max_threads > 0 && options.max_connections > 0 && options.max_connections_per_address > 0);
    CHECK(options.idle_timeout > 0 && options.idle_timeout < TABI_NO_TIMEOUT);
    CHECK(options.request_deadline > 0 && options.request_deadline < TABI_NO_TIMEOUT);
    CHECK(options.handshake_timeout > 0 && options.handshake_timeout < TABI_NO_TIMEOUT);
    CHECK_EQ(options.min_rate > 0, counts_bytes());
    CHECK(options.min_rate_grace > 0);
    CHECK_CODE(tabi_server_options_internet(NULL, sizeof options), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_options_internet(&options, 1), TABI_ERR_VALUE);

    server = server_of(&options, echo_a_line);
    thread = serve_in_a_thread(server);
    client = connect_to(server);
    say(client, "hello\n");
    HEAR(client, "hello\n");
    tabi_sock_free(client);
    stop(server, thread);
}

int main(void)
{
    RUN(a_client_that_says_nothing_is_cut_before_its_first_and_after_its_last_request);
    RUN(a_request_that_does_not_end_is_cut);
    RUN(a_request_gets_a_thread_when_it_is_complete);
    RUN(a_client_that_is_too_slow_is_cut);
    RUN(a_handshake_that_does_not_end_is_cut);
    RUN(what_cannot_be_is_refused_with_its_name_and_value);
    RUN(a_forking_server_refuses_what_needs_parking);
    RUN(the_settings_for_the_internet);
    return 0;
}
